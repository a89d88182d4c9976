//! Assets, named by CAIP-19.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::address::Address;
use crate::foreign::shown;
use crate::network::Chain;

/// A fungible asset on one network. Its text is CAIP-19, EVM references in lower case.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssetId {
    /// Which asset there. First field, because assets of one request differ in it, so comparing is faster.
    pub kind: AssetKind,
    /// CAIP-2 id of the network.
    pub caip2: Arc<str>,
}

/// A native coin or a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum AssetKind {
    /// The coin in which fees are paid.
    Native {
        /// SLIP-44 coin type.
        slip44: u32,
    },
    /// An ERC-20 contract or an SPL mint.
    Token(Address),
}

/// Not a CAIP-19 asset of a supported kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{0}' is not a supported CAIP-19 asset id")]
pub struct AssetIdError(String);

impl AssetId {
    /// The token at `address` on the network `caip2`.
    pub fn token(caip2: &Arc<str>, address: Address) -> Self {
        Self { caip2: caip2.clone(), kind: AssetKind::Token(address) }
    }

    /// Whether this is a native coin.
    pub const fn is_native(&self) -> bool {
        matches!(self.kind, AssetKind::Native { .. })
    }

    /// The token's contract or mint.
    pub const fn token_address(&self) -> Option<Address> {
        match self.kind {
            AssetKind::Token(address) => Some(address),
            AssetKind::Native { .. } => None,
        }
    }
}

impl fmt::Display for AssetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            AssetKind::Native { slip44 } => write!(f, "{}/slip44:{slip44}", self.caip2),
            AssetKind::Token(Address::Evm(bytes)) => {
                write!(f, "{}/erc20:0x{}", self.caip2, hex::encode(bytes))
            }
            AssetKind::Token(mint @ Address::Solana(_)) => write!(f, "{}/token:{mint}", self.caip2),
        }
    }
}

impl AssetId {
    /// The EIP-155 chain id of its network; none if the network is not an EVM network.
    pub fn evm_chain_id(&self) -> Option<u64> {
        self.caip2.strip_prefix("eip155:")?.parse().ok()
    }
}

impl fmt::Debug for AssetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AssetId({self})")
    }
}

impl FromStr for AssetId {
    type Err = AssetIdError;

    fn from_str(text: &str) -> Result<Self, AssetIdError> {
        let refuse = || AssetIdError(shown(text));
        let (caip2, asset) = text.split_once('/').ok_or_else(refuse)?;
        let chain = namespace(caip2).ok_or_else(refuse)?;
        let (kind, value) = asset.split_once(':').ok_or_else(refuse)?;
        let token = |chain| Address::parse(chain, value).map(AssetKind::Token).map_err(|_| refuse());
        let kind = match (chain, kind) {
            // The integer parser would accept a sign.
            ("eip155" | "solana", "slip44") if value.bytes().all(|b| b.is_ascii_digit()) => {
                AssetKind::Native { slip44: value.parse().map_err(|_| refuse())? }
            }
            ("eip155", "erc20") => token(Chain::Ethereum)?,
            ("solana", "token") => token(Chain::Solana)?,
            _ => return Err(refuse()),
        };
        Ok(Self { caip2: caip2.into(), kind })
    }
}

/// The namespace of a CAIP-2 id; none if the reference has invalid characters or an invalid length.
pub(crate) fn namespace(caip2: &str) -> Option<&str> {
    let (namespace, reference) = caip2.split_once(':')?;
    let fine = reference.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    (fine && (1..=32).contains(&reference.len())).then_some(namespace)
}

impl Serialize for AssetId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AssetId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caip19_round_trips_in_canonical_form() {
        for text in [
            "eip155:1/slip44:60",
            "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/token:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
            "eip155:8453/erc20:0x833589fcd6edb6e08f4c7c32d4f71b54bda02913",
        ] {
            assert_eq!(text.parse::<AssetId>().expect(text).to_string(), text);
        }
        let mixed = "eip155:8453/erc20:0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
        assert_eq!(mixed.parse::<AssetId>().expect("asset").to_string(), mixed.to_lowercase());
        for bad in [
            "",
            "eip155:1",
            "eip155:1/erc20:0x12",
            "xrpl:0/slip44:144",
            "eip155:/slip44:60",
            "eip155:1/erc721:0x1",
            "eip155:1/slip44:+60",
            "eip155:1/slip44:",
            "eip155:1\0/slip44:60",
        ] {
            assert!(bad.parse::<AssetId>().is_err(), "{bad}");
        }
    }
}
