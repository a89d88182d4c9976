//! The exact transaction to be signed, less its volatile fields, and the proof that a completed transaction
//! is still the same one.

use crate::address::Address;
use crate::digest::Digest;
use crate::network::NetworkId;

/// A transaction without its volatile fields (nonce, fee prices, blockhash, compute-unit price). The chain
/// that built it defines the canonical encoding of `body`. The digest of all three fields identifies what is
/// judged, approved and signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// The network it runs on.
    pub network: NetworkId,
    /// The account that pays and signs.
    pub from: Address,
    /// Canonical encoding, including the maximum network fee.
    pub body: Vec<u8>,
}

impl Draft {
    /// The identity of this draft.
    pub fn digest(&self) -> Digest {
        Digest::of("waiaas.draft.v1", &[self.network.as_str().as_bytes(), self.from.as_bytes(), &self.body])
    }
}

/// The input of a signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SigningPayload {
    /// The whole message, signed without hashing it first (Ed25519, RFC 8032).
    Ed25519(Vec<u8>),
    /// A 32-byte hash, signed without hashing it again (ECDSA over secp256k1).
    Secp256k1([u8; 32]),
}

/// A draft with its volatile fields filled in, ready to sign.
///
/// A chain makes one from the draft that it *reads back* from the completed bytes, not from the original
/// draft. If completing changed the draft, the digests differ and no key signs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completed {
    draft: Digest,
    payload: SigningPayload,
    unsigned: Vec<u8>,
}

impl Completed {
    /// `recovered` is the draft decoded from `unsigned`; `payload` is the input of a signature over
    /// `unsigned`.
    pub fn new(recovered: &Draft, unsigned: Vec<u8>, payload: SigningPayload) -> Self {
        Self { draft: recovered.digest(), payload, unsigned }
    }

    /// Digest of the draft that these bytes carry out.
    pub const fn draft(&self) -> Digest {
        self.draft
    }

    /// The input of the signature.
    pub const fn payload(&self) -> &SigningPayload {
        &self.payload
    }

    /// The unsigned transaction in the chain's own encoding.
    pub fn unsigned(&self) -> &[u8] {
        &self.unsigned
    }
}
