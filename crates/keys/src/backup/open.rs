//! Reads a backup.

use std::io::{self, Read};

use secrecy::SecretString;
use thiserror::Error;
use waiaas_core::ids::InstanceId;
use zeroize::Zeroizing;

use super::stream::{Opener, PREFIX_LEN};
use super::{MAGIC, VERSION};
use crate::keystore::{KeystoreHeader, UnlockError};
use crate::root_key::{RootKey, SubKey};

/// Maximum length of a keystore header, in bytes.
const MAX_HEADER: usize = 4096;

/// Why a backup was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The file is not a backup.
    #[error("this is not a WAIaaS backup")]
    NotABackup,
    /// A newer build made the backup: use that build.
    #[error("the backup is of version {0}, which this build does not know")]
    UnsupportedVersion(u16),
    /// Use the master password that was valid when the backup was made.
    #[error("the password does not open this backup")]
    WrongPassword,
    /// The backup was cut, reordered or altered: use another one.
    #[error("the backup is damaged")]
    Damaged,
    /// The file cannot be read.
    #[error("the backup cannot be read: {0}")]
    Read(io::ErrorKind),
    /// The keystore header inside cannot be used for another reason.
    #[error("the backup's keystore header cannot be used")]
    Header(#[source] UnlockError),
}

impl From<UnlockError> for OpenError {
    fn from(error: UnlockError) -> Self {
        match error {
            UnlockError::WrongPassword => Self::WrongPassword,
            UnlockError::Damaged => Self::Damaged,
            UnlockError::Unsupported | UnlockError::CostRefused(_) | UnlockError::OutOfMemory { .. } => {
                Self::Header(error)
            }
        }
    }
}

/// An opened backup.
pub struct Opened {
    /// The installation that made it.
    pub instance: InstanceId,
    /// The contents, wiped on drop.
    pub plaintext: Zeroizing<Vec<u8>>,
}

/// The part before the chunks, parsed but not yet authenticated.
pub(super) struct Preamble {
    pub(super) header: KeystoreHeader,
    pub(super) bytes: Vec<u8>,
    prefix: [u8; PREFIX_LEN],
}

/// Opens a backup with the password under which it was made. Runs the KDF once.
///
/// # Errors
///
/// [`OpenError`] if the file is not a backup, is damaged or of an unknown version, if the password is wrong,
/// or if its keystore header cannot be used.
pub fn open(password: &SecretString, file: &[u8]) -> Result<Opened, OpenError> {
    open_with(&unlock(password, file)?, file)
}

/// Opens a backup of an installation whose root key is available, without its password.
///
/// # Errors
///
/// [`OpenError`] if the file is not a backup, is of an unknown version or damaged. A backup of another root
/// key is [`OpenError::Damaged`].
pub fn open_with(root: &RootKey, file: &[u8]) -> Result<Opened, OpenError> {
    // Never longer than the file; a growing buffer would leave copies in memory.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(file.len()));
    let mut contents = read_with(root, file)?;
    contents.read_to_end(&mut plaintext).map_err(|error| OpenError::of(&error))?;
    Ok(Opened { instance: root.instance(), plaintext })
}

/// The root key of a backup, by the password under which the backup was made. Runs the KDF once. Only the key
/// is authenticated, not the contents.
///
/// # Errors
///
/// [`OpenError`] if the file cannot be read or is not a backup, if the password is wrong, or if the keystore
/// header cannot be used.
pub fn unlock(password: &SecretString, mut file: impl Read) -> Result<RootKey, OpenError> {
    Ok(Preamble::read(&mut file)?.header.unlock(password)?)
}

/// Opens a backup of any length for reading. [`Opener`] says when which part is authenticated.
///
/// # Errors
///
/// [`OpenError`] if the file cannot be read, is not a backup, or its first chunk does not open with this root
/// key.
pub fn read_with<R: Read>(root: &RootKey, mut file: R) -> Result<Opener<R>, OpenError> {
    let Preamble { bytes, prefix, .. } = Preamble::read(&mut file)?;
    let contents = Opener::new(&root.subkey(SubKey::Backup), prefix, &bytes, file);
    contents.map_err(|error| OpenError::of(&error))
}

impl OpenError {
    /// The reason in an I/O error of an [`Opener`].
    pub fn of(error: &io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>());
        inner.copied().unwrap_or(Self::Read(error.kind()))
    }
}

