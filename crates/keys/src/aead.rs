//! XChaCha20-Poly1305 for small items: `nonce (24) ‖ ciphertext ‖ tag (16)` under a random nonce, with a
//! digest of the item's identity as associated data.
//!
//! The construction is draft-irtf-cfrg-xchacha-03. [`crate::backup`] encrypts streams of chunks.

use chacha20poly1305::{AeadInOut, KeyInit, Tag, XChaCha20Poly1305, XNonce};
use secrecy::ExposeSecret;
use waiaas_core::digest::Digest;
use zeroize::Zeroizing;

use crate::random::{NoRandomness, Secret32, public_bytes, secret_from};

/// Bytes of a nonce.
pub(crate) const NONCE_LEN: usize = 24;
/// Bytes of an authentication tag.
pub(crate) const TAG_LEN: usize = 16;
/// Number of bytes by which a sealed item is longer than its plaintext.
pub(crate) const OVERHEAD: usize = NONCE_LEN + TAG_LEN;
/// Length of a sealed 32-byte key.
pub(crate) const SEALED_KEY_LEN: usize = 32 + OVERHEAD;

/// The cipher with `key`.
pub(crate) fn cipher(key: &Secret32) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose_secret().into())
}

/// Seals `plaintext` with a new random nonce.
pub(crate) fn seal(key: &Secret32, context: Digest, plaintext: &[u8]) -> Result<Vec<u8>, NoRandomness> {
    let nonce = public_bytes::<NONCE_LEN>()?;
    // Reserved once: a growing buffer would leave a copy of the plaintext in memory.
    let mut sealed = Vec::with_capacity(plaintext.len().saturating_add(OVERHEAD));
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plaintext);
    let (_, body) = sealed.split_at_mut(NONCE_LEN);
    let tag = encrypt(&cipher(key), &nonce, context, body);
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// Opens an item made by [`seal`]. `None` means that it is not authentic in this context.
pub(crate) fn open(key: &Secret32, context: Digest, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, rest) = sealed.split_at_checked(NONCE_LEN)?;
    let (body, tag) = rest.split_at_checked(rest.len().checked_sub(TAG_LEN)?)?;
    let mut plaintext = Zeroizing::new(body.to_vec());
    decrypt(&cipher(key), nonce.try_into().ok()?, context, &mut plaintext, tag.try_into().ok()?)?;
    Some(plaintext)
}

/// Seals a 32-byte key.
pub(crate) fn seal_key(
    key: &Secret32,
    context: Digest,
    inner: &Secret32,
) -> Result<[u8; SEALED_KEY_LEN], NoRandomness> {
    let nonce = public_bytes::<NONCE_LEN>()?;
    let mut body = Zeroizing::new(*inner.expose_secret());
    let tag = encrypt(&cipher(key), &nonce, context, body.as_mut_slice());
    let mut sealed = [0u8; SEALED_KEY_LEN];
    let parts = nonce.iter().chain(body.iter()).chain(tag.iter());
    sealed.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
    Ok(sealed)
}

/// Opens a sealed 32-byte key.
pub(crate) fn open_key(key: &Secret32, context: Digest, sealed: &[u8; SEALED_KEY_LEN]) -> Option<Secret32> {
    open(key, context, sealed).and_then(|bytes| secret_from(&bytes))
}

/// Encrypts in place and returns the tag.
#[expect(clippy::expect_used, reason = "fails only above the cipher's 256 GiB, which no slice here reaches")]
pub(crate) fn encrypt(
    cipher: &XChaCha20Poly1305,
    nonce: &[u8; NONCE_LEN],
    context: Digest,
    body: &mut [u8],
) -> [u8; TAG_LEN] {
    let nonce: &XNonce = nonce.into();
    cipher
        .encrypt_inout_detached(nonce, context.as_bytes(), body.into())
        .expect("shorter than the cipher's limit")
        .into()
}

/// Checks the tag, then decrypts in place. On `None` `body` is unchanged.
pub(crate) fn decrypt(
    cipher: &XChaCha20Poly1305,
    nonce: &[u8; NONCE_LEN],
    context: Digest,
    body: &mut [u8],
    tag: &[u8; TAG_LEN],
) -> Option<()> {
    let (nonce, tag): (&XNonce, &Tag) = (nonce.into(), tag.into());
    cipher.decrypt_inout_detached(nonce, context.as_bytes(), body.into(), tag).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The AEAD example of draft-irtf-cfrg-xchacha-03, A.3.1.
    #[test]
    fn agrees_with_the_published_vector() {
        let key: Vec<u8> = (0x80..=0x9f).collect();
        let nonce: [u8; 24] = std::array::from_fn(|i| 0x40 + u8::try_from(i).unwrap());
        let text: &[u8] = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for \
the future, sunscreen would be it.";
        let aad = hex::decode("50515253c0c1c2c3c4c5c6c7").unwrap();
        let cipher = cipher(&secret_from(&key).unwrap());
        let mut body = text.to_vec();
        let tag = cipher.encrypt_inout_detached((&nonce).into(), &aad, body.as_mut_slice().into()).unwrap();
        assert_eq!(hex::encode(&body[..16]), "bd6d179d3e83d43b9576579493c0e939");
        assert_eq!(hex::encode(tag), "c0875924c1c7987947deafd8780acf49");
    }

    #[test]
    fn a_seal_opens_only_under_its_key_and_context() {
        let (key, other) = (crate::random::secret().unwrap(), crate::random::secret().unwrap());
        let (context, elsewhere) = (Digest::new([1; 32]), Digest::new([2; 32]));
        let sealed = seal(&key, context, b"secret").unwrap();
        assert_eq!(open(&key, context, &sealed).unwrap().as_slice(), b"secret");
        assert!(open(&other, context, &sealed).is_none());
        assert!(open(&key, elsewhere, &sealed).is_none());
        for length in 0..sealed.len() {
            assert!(open(&key, context, &sealed[..length]).is_none(), "{length}");
        }
        let again = seal(&key, context, b"secret").unwrap();
        assert_ne!(sealed, again);
    }
}
