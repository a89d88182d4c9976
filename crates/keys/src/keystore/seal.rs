//! Wraps a root key under a password, for a new installation and for every password change.

use secrecy::SecretString;
use thiserror::Error;
use waiaas_core::ids::InstanceId;

use super::format::{KeystoreHeader, SALT_LEN};
use crate::aead::{self, SEALED_KEY_LEN};
use crate::kdf::{self, KdfOutOfMemory, KdfParams};
use crate::password::{self, WeakPassword};
use crate::random::{self, NoRandomness};
use crate::root_key::RootKey;

/// Info labels of the two keys derived from the stretched password.
pub(super) const WRAPPING: &[u8] = b"waiaas.keystore.v1/wrapping";
pub(super) const COMMITMENT: &[u8] = b"waiaas.keystore.v1/commitment";

/// Why a root key was not wrapped. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WrapError {
    /// Choose a better password.
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    /// Try again.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// Free memory, or choose a smaller cost.
    #[error("not enough memory for the password KDF ({memory_kib} KiB)")]
    OutOfMemory {
        /// Memory that the KDF needs, KiB.
        memory_kib: u32,
    },
}

impl From<KdfOutOfMemory> for WrapError {
    fn from(error: KdfOutOfMemory) -> Self {
        Self::OutOfMemory { memory_kib: error.memory_kib }
    }
}

impl KeystoreHeader {
    /// Makes a new root key and wraps it. Runs the KDF once.
    ///
    /// # Errors
    ///
    /// [`WrapError`] if [`password::check_new`] refuses the password, or if memory or randomness is missing.
    pub fn create(
        password: &SecretString,
        instance: InstanceId,
        params: KdfParams,
    ) -> Result<(Self, RootKey), WrapError> {
        let root = RootKey::generate(instance)?;
        Ok((Self::wrap(&root, password, params)?, root))
    }

    pub(crate) fn wrap(
        root: &RootKey,
        password: &SecretString,
        params: KdfParams,
    ) -> Result<Self, WrapError> {
        password::check_new(password)?;
        Self::wrap_unchecked(root, password, params)
    }

    /// Wraps under any password, also one that was accepted before today's rules.
    fn wrap_unchecked(root: &RootKey, password: &SecretString, params: KdfParams) -> Result<Self, WrapError> {
        let salt = random::public_bytes::<SALT_LEN>()?;
        let stretched = kdf::stretch(password, &salt, params)?;
        let mut header = Self {
            instance: root.instance(),
            root: root.id(),
            params,
            salt: salt.to_vec(),
            wrapped: [0; SEALED_KEY_LEN],
            commitment: kdf::derive_public(&stretched, COMMITMENT),
        };
        let wrapping = kdf::derive(&stretched, WRAPPING);
        header.wrapped = aead::seal_key(&wrapping, header.context(), root.secret())?;
        Ok(header)
    }

    /// Whether this header wraps `root`.
    pub(crate) fn wraps(&self, root: &RootKey) -> bool {
        self.root == root.id() && self.instance == root.instance()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn what_was_sealed_before_the_rule_for_passwords_still_opens() {
        let root = RootKey::generate(InstanceId::new(Uuid::from_u128(1))).unwrap();
        for old in ["8 chars.", "pässwörd", " blanks outside ", "a line\nbreak", "tab\tand break\r\n"] {
            let old = SecretString::from(old);
            assert!(KeystoreHeader::wrap(&root, &old, KdfParams::MINIMUM).is_err());
            let header = KeystoreHeader::wrap_unchecked(&root, &old, KdfParams::MINIMUM).unwrap();
            let header = KeystoreHeader::from_text(&header.to_text()).unwrap();
            let opened = header.unlock(&old).unwrap();
            assert!(opened.rewrap(&"a new password".into(), KdfParams::MINIMUM).is_ok());
        }
    }
}
