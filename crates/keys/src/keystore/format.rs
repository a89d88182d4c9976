//! The header's text: one JSON object in one canonical form.
//!
//! Parsing accepts exactly the text that writing produces, so two different texts are never the same header,
//! and every altered byte is detected before the KDF runs. The checksum only distinguishes damage from a
//! wrong password; the AEAD in [`super::seal`] authenticates the fields.

use std::fmt;

use serde::Deserialize;
use waiaas_core::digest::Digest;
use waiaas_core::ids::InstanceId;

use super::unlock::UnlockError;
use crate::aead::SEALED_KEY_LEN;
use crate::kdf::KdfParams;
use crate::root_key::RootId;

/// The only version so far.
const VERSION: u32 = 1;
const KDF: &str = "argon2id";
/// Argon2 v1.3.
const KDF_VERSION: u32 = 0x13;
const CIPHER: &str = "xchacha20-poly1305";
/// Shortest and longest accepted salt; new headers have [`SALT_LEN`] bytes.
const SALT_RANGE: std::ops::RangeInclusive<usize> = 16..=32;
/// Bytes of salt in new headers.
pub(super) const SALT_LEN: usize = 32;

/// The root key wrapped under the master password, with everything that unwrapping needs. Public data.
#[derive(Clone, PartialEq, Eq)]
pub struct KeystoreHeader {
    pub(super) instance: InstanceId,
    pub(super) root: RootId,
    pub(super) params: KdfParams,
    pub(super) salt: Vec<u8>,
    /// The root key, sealed.
    pub(super) wrapped: [u8; SEALED_KEY_LEN],
    /// Binds the header to one password. With the AEAD alone, a ciphertext could be made that several
    /// passwords open.
    pub(super) commitment: [u8; 32],
}

#[derive(Deserialize)]
struct AnyVersion {
    version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[serde(rename = "version")]
    _version: u32,
    instance: InstanceId,
    root: String,
    kdf: Kdf,
    cipher: String,
    wrapped: String,
    commitment: String,
    #[serde(rename = "checksum")]
    _checksum: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kdf {
    name: String,
    version: u32,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
}

impl KeystoreHeader {
    /// The installation it belongs to.
    pub const fn instance(&self) -> InstanceId {
        self.instance
    }

    /// The cost of one try of the password.
    pub const fn params(&self) -> KdfParams {
        self.params
    }

    /// The salt of the password KDF.
    pub(crate) fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// 32 bytes that differ between any two headers.
    pub(crate) const fn commitment(&self) -> &[u8; 32] {
        &self.commitment
    }

    /// The text to store: one line of JSON, less than 1 KiB.
    pub fn to_text(&self) -> String {
        let body = format!(
            r#""version":{VERSION},"instance":"{}","root":"{}","kdf":{{"name":"{KDF}","version":{KDF_VERSION},"memory_kib":{},"passes":{},"lanes":{},"salt":"{}"}},"cipher":"{CIPHER}","wrapped":"{}","commitment":"{}""#,
            self.instance,
            hex::encode(self.root.0),
            self.params.memory_kib(),
            self.params.passes(),
            self.params.lanes(),
            hex::encode(&self.salt),
            hex::encode(self.wrapped),
            hex::encode(self.commitment),
        );
        let checksum = Digest::of("waiaas.keystore.checksum.v1", &[body.as_bytes()]);
        format!(r#"{{{body},"checksum":"{checksum}"}}"#)
    }

    /// Parses a stored text. Runs no KDF.
    ///
    /// # Errors
    ///
    /// [`UnlockError`] if the text is damaged, of an unknown version or algorithm, or has a cost outside the
    /// bounds.
    pub fn from_text(text: &str) -> Result<Self, UnlockError> {
        let AnyVersion { version } = serde_json::from_str(text).map_err(|_| UnlockError::Damaged)?;
        if version != VERSION {
            return Err(UnlockError::Unsupported);
        }
        let read: Text = serde_json::from_str(text).map_err(|_| UnlockError::Damaged)?;
        if read.kdf.name != KDF || read.kdf.version != KDF_VERSION || read.cipher != CIPHER {
            return Err(UnlockError::Unsupported);
        }
        let salt = hex::decode(&read.kdf.salt).map_err(|_| UnlockError::Damaged)?;
        if !SALT_RANGE.contains(&salt.len()) {
            return Err(UnlockError::Damaged);
        }
        let header = Self {
            instance: read.instance,
            root: RootId(array(&read.root)?),
            params: KdfParams::new(read.kdf.memory_kib, read.kdf.passes, read.kdf.lanes)?,
            salt,
            wrapped: array(&read.wrapped)?,
            commitment: array(&read.commitment)?,
        };
        if header.to_text() == text { Ok(header) } else { Err(UnlockError::Damaged) }
    }

    /// Associated data of the wrapped root key: every field that the wrapping does not produce.
    pub(super) fn context(&self) -> Digest {
        Digest::of(
            "waiaas.keystore.v1",
            &[
                &VERSION.to_be_bytes(),
                self.instance.uuid().as_bytes(),
                &self.root.0,
                KDF.as_bytes(),
                &KDF_VERSION.to_be_bytes(),
                &self.params.memory_kib().to_be_bytes(),
                &self.params.passes().to_be_bytes(),
                &self.params.lanes().to_be_bytes(),
                &self.salt,
                CIPHER.as_bytes(),
                &self.commitment,
            ],
        )
    }
}

fn array<const N: usize>(text: &str) -> Result<[u8; N], UnlockError> {
    let mut bytes = [0u8; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| UnlockError::Damaged)?;
    Ok(bytes)
}

impl fmt::Debug for KeystoreHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("KeystoreHeader");
        shown.field("instance", &self.instance).field("params", &self.params).finish_non_exhaustive()
    }
}
