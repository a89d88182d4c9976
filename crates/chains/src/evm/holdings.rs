//! What a wallet holds. A token that gives no usable answer hides none of the others; a node that gives
//! none at all is an error.

use alloy_primitives::Address as EvmAddress;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;

use super::{EvmChain, account};
use crate::{Chain as _, ChainError, Holding, Holdings, TokenFacts, Unreadable};

impl EvmChain {
    /// The native coin, then `tokens` in their order.
    pub(super) async fn holdings_of(
        &self,
        address: Address,
        tokens: &[Address],
    ) -> Result<Holdings, ChainError> {
        let native = TokenFacts {
            decimals: self.network.native_decimals,
            symbol: self.network.native_symbol.to_string(),
        };
        let amount = self.balance(address).await?;
        let held = vec![Holding { asset: self.network.native(), amount, facts: native }];
        let mut holdings = Holdings { held, unreadable: Vec::new() };
        let owner = account(address)?;
        for token in tokens {
            let asset = AssetId::token(&self.network.caip2, *token);
            match self.token_held(owner, *token).await {
                Ok((amount, facts)) => holdings.held.push(Holding { asset, amount, facts }),
                Err(error @ (ChainError::BadAnswer { .. } | ChainError::Refused(_))) => {
                    holdings.unreadable.push(Unreadable { asset, reason: error.to_string() });
                }
                Err(
                    error @ (ChainError::Unreachable { .. }
                    | ChainError::Unproved { .. }
                    | ChainError::WrongChain { .. }
                    | ChainError::Corrupt(_)),
                ) => return Err(error),
            }
        }
        Ok(holdings)
    }

    async fn token_held(&self, owner: EvmAddress, token: Address) -> Result<(U256, TokenFacts), ChainError> {
        let facts = self.token(token).await?;
        let amount = self.token_balance(token, account(token)?, owner).await?;
        Ok((amount, facts))
    }
}
