//! Non-fungible tokens, named by CAIP-19.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use alloy_primitives::U256;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::address::Address;
use crate::foreign::shown;
use crate::money::parse_base_units;
use crate::network::Chain;
use crate::wallet::wire_enum;

wire_enum!(
    /// The standards of NFTs, as named on the wire.
    NftStandard {
        /// EIP-721: one owner per token id.
        Erc721 = "ERC-721",
        /// EIP-1155: balances per token id.
        Erc1155 = "ERC-1155",
        /// A Solana mint of supply one with Metaplex metadata.
        Metaplex = "METAPLEX",
    }
);

/// One token id of a collection. Its text is CAIP-19: `eip155:1/erc721:0x…/7`, `eip155:1/erc1155:0x…/7`,
/// `solana:…/metaplex:<mint>`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NftId {
    /// CAIP-2 id of the network.
    pub caip2: Arc<str>,
    /// The contract of the collection and the token id there, or the mint.
    pub kind: NftKind,
}

/// Where an NFT lives on its network.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum NftKind {
    /// EIP-721.
    Erc721 {
        /// The contract.
        collection: Address,
        /// `tokenId`.
        token_id: U256,
    },
    /// EIP-1155.
    Erc1155 {
        /// The contract.
        collection: Address,
        /// `id`.
        token_id: U256,
    },
    /// A Metaplex NFT, which has its own mint.
    Metaplex {
        /// The mint.
        mint: Address,
    },
}

/// Not a CAIP-19 NFT of a supported kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{0}' is not a supported CAIP-19 NFT id")]
pub struct NftIdError(String);

impl NftId {
    /// The address that a CONTRACT_WHITELIST must list: the contract, or the mint.
    pub const fn collection(&self) -> Address {
        match self.kind {
            NftKind::Erc721 { collection, .. } | NftKind::Erc1155 { collection, .. } => collection,
            NftKind::Metaplex { mint } => mint,
        }
    }

    /// Its token id; none for a Metaplex NFT.
    pub const fn token_id(&self) -> Option<U256> {
        match self.kind {
            NftKind::Erc721 { token_id, .. } | NftKind::Erc1155 { token_id, .. } => Some(token_id),
            NftKind::Metaplex { .. } => None,
        }
    }

    /// Its standard.
    pub const fn standard(&self) -> NftStandard {
        match self.kind {
            NftKind::Erc721 { .. } => NftStandard::Erc721,
            NftKind::Erc1155 { .. } => NftStandard::Erc1155,
            NftKind::Metaplex { .. } => NftStandard::Metaplex,
        }
    }
}

impl fmt::Display for NftId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let evm = |f: &mut fmt::Formatter<'_>, standard, collection: Address, token_id| {
            write!(f, "{}/{standard}:0x{}/{token_id}", self.caip2, hex::encode(collection.as_bytes()))
        };
        match self.kind {
            NftKind::Erc721 { collection, token_id } => evm(f, "erc721", collection, token_id),
            NftKind::Erc1155 { collection, token_id } => evm(f, "erc1155", collection, token_id),
            NftKind::Metaplex { mint } => write!(f, "{}/metaplex:{mint}", self.caip2),
        }
    }
}

impl fmt::Debug for NftId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NftId({self})")
    }
}

impl FromStr for NftId {
    type Err = NftIdError;

    fn from_str(text: &str) -> Result<Self, NftIdError> {
        let refuse = || NftIdError(shown(text));
        let (caip2, asset) = text.split_once('/').ok_or_else(refuse)?;
        let (namespace, reference) = asset.split_once(':').ok_or_else(refuse)?;
        let chain = crate::asset::namespace(caip2);
        let evm = || {
            let (collection, token_id) = reference.split_once('/').ok_or_else(refuse)?;
            let collection = Address::parse(Chain::Ethereum, collection).map_err(|_| refuse())?;
            Ok((collection, parse_base_units(token_id).map_err(|_| refuse())?))
        };
        let kind = match (chain, namespace) {
            (Some("eip155"), "erc721") => {
                evm().map(|(collection, token_id)| NftKind::Erc721 { collection, token_id })?
            }
            (Some("eip155"), "erc1155") => {
                evm().map(|(collection, token_id)| NftKind::Erc1155 { collection, token_id })?
            }
            (Some("solana"), "metaplex") => {
                NftKind::Metaplex { mint: Address::parse(Chain::Solana, reference).map_err(|_| refuse())? }
            }
            _ => return Err(refuse()),
        };
        Ok(Self { caip2: caip2.into(), kind })
    }
}

impl Serialize for NftId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NftId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        for text in [
            "eip155:1/erc721:0x06012c8cf97bead5deae237070f9587f8e7a266d/771769",
            "eip155:137/erc1155:0x28959cf125ccb051e70711d0924a62fb28eaf186/0",
            "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1/metaplex:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
        ] {
            assert_eq!(text.parse::<NftId>().expect("an id").to_string(), text);
        }
        for text in [
            "eip155:1/erc721:0x06012c8cf97bead5deae237070f9587f8e7a266d",
            "eip155:1/erc721:0x06012c8cf97bead5deae237070f9587f8e7a266d/-1",
            "eip155:1/erc20:0x06012c8cf97bead5deae237070f9587f8e7a266d/1",
            "solana:x/erc721:0x06012c8cf97bead5deae237070f9587f8e7a266d/1",
            "eip155:1/metaplex:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
            "eip155:/erc721:0x06012c8cf97bead5deae237070f9587f8e7a266d/1",
            "eip155:1\0/erc721:0x06012c8cf97bead5deae237070f9587f8e7a266d/1",
            "",
        ] {
            assert!(text.parse::<NftId>().is_err(), "{text}");
        }
    }
}
