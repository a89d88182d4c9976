//! Finds the token that a request names.

use waiaas_api::requests::TokenRef;
use waiaas_chains::TokenFacts;
use waiaas_core::address::Address;
use waiaas_core::asset::{AssetId, AssetIdError};

use super::Resolver;
use crate::error::{Error, ErrorCode};
use crate::pipeline::assets;

impl Resolver<'_> {
    /// Returns the token's address, decimals and symbol; none if they are not recorded and no node may be
    /// asked.
    pub(super) async fn token(&self, token: &TokenRef) -> Result<(Address, Option<TokenFacts>), Error> {
        let address = self.token_address(token)?;
        let facts = if self.asks {
            assets::token(self.engine, self.network, self.chain, address).await?
        } else {
            match assets::recorded(self.engine, &self.network.id, address).await? {
                Some(facts) => facts,
                None => return Ok((address, None)),
            }
        };
        if let Some(given) = token.decimals.filter(|given| *given != facts.decimals) {
            let message = format!("The token has {} decimals, not the {given} given.", facts.decimals);
            return Err(Error::new(ErrorCode::TokenMismatch, message)
                .hint("Leave \"decimals\" out, or give the token's real ones.")
                .at("token.decimals"));
        }
        Ok((address, Some(facts)))
    }

    /// Returns the token's address, given as address, as CAIP-19 id, or as both if they agree.
    fn token_address(&self, token: &TokenRef) -> Result<Address, Error> {
        let named = token.address.as_deref().map(|text| self.address("token.address", text)).transpose()?;
        let Some(text) = &token.asset_id else {
            return named.ok_or_else(|| Error::invalid("token", "give \"address\" or \"assetId\""));
        };
        let asset: AssetId = text.parse().map_err(|e: AssetIdError| Error::from(e).at("token.assetId"))?;
        self.same_network(&asset.caip2)?;
        let address = asset.token_address().ok_or_else(|| {
            Error::invalid("token.assetId", "a native coin is sent with type TRANSFER, not TOKEN_TRANSFER")
        })?;
        match named {
            Some(other) if other != address => {
                Err(Error::invalid("token", "\"address\" and \"assetId\" name different tokens"))
            }
            _ => Ok(address),
        }
    }

    /// Checks that a CAIP-19 id is on the network of the request.
    pub(super) fn same_network(&self, caip2: &str) -> Result<(), Error> {
        if *caip2 == *self.network.caip2 {
            return Ok(());
        }
        let message = format!("The asset is on {caip2} but the request is for {}.", self.network.id);
        Err(Error::new(ErrorCode::EnvironmentNetworkMismatch, message)
            .hint("Set \"network\" to the asset's network."))
    }
}
