//! The chunks of a backup: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over
//! XChaCha20-Poly1305, as `aead-stream` implements it (`StreamBE32`).
//!
//! Chunks of 64 KiB, the last one 0 to 64 KiB (empty only if there is no content). The nonce of a chunk is
//! `random prefix (19) ‖ counter (4) ‖ last (1)`, so a chunk is valid in one place of one file: cutting,
//! reordering and joining are detected. Belongs here: where a chunk begins and ends.

use std::io::{self, Read, Write};

use aead_stream::{DecryptorBE32, EncryptorBE32};
use chacha20poly1305::XChaCha20Poly1305;
use waiaas_core::digest::Digest;
use zeroize::Zeroizing;

use super::open::OpenError;
use super::seal::SealError;
use crate::aead::{self, TAG_LEN};
use crate::random::Secret32;

/// Bytes of the random part of the nonces.
pub(super) const PREFIX_LEN: usize = 19;
/// Plaintext bytes of every chunk except the last.
pub(super) const CHUNK_LEN: usize = 64 * 1024;
/// Bytes of a sealed full chunk.
pub(super) const SEALED_CHUNK_LEN: usize = CHUNK_LEN + TAG_LEN;

/// Associated data of every chunk.
pub(super) fn context(preamble: &[u8]) -> Digest {
    Digest::of("waiaas.backup.v1", &[preamble])
}

/// Seals the bytes written to it, chunk by chunk. The output cannot be opened before [`Sealer::finish`].
pub struct Sealer<W> {
    stream: EncryptorBE32<XChaCha20Poly1305>,
    context: Digest,
    chunk: Zeroizing<Vec<u8>>,
    out: W,
}

impl<W: Write> Sealer<W> {
    /// Continues after `preamble`, which is already in `out`.
    pub(super) fn new(key: &Secret32, prefix: [u8; PREFIX_LEN], preamble: &[u8], out: W) -> Self {
        // Capacity for a whole sealed chunk: a growing buffer would leave copies of the plaintext in memory.
        let chunk = Zeroizing::new(Vec::with_capacity(SEALED_CHUNK_LEN));
        let stream = EncryptorBE32::from_aead(aead::cipher(key), &prefix.into());
        Self { stream, context: context(preamble), chunk, out }
    }

    /// Seals the last chunk and returns the flushed output.
    ///
    /// # Errors
    ///
    /// I/O errors of the output, and an error for a backup of more than 256 TiB.
    pub fn finish(self) -> io::Result<W> {
        let Self { stream, context, mut chunk, mut out } = self;
        stream.encrypt_last_in_place(context.as_bytes(), &mut *chunk).map_err(|_| too_large())?;
        out.write_all(&chunk)?;
        out.flush()?;
        Ok(out)
    }

    /// Seals a chunk that is not the last one.
    fn seal(&mut self) -> io::Result<()> {
        let sealed = self.stream.encrypt_next_in_place(self.context.as_bytes(), &mut *self.chunk);
        sealed.map_err(|_| too_large())?;
        self.out.write_all(&self.chunk)?;
        self.chunk.clear();
        Ok(())
    }
}

/// The one reason for which a chunk is not sealed: the counter has ended.
fn too_large() -> io::Error {
    io::Error::other(SealError::TooLarge)
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk is kept until it is certain that it is not the last one.
        if self.chunk.len() >= CHUNK_LEN && !bytes.is_empty() {
            self.seal()?;
        }
        let room = CHUNK_LEN.saturating_sub(self.chunk.len());
        let (taken, _) = bytes.split_at(bytes.len().min(room));
        self.chunk.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Reads the output of a [`Sealer`]. Every chunk returned is authentic and in its place. Only when the end is
/// reached is it certain that nothing is missing.
pub struct Opener<R> {
    /// None after the last chunk.
    stream: Option<DecryptorBE32<XChaCha20Poly1305>>,
    context: Digest,
    sealed: R,
    /// The next sealed chunk; empty after the last one.
    next: Vec<u8>,
    plain: Zeroizing<Vec<u8>>,
    /// Number of bytes of `plain` already returned.
    at: usize,
    damaged: bool,
}

impl<R: Read> Opener<R> {
    /// Continues after `preamble`, which was already read from `sealed`. Opens the first chunk, so that a
    /// wrong key or preamble is detected here.
    pub(super) fn new(
        key: &Secret32,
        prefix: [u8; PREFIX_LEN],
        preamble: &[u8],
        sealed: R,
    ) -> io::Result<Self> {
        let plain = Zeroizing::new(Vec::with_capacity(SEALED_CHUNK_LEN));
        let stream = Some(DecryptorBE32::from_aead(aead::cipher(key), &prefix.into()));
        let context = context(preamble);
        let mut opener = Self { stream, context, sealed, next: Vec::new(), plain, at: 0, damaged: false };
        opener.next = opener.fetch()?;
        opener.open()?;
        Ok(opener)
    }

    fn fetch(&mut self) -> io::Result<Vec<u8>> {
        let mut chunk = Vec::with_capacity(SEALED_CHUNK_LEN);
        let length = u64::try_from(SEALED_CHUNK_LEN).unwrap_or(u64::MAX);
        self.sealed.by_ref().take(length).read_to_end(&mut chunk)?;
        Ok(chunk)
    }

    fn open(&mut self) -> io::Result<()> {
        let after = self.fetch()?;
        let chunk = std::mem::replace(&mut self.next, after);
        self.at = 0;
        self.plain.clear();
        self.plain.extend_from_slice(&chunk);
        if self.decrypt().is_none() {
            self.plain.clear();
            self.damaged = true;
            return Err(damaged());
        }
        Ok(())
    }

    /// Opens the chunk in `plain`, in place.
    fn decrypt(&mut self) -> Option<()> {
        let context = self.context.as_bytes();
        if self.next.is_empty() {
            self.stream.take()?.decrypt_last_in_place(context, &mut *self.plain).ok()
        } else {
            self.stream.as_mut()?.decrypt_next_in_place(context, &mut *self.plain).ok()
        }
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.damaged {
            return Err(damaged());
        }
        if self.at >= self.plain.len() && !self.next.is_empty() {
            self.open()?;
        }
        let rest = self.plain.get(self.at..).unwrap_or_default();
        let length = rest.len().min(out.len());
        out.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.at = self.at.saturating_add(length);
        Ok(length)
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, OpenError::Damaged)
}
