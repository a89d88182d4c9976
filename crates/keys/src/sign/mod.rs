//! The two signature schemes. Functions here hold a private key for the length of one call; only
//! [`crate::Vault::sign`] calls the signing ones, after it has checked the clearance.

mod ed25519;
mod secp256k1;

use secrecy::ExposeSecret;
use thiserror::Error;
use waiaas_core::draft::SigningPayload;
use waiaas_core::network::Chain;

use crate::public_key::PublicKey;
use crate::random::Secret32;

/// Why nothing was signed. No variant contains a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignError {
    /// The clearance is for another wallet than the key.
    #[error("the clearance is for another wallet")]
    OtherWallet,
    /// The clearance is for another draft than the completed transaction.
    #[error("the transaction to sign is not the one that was cleared")]
    OtherTransaction,
    /// The key's address is not the sender's.
    #[error("the key does not belong to the sending address")]
    OtherAddress,
    /// The payload is of another chain than the key.
    #[error("the payload does not fit the wallet's chain")]
    OtherChain,
    /// The sealed key is damaged or was swapped: restore it from a backup.
    #[error("the sealed key is damaged or does not belong to this wallet")]
    DamagedKey,
    /// The signature did not verify, so it was not returned. The machine may be faulty.
    #[error("the computed signature did not verify")]
    Fault,
}

/// The public half of a private key; `None` if the bytes are not a private key of the chain.
pub(crate) fn public_key(chain: Chain, private: &Secret32) -> Option<PublicKey> {
    match chain {
        Chain::Solana => Some(PublicKey::Ed25519(ed25519::public_key(private.expose_secret()))),
        Chain::Ethereum => secp256k1::public_key(private.expose_secret()).map(PublicKey::Secp256k1),
    }
}

/// Signs a payload: 64 bytes Ed25519, or 65 bytes `r ‖ s ‖ y-parity`. Refuses a private key whose public half
/// is not `public`, and never returns a signature that does not verify.
pub(crate) fn sign(
    private: &Secret32,
    public: &PublicKey,
    payload: &SigningPayload,
) -> Result<Vec<u8>, SignError> {
    match (public, payload) {
        (PublicKey::Ed25519(public), SigningPayload::Ed25519(message)) => {
            ed25519::sign(private.expose_secret(), public, message).map(Vec::from)
        }
        (PublicKey::Secp256k1(public), SigningPayload::Secp256k1(hash)) => {
            secp256k1::sign(private.expose_secret(), public, hash).map(Vec::from)
        }
        (PublicKey::Ed25519(_), SigningPayload::Secp256k1(_))
        | (PublicKey::Secp256k1(_), SigningPayload::Ed25519(_)) => Err(SignError::OtherChain),
    }
}
