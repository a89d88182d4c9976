//! The root key: one random secret per installation, from which every other key is derived.

use secrecy::SecretString;
use waiaas_core::ids::InstanceId;

use crate::kdf::{self, KdfParams};
use crate::keystore::{KeystoreHeader, WrapError};
use crate::random::{self, NoRandomness, Secret32};

/// The unlocked root key. Wiped on drop; it cannot be copied, printed or serialised.
pub struct RootKey {
    instance: InstanceId,
    key: Secret32,
}

/// Public id of a root key (16 bytes). Shows whether two headers wrap the same one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RootId(pub(crate) [u8; 16]);

/// The purpose of a sub-key. Each purpose has its own key, so that a sealed item of one kind never opens as
/// another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SubKey {
    /// Wraps the data keys of private keys.
    WalletKeys,
    /// Wraps the data keys of small secrets.
    Secrets,
    /// Encrypts backups.
    Backup,
}

impl SubKey {
    const fn info(self) -> &'static [u8] {
        match self {
            Self::WalletKeys => b"waiaas.root.v1/wallet-keys",
            Self::Secrets => b"waiaas.root.v1/secrets",
            Self::Backup => b"waiaas.root.v1/backup",
        }
    }
}

impl RootKey {
    /// Makes a new root key from operating system randomness.
    pub(crate) fn generate(instance: InstanceId) -> Result<Self, NoRandomness> {
        Ok(Self { instance, key: random::secret()? })
    }

    /// A root key that was unwrapped.
    pub(crate) const fn unwrapped(instance: InstanceId, key: Secret32) -> Self {
        Self { instance, key }
    }

    /// The installation it belongs to.
    pub const fn instance(&self) -> InstanceId {
        self.instance
    }

    /// Wraps this root key under another password. A password change only stores the result in place of the
    /// old header; no other record changes. Runs the KDF once.
    ///
    /// # Errors
    ///
    /// [`WrapError`] if the password is too weak, or if memory or randomness is missing.
    pub fn rewrap(&self, password: &SecretString, params: KdfParams) -> Result<KeystoreHeader, WrapError> {
        KeystoreHeader::wrap(self, password, params)
    }

    /// The sub-key for one purpose.
    pub(crate) fn subkey(&self, subkey: SubKey) -> Secret32 {
        kdf::derive(&self.key, subkey.info())
    }

    /// The public id.
    pub(crate) fn id(&self) -> RootId {
        let digest = kdf::derive_public(&self.key, b"waiaas.root.v1/id");
        let mut id = [0u8; 16];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        RootId(id)
    }

    /// The bytes, for wrapping only.
    pub(crate) const fn secret(&self) -> &Secret32 {
        &self.key
    }

    /// Whether two root keys are the same one.
    #[cfg(test)]
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        use secrecy::ExposeSecret;
        self.key.expose_secret() == other.key.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use uuid::Uuid;

    #[test]
    fn sub_keys_differ_from_each_other_and_from_those_of_another_root() {
        let roots = [1, 2].map(|n| RootKey::generate(InstanceId::new(Uuid::from_u128(n))).unwrap());
        let mut seen = std::collections::HashSet::new();
        for root in &roots {
            for purpose in [SubKey::WalletKeys, SubKey::Secrets, SubKey::Backup] {
                assert!(seen.insert(*root.subkey(purpose).expose_secret()), "{purpose:?}");
                assert!(!root.subkey(purpose).expose_secret().starts_with(&root.id().0));
            }
            assert!(seen.insert(*root.secret().expose_secret()));
        }
        assert_eq!(
            roots[0].subkey(SubKey::Backup).expose_secret(),
            roots[0].subkey(SubKey::Backup).expose_secret()
        );
        assert_ne!(roots[0].id(), roots[1].id());
    }
}
