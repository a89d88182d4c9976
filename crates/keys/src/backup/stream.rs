//! The chunks of a backup: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over
//! XChaCha20-Poly1305.
//!
//! Chunks of 64 KiB, the last one 0 to 64 KiB (empty only if there is no content). The nonce of a chunk is
//! `random prefix (19) ‖ counter (4) ‖ last (1)`, so a chunk is valid in one place of one file: cutting,
//! reordering and joining are detected.

use std::io::{self, Read, Write};

use chacha20poly1305::XChaCha20Poly1305;
use waiaas_core::digest::Digest;
use zeroize::Zeroizing;

use super::open::OpenError;
use super::seal::SealError;
use crate::aead::{self, NONCE_LEN, TAG_LEN};
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

fn nonce(prefix: &[u8; PREFIX_LEN], counter: usize, last: bool) -> Option<[u8; NONCE_LEN]> {
    let counter = u32::try_from(counter).ok()?.to_be_bytes();
    let mut nonce = [0u8; NONCE_LEN];
    let parts = prefix.iter().copied().chain(counter).chain([u8::from(last)]);
    nonce.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
    Some(nonce)
}

/// The cipher of one file and the position of the next chunk.
struct Place {
    cipher: XChaCha20Poly1305,
    prefix: [u8; PREFIX_LEN],
    context: Digest,
    counter: usize,
}

impl Place {
    fn new(key: &Secret32, prefix: [u8; PREFIX_LEN], preamble: &[u8]) -> Self {
        Self { cipher: aead::cipher(key), prefix, context: context(preamble), counter: 0 }
    }

    /// The nonce of the next chunk; `None` after 2³² of them.
    fn next(&mut self, last: bool) -> Option<[u8; NONCE_LEN]> {
        let nonce = nonce(&self.prefix, self.counter, last);
        self.counter = self.counter.saturating_add(1);
        nonce
    }
}

/// Seals the bytes written to it, chunk by chunk. The output cannot be opened before [`Sealer::finish`].
pub struct Sealer<W> {
    place: Place,
    chunk: Zeroizing<Vec<u8>>,
    out: W,
}

impl<W: Write> Sealer<W> {
    /// Continues after `preamble`, which is already in `out`.
    pub(super) fn new(key: &Secret32, prefix: [u8; PREFIX_LEN], preamble: &[u8], out: W) -> Self {
        // Capacity for a whole chunk: a growing buffer would leave copies of the plaintext in memory.
        let chunk = Zeroizing::new(Vec::with_capacity(CHUNK_LEN));
        Self { place: Place::new(key, prefix, preamble), chunk, out }
    }

    /// Seals the last chunk and returns the flushed output.
    ///
    /// # Errors
    ///
    /// I/O errors of the output, and an error for a backup of more than 256 TiB.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        let nonce = self.place.next(last).ok_or_else(|| io::Error::other(SealError::TooLarge))?;
        let tag = aead::encrypt(&self.place.cipher, &nonce, self.place.context, &mut self.chunk);
        self.out.write_all(&self.chunk)?;
        self.out.write_all(&tag)?;
        self.chunk.clear();
        Ok(())
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk is kept until it is certain that it is not the last one.
        if self.chunk.len() >= CHUNK_LEN && !bytes.is_empty() {
            self.seal(false)?;
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
    place: Place,
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
        let place = Place::new(key, prefix, preamble);
        let mut opener = Self { place, sealed, next: Vec::new(), plain, at: 0, damaged: false };
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
        if self.decrypt(&chunk).is_none() {
            self.plain.clear();
            self.damaged = true;
            return Err(damaged());
        }
        Ok(())
    }

    fn decrypt(&mut self, chunk: &[u8]) -> Option<()> {
        let nonce = self.place.next(self.next.is_empty())?;
        let (body, tag) = chunk.split_at_checked(chunk.len().checked_sub(TAG_LEN)?)?;
        self.plain.extend_from_slice(body);
        let context = self.place.context;
        aead::decrypt(&self.place.cipher, &nonce, context, &mut self.plain, tag.try_into().ok()?)
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
