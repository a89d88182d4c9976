//! Balances of the session's wallets.

use waiaas_core::ids::WalletId;

use crate::agent::Agent;
use crate::error::Error;
use crate::views::{AssetsView, BalanceView, Money};

impl Agent<'_> {
    /// The native balance on one network.
    ///
    /// # Errors
    /// An ambiguous, unknown or foreign wallet or network (`WALLET_ID_REQUIRED`, `WALLET_ACCESS_DENIED`,
    /// `NETWORK_REQUIRED`, `NETWORK_NOT_FOUND`, …), and errors of the nodes.
    pub async fn balance(
        &self,
        wallet: Option<WalletId>,
        network: Option<&str>,
    ) -> Result<BalanceView, Error> {
        let wallet = self.engine.wallet_to_read(self.session, wallet, network).await?;
        let network = self.engine.network_of(&wallet, network)?;
        let amount = self.engine.chain(&network.id)?.balance(wallet.address).await?;
        let money = Money {
            asset: network.native(),
            amount,
            decimals: network.native_decimals,
            symbol: network.native_symbol.to_string(),
        };
        Ok(BalanceView { wallet, network, money })
    }

    /// All balances on one network: on EVM the native coin and the recorded tokens.
    ///
    /// # Errors
    /// As [`Self::balance`].
    pub async fn assets(&self, wallet: Option<WalletId>, network: Option<&str>) -> Result<AssetsView, Error> {
        let wallet = self.engine.wallet_to_read(self.session, wallet, network).await?;
        let network = self.engine.network_of(&wallet, network)?;
        self.engine.holdings(Some(self.session.id()), wallet, network).await
    }
}
