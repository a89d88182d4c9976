//! The chunks of a backup: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over
//! XChaCha20-Poly1305.
//!
//! Chunks of 64 KiB, the last one 0 to 64 KiB (empty only if all is empty). The nonce of a chunk is
//! `random prefix (19) ‖ counter (4) ‖ last (1)`, so a chunk fits one place in one file: cutting,
//! reordering and joining are noticed.

use waiaas_core::digest::Digest;
use zeroize::Zeroizing;

use crate::aead::{self, NONCE_LEN, TAG_LEN};
use crate::random::Secret32;

/// Bytes of the random part of the nonces.
pub(super) const PREFIX_LEN: usize = 19;
/// Plaintext bytes of every chunk but the last.
pub(super) const CHUNK_LEN: usize = 64 * 1024;
/// The same, sealed.
pub(super) const SEALED_CHUNK_LEN: usize = CHUNK_LEN + TAG_LEN;

/// What every chunk is bound to.
pub(super) fn context(preamble: &[u8]) -> Digest {
    Digest::of("waiaas.backup.v1", &[preamble])
}

/// Room that a plaintext needs, preamble without header text included.
pub(super) const fn sealed_len(plaintext: usize) -> usize {
    let tags = (plaintext / CHUNK_LEN).saturating_add(1).saturating_mul(TAG_LEN);
    plaintext.saturating_add(tags).saturating_add(64)
}

fn nonce(prefix: &[u8; PREFIX_LEN], counter: usize, last: bool) -> Option<[u8; NONCE_LEN]> {
    let counter = u32::try_from(counter).ok()?.to_be_bytes();
    let mut nonce = [0u8; NONCE_LEN];
    let parts = prefix.iter().copied().chain(counter).chain([u8::from(last)]);
    nonce.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
    Some(nonce)
}

/// Appends the sealed chunks to `file`. `None` when there are more than 2³² of them.
pub(super) fn seal(
    key: &Secret32,
    prefix: &[u8; PREFIX_LEN],
    context: Digest,
    plaintext: &[u8],
    file: &mut Vec<u8>,
) -> Option<()> {
    let cipher = aead::cipher(key);
    let mut rest = plaintext;
    for counter in 0usize.. {
        let (chunk, after) = rest.split_at(rest.len().min(CHUNK_LEN));
        let last = after.is_empty();
        let nonce = nonce(prefix, counter, last)?;
        let start = file.len();
        file.extend_from_slice(chunk);
        let (_, body) = file.split_at_mut(start);
        let tag = aead::encrypt(&cipher, &nonce, context, body);
        file.extend_from_slice(&tag);
        if last {
            break;
        }
        rest = after;
    }
    Some(())
}

/// Opens all chunks; `None` unless every one is authentic and in its place.
pub(super) fn open(
    key: &Secret32,
    prefix: &[u8; PREFIX_LEN],
    context: Digest,
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let cipher = aead::cipher(key);
    let mut plaintext = Zeroizing::new(Vec::with_capacity(sealed.len()));
    let mut rest = sealed;
    for counter in 0usize.. {
        let (chunk, after) = rest.split_at(rest.len().min(SEALED_CHUNK_LEN));
        let last = after.is_empty();
        let (body, tag) = chunk.split_at_checked(chunk.len().checked_sub(TAG_LEN)?)?;
        let start = plaintext.len();
        plaintext.extend_from_slice(body);
        let (_, target) = plaintext.split_at_mut(start);
        aead::decrypt(&cipher, &nonce(prefix, counter, last)?, context, target, tag.try_into().ok()?)?;
        if last {
            break;
        }
        rest = after;
    }
    Some(plaintext)
}
