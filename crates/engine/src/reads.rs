//! What an agent may look at: its address, balances and assets; and what the operator's wallets hold.

use std::sync::Arc;

use waiaas_chains::TokenFacts;
use waiaas_core::ids::{SessionId, WalletId};
use waiaas_core::network::Network;
use waiaas_core::policy::PriceFact;

use crate::Engine;
use crate::credentials::{Master, Session};
use crate::error::Error;
use crate::views::{AssetsView, BalanceView, HoldingView, Money, Wallet};

impl Engine {
    /// The native balance on one network.
    pub async fn balance(
        &self,
        session: &Session,
        wallet: Option<WalletId>,
        network: Option<&str>,
    ) -> Result<BalanceView, Error> {
        let wallet = self.wallet_to_read(session, wallet, network).await?;
        let network = self.network_of(&wallet, network)?;
        let amount = self.chain(&network.id)?.balance(wallet.address).await?;
        let money = Money {
            asset: network.native(),
            amount,
            decimals: network.native_decimals,
            symbol: network.native_symbol.to_string(),
        };
        Ok(BalanceView { wallet, network, money })
    }

    /// Everything held on one network: on EVM the native coin and the tokens this daemon has met.
    pub async fn assets(
        &self,
        session: &Session,
        wallet: Option<WalletId>,
        network: Option<&str>,
    ) -> Result<AssetsView, Error> {
        let wallet = self.wallet_to_read(session, wallet, network).await?;
        let network = self.network_of(&wallet, network)?;
        self.holdings(Some(session.id()), wallet, network).await
    }

    /// Everything one wallet holds, on every network that it can use. The networks are asked side by side,
    /// and one that does not answer hides no other.
    pub async fn holdings_of(
        &self,
        _: &Master,
        wallet: WalletId,
    ) -> Result<Vec<(Network, Result<AssetsView, Error>)>, Error> {
        let wallet = self.wallet_by_id(wallet).await?;
        let asked: Vec<_> = self
            .networks_of(&wallet)
            .into_iter()
            .map(|network| {
                let (engine, wallet, place) = (self.clone(), wallet.clone(), Arc::new(network.clone()));
                (network, tokio::spawn(async move { engine.holdings(None, wallet, place).await }))
            })
            .collect();
        let mut all = Vec::new();
        for (network, answer) in asked {
            all.push((network, answer.await.map_err(Error::internal)?));
        }
        Ok(all)
    }

    /// Prices come out of what the session may have looked up, if one asks.
    async fn holdings(
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
            // What is on record counts, whatever the node says now.
            let address = holding.asset.token_address();
            if let Some(row) = known.iter().find(|row| Some(row.address) == address) {
                holding.facts = TokenFacts { decimals: row.decimals, symbol: row.symbol.clone() };
            }
            let price = match session {
                Some(session) => self.price_for(session, &holding.asset).await.price,
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
