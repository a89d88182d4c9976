//! The vault: makes wallet keys, and signs cleared transactions with them. It makes no decisions.

use secrecy::SecretString;
use thiserror::Error;
use waiaas_core::address::Address;
use waiaas_core::clearance::Clearance;
use waiaas_core::draft::Completed;
use waiaas_core::ids::{InstanceId, WalletId};
use waiaas_core::network::Chain;

use crate::import;
use crate::kdf::KdfParams;
use crate::keystore::{KeystoreHeader, WrapError};
use crate::public_key::PublicKey;
use crate::random::{self, NoRandomness, Secret32};
use crate::root_key::{RootKey, SubKey};
use crate::sealed_key::SealedKey;
use crate::sign::{self, SignError};

/// Why no wallet key was made. No variant contains a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Give the key in a form that the chain's tools export.
    #[error(
        "not a private key: give 32 bytes of hex for EVM; for Solana a 64-byte keypair (base58 or JSON \
         array) or a 32-byte seed (hex)"
    )]
    NotAKey,
    /// Use another key: this one is zero or not below the group order.
    #[error("the private key is out of range")]
    OutOfRange,
    /// Check for a typing error: the public half belongs to another key.
    #[error("the two halves of the keypair do not belong together")]
    HalvesDiffer,
    /// Give the seed in hex, or the 64-byte keypair.
    #[error("this may be an address rather than a seed: give the seed in hex, or the 64-byte keypair")]
    MayBeAnAddress,
    /// Try again.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// The unlocked keys of one installation. Wiped on drop; they cannot be copied, printed or serialised.
pub struct Vault {
    root: RootKey,
    wallet_keys: Secret32,
    secrets: Secret32,
}

impl Vault {
    /// A vault with an unlocked root key.
    pub fn new(root: RootKey) -> Self {
        let (wallet_keys, secrets) = (root.subkey(SubKey::WalletKeys), root.subkey(SubKey::Secrets));
        Self { root, wallet_keys, secrets }
    }

    /// The installation it belongs to.
    pub const fn instance(&self) -> InstanceId {
        self.root.instance()
    }

    /// A header for the same keys under another password; see [`RootKey::rewrap`]. Runs the KDF once.
    ///
    /// # Errors
    ///
    /// Those of [`RootKey::rewrap`].
    pub fn rewrap(&self, password: &SecretString, params: KdfParams) -> Result<KeystoreHeader, WrapError> {
        self.root.rewrap(password, params)
    }

    /// Makes a key for a new wallet from operating system randomness.
    ///
    /// # Errors
    ///
    /// [`KeyError::NoRandomness`] if the operating system gives none, and about once in 2^128 calls
    /// [`KeyError::OutOfRange`].
    pub fn generate(&self, wallet: WalletId, chain: Chain) -> Result<(SealedKey, Address), KeyError> {
        let private = random::secret()?;
        // About once in 2^128 a random scalar is out of range; the caller may try again.
        let public = sign::public_key(chain, &private).ok_or(KeyError::OutOfRange)?;
        self.seal(wallet, public, &private)
    }

    /// Imports an existing private key.
    ///
    /// EVM: 32 bytes hex, `0x` optional. Solana: the 64-byte keypair in base58 or as the JSON array
    /// of `solana-keygen`, or the 32-byte seed in hex; in base58 only if it cannot be an address.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the text is not a private key of the chain, or randomness is missing.
    pub fn import(
        &self,
        wallet: WalletId,
        chain: Chain,
        secret: SecretString,
    ) -> Result<(SealedKey, Address), KeyError> {
        let (private, public) = import::read(chain, &secret)?;
        self.seal(wallet, public, &private)
    }

    fn seal(
        &self,
        wallet: WalletId,
        public: PublicKey,
        private: &Secret32,
    ) -> Result<(SealedKey, Address), KeyError> {
        let sealed = SealedKey::seal(&self.wallet_keys, wallet, public, private)?;
        Ok((sealed, public.address()))
    }

    /// Signs a completed transaction: 64 bytes Ed25519, or 65 bytes `r ‖ s ‖ y-parity` secp256k1.
    ///
    /// This is the only function that signs with a wallet's key. It consumes the clearance in every case. The
    /// private key is in memory for this call only.
    ///
    /// # Errors
    ///
    /// [`SignError`] if clearance, completed transaction, key and sender do not belong together, if the
    /// sealed key is damaged, or if the computed signature does not verify.
    pub fn sign(
        &self,
        clearance: Clearance,
        completed: &Completed,
        sealed: &SealedKey,
        address: Address,
    ) -> Result<Vec<u8>, SignError> {
        if clearance.wallet() != sealed.wallet {
            return Err(SignError::OtherWallet);
        }
        if clearance.digest() != completed.draft() {
            return Err(SignError::OtherTransaction);
        }
        if sealed.address() != address {
            return Err(SignError::OtherAddress);
        }
        let private = sealed.open(&self.wallet_keys).ok_or(SignError::DamagedKey)?;
        sign::sign(&private, &sealed.public, completed.payload())
    }

    pub(crate) const fn secrets(&self) -> &Secret32 {
        &self.secrets
    }

    pub(crate) const fn root(&self) -> &RootKey {
        &self.root
    }
}
