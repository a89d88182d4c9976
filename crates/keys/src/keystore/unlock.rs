//! Unwraps the root key of a header with the password.

use secrecy::SecretString;
use subtle::ConstantTimeEq;
use thiserror::Error;

use super::format::KeystoreHeader;
use super::seal::{COMMITMENT, WRAPPING};
use crate::aead;
use crate::kdf::{self, KdfOutOfMemory, ParamsError};
use crate::proof::ProofKey;
use crate::root_key::RootKey;

/// Why a header gave no root key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnlockError {
    /// Count the failure and ask again.
    #[error("the master password is wrong")]
    WrongPassword,
    /// No password can open this header: restore it from a backup.
    #[error("the keystore header is damaged")]
    Damaged,
    /// Use a newer build.
    #[error("the keystore header is of a version or algorithm this build does not know")]
    Unsupported,
    /// The header was edited so that guessing is cheap or unlocking impossible: restore it.
    #[error("the keystore header's KDF cost is outside the permitted bounds")]
    CostRefused(#[from] ParamsError),
    /// Free memory and try again.
    #[error("not enough memory for the password KDF ({memory_kib} KiB)")]
    OutOfMemory {
        /// Memory that the KDF needs, KiB.
        memory_kib: u32,
    },
}

impl From<KdfOutOfMemory> for UnlockError {
    fn from(error: KdfOutOfMemory) -> Self {
        Self::OutOfMemory { memory_kib: error.memory_kib }
    }
}

impl KeystoreHeader {
    /// Unwraps the root key. Runs the KDF once: blocking, and as slow for a wrong password as for the right
    /// one.
    ///
    /// # Errors
    ///
    /// [`UnlockError`] if the password is wrong, the header is damaged, or memory is missing.
    pub fn unlock(&self, password: &SecretString) -> Result<RootKey, UnlockError> {
        self.unlock_to_serve(password).map(|(root, _)| root)
    }

    /// [`KeystoreHeader::unlock`], with the key by which a daemon proves that it knows the password.
    ///
    /// # Errors
    ///
    /// Those of [`KeystoreHeader::unlock`].
    pub fn unlock_to_serve(&self, password: &SecretString) -> Result<(RootKey, ProofKey), UnlockError> {
        let stretched = kdf::stretch(password, &self.salt, self.params)?;
        let commitment = kdf::derive_public(&stretched, COMMITMENT);
        if !bool::from(commitment.ct_eq(&self.commitment)) {
            return Err(UnlockError::WrongPassword);
        }
        let wrapping = kdf::derive(&stretched, WRAPPING);
        let key = aead::open_key(&wrapping, self.context(), &self.wrapped).ok_or(UnlockError::Damaged)?;
        Ok((RootKey::unwrapped(self.instance, key), ProofKey::from_stretched(&stretched)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kdf::KdfParams;
    use crate::root_key::RootId;
    use uuid::Uuid;
    use waiaas_core::ids::InstanceId;

    fn instance() -> InstanceId {
        InstanceId::new(Uuid::from_u128(0x1234))
    }

    #[test]
    fn the_right_password_gives_the_same_root_key_and_no_other_does() {
        let password = SecretString::from("my-secret-password");
        let (header, root) = KeystoreHeader::create(&password, instance(), KdfParams::MINIMUM).unwrap();
        let read = KeystoreHeader::from_text(&header.to_text()).unwrap();
        assert_eq!(read, header);
        assert!(read.unlock(&password).unwrap().same_as(&root));
        for wrong in ["my-secret-passwore", "my-secret-password ", "My-secret-password", ""] {
            assert_eq!(read.unlock(&wrong.into()).err(), Some(UnlockError::WrongPassword), "{wrong}");
        }
    }

    #[test]
    fn a_password_change_rewrites_only_the_header() {
        let (old, new) = (SecretString::from("old-password"), SecretString::from("new-password"));
        let (before, root) = KeystoreHeader::create(&old, instance(), KdfParams::MINIMUM).unwrap();
        let after = root.rewrap(&new, KdfParams::new(20 * 1024, 2, 1).unwrap()).unwrap();
        assert!(after.unlock(&new).unwrap().same_as(&root));
        assert_eq!(after.unlock(&old).err(), Some(UnlockError::WrongPassword));
        // Until the record is replaced, the old one still opens everything.
        assert!(before.unlock(&old).unwrap().same_as(&root));
    }

    /// An attacker who edits a header can repair the checksum; the password still refuses each field.
    #[test]
    fn no_field_can_be_edited_even_with_a_fresh_checksum() {
        let password = SecretString::from("my-secret-password");
        let (header, root) = KeystoreHeader::create(&password, instance(), KdfParams::MINIMUM).unwrap();
        let (other, _) = KeystoreHeader::create(&password, instance(), KdfParams::MINIMUM).unwrap();
        let changed = |edit: &dyn Fn(&mut KeystoreHeader)| {
            let mut copy = header.clone();
            edit(&mut copy);
            let read = KeystoreHeader::from_text(&copy.to_text()).unwrap();
            read.unlock(&password).err()
        };
        assert_eq!(changed(&|_| ()), None);
        let wrong = Some(UnlockError::WrongPassword);
        let damaged = Some(UnlockError::Damaged);
        assert_eq!(changed(&|h| h.instance = InstanceId::new(Uuid::from_u128(9))), damaged);
        assert_eq!(changed(&|h| h.root = RootId([0; 16])), damaged);
        assert_eq!(changed(&|h| h.params = KdfParams::new(20 * 1024, 2, 1).unwrap()), wrong);
        assert_eq!(changed(&|h| h.params = KdfParams::new(19 * 1024, 3, 1).unwrap()), wrong);
        assert_eq!(changed(&|h| h.params = KdfParams::new(19 * 1024, 2, 2).unwrap()), wrong);
        assert_eq!(changed(&|h| h.salt.truncate(16)), wrong);
        assert_eq!(changed(&|h| h.commitment[0] ^= 1), wrong);
        assert_eq!(changed(&|h| h.wrapped[0] ^= 1), damaged);
        assert_eq!(changed(&|h| h.wrapped = other.wrapped), damaged);
        let swapped = |h: &mut KeystoreHeader| {
            h.wrapped = other.wrapped;
            h.salt.clone_from(&other.salt);
            h.commitment = other.commitment;
        };
        assert_eq!(changed(&swapped), damaged);
        assert!(!other.wraps(&root) && header.wraps(&root));
    }
}
