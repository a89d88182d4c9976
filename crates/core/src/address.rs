//! Addresses as decoded bytes, tagged with their chain. They are never compared as text.

use std::cell::RefCell;
use std::fmt;
use std::str::FromStr;

use alloy_primitives::Address as EvmAddress;
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::foreign::shown;
use crate::network::Chain;

/// An account or contract address. Its text is EIP-55 on EVM and base58 on Solana.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Address {
    /// 20 bytes.
    Evm([u8; 20]),
    /// 32 bytes.
    Solana([u8; 32]),
}

/// Why a text cannot be read as an address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AddressError {
    /// Neither an EVM nor a Solana address.
    #[error("'{0}' is not an address")]
    Malformed(String),
    /// Mixed-case hex with a wrong EIP-55 checksum.
    #[error("'{0}' has a wrong EIP-55 checksum: a character is mistyped")]
    Checksum(String),
    /// An address of the other chain.
    #[error("'{address}' is not a {expected} address")]
    WrongChain {
        /// The text given.
        address: String,
        /// The chain wanted.
        expected: Chain,
    },
}

impl Address {
    /// The chain whose addresses have this shape.
    pub const fn chain(&self) -> Chain {
        match self {
            Self::Evm(_) => Chain::Ethereum,
            Self::Solana(_) => Chain::Solana,
        }
    }

    /// Whether a private key can exist for this address. A Solana address off the Ed25519 curve has none:
    /// only the program it is derived for can sign for it.
    pub fn may_have_key(&self) -> bool {
        match self {
            Self::Evm(_) => true,
            Self::Solana(bytes) => VerifyingKey::from_bytes(bytes).is_ok(),
        }
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Evm(bytes) => bytes,
            Self::Solana(bytes) => bytes,
        }
    }

    /// Parses an address that must belong to `chain`.
    ///
    /// # Errors
    ///
    /// [`AddressError::WrongChain`] for an address of the other chain; otherwise the reason why the text is
    /// not an address.
    pub fn parse(chain: Chain, text: &str) -> Result<Self, AddressError> {
        let address: Self = text.parse()?;
        if address.chain() == chain {
            Ok(address)
        } else {
            Err(AddressError::WrongChain { address: shown(text), expected: chain })
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let malformed = || AddressError::Malformed(shown(text));
        if let Some(digits) = text.strip_prefix("0x") {
            let mut bytes = [0u8; 20];
            hex::decode_to_slice(digits, &mut bytes).map_err(|_| malformed())?;
            let mixed = digits.bytes().any(|b| b.is_ascii_uppercase())
                && digits.bytes().any(|b| b.is_ascii_lowercase());
            if mixed && !has_right_case(digits, bytes) {
                return Err(AddressError::Checksum(shown(text)));
            }
            return Ok(Self::Evm(bytes));
        }
        if text.len() < 32 || text.len() > 44 {
            return Err(malformed());
        }
        let bytes = bs58::decode(text).into_vec().map_err(|_| malformed())?;
        bytes.try_into().map(Self::Solana).map_err(|_| malformed())
    }
}

thread_local! {
    /// EIP-55 addresses found correct, indexed by their last byte. Stored records repeat few addresses, and
    /// the hash is the most expensive part of reading one.
    static RIGHT: RefCell<[[u8; 40]; 256]> = const { RefCell::new([[0; 40]; 256]) };
}

/// Whether the case of the digits is their EIP-55 checksum.
fn has_right_case(digits: &str, bytes: [u8; 20]) -> bool {
    let [.., last] = bytes;
    RIGHT.with_borrow_mut(|right| {
        let Some(right) = right.get_mut(usize::from(last)) else { return false };
        if right.as_slice() == digits.as_bytes() {
            return true;
        }
        let expected = EvmAddress::from(bytes).to_checksum(None);
        let same = expected.strip_prefix("0x") == Some(digits);
        if let (true, Ok(digits)) = (same, digits.as_bytes().try_into()) {
            *right = digits;
        }
        same
    })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evm(bytes) => f.write_str(&EvmAddress::from(*bytes).to_checksum(None)),
            Self::Solana(bytes) => f.write_str(&bs58::encode(bytes).into_string()),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_chains_and_refuses_typos() {
        let checksummed = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        let address: Address = checksummed.parse().expect("EIP-55 example");
        assert_eq!(address.to_string(), checksummed);
        assert_eq!(checksummed.to_lowercase().parse(), Ok(address));
        assert!(matches!(
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed".parse::<Address>(),
            Err(AddressError::Checksum(_))
        ));
        let usdc = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";
        assert_eq!(usdc.parse::<Address>().expect("mint").to_string(), usdc);
        assert!(Address::parse(Chain::Ethereum, usdc).is_err());
        for bad in [
            "",
            "0x",
            "0x12",
            "recipient-address",
            "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTD",
            "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt10",
            "éé",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }

    #[test]
    fn base58_is_case_sensitive() {
        let a = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v".parse::<Address>().expect("mint");
        let b = "epjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v".parse::<Address>();
        assert_ne!(Ok(a), b);
    }

    #[test]
    fn one_right_spelling_excuses_no_wrong_one() {
        // Alike in the last byte, so that each takes the other's place among those found right.
        let (first, mut second) = ([0xab; 20], [0xcd; 20]);
        second[19] = 0xab;
        for address in [first, second, first].map(Address::Evm) {
            let right = address.to_string();
            assert_eq!(right.parse(), Ok(address));
            for at in 2..right.len() {
                let mut wrong = right.clone().into_bytes();
                wrong[at] ^= 0x20;
                let wrong = String::from_utf8(wrong).expect("ASCII");
                assert!(matches!(wrong.parse::<Address>(), Err(AddressError::Checksum(_))), "{wrong}");
            }
        }
    }
}
