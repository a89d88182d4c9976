//! Bytes as a source of choices. It never ends: missing bytes are zero.

use alloy_primitives::U256;

/// The unread rest of an input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether everything was read.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns up to `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Returns the unread rest.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        self.take(self.0.len())
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0u8; N];
        let taken = self.take(N);
        array.iter_mut().zip(taken).for_each(|(to, from)| *to = *from);
        array
    }

    pub(crate) fn u8(&mut self) -> u8 {
        u8::from_be_bytes(self.array())
    }

    pub(crate) fn bool(&mut self) -> bool {
        self.u8() & 1 == 1
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.array())
    }

    pub(crate) fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.array())
    }

    pub(crate) fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.array())
    }

    /// Returns small numbers as often as large ones.
    pub(crate) fn number(&mut self) -> u64 {
        match self.u8() % 4 {
            0 => u64::from(self.u8()),
            1 => u64::from(self.u32()),
            2 => self.u64(),
            _ => u64::MAX.wrapping_sub(u64::from(self.u8())),
        }
    }

    /// Returns the same for 256 bits.
    pub(crate) fn u256(&mut self) -> U256 {
        match self.u8() % 4 {
            0 => U256::from(self.u8()),
            1 => U256::from(self.u64()),
            2 => U256::from_be_bytes(self.array::<32>()),
            _ => U256::MAX.wrapping_sub(U256::from(self.u8())),
        }
    }

    /// Returns one of `choices`, which must not be empty.
    pub(crate) fn one<T: Copy>(&mut self, choices: &[T]) -> T {
        let at = usize::from(self.u8()).checked_rem(choices.len()).unwrap_or_default();
        choices[at]
    }

    /// Returns a value in half of the cases.
    pub(crate) fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.bool().then(|| value(self))
    }
}

/// Selects one input in eight, for slow steps such as signing.
pub(crate) fn seldom(bytes: &[u8]) -> bool {
    bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)).is_multiple_of(8)
}
