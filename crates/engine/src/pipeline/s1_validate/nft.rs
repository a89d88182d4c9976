//! Finds the NFT that a request names.

use waiaas_api::requests::{NftRef, NftTokenRef, TokenRef};
use waiaas_core::address::Address;
use waiaas_core::intent::Intent;
use waiaas_core::money::parse_base_units;
use waiaas_core::network::Chain;
use waiaas_core::nft::{NftId, NftKind, NftStandard};

use super::Resolver;
use crate::error::{Error, ErrorCode};

impl Resolver<'_> {
    /// By CAIP-19, by collection and token id, or by both when they agree.
    pub(super) fn nft(&self, spec: &NftTokenRef) -> Result<NftId, Error> {
        let named = match &spec.address {
            Some(address) => Some(self.named(spec, address)?),
            None => None,
        };
        let Some(text) = &spec.asset_id else {
            return named.ok_or_else(|| Error::invalid("token", "give \"address\" or \"assetId\""));
        };
        let nft: NftId =
            text.parse().map_err(|_| Error::invalid("token.assetId", "not the CAIP-19 id of an NFT"))?;
        self.same_network(&nft.caip2)?;
        match named {
            Some(other) if other != nft => {
                Err(Error::invalid("token", "\"address\" and \"assetId\" name different NFTs"))
            }
            _ => Ok(nft),
        }
    }

    fn named(&self, spec: &NftTokenRef, address: &str) -> Result<NftId, Error> {
        let address = Address::parse(self.network.chain, address)?;
        let standard = self.standard(spec.standard.as_deref())?;
        let token_id = || {
            let text = spec.token_id.as_deref().unwrap_or_default();
            parse_base_units(text).map_err(|_| Error::invalid("token.tokenId", "digits, at most 256 bits"))
        };
        let kind = match standard {
            NftStandard::Erc721 => NftKind::Erc721 { collection: address, token_id: token_id()? },
            NftStandard::Erc1155 => NftKind::Erc1155 { collection: address, token_id: token_id()? },
            NftStandard::Metaplex => NftKind::Metaplex { mint: address },
        };
        Ok(NftId { caip2: self.network.caip2.clone(), kind })
    }

    fn standard(&self, text: Option<&str>) -> Result<NftStandard, Error> {
        let refuse = |message: String| {
            Error::new(ErrorCode::UnsupportedNftStandard, message).hint("Use ERC-721, ERC-1155 or METAPLEX.")
        };
        let standard = text.and_then(NftStandard::parse);
        let standard = standard.ok_or_else(|| refuse("There is no such NFT standard here.".to_owned()))?;
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
        let nft = self.nft(&NftTokenRef {
            address: token.address.clone(),
            asset_id: token.asset_id.clone(),
            token_id: Some(nft.token_id.clone()),
            standard: Some(nft.standard.clone()),
        })?;
        if !all {
            return Ok(Intent::ApproveNft { spender, nft });
        }
        Ok(Intent::ApproveCollection { spender, collection: nft.collection(), standard: nft.standard() })
    }
}
