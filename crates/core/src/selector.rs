//! The selector that names a method in the bytes of a call.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The first bytes of a call: on EVM the four-byte selector (Solidity ABI), on Solana the first one to
/// eight bytes of an instruction's data (a program's own tag, or an Anchor discriminator). Its text is
/// `0x` and hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    bytes: [u8; 8],
    length: u8,
}

impl Selector {
    /// Longest selector, in bytes.
    pub const LONGEST: usize = 8;

    /// A four-byte selector.
    pub const fn evm(selector: [u8; 4]) -> Self {
        let [a, b, c, d] = selector;
        Self { bytes: [a, b, c, d, 0, 0, 0, 0], length: 4 }
    }

    /// Up to the first eight bytes of an instruction's data; none if there is no data.
    pub fn of_instruction(data: &[u8]) -> Option<Self> {
        Self::new(data.get(..data.len().min(Self::LONGEST))?)
    }

    /// From one to eight bytes; none for any other length.
    pub fn new(selector: &[u8]) -> Option<Self> {
        let mut bytes = [0u8; 8];
        let length = u8::try_from(selector.len()).ok().filter(|length| *length > 0)?;
        bytes.get_mut(..selector.len())?.copy_from_slice(selector);
        Some(Self { bytes, length })
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// Whether a call that begins with `called` calls this method: a rule may name fewer bytes than a Solana
    /// instruction shows.
    pub fn names(&self, called: &Self) -> bool {
        called.as_bytes().starts_with(self.as_bytes())
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.as_bytes()))
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Selector({self})")
    }
}

impl Serialize for Selector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = text.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
        bytes
            .and_then(|bytes| Self::new(&bytes))
            .ok_or_else(|| de::Error::custom("a selector is 0x and two to sixteen hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_name_covers_a_longer_call_and_not_the_reverse() {
        let tag = Selector::new(&[9]).expect("selector");
        let call = Selector::of_instruction(&[9, 1, 2, 3, 4, 5, 6, 7, 8, 9]).expect("selector");
        assert_eq!(call.as_bytes(), [9, 1, 2, 3, 4, 5, 6, 7]);
        assert!(tag.names(&call) && !call.names(&tag) && call.names(&call));
        assert!(!Selector::new(&[9, 0]).expect("selector").names(&tag));
        assert_ne!(Selector::new(&[9, 0]), Selector::new(&[9]), "a zero byte is a byte");
    }

    #[test]
    fn text_is_hex_of_one_to_eight_bytes() {
        let read = |text: &str| serde_json::from_value::<Selector>(text.into()).ok();
        assert_eq!(read("0xa9059cbb"), Some(Selector::evm([0xa9, 0x05, 0x9c, 0xbb])));
        assert_eq!(read("0xA9059CBB"), read("0xa9059cbb"));
        for bad in ["0x", "a9059cbb", "0xa", "0x000102030405060708", "0xzz", ""] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(Selector::evm([1, 2, 3, 4]).to_string(), "0x01020304");
        assert_eq!(Selector::of_instruction(&[]), None);
    }
}
