//! Writes a backup.

use std::io::{self, Write};

use secrecy::SecretString;
use thiserror::Error;
use waiaas_core::ids::InstanceId;

use super::stream::{PREFIX_LEN, Sealer};
use super::{MAGIC, VERSION};
use crate::kdf::KdfParams;
use crate::keystore::{KeystoreHeader, WrapError};
use crate::random::{self, NoRandomness};
use crate::root_key::{RootKey, SubKey};
use crate::vault::Vault;

/// Why no backup was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealError {
    /// The header wraps another root key, so the backup could never be opened: load the stored header again.
    #[error("the keystore header does not belong to the unlocked keys")]
    ForeignHeader,
    /// A backup holds at most 256 TiB: split the contents.
    #[error("the backup is too large")]
    TooLarge,
    /// It could not be written.
    #[error("the backup cannot be written: {0}")]
    Write(io::ErrorKind),
    /// The password could not be used.
    #[error(transparent)]
    Wrap(#[from] WrapError),
    /// Try again.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// Seals a backup under its own password, with a root key made for it alone. Runs the KDF once. `instance` is
/// the installation whose backup it is.
///
/// # Errors
///
/// [`SealError`] if the password is too weak, or memory or randomness is missing.
pub fn seal(
    password: &SecretString,
    instance: InstanceId,
    params: KdfParams,
    plaintext: &[u8],
) -> Result<Vec<u8>, SealError> {
    let (header, root) = KeystoreHeader::create(password, instance, params)?;
    seal_under(&root, &header, plaintext)
}

impl Vault {
    /// Seals a backup that opens with the password of `header`, the stored one. Runs no KDF.
    ///
    /// # Errors
    ///
    /// [`SealError`] if `header` wraps another root key, randomness is missing, or the backup is too large.
    pub fn seal_backup(&self, header: &KeystoreHeader, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        seal_under(self.root(), header, plaintext)
    }

    /// [`Vault::seal_backup`] for contents of any length: bytes written to the returned sealer are sealed
    /// into `out`.
    ///
    /// # Errors
    ///
    /// Those of [`Vault::seal_backup`], and [`SealError::Write`] if `out` cannot be written.
    pub fn backup_into<W: Write>(&self, header: &KeystoreHeader, out: W) -> Result<Sealer<W>, SealError> {
        sealer(self.root(), header, out)
    }
}

pub(super) fn sealer<W: Write>(
    root: &RootKey,
    header: &KeystoreHeader,
    mut out: W,
) -> Result<Sealer<W>, SealError> {
    if !header.wraps(root) {
        return Err(SealError::ForeignHeader);
    }
    let text = header.to_text();
    let length = u32::try_from(text.len()).map_err(|_| SealError::TooLarge)?;
    let prefix = random::public_bytes::<PREFIX_LEN>()?;
    let mut preamble = Vec::with_capacity(text.len().saturating_add(64));
    preamble.extend_from_slice(MAGIC);
    preamble.extend_from_slice(&VERSION.to_be_bytes());
    preamble.extend_from_slice(&length.to_be_bytes());
    preamble.extend_from_slice(text.as_bytes());
    preamble.extend_from_slice(&prefix);
    out.write_all(&preamble).map_err(|error| SealError::Write(error.kind()))?;
    Ok(Sealer::new(&root.subkey(SubKey::Backup), prefix, &preamble, out))
}

pub(super) fn seal_under(
    root: &RootKey,
    header: &KeystoreHeader,
    plaintext: &[u8],
) -> Result<Vec<u8>, SealError> {
    let mut sealer = sealer(root, header, Vec::new())?;
    let sealed = sealer.write_all(plaintext).and_then(|()| sealer.finish());
    sealed.map_err(|error| SealError::Write(error.kind()))
}
