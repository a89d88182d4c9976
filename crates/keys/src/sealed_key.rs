//! A wallet's private key at rest, and its binary form.
//!
//! Version 1, fixed layout: `version (1) ‖ chain (1) ‖ wallet id (16) ‖ public key (32 or 33) ‖
//! wrapped data key (72) ‖ sealed private key (72)`. The private key (Ed25519 seed or secp256k1
//! scalar, 32 bytes) is sealed under a data key of its own, which the wallet sub-key wraps; both
//! seals are bound to kind, version, wallet, chain and public key.

use std::fmt;

use thiserror::Error;
use waiaas_core::address::Address;
use waiaas_core::digest::Digest;
use waiaas_core::ids::WalletId;
use waiaas_core::network::Chain;

use crate::aead::{self, SEALED_KEY_LEN};
use crate::public_key::PublicKey;
use crate::random::{self, NoRandomness, Secret32};

const VERSION: u8 = 1;
const SOLANA: u8 = 1;
const ETHEREUM: u8 = 2;

/// A sealed private key. Public data: it may be stored, copied and backed up.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedKey {
    pub(crate) wallet: WalletId,
    pub(crate) public: PublicKey,
    data_key: [u8; SEALED_KEY_LEN],
    secret: [u8; SEALED_KEY_LEN],
}

/// Why stored bytes are not a sealed key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealedKeyError {
    /// A newer build made it: use that build.
    #[error("the sealed key is of version {0}, which this build does not know")]
    Unsupported(u8),
    /// The bytes are damaged: restore them from a backup.
    #[error("the sealed key is damaged")]
    Damaged,
}

impl SealedKey {
    /// The wallet to which it belongs.
    pub const fn wallet(&self) -> WalletId {
        self.wallet
    }

    /// The chain it signs for.
    pub const fn chain(&self) -> Chain {
        self.public.chain()
    }

    /// The address of its public half.
    pub fn address(&self) -> Address {
        self.public.address()
    }

    /// The bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        let chain = match self.chain() {
            Chain::Solana => SOLANA,
            Chain::Ethereum => ETHEREUM,
        };
        let mut bytes = vec![VERSION, chain];
        bytes.extend_from_slice(self.wallet.uuid().as_bytes());
        bytes.extend_from_slice(&self.public.to_bytes());
        bytes.extend_from_slice(&self.data_key);
        bytes.extend_from_slice(&self.secret);
        bytes
    }

    /// Parses stored bytes. They are authenticated only when the key is used.
    ///
    /// # Errors
    ///
    /// [`SealedKeyError`] if the version is unknown or the bytes have another layout.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SealedKeyError> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => Self::read(rest).ok_or(SealedKeyError::Damaged),
            Some((&version, _)) => Err(SealedKeyError::Unsupported(version)),
            None => Err(SealedKeyError::Damaged),
        }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (chain, rest) = bytes.split_first()?;
        let chain = match *chain {
            SOLANA => Chain::Solana,
            ETHEREUM => Chain::Ethereum,
            _ => return None,
        };
        let (wallet, rest) = rest.split_first_chunk::<16>()?;
        let (public, rest) = rest.split_at_checked(PublicKey::length(chain))?;
        let (data_key, rest) = rest.split_first_chunk()?;
        Some(Self {
            wallet: WalletId::new(uuid::Uuid::from_bytes(*wallet)),
            public: PublicKey::from_bytes(chain, public)?,
            data_key: *data_key,
            secret: rest.try_into().ok()?,
        })
    }

    /// Seals a private key whose public half is `public`.
    pub(crate) fn seal(
        wallet_keys: &Secret32,
        wallet: WalletId,
        public: PublicKey,
        private: &Secret32,
    ) -> Result<Self, NoRandomness> {
        let data_key = random::secret()?;
        let wrapped = aead::seal_key(wallet_keys, context("data-key", wallet, &public), &data_key)?;
        let secret = aead::seal_key(&data_key, context("private-key", wallet, &public), private)?;
        Ok(Self { wallet, public, data_key: wrapped, secret })
    }

    /// The private key; `None` if any part of the item has changed since it was sealed.
    pub(crate) fn open(&self, wallet_keys: &Secret32) -> Option<Secret32> {
        let of = |kind| context(kind, self.wallet, &self.public);
        let data_key = aead::open_key(wallet_keys, of("data-key"), &self.data_key)?;
        aead::open_key(&data_key, of("private-key"), &self.secret)
    }
}

