//! The secrets of WAIaaS. No other crate handles secret bytes.
//!
//! Belongs here: the master password and its KDF, the root key and its sub-keys, sealing of private keys and
//! small secrets, sealed backups, signing, process hardening. Does not belong here: storage, HTTP, chains,
//! and any decision whether something may be signed. A [`waiaas_core::clearance::Clearance`] proves that
//! decision, and [`Vault::sign`] is the only function that accepts one.
//!
//! The hierarchy of keys: master password → Argon2id → key-encryption key → root key → HKDF sub-key per
//! purpose → data key per item → item. Only the first step is slow, and it runs once.

mod aead;
pub mod backup;
pub mod hardening;
mod import;
pub mod kdf;
pub mod keystore;
pub mod password;
pub mod proof;
mod public_key;
mod random;
mod root_key;
mod sealed_key;
mod sealed_secret;
mod sign;
mod vault;

pub use kdf::{KdfParams, ParamsError};
pub use keystore::{KeystoreHeader, UnlockError, WrapError};
pub use password::{Checked, PasswordVerifier, WeakPassword, generate_recovery_password};
pub use random::{NoRandomness, random_bytes};
pub use root_key::RootKey;
pub use sealed_key::{SealedKey, SealedKeyError};
pub use sealed_secret::{Purpose, SecretError};
pub use secrecy::{ExposeSecret, SecretSlice, SecretString};
pub use sign::SignError;
pub use vault::{KeyError, Vault};
