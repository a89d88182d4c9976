//! Balances of a wallet on a network, with prices. Callers check who may read them.

use std::sync::Arc;

use waiaas_chains::TokenFacts;
use waiaas_core::ids::SessionId;
use waiaas_core::network::Network;
use waiaas_core::policy::PriceFact;

use crate::Engine;
use crate::error::Error;
use crate::views::{AssetsView, HoldingView, Money, Wallet};

impl Engine {
    /// For a session, prices are charged to its look-up bucket.
    pub(crate) async fn holdings(
        &self,
        session: Option<SessionId>,
        wallet: Wallet,
        network: Arc<Network>,
    ) -> Result<AssetsView, Error> {
        let known = self.store().tokens(Some(&network.id)).await?;
        let tokens: Vec<_> = known.iter().map(|row| row.address).collect();
        let found = self.chain(&network.id)?.holdings(wallet.address, &tokens).await?;
        let mut holdings = Vec::new();
        for mut holding in found.held {
            // Recorded decimals are used, whatever the node answers now.
            let address = holding.asset.token_address();
            if let Some(row) = known.iter().find(|row| Some(row.address) == address) {
                holding.facts = TokenFacts { decimals: row.decimals, symbol: row.symbol.clone() };
            }
            let price = match session {
                Some(session) => {
                    self.lookups().price(self.prices(), session, &holding.asset, self.now()).await.price
                }
                None => self.prices().price(&holding.asset, self.now()).await,
            };
            let usd = match price {
                PriceFact::Known(price) => Some(price.value_of(holding.amount, holding.facts.decimals)),
                PriceFact::Unlisted | PriceFact::Unusable | PriceFact::NotAsked => None,
            };
            let money = Money {
                asset: holding.asset,
                amount: holding.amount,
                decimals: holding.facts.decimals,
                symbol: holding.facts.symbol,
            };
            holdings.push(HoldingView { money, usd });
        }
        let unreadable = found.unreadable.into_iter().map(|one| (one.asset, one.reason)).collect();
        Ok(AssetsView { wallet, network, holdings, unreadable })
    }
}
