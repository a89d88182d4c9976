//! The policies that a session is judged by.

use waiaas_core::ids::WalletId;

use crate::agent::Agent;
use crate::error::Error;
use crate::views::PolicyView;

impl Agent<'_> {
    /// The policies that apply to a wallet of the session.
    pub async fn policies(&self, wallet: Option<WalletId>) -> Result<Vec<PolicyView>, Error> {
        let wallet = self.engine.session_wallet(self.session, wallet).await?;
        let rows = self.engine.store().policies_of(wallet.id).await?;
        Ok(rows.into_iter().map(PolicyView::from).collect())
    }
}
