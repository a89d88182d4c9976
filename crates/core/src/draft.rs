//! The exact thing to be signed, less its volatile fields, and the proof that a completed
//! transaction still is that thing.

use crate::address::Address;
use crate::digest::Digest;
use crate::network::NetworkId;

/// A transaction without its volatile fields (nonce, fees, blockhash, compute-unit price). The chain
/// that built it defines the canonical encoding of `body`; the digest of all three fields is the
/// identity of what is judged, approved and executed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// Where it is to run.
    pub network: NetworkId,
    /// Who pays and signs.
    pub from: Address,
    /// Canonical encoding, including the most that may be paid in network fees.
    pub body: Vec<u8>,
}

impl Draft {
    /// The identity of this draft.
    pub fn digest(&self) -> Digest {
        Digest::of("waiaas.draft.v1", &[self.network.as_str().as_bytes(), self.from.as_bytes(), &self.body])
    }
}

/// What a key is asked to sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SigningPayload {
    /// The whole message, signed as it is (RFC 8032).
    Ed25519(Vec<u8>),
    /// A 32-byte hash, signed as it is (ECDSA over secp256k1).
    Secp256k1([u8; 32]),
}

/// A draft with its volatile fields filled in, ready to sign.
///
/// A chain makes one from the draft *it read back* out of the completed bytes, not from the draft it
/// started with; so if completing changed anything of substance the digests differ and no key signs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completed {
    draft: Digest,
    payload: SigningPayload,
    unsigned: Vec<u8>,
}

impl Completed {
    /// `recovered` is the draft decoded from `unsigned`; `payload` is what a signature over
    /// `unsigned` must cover.
    pub fn new(recovered: &Draft, unsigned: Vec<u8>, payload: SigningPayload) -> Self {
        Self { draft: recovered.digest(), payload, unsigned }
    }

    /// Digest of the draft these bytes carry out.
    pub const fn draft(&self) -> Digest {
        self.draft
    }

    /// What to sign.
    pub const fn payload(&self) -> &SigningPayload {
        &self.payload
    }

    /// The unsigned transaction in the chain's own encoding.
    pub fn unsigned(&self) -> &[u8] {
        &self.unsigned
    }
}
