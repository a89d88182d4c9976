//! The formats of EVM networks, and their interpretation without a node.

pub mod abi;
pub(in crate::evm) mod answer;
pub(in crate::evm) mod body;
pub(in crate::evm) mod calls;
pub(in crate::evm) mod decode;
pub(in crate::evm) mod drafted;
pub(in crate::evm) mod envelope;
pub(in crate::evm) mod erc20;
pub(in crate::evm) mod events;
pub(in crate::evm) mod external;
pub(in crate::evm) mod fees;
mod fixed;
pub(in crate::evm) mod mined;
pub(in crate::evm) mod nft;
pub(in crate::evm) mod nonces;
pub(in crate::evm) mod observed;
pub(in crate::evm) mod op_stack;
mod personal;
mod readings;
pub(in crate::evm) mod receipt;
pub(in crate::evm) mod registries;
pub(in crate::evm) mod revert;
mod scalar;
pub(in crate::evm) mod signed;
#[cfg(test)]
mod tests;
pub(in crate::evm) mod typed;
#[cfg(test)]
mod vectors;

use alloy_primitives::{Address as EvmAddress, U256};
use waiaas_core::address::Address;
use waiaas_core::draft::{Completed, Draft};
use waiaas_core::effect::Effects;
use waiaas_core::intent::Intent;
use waiaas_core::network::Network;
use waiaas_core::policy::Readings;
use waiaas_core::presentation::Content;

use self::body::Body;
use self::drafted::Drafted;
use self::fees::Price;
pub use self::observed::{read_logs, read_trace};
use crate::codec::{Codec, Volatile};
use crate::{CodecError, Refusal, SignedTx};

/// Returns the effects of a call of `to` by `wallet`, decoded from its value and data, without the network fee.
/// Makes no request, so a call that a token and an NFT contract interpret differently is read as a token's.
/// Returns `None` for addresses of another chain.
pub fn read_call(
    network: &Network,
    wallet: Address,
    to: Address,
    value: U256,
    data: &[u8],
) -> Option<Effects> {
    let (Address::Evm(from), Address::Evm(to)) = (wallet, to) else { return None };
    let called = decode::Called { to: Some(to.into()), value, input: data, standard: None };
    Some(decode::call_effects(network, from.into(), &called).of(network, wallet))
}

/// The formats of one EVM network.
#[derive(Clone, Debug)]
pub struct EvmCodec {
    pub(in crate::evm) network: Network,
    pub(in crate::evm) chain_id: u64,
}

impl EvmCodec {
    /// Returns the codec of `network`.
    ///
    /// # Errors
    ///
    /// [`CodecError::Refused`] if the network has no EIP-155 chain id.
    pub fn new(network: Network) -> Result<Self, CodecError> {
        match network.evm_chain_id {
            Some(chain_id) => Ok(Self { network, chain_id }),
            None => Err(unsupported(format!("{} is not an EVM network", network.id))),
        }
    }

    /// Returns the sender and body of a draft that the daemon built for this network.
    pub(in crate::evm) fn read_built(&self, draft: &Draft) -> Result<(EvmAddress, Body), CodecError> {
        match self.read_any(draft)? {
            (from, Drafted::Built(body)) => Ok((from, body)),
            (_, Drafted::Fixed(_)) => Err(unsupported("data that is signed as it is cannot be built again")),
        }
    }

    /// Returns the sender and body of a draft of this network, of any kind.
    pub(in crate::evm) fn read_any(&self, draft: &Draft) -> Result<(EvmAddress, Drafted), CodecError> {
        if draft.network != self.network.id {
            return Err(CodecError::corrupt("the draft is for another network"));
        }
        let from = evm_address(draft.from)
            .ok_or_else(|| CodecError::corrupt("the draft's sender is not an EVM address"))?;
        Ok((from, Drafted::decode(&draft.body, self.chain_id)?))
    }

    /// Returns a draft of this network.
    pub(in crate::evm) fn draft(&self, from: EvmAddress, body: Vec<u8>) -> Draft {
        Draft { network: self.network.id.clone(), from: Address::Evm(from.into_array()), body }
    }
}

/// Returns the EVM form of an address, if it has one.
pub(in crate::evm) fn evm_address(address: Address) -> Option<EvmAddress> {
    match address {
        Address::Evm(bytes) => Some(bytes.into()),
        Address::Solana(_) => None,
    }
}

/// Returns the EVM form of a wallet's address; refuses others.
pub(in crate::evm) fn wallet_address(wallet: Address) -> Result<EvmAddress, CodecError> {
    evm_address(wallet).ok_or_else(|| unsupported("the wallet's address is not an EVM address"))
}

/// Returns the refusal of a request that EVM networks do not support.
pub(in crate::evm) fn unsupported(why: impl Into<String>) -> CodecError {
    CodecError::Refused(Refusal::Unsupported(why.into()))
}

impl Codec for EvmCodec {
    fn network(&self) -> &Network {
        &self.network
    }

    fn readings(&self, from: Address, intent: &Intent) -> Result<Vec<Readings>, CodecError> {
        self.readings_of(from, intent)
    }

    fn read(&self, draft: &Draft) -> Result<(Effects, Vec<Content>), CodecError> {
        let (from, drafted) = self.read_any(draft)?;
        let effects = drafted.effects(&self.network, from).of(&self.network, draft.from);
        Ok((effects, drafted.content(&self.network, from)))
    }

    fn lifetime(&self, _: &Draft) -> Result<Option<u32>, CodecError> {
        // An EVM transaction can land as long as its nonce is free.
        Ok(None)
    }

    fn capped(&self, draft: &Draft, cap: U256) -> Result<Draft, CodecError> {
        let (_, drafted) = self.read_any(draft)?;
        Ok(Draft { body: drafted.capped(cap)?, ..draft.clone() })
    }

    fn complete(&self, draft: &Draft, volatile: Volatile) -> Result<Completed, CodecError> {
        match (self.read_any(draft)?, volatile) {
            (
                (from, Drafted::Built(body)),
                Volatile::Evm { nonce, max_fee_per_gas: max, max_priority_fee_per_gas: priority },
            ) => self.complete_built(from, &body, nonce, Price { max, priority }),
            ((from, Drafted::Fixed(fixed)), Volatile::AsItIs) => self.complete_fixed(from, &fixed),
            _ => Err(CodecError::corrupt("the draft has other volatile fields")),
        }
    }

    fn replaced(&self, old: &Draft, signed: &[u8]) -> Result<Volatile, CodecError> {
        let (_, _, replaced) = self.read_replaced(old, signed)?;
        let (nonce, Price { max, priority }) = (replaced.nonce(), replaced.price());
        Ok(Volatile::Evm { nonce, max_fee_per_gas: max, max_priority_fee_per_gas: priority })
    }

    fn assemble(&self, completed: &Completed, signature: &[u8]) -> Result<SignedTx, CodecError> {
        match self.join_fixed(completed, signature)? {
            Some(signed) => Ok(signed),
            None => self.join(completed, signature),
        }
    }
}