impl Preamble {
    pub(super) fn read(file: &mut impl Read) -> Result<Self, OpenError> {
        let mut bytes = Vec::new();
        let magic = more(file, &mut bytes, MAGIC.len())?;
        if magic.is_none_or(|magic| magic != MAGIC.as_slice()) {
            return Err(OpenError::NotABackup);
        }
        let whole = more(file, &mut bytes, 6)?.is_some();
        // A file of an unknown version may end here.
        let version = bytes.get(MAGIC.len()..).and_then(|rest| rest.first_chunk());
        let version = u16::from_be_bytes(*version.ok_or(OpenError::Damaged)?);
        if version != VERSION {
            return Err(OpenError::UnsupportedVersion(version));
        }
        if !whole {
            return Err(OpenError::Damaged);
        }
        let length = bytes.last_chunk().ok_or(OpenError::Damaged)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| OpenError::Damaged)?;
        if length > MAX_HEADER {
            return Err(OpenError::Damaged);
        }
        let text = more(file, &mut bytes, length)?.ok_or(OpenError::Damaged)?;
        let text = std::str::from_utf8(text).map_err(|_| OpenError::Damaged)?;
        let header = KeystoreHeader::from_text(text)?;
        let prefix = more(file, &mut bytes, PREFIX_LEN)?.ok_or(OpenError::Damaged)?;
        let prefix = prefix.try_into().map_err(|_| OpenError::Damaged)?;
        Ok(Self { header, bytes, prefix })
    }
}

