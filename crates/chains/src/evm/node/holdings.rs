//! The holdings of a wallet. A token without a usable answer is listed as unreadable; a node that does not answer
//! is an error.

use alloy_primitives::Address as EvmAddress;
use futures_util::future::join_all;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;

use super::rpc::Node;
use super::{EvmChain, account};
use crate::{Chain as _, ChainError, Holding, Holdings, TokenFacts, Unreadable, held};

impl EvmChain {
    /// Returns the holdings of the native coin, then of `tokens` in their order.
    pub(super) async fn holdings_of(
        &self,
        address: Address,
        tokens: &[Address],
    ) -> Result<Holdings, ChainError> {
        let native = TokenFacts {
            decimals: self.codec.network.native_decimals,
            symbol: self.codec.network.native_symbol.to_string(),
        };
        let amount = self.balance(address).await?;
        let held = vec![Holding { asset: self.codec.network.native(), amount, facts: native }];
        let mut holdings = Holdings { held, unreadable: Vec::new() };
        let owner = account(address)?;
        for token in tokens {
            let asset = AssetId::token(&self.codec.network.caip2, *token);
            match self.token_held(owner, *token).await {
                Ok((amount, facts)) => holdings.held.push(Holding { asset, amount, facts }),
                Err(error @ (ChainError::BadAnswer { .. } | ChainError::Refused(_))) => {
                    holdings.unreadable.push(Unreadable { asset, reason: error.to_string() });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(holdings)
    }

    async fn token_held(&self, owner: EvmAddress, token: Address) -> Result<(U256, TokenFacts), ChainError> {
        let facts = self.token_by(&self.node, token).await?;
        let amount = self.token_balance(&self.node, token, account(token)?, owner).await?;
        Ok((amount, facts))
    }

    pub(super) async fn least_held_of(
        &self,
        owner: EvmAddress,
        tokens: &[Address],
    ) -> Result<Vec<U256>, ChainError> {
        let nodes = self.node.awake(2);
        let answers = join_all(nodes.iter().map(|node| self.held_by(node, owner, tokens))).await;
        let answers = self.node.asked(held::BALANCES).heard(answers)?;
        Ok(held::least(answers.into_iter().flatten()))
    }

    async fn held_by(
        &self,
        node: &Node,
        owner: EvmAddress,
        tokens: &[Address],
    ) -> Result<Vec<U256>, ChainError> {
        let mut amounts = Vec::with_capacity(tokens.len());
        for token in tokens {
            amounts.push(match self.token_balance(node, *token, account(*token)?, owner).await {
                Ok(amount) => amount,
                Err(ChainError::Refused(_)) => U256::ZERO,
                Err(error) => return Err(error),
            });
        }
        Ok(amounts)
    }
}
