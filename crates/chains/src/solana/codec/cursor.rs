//! Reads bytes from the front, for formats that are read to the last byte. Never panics.

use solana_pubkey::Pubkey;

/// The unread bytes.
#[derive(Clone, Copy, Debug)]
pub(in crate::solana) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(in crate::solana) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Returns the unread bytes.
    pub(in crate::solana) const fn rest(self) -> &'a [u8] {
        self.0
    }

    pub(in crate::solana) fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (chunk, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*chunk)
    }

    pub(in crate::solana) fn u8(&mut self) -> Option<u8> {
        self.chunk::<1>().map(|[byte]| byte)
    }

    /// Reads a byte that is 0 or 1.
    pub(in crate::solana) fn flag(&mut self) -> Option<bool> {
        match self.u8()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// Reads a little-endian integer.
    pub(in crate::solana) fn u32(&mut self) -> Option<u32> {
        self.chunk().map(u32::from_le_bytes)
    }

    /// Reads a little-endian integer.
    pub(in crate::solana) fn u64(&mut self) -> Option<u64> {
        self.chunk().map(u64::from_le_bytes)
    }

    pub(in crate::solana) fn key(&mut self) -> Option<Pubkey> {
        self.chunk().map(Pubkey::new_from_array)
    }

    /// Reads a flag byte and, if it is 1, a key, as SPL programs write an optional key.
    pub(in crate::solana) fn optional_key(&mut self) -> Option<Option<Pubkey>> {
        if self.flag()? { self.key().map(Some) } else { Some(None) }
    }

    /// Reads a u64 length and that many bytes of UTF-8, as Bincode writes a string.
    pub(in crate::solana) fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.u64()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    /// Succeeds if everything was read.
    pub(in crate::solana) const fn end(self) -> Option<()> {
        if self.0.is_empty() { Some(()) } else { None }
    }
}