/// Appends the next `length` bytes of the file and returns them; `None` if the file ends before that.
fn more<'a>(
    file: &mut impl Read,
    bytes: &'a mut Vec<u8>,
    length: usize,
) -> Result<Option<&'a [u8]>, OpenError> {
    let start = bytes.len();
    let wanted = u64::try_from(length).map_err(|_| OpenError::Damaged)?;
    let read = file.take(wanted).read_to_end(bytes).map_err(|error| OpenError::Read(error.kind()))?;
    Ok(if read == length { bytes.get(start..) } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::seal::{SealError, seal_under, sealer};
    use crate::backup::stream::{CHUNK_LEN, SEALED_CHUNK_LEN};
    use crate::kdf::KdfParams;
    use std::io::Write as _;
    use std::sync::LazyLock;
    use uuid::Uuid;

    /// One KDF run for all tests here: the tested behaviour does not depend on the password.
    static KEYS: LazyLock<(KeystoreHeader, RootKey)> = LazyLock::new(keys);

    fn keys() -> (KeystoreHeader, RootKey) {
        let instance = InstanceId::new(Uuid::from_u128(5));
        KeystoreHeader::create(&"my-secret-password".into(), instance, KdfParams::MINIMUM).unwrap()
    }

    fn backup(length: usize) -> (Vec<u8>, Vec<u8>) {
        let plaintext: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
        (seal_under(&KEYS.1, &KEYS.0, &plaintext).unwrap(), plaintext)
    }

    fn opened(file: &[u8]) -> Result<Vec<u8>, OpenError> {
        open_with(&KEYS.1, file).map(|opened| opened.plaintext.to_vec())
    }

    #[test]
    fn opens_at_every_length_around_a_chunk() {
        for length in [0, 1, CHUNK_LEN - 1, CHUNK_LEN, CHUNK_LEN + 1, 2 * CHUNK_LEN, 3 * CHUNK_LEN + 7] {
            let (file, plaintext) = backup(length);
            assert!(opened(&file).unwrap() == plaintext, "{length}");
        }
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let (file, _) = backup(40);
        for at in 0..file.len() {
            for bit in 0..8 {
                let mut altered = file.clone();
                altered[at] ^= 1 << bit;
                assert!(opened(&altered).is_err(), "byte {at} bit {bit}");
            }
        }
    }

    #[test]
    fn every_truncation_and_extension_is_refused() {
        let (file, _) = backup(40);
        for length in 0..file.len() {
            assert!(opened(&file[..length]).is_err(), "{length}");
        }
        let mut longer = file;
        longer.push(0);
        assert_eq!(opened(&longer), Err(OpenError::Damaged));
    }

    #[test]
    fn chunks_cannot_be_dropped_repeated_reordered_or_borrowed() {
        let (file, _) = backup(3 * CHUNK_LEN + 7);
        let start = Preamble::read(&mut file.as_slice()).unwrap().bytes.len();
        let (preamble, body) = file.split_at(start);
        let chunks: Vec<&[u8]> = body.chunks(SEALED_CHUNK_LEN).collect();
        assert_eq!(chunks.len(), 4);
        let join = |order: &[usize]| {
            let picked: Vec<&[u8]> = order.iter().map(|n| chunks[*n]).collect();
            opened(&[preamble, &picked.concat()].concat())
        };
        assert!(join(&[0, 1, 2, 3]).is_ok());
        let orders: [&[usize]; 8] =
            [&[], &[0], &[0, 1, 2], &[1, 2, 3], &[0, 2, 1, 3], &[0, 1, 1, 2, 3], &[0, 1, 3], &[3]];
        for order in orders {
            assert_eq!(join(order), Err(OpenError::Damaged), "{order:?}");
        }
        let (other, _) = backup(3 * CHUNK_LEN + 7);
        let borrowed =
            [preamble, &other[start..start + SEALED_CHUNK_LEN], &body[SEALED_CHUNK_LEN..]].concat();
        assert_eq!(opened(&borrowed), Err(OpenError::Damaged));
    }

    #[test]
    fn a_header_of_the_same_keys_cannot_be_exchanged() {
        let (file, _) = backup(40);
        let preamble = Preamble::read(&mut file.as_slice()).unwrap();
        let rewrapped = KEYS.1.rewrap(&"my-other-password".into(), KdfParams::MINIMUM).unwrap();
        let (old, new) = (KEYS.0.to_text(), rewrapped.to_text());
        assert_eq!(old.len(), new.len());
        let at = MAGIC.len() + 6;
        let mut altered = file.clone();
        altered[at..at + new.len()].copy_from_slice(new.as_bytes());
        assert_eq!(preamble.header, KEYS.0);
        assert_eq!(opened(&altered), Err(OpenError::Damaged));
    }

    #[test]
    fn a_backup_is_written_and_read_in_pieces_of_any_size() {
        let (_, plaintext) = backup(3 * CHUNK_LEN + 7);
        for piece in [1000, CHUNK_LEN, CHUNK_LEN + 1] {
            let mut sealer = sealer(&KEYS.1, &KEYS.0, Vec::new()).unwrap();
            plaintext.chunks(piece).for_each(|bytes| sealer.write_all(bytes).unwrap());
            let file = sealer.finish().unwrap();
            assert!(opened(&file).unwrap() == plaintext);
            let mut reader = read_with(&KEYS.1, file.as_slice()).unwrap();
            let (mut all, mut some) = (Vec::new(), vec![0u8; piece]);
            loop {
                match reader.read(&mut some).unwrap() {
                    0 => break,
                    length => all.extend_from_slice(&some[..length]),
                }
            }
            assert!(all == plaintext, "{piece}");
        }
    }

    #[test]
    fn what_was_damaged_once_stays_damaged() {
        let (mut file, _) = backup(2 * CHUNK_LEN);
        let last = file.len() - 1;
        file[last] ^= 1;
        let mut reader = read_with(&KEYS.1, file.as_slice()).unwrap();
        let mut out = vec![0u8; CHUNK_LEN];
        reader.read_exact(&mut out).unwrap();
        for _ in 0..3 {
            let error = reader.read(&mut out).unwrap_err();
            assert_eq!(OpenError::of(&error), OpenError::Damaged);
        }
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(opened(b"SQLite format 3\0").err(), Some(OpenError::NotABackup));
        assert_eq!(opened(b"").err(), Some(OpenError::NotABackup));
        assert_eq!(opened(b"WAIAAS\0\x01old").err(), Some(OpenError::NotABackup));
        assert_eq!(opened(b"WAIAAS\0\x02\0\x02").err(), Some(OpenError::UnsupportedVersion(2)));
        let huge = [MAGIC.as_slice(), &[0, 1], &[0xff; 4], &[b'{'; 64]].concat();
        assert_eq!(opened(&huge).err(), Some(OpenError::Damaged));
        let (_, foreign) = keys();
        assert_eq!(seal_under(&foreign, &KEYS.0, b"x").err(), Some(SealError::ForeignHeader));
    }
}
