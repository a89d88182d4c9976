//! Derives keys from passwords, slowly (Argon2id v1.3, RFC 9106), and keys from keys, quickly (HKDF-SHA256,
//! RFC 5869). A password is never used with the quick one.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use hkdf::Hkdf;
use secrecy::{ExposeSecret, ExposeSecretMut, SecretString};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroize;

use crate::random::Secret32;

/// Minimum memory in KiB: OWASP's minimum for Argon2id with two passes.
pub const MIN_MEMORY_KIB: u32 = 19 * 1024;
/// Maximum memory in KiB, so that an edited header cannot demand all memory.
pub const MAX_MEMORY_KIB: u32 = 1024 * 1024;
/// Minimum number of passes.
pub const MIN_PASSES: u32 = 2;
/// Maximum number of passes.
pub const MAX_PASSES: u32 = 20;
/// Maximum number of lanes.
pub const MAX_LANES: u32 = 16;

/// The cost of one try of the password. Always within the permitted bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KdfParams {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// The requested cost is outside the permitted bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "Argon2id needs {MIN_MEMORY_KIB}..={MAX_MEMORY_KIB} KiB, {MIN_PASSES}..={MAX_PASSES} passes and \
     1..={MAX_LANES} lanes, not {memory_kib} KiB, {passes} passes and {lanes} lanes"
)]
pub struct ParamsError {
    /// Requested memory, KiB.
    pub memory_kib: u32,
    /// Requested passes.
    pub passes: u32,
    /// Requested lanes.
    pub lanes: u32,
}

impl KdfParams {
    /// Checks the bounds. Memory in KiB.
    ///
    /// # Errors
    ///
    /// [`ParamsError`] if a figure is outside its bounds.
    pub const fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, ParamsError> {
        let memory = memory_kib >= MIN_MEMORY_KIB && memory_kib <= MAX_MEMORY_KIB;
        let time = passes >= MIN_PASSES && passes <= MAX_PASSES;
        if memory && time && lanes >= 1 && lanes <= MAX_LANES {
            Ok(Self { memory_kib, passes, lanes })
        } else {
            Err(ParamsError { memory_kib, passes, lanes })
        }
    }

    /// The cheapest permitted parameters: 19 MiB, two passes.
    pub const MINIMUM: Self = Self { memory_kib: MIN_MEMORY_KIB, passes: MIN_PASSES, lanes: 1 };

    /// Memory in KiB.
    pub const fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub const fn passes(self) -> u32 {
        self.passes
    }

    /// Lanes, computed one after another.
    pub const fn lanes(self) -> u32 {
        self.lanes
    }
}

impl Default for KdfParams {
    /// 64 MiB, three passes, one lane.
    fn default() -> Self {
        Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 }
    }
}

/// There is not enough memory for the KDF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not enough memory for the password KDF ({memory_kib} KiB)")]
pub(crate) struct KdfOutOfMemory {
    pub(crate) memory_kib: u32,
}

/// Argon2id's working memory. It is wiped, because the last block reveals the output.
struct Blocks(Vec<Block>);

impl Blocks {
    fn allocate(count: usize) -> Option<Self> {
        let mut blocks = Vec::new();
        blocks.try_reserve_exact(count).ok()?;
        blocks.resize(count, Block::default());
        Some(Self(blocks))
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(Zeroize::zeroize);
    }
}

/// Runs Argon2id once and returns 32 bytes. Blocking; about 0.1 s with the default cost. `salt` has at least
/// 8 bytes.
pub(crate) fn stretch(
    password: &SecretString,
    salt: &[u8],
    params: KdfParams,
) -> Result<Secret32, KdfOutOfMemory> {
    let failed = KdfOutOfMemory { memory_kib: params.memory_kib };
    let cost = Params::new(params.memory_kib, params.passes, params.lanes, Some(32)).map_err(|_| failed)?;
    let mut blocks = Blocks::allocate(cost.block_count()).ok_or(failed)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost);
    let mut key = Secret32::default();
    argon2
        .hash_password_into_with_memory(
            password.expose_secret().as_bytes(),
            salt,
            key.expose_secret_mut(),
            blocks.0.as_mut_slice(),
        )
        .map_err(|_| failed)?;
    Ok(key)
}

/// A sub-key of `key` for one use, identified by `info`.
#[expect(clippy::expect_used, reason = "HKDF-SHA256 gives up to 8160 bytes; 32 are asked for")]
pub(crate) fn derive(key: &Secret32, info: &[u8]) -> Secret32 {
    let mut derived = Secret32::default();
    Hkdf::<Sha256>::new(None, key.expose_secret())
        .expand(info, derived.expose_secret_mut())
        .expect("32 bytes are within HKDF's limit");
    derived
}

/// [`derive()`] for values that may be published: commitments and identifiers.
pub(crate) fn derive_public(key: &Secret32, info: &[u8]) -> [u8; 32] {
    *derive(key, info).expose_secret()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5869 for one block of output: T(1) = HMAC(HMAC(0…, key), info ‖ 1).
    #[test]
    fn hkdf_is_hmac_twice() {
        use hmac::{Hmac, KeyInit, Mac};
        let key = crate::random::secret_from(&[7; 32]).unwrap();
        let hmac = |key: &[u8], parts: &[&[u8]]| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
            parts.iter().for_each(|part| mac.update(part));
            mac.finalize().into_bytes()
        };
        let expected = hmac(&hmac(&[0; 32], &[&[7; 32]]), &[b"info", &[1]]);
        assert_eq!(derive(&key, b"info").expose_secret().as_slice(), expected.as_slice());
    }

    /// From `src/test.c` of the reference implementation (phc-winner-argon2):
    /// version 0x13, t=2, m=2^16 KiB, p=1, password `password`, salt `somesalt`.
    #[test]
    fn argon2id_agrees_with_the_reference_implementation() {
        let params = KdfParams::new(65536, 2, 1).unwrap();
        let key = stretch(&"password".into(), b"somesalt", params).unwrap();
        let expected = "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7";
        assert_eq!(hex::encode(key.expose_secret()), expected);
    }

    #[test]
    fn costs_below_the_floor_or_above_the_ceiling_are_refused() {
        assert!(KdfParams::new(MIN_MEMORY_KIB, MIN_PASSES, 1).is_ok());
        for (memory, passes, lanes) in [
            (MIN_MEMORY_KIB - 1, 3, 1),
            (MAX_MEMORY_KIB + 1, 3, 1),
            (65536, 1, 1),
            (65536, 21, 1),
            (65536, 3, 0),
            (65536, 3, 17),
        ] {
            assert!(KdfParams::new(memory, passes, lanes).is_err(), "{memory} {passes} {lanes}");
        }
        assert_eq!(KdfParams::new(65536, 3, 1), Ok(KdfParams::default()));
        assert!(KdfParams::new(19456, 2, 1) == Ok(KdfParams::MINIMUM));
    }
}
