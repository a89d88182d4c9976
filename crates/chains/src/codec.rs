//! The pure half of a chain: its formats, and everything that follows from bytes alone.

use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::draft::{Completed, Draft};
use waiaas_core::effect::Effects;
use waiaas_core::intent::Intent;
use waiaas_core::network::{Chain, Network};
use waiaas_core::policy::Readings;
use waiaas_core::presentation::Content;

use crate::evm::EvmCodec;
use crate::solana::SolanaCodec;
use crate::{CodecError, SignedTx};

/// The fields filled into a draft right before it is signed. Their values come from nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Volatile {
    /// None: a text, typed data, or an EVM transaction built elsewhere.
    AsItIs,
    /// For an EVM transaction built here.
    Evm {
        /// The sender's nonce.
        nonce: u64,
        /// The most paid per gas, in wei.
        max_fee_per_gas: u128,
        /// The most paid per gas as priority fee, in wei; absent on networks without a base fee.
        max_priority_fee_per_gas: Option<u128>,
    },
    /// For a Solana transaction built here.
    Solana {
        /// A recent blockhash.
        blockhash: [u8; 32],
        /// Micro-lamports per compute unit.
        unit_price: u64,
        /// The last block height at which the blockhash is accepted.
        last_valid: u64,
    },
    /// For a Solana transaction built elsewhere, which already has its blockhash.
    SolanaElsewhere {
        /// The last block height at which that blockhash is accepted.
        last_valid: u64,
    },
}

/// The formats of one network, and everything that follows from bytes alone. Made from the network; it needs
/// no endpoint and makes no request.
pub trait Codec: Send + Sync {
    /// The network.
    fn network(&self) -> &Network;

    /// Returns the certain effects of a transaction for `intent`, independent of any node: the parts of the
    /// request, each with every way to read it. The built transaction does at least the content of one
    /// reading of each part; its amounts may be larger.
    ///
    /// # Errors
    ///
    /// [`CodecError::Refused`] if a request of this shape is never built.
    fn readings(&self, from: Address, intent: &Intent) -> Result<Vec<Readings>, CodecError>;

    /// Returns the effects of a draft, and further content shown to its owner. With the bytes of a draft, the
    /// claims of others about it can be checked. Anything unrecognised is an unknown effect.
    ///
    /// # Errors
    ///
    /// [`CodecError::Corrupt`] if the bytes are not a draft of this network.
    fn read(&self, draft: &Draft) -> Result<(Effects, Vec<Content>), CodecError>;

    /// Returns the effects of a draft, as [`Codec::read`] does.
    ///
    /// # Errors
    ///
    /// As [`Codec::read`].
    fn effects(&self, draft: &Draft) -> Result<Effects, CodecError> {
        self.read(draft).map(|(effects, _)| effects)
    }

    /// Returns the seconds from now in which the draft can still land, or none if its lifetime begins only
    /// with signing. This is an upper bound: the age of the blockhash is not subtracted.
    ///
    /// # Errors
    ///
    /// [`CodecError::Corrupt`] if the bytes are not a draft of this network.
    fn lifetime(&self, draft: &Draft) -> Result<Option<u32>, CodecError>;

    /// Returns the same draft with a fee budget of at most `cap`, in base units of the native coin.
    ///
    /// # Errors
    ///
    /// [`Refusal::FeeAboveCap`](crate::Refusal::FeeAboveCap) if no such budget is possible: the fee of a
    /// transaction that is signed as it came cannot be lowered.
    fn capped(&self, draft: &Draft, cap: U256) -> Result<Draft, CodecError>;

    /// Fills in the volatile fields. The result carries the digest of the draft read back from the completed
    /// bytes. It is the digest of another draft if the prices exceed the fee budget.
    ///
    /// # Errors
    ///
    /// [`CodecError::Corrupt`] if the draft cannot be read or has other volatile fields.
    fn complete(&self, draft: &Draft, volatile: Volatile) -> Result<Completed, CodecError>;

    /// Returns the volatile fields of signed bytes that are to be replaced. They must carry out `old` and be
    /// signed by its sender.
    ///
    /// # Errors
    ///
    /// [`CodecError::Corrupt`] if they do not, and [`CodecError::Refused`] if transactions of this network
    /// cannot be replaced.
    fn replaced(&self, old: &Draft, signed: &[u8]) -> Result<Volatile, CodecError>;

    /// Joins completed bytes and their signature (64 bytes Ed25519; 65 bytes `r ‖ s ‖ y-parity` secp256k1).
    ///
    /// # Errors
    ///
    /// [`CodecError::Corrupt`] unless the signature is the sender's, over exactly the completed bytes.
    fn assemble(&self, completed: &Completed, signature: &[u8]) -> Result<SignedTx, CodecError>;
}

/// Returns the formats of `network`.
///
/// # Errors
///
/// [`CodecError::Refused`] for an EVM network without a chain id.
pub fn codec(network: &Network) -> Result<Box<dyn Codec>, CodecError> {
    Ok(match network.chain {
        Chain::Ethereum => Box::new(EvmCodec::new(network.clone())?),
        Chain::Solana => Box::new(SolanaCodec::new(network.clone())),
    })
}

#[cfg(test)]
mod tests {
    use waiaas_core::network::Networks;

    use super::*;

    #[test]
    fn every_network_has_formats_without_an_endpoint() {
        for network in Networks::builtin().all() {
            let codec = codec(network).expect("formats");
            assert_eq!(codec.network().id, network.id);
        }
        let networks = Networks::builtin();
        let nameless = Network { evm_chain_id: None, ..networks.find("evm-localnet").expect("EVM").clone() };
        assert!(matches!(codec(&nameless).err(), Some(CodecError::Refused(_))));
    }
}
