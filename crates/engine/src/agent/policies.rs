//! The policies that apply to a session.

use waiaas_core::ids::WalletId;

use crate::agent::Agent;
use crate::error::Error;
use crate::views::PolicyView;

impl Agent<'_> {
    /// The policies that apply to a wallet of the session.
    ///
    /// # Errors
    /// `WALLET_ACCESS_DENIED` for a wallet that is not linked to the session.
    pub async fn policies(&self, wallet: Option<WalletId>) -> Result<Vec<PolicyView>, Error> {
        let wallet = self.engine.session_wallet(self.session, wallet).await?;
        let rows = self.engine.store().policies_of(wallet.id).await?;
        Ok(rows.into_iter().map(PolicyView::from).collect())
    }
}
