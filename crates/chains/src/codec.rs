//! The pure half of a chain: its formats, and what follows from bytes alone.

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

/// The fields that are filled into a draft right before it is signed. Who fills them in asks nodes for them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Volatile {
    /// None: a text, typed data, or an EVM transaction built elsewhere.
    AsItIs,
    /// Of an EVM transaction built here.
    Evm {
        /// The sender's nonce.
        nonce: u64,
        /// The most paid per gas, in wei.
        max_fee_per_gas: u128,
        /// The most paid per gas as priority fee, in wei; absent on networks without a base fee.
        max_priority_fee_per_gas: Option<u128>,
    },
    /// Of a Solana transaction built here.
    Solana {
        /// A recent blockhash.
        blockhash: [u8; 32],
        /// Micro-lamports per compute unit.
        unit_price: u64,
        /// The last block height at which the blockhash is accepted.
        last_valid: u64,
    },
    /// Of a Solana transaction built elsewhere, which has its blockhash already.
    SolanaElsewhere {
        /// The last block height at which that blockhash is accepted.
        last_valid: u64,
    },
}

/// The formats of one network, and what follows from bytes alone. Made from the network; no endpoint is needed
/// and no node is asked.
pub trait Codec: Send + Sync {
    /// The network.
    fn network(&self) -> &Network;

    /// What a transaction for `intent` is certain to do, whatever a node would answer: the parts of the
    /// request, each with every way to read it. What is built does at least what one reading of each part
    /// says; amounts may turn out larger.
    ///
    /// # Errors
    ///
    /// [`CodecError::Refused`] where a request of this shape is never built.
    fn readings(&self, from: Address, intent: &Intent) -> Result<Vec<Readings>, CodecError>;

    /// What a draft does, and what its owner is shown beside that. Whoever holds a draft's bytes can check what
    /// somebody else says about them. Anything unrecognised is an unknown effect.
    ///
    /// # Errors
    ///
    /// [`CodecError::Corrupt`] where the bytes are no draft of this network.
    fn read(&self, draft: &Draft) -> Result<(Effects, Vec<Content>), CodecError>;

    /// What a draft does, as [`Codec::read`] says it.
    ///
    /// # Errors
    ///
    /// As [`Codec::read`].
    fn effects(&self, draft: &Draft) -> Result<Effects, CodecError> {
        self.read(draft).map(|(effects, _)| effects)
    }

    /// Seconds in which the draft can still land from now on, where that does not begin with signing; none
    /// where waiting takes nothing away. An upper bound, for the age of a blockhash is not in it.
    ///
    /// # Errors
    ///
    /// [`CodecError::Corrupt`] where the bytes are no draft of this network.
    fn lifetime(&self, draft: &Draft) -> Result<Option<u32>, CodecError>;

    /// The same draft with a fee budget of at most `cap`, in base units of the native coin.
    ///
    /// # Errors
    ///
    /// [`Refusal::FeeAboveCap`](crate::Refusal::FeeAboveCap) where no such budget is possible: what is signed as
    /// it is cannot be cut.
    fn capped(&self, draft: &Draft, cap: U256) -> Result<Draft, CodecError>;

    /// Fills in the volatile fields. The result carries the digest of the draft read back from the completed
    /// bytes, which is another draft's where the prices exceed the fee budget.
    ///
    /// # Errors
    ///
    /// [`CodecError::Corrupt`] where the draft cannot be read, or has other volatile fields.
    fn complete(&self, draft: &Draft, volatile: Volatile) -> Result<Completed, CodecError>;

    /// The volatile fields of signed bytes whose place is to be taken, provided they carry out `old` and its
    /// sender signed them.
    ///
    /// # Errors
    ///
    /// [`CodecError::Corrupt`] where they do not, and a refusal where transactions of this network cannot be
    /// replaced.
    fn replaced(&self, old: &Draft, signed: &[u8]) -> Result<Volatile, CodecError>;

    /// Joins completed bytes and their signature (64 bytes Ed25519; 65 bytes `r ‖ s ‖ y-parity` secp256k1).
    ///
    /// # Errors
    ///
    /// [`CodecError::Corrupt`] unless the signature is the sender's, over exactly what was completed.
    fn assemble(&self, completed: &Completed, signature: &[u8]) -> Result<SignedTx, CodecError>;
}

/// The formats of `network`.
///
/// # Errors
///
/// Refuses an EVM network without a chain id.
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
