//! Balances of all wallets.

use std::sync::Arc;

use waiaas_core::ids::WalletId;
use waiaas_core::network::Network;

use crate::error::Error;
use crate::operator::Operator;
use crate::views::AssetsView;

impl Operator<'_> {
    /// All balances of one wallet on every network that it can use. Networks are asked concurrently; one that does
    /// not answer does not affect the others.
    ///
    /// # Errors
    /// `WALLET_NOT_FOUND`, and the errors of an unknown or foreign network.
    pub async fn holdings(
        &self,
        wallet: WalletId,
    ) -> Result<Vec<(Network, Result<AssetsView, Error>)>, Error> {
        let wallet = self.engine.wallet_by_id(wallet).await?;
        let asked: Vec<_> = self
            .engine
            .networks_of(&wallet)
            .into_iter()
            .map(|network| {
                let (engine, wallet, place) =
                    (self.engine.clone(), wallet.clone(), Arc::new(network.clone()));
                (network, tokio::spawn(async move { engine.holdings(None, wallet, place).await }))
            })
            .collect();
        let mut all = Vec::new();
        for (network, answer) in asked {
            all.push((network, answer.await.map_err(Error::internal)?));
        }
        Ok(all)
    }
}
