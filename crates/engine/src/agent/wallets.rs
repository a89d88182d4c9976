//! The wallets of a session.

use waiaas_core::ids::WalletId;

use crate::agent::Agent;
use crate::error::Error;
use crate::views::Wallet;

impl Agent<'_> {
    /// The wallets the session may use.
    ///
    /// # Errors
    /// Only storage errors.
    pub async fn wallets(&self) -> Result<Vec<Wallet>, Error> {
        self.engine.session_wallets(self.session).await
    }

    /// The wallet of a read request: the named one, else the session's default wallet.
    ///
    /// # Errors
    /// `WALLET_ACCESS_DENIED` for a wallet that is not linked to the session.
    pub async fn wallet(&self, named: Option<WalletId>) -> Result<Wallet, Error> {
        self.engine.session_wallet(self.session, named).await
    }
}
