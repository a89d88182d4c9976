//! Small secrets at rest other than chain keys: session signing keys, credentials of channels and RPC
//! endpoints. An item sealed here never opens as a private key, and a private key never opens as such an
//! item.
//!
//! Version 1: `version (1) ‖ wrapped data key (72) ‖ nonce (24) ‖ ciphertext ‖ tag (16)`, bound to
//! purpose, id and version. Purpose and id are not in the bytes: they are needed for opening.

use secrecy::{ExposeSecret, SecretSlice, SecretString};
use thiserror::Error;
use waiaas_core::digest::Digest;

use crate::aead;
use crate::random::{self, NoRandomness};
use crate::vault::Vault;

const VERSION: u8 = 1;

/// The purpose of a small secret. A secret opens only for the purpose for which it was sealed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Purpose {
    /// Keys that authenticate session tokens.
    SessionSigning,
    /// Values of secret settings, such as RPC and price API keys.
    Settings,
    /// Keys that authenticate outgoing webhooks.
    Webhooks,
    /// Credentials of the channels to humans.
    Channels,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SessionSigning => "session-signing",
            Self::Settings => "settings",
            Self::Webhooks => "webhooks",
            Self::Channels => "channels",
        }
    }
}

/// Why a small secret was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SecretError {
    /// A newer build made it: use that build.
    #[error("the sealed secret is of version {0}, which this build does not know")]
    Unsupported(u8),
    /// Damaged, or sealed for another purpose, id or installation: restore or replace it.
    #[error("the sealed secret is damaged or not this one")]
    Damaged,
}

impl Vault {
    /// Seals a small secret for one purpose and id.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`] if the operating system gives none.
    pub fn seal_secret(
        &self,
        purpose: Purpose,
        id: &str,
        secret: &SecretSlice<u8>,
    ) -> Result<Vec<u8>, NoRandomness> {
        let data_key = random::secret()?;
        let wrapped = aead::seal_key(self.secrets(), context("data-key", purpose, id), &data_key)?;
        let body = aead::seal(&data_key, context("secret", purpose, id), secret.expose_secret())?;
        Ok([&[VERSION], wrapped.as_slice(), body.as_slice()].concat())
    }

    /// Makes a small secret of 32 random bytes, as lower-case hex, for one purpose and id. Returns the text
    /// and its sealed form.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`] if the operating system gives none.
    pub fn generate_secret(
        &self,
        purpose: Purpose,
        id: &str,
    ) -> Result<(SecretString, Vec<u8>), NoRandomness> {
        let text = random::secret_text()?;
        let sealed = self.seal_secret(purpose, id, &text.expose_secret().as_bytes().to_vec().into())?;
        Ok((text, sealed))
    }

    /// Opens an item that [`Vault::seal_secret`] made for the same purpose and id.
    ///
    /// # Errors
    ///
    /// [`SecretError`] if the version is unknown, or the item is damaged or belongs to another purpose or id.
    pub fn open_secret(
        &self,
        purpose: Purpose,
        id: &str,
        sealed: &[u8],
    ) -> Result<SecretSlice<u8>, SecretError> {
        let (version, rest) = sealed.split_first().ok_or(SecretError::Damaged)?;
        if *version != VERSION {
            return Err(SecretError::Unsupported(*version));
        }
        let (wrapped, body) = rest.split_first_chunk().ok_or(SecretError::Damaged)?;
        aead::open_key(self.secrets(), context("data-key", purpose, id), wrapped)
            .and_then(|data_key| aead::open(&data_key, context("secret", purpose, id), body))
            // Exactly as long as its contents, so that boxing it neither moves nor copies.
            .map(|mut secret| SecretSlice::from(std::mem::take(&mut *secret)))
            .ok_or(SecretError::Damaged)
    }
}

fn context(kind: &str, purpose: Purpose, id: &str) -> Digest {
    Digest::of(
        "waiaas.sealed-secret",
        &[kind.as_bytes(), &[VERSION], purpose.as_str().as_bytes(), id.as_bytes()],
    )
}
