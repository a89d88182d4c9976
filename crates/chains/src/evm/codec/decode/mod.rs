//! Decodes the effects of an EVM transaction from its bytes. Pure and total: every input has a result, and the
//! result is complete.
//!
//! A selector proves nothing about its contract. The effects on tokens and NFTs are sound because policies have to
//! list the token or the collection; a call counts as decoded only where a well-known address (`pinned`) determines
//! the method's effects. Calls inside other calls add their effects to those of the outer call. Each family of
//! methods has its own file.

mod account4337;
mod authority;
mod erc20;
mod exchange;
mod multicall;
mod nft;
mod permit;
mod permit2;
mod pinned;
mod reader;
mod router_v2;
mod router_v3;
mod safe;
mod shown;
mod strict;
mod tail;
#[cfg(test)]
mod tests;
mod universal;
mod universal_v4;
mod weth;

use alloy_primitives::{Address as EvmAddress, U256, keccak256};
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::digest::Digest;
use waiaas_core::effect::{Effect, Effects, Method};
use waiaas_core::network::Network;
use waiaas_core::nft::NftStandard;
use waiaas_core::presentation::Content;

use self::reader::{Call, Reader};
use self::shown::Seen;
use super::body::Body;

pub(in crate::evm) use self::nft::{ambiguous_number, is_ambiguous};
pub(in crate::evm) use self::permit2::{allowance as permit2_allowance, allowed};
pub(in crate::evm) use self::pinned::PERMIT2;

/// The outermost call of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::evm) struct Called<'a> {
    /// Account or contract; `None` creates a contract.
    pub(in crate::evm) to: Option<EvmAddress>,
    /// Wei sent with the call.
    pub(in crate::evm) value: U256,
    /// Call data, or creation code.
    pub(in crate::evm) input: &'a [u8],
    /// NFT standard that the contract reported (ERC-165) when the draft was made. Only [`is_ambiguous`] calls
    /// need it; without it they are read as calls of a token.
    pub(in crate::evm) standard: Option<NftStandard>,
}

/// The result of decoding: the effects, and every method called.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in crate::evm) struct Decoding {
    /// Effects, in order.
    pub(in crate::evm) items: Vec<Effect>,
    /// Every method called, at any depth.
    pub(in crate::evm) methods: Vec<Method>,
}

impl Decoding {
    /// Converts it to the effects of `from` on a network.
    pub(in crate::evm) fn of(self, network: &Network, from: Address) -> Effects {
        let Self { items, methods } = self;
        Effects { methods, ..Effects::new(network.id.clone(), network.native(), from, items) }
    }
}

impl From<Vec<Effect>> for Decoding {
    /// Returns the decoding of a signature that makes no call.
    fn from(items: Vec<Effect>) -> Self {
        Self { items, methods: Vec::new() }
    }
}

/// Returns the effects of `body` when `from` signs it, in order, with the network fee last.
pub(in crate::evm) fn effects(network: &Network, from: EvmAddress, body: &Body) -> Decoding {
    let mut decoding = call_effects(network, from, &body.called());
    decoding.items.push(Effect::NetworkFee { max: body.fee_budget });
    decoding
}

/// Returns the effects of a call by `wallet`, in order, without the network fee.
pub(in crate::evm) fn call_effects(network: &Network, wallet: EvmAddress, called: &Called<'_>) -> Decoding {
    let Called { to, value, input, standard } = *called;
    match to {
        Some(to) => Reader::new(network, wallet, to, standard).read(&Call { to, value, input }).0,
        None if input.is_empty() => {
            vec![Effect::Unknown { target: None, what: "creation of a contract without code".to_owned() }]
                .into()
        }
        None => {
            let code = Digest::of("waiaas.deployment.v1", &[input]);
            vec![Effect::Deployment { code, amount: value }].into()
        }
    }
}

/// Returns the content to show of a call by `wallet` beside its effects: the call and the calls inside it, in
/// order. Calls without data are left out, because the effects show their value.
pub(in crate::evm) fn content(network: &Network, wallet: EvmAddress, called: &Called<'_>) -> Vec<Content> {
    let Called { to, value, input, standard } = *called;
    match to {
        Some(to) => {
            let (_, seen) = Reader::new(network, wallet, to, standard).read(&Call { to, value, input });
            seen.into_iter().filter(|call| !call.input.is_empty()).map(Seen::content).collect()
        }
        None => vec![Content::Code { length: input.len(), keccak256: keccak256(input) }],
    }
}

/// Returns the asset id of the token at `contract`.
pub(in crate::evm) fn asset(network: &Network, contract: EvmAddress) -> AssetId {
    AssetId::token(&network.caip2, account(contract))
}

/// Converts an address to the form that effects use.
pub(in crate::evm) const fn account(address: EvmAddress) -> Address {
    Address::Evm(address.into_array())
}
