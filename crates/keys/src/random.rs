//! Randomness from the operating system, and the type of secret keys in memory. There is deliberately no
//! seeded generator.
#![expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]

use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox, SecretString};
use thiserror::Error;
use zeroize::Zeroizing;

/// A 32-byte secret on the heap, so that moving it leaves no copy behind; wiped on drop.
pub(crate) type Secret32 = SecretBox<[u8; 32]>;

/// The operating system gave no randomness. Nothing was made; trying again is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the operating system gave no randomness")]
pub struct NoRandomness(#[source] getrandom::Error);

/// 32 random bytes for a protocol of the daemon's own, such as the key of a conversation. The caller must wipe them if
/// they are secret.
///
/// # Errors
///
/// [`NoRandomness`] if the operating system gives none.
pub fn random_bytes() -> Result<[u8; 32], NoRandomness> {
    public_bytes()
}

/// `N` random bytes that are not secret, for salts and nonces.
pub(crate) fn public_bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(NoRandomness)?;
    Ok(bytes)
}

/// Fills a buffer with random bytes. The caller must wipe it if they are secret.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), NoRandomness> {
    getrandom::fill(bytes).map_err(NoRandomness)
}

/// A fresh 32-byte key.
pub(crate) fn secret() -> Result<Secret32, NoRandomness> {
    let mut key = Secret32::default();
    getrandom::fill(key.expose_secret_mut()).map_err(NoRandomness)?;
    Ok(key)
}

/// 32 random bytes as a text of lower-case hex.
pub(crate) fn secret_text() -> Result<SecretString, NoRandomness> {
    let bytes = secret()?;
    let mut text = Zeroizing::new(String::with_capacity(64));
    for byte in bytes.expose_secret() {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    Ok(SecretString::from(text.as_str()))
}

/// Copies 32 bytes into a secret; `None` for any other length.
pub(crate) fn secret_from(bytes: &[u8]) -> Option<Secret32> {
    let mut key = Secret32::default();
    let target = key.expose_secret_mut();
    if bytes.len() != target.len() {
        return None;
    }
    target.copy_from_slice(bytes);
    Some(key)
}