/// The identity to which both seals are bound.
fn context(kind: &str, wallet: WalletId, public: &PublicKey) -> Digest {
    Digest::of(
        "waiaas.sealed-key",
        &[
            kind.as_bytes(),
            &[VERSION],
            wallet.uuid().as_bytes(),
            public.chain().as_str().as_bytes(),
            &public.to_bytes(),
        ],
    )
}

impl fmt::Debug for SealedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SealedKey");
        shown.field("wallet", &self.wallet).field("address", &self.address()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign;
    use proptest::prelude::*;
    use secrecy::ExposeSecret;
    use uuid::Uuid;

    fn wallet(id: u128) -> WalletId {
        WalletId::new(Uuid::from_u128(id))
    }

    fn sealed(wallet_keys: &Secret32, id: u128, chain: Chain) -> (SealedKey, Secret32) {
        let private = random::secret().unwrap();
        let public = sign::public_key(chain, &private).unwrap();
        (SealedKey::seal(wallet_keys, wallet(id), public, &private).unwrap(), private)
    }

    fn chain() -> impl Strategy<Value = Chain> {
        prop_oneof![Just(Chain::Solana), Just(Chain::Ethereum)]
    }

    proptest! {
        #[test]
        fn opens_as_sealed_after_storage(id: u128, chain in chain()) {
            let key = random::secret().unwrap();
            let (item, private) = sealed(&key, id, chain);
            let read = SealedKey::from_bytes(&item.to_bytes()).unwrap();
            prop_assert_eq!(&read, &item);
            let opened = read.open(&key).unwrap();
            prop_assert_eq!(opened.expose_secret(), private.expose_secret());
            prop_assert!(read.open(&random::secret().unwrap()).is_none());
        }

        #[test]
        fn nothing_can_be_swapped_between_items(a: u128, b: u128, one in chain(), two in chain()) {
            prop_assume!(a != b);
            let key = random::secret().unwrap();
            let (x, y) = (sealed(&key, a, one).0, sealed(&key, b, two).0);
            // A public key of the other chain comes with that chain.
            let altered = [
                SealedKey { wallet: y.wallet, ..x.clone() },
                SealedKey { public: y.public, ..x.clone() },
                SealedKey { data_key: y.data_key, ..x.clone() },
                SealedKey { secret: y.secret, ..x.clone() },
                SealedKey { data_key: y.data_key, secret: y.secret, ..x.clone() },
                SealedKey { data_key: x.secret, secret: x.data_key, ..x.clone() },
            ];
            for (which, item) in altered.iter().enumerate() {
                prop_assert!(item.open(&key).is_none(), "{}", which);
            }
            prop_assert!(x.open(&key).is_some());
        }
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let key = random::secret().unwrap();
        for chain in [Chain::Solana, Chain::Ethereum] {
            let bytes = sealed(&key, 7, chain).0.to_bytes();
            for at in 0..bytes.len() {
                for bit in 0..8 {
                    let mut altered = bytes.clone();
                    altered[at] ^= 1 << bit;
                    let opened = SealedKey::from_bytes(&altered).ok().and_then(|item| item.open(&key));
                    assert!(opened.is_none(), "byte {at} bit {bit}");
                }
            }
            for length in 0..bytes.len() {
                assert!(SealedKey::from_bytes(&bytes[..length]).is_err(), "{length}");
            }
            let mut longer = bytes;
            longer.push(0);
            assert_eq!(SealedKey::from_bytes(&longer), Err(SealedKeyError::Damaged));
        }
        assert_eq!(SealedKey::from_bytes(&[2, 1, 0]), Err(SealedKeyError::Unsupported(2)));
    }

    #[test]
    fn two_seals_of_one_key_differ() {
        let key = random::secret().unwrap();
        let (item, private) = sealed(&key, 7, Chain::Solana);
        let again = SealedKey::seal(&key, item.wallet, item.public, &private).unwrap();
        assert_ne!(item.data_key, again.data_key);
        assert_ne!(item.secret, again.secret);
        let shared = item.secret.iter().zip(again.secret).filter(|(a, b)| **a == *b).count();
        assert!(shared < 16, "{shared} of 72 bytes agree");
    }
}
