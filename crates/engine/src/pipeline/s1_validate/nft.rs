//! Finds the NFT that a request names.

use waiaas_api::requests::{NftRef, NftTokenRef, TokenRef};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::intent::Intent;
use waiaas_core::money::parse_base_units;
use waiaas_core::network::Chain;
use waiaas_core::nft::{NftId, NftKind, NftStandard};

use super::Resolver;
use super::intent::required;
use crate::error::{Error, ErrorCode};

/// The parts of an NFT that a request gives. All of them must agree.
struct Said<'a> {
    address: Option<&'a str>,
    asset_id: Option<&'a str>,
    token_id: Option<&'a str>,
    standard: Option<&'a str>,
    /// The field that contains token id and standard.
    field: &'static str,
}

impl Resolver<'_> {
    /// The NFT to transfer.
    pub(super) fn nft(&self, token: &NftTokenRef) -> Result<NftId, Error> {
        self.nft_said(&Said {
            address: token.address.as_deref(),
            asset_id: token.asset_id.as_deref(),
            token_id: token.token_id.as_deref(),
            standard: token.standard.as_deref(),
            field: "token",
        })
    }

    /// Finds the NFT by CAIP-19 id, by collection and token id, or by both if they agree.
    fn nft_said(&self, said: &Said<'_>) -> Result<NftId, Error> {
        let address = said.address.map(|text| self.address("token.address", text)).transpose()?;
        let standard = said.standard.map(|text| self.standard(text)).transpose()?;
        let token_id = said.token_id()?;
        let Some(text) = said.asset_id else {
            let address =
                address.ok_or_else(|| Error::invalid("token", "give \"address\" or \"assetId\""))?;
            let standard = standard.ok_or_else(|| required(&said.at("standard")))?;
            return Ok(NftId {
                caip2: self.network.caip2.clone(),
                kind: said.kind(address, standard, token_id)?,
            });
        };
        let nft: NftId =
            text.parse().map_err(|_| Error::invalid("token.assetId", "not the CAIP-19 id of an NFT"))?;
        self.same_network(&nft.caip2)?;
        if address.is_some_and(|address| address != nft.collection()) {
            return Err(Error::invalid("token", "\"address\" and \"assetId\" name different NFTs"));
        }
        if standard.is_some_and(|standard| standard != nft.standard()) {
            return Err(Error::invalid(&said.at("standard"), format!("\"assetId\" says {}", nft.standard())));
        }
        // The given parts, completed from the id, must name the id's NFT.
        let token_id = token_id.or(nft.token_id());
        if said.kind(nft.collection(), nft.standard(), token_id)? != nft.kind {
            return Err(Error::invalid(&said.at("tokenId"), "\"assetId\" has another token id"));
        }
        Ok(nft)
    }

    fn standard(&self, text: &str) -> Result<NftStandard, Error> {
        let refuse = |message: String| {
            Error::new(ErrorCode::UnsupportedNftStandard, message).hint("Use ERC-721, ERC-1155 or METAPLEX.")
        };
        let standard = NftStandard::parse(text)
            .ok_or_else(|| refuse("There is no such NFT standard here.".to_owned()))?;
        let chain = match standard {
            NftStandard::Erc721 | NftStandard::Erc1155 => Chain::Ethereum,
            NftStandard::Metaplex => Chain::Solana,
        };
        if chain != self.network.chain {
            return Err(refuse(format!("{standard} does not exist on {}.", self.network.id)));
        }
        Ok(standard)
    }

    /// Approval of one NFT, or of its whole collection.
    pub(super) fn nft_approval(
        &self,
        spender: Address,
        token: &TokenRef,
        nft: &NftRef,
        all: bool,
    ) -> Result<Intent, Error> {
        if token.decimals.is_some_and(|decimals| decimals != 0) {
            return Err(Error::invalid("token.decimals", "an NFT has no decimals"));
        }
        let nft = self.nft_said(&Said {
            address: token.address.as_deref(),
            asset_id: token.asset_id.as_deref(),
            token_id: nft.token_id.as_deref(),
            standard: Some(&nft.standard),
            field: "nft",
        })?;
        if !all {
            return Ok(Intent::ApproveNft { spender, nft });
        }
        Ok(Intent::ApproveCollection { spender, collection: nft.collection(), standard: nft.standard() })
    }
}

impl Said<'_> {
    fn at(&self, name: &str) -> String {
        format!("{}.{name}", self.field)
    }

    fn token_id(&self) -> Result<Option<U256>, Error> {
        let read = self.token_id.map(parse_base_units).transpose();
        read.map_err(|_| Error::invalid(&self.at("tokenId"), "digits, at most 256 bits"))
    }

    fn kind(
        &self,
        address: Address,
        standard: NftStandard,
        token_id: Option<U256>,
    ) -> Result<NftKind, Error> {
        let one = || token_id.ok_or_else(|| required(&self.at("tokenId")));
        Ok(match standard {
            NftStandard::Erc721 => NftKind::Erc721 { collection: address, token_id: one()? },
            NftStandard::Erc1155 => NftKind::Erc1155 { collection: address, token_id: one()? },
            NftStandard::Metaplex if token_id.is_some() => {
                let reason = "leave it out: a METAPLEX NFT has none, its mint alone names it";
                return Err(Error::invalid(&self.at("tokenId"), reason));
            }
            NftStandard::Metaplex => NftKind::Metaplex { mint: address },
        })
    }
}
