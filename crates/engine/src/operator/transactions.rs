//! The operator's view of all transactions, and what it may do to those that wait.

use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::transaction::TxStatus;
use waiaas_store::TxFilter;

use crate::error::Error;
use crate::operator::Operator;
use crate::pipeline;
use crate::pipeline::transactions::{cancelled, not_found, processed};
use crate::views::{Explanation, Page, Paged, TxView};

impl Operator<'_> {
    /// Any transaction.
    pub async fn transaction(&self, id: TxId) -> Result<TxView, Error> {
        self.engine.view(id).await
    }

    /// All transactions, newest first.
    pub async fn transactions(
        &self,
        wallet: Option<WalletId>,
        status: Option<TxStatus>,
        page: Page,
    ) -> Result<Paged<TxView>, Error> {
        let filter = TxFilter {
            wallets: wallet.map(|id| vec![id]),
            statuses: status.into_iter().collect(),
            ..TxFilter::default()
        };
        self.engine.page(filter, page).await
    }

    /// Withdraws any waiting transaction.
    pub async fn cancel(&self, id: TxId) -> Result<TxView, Error> {
        let view = self.engine.view(id).await?;
        self.engine.withdraw(view, Actor::Master, cancelled).await
    }

    /// Rejects a transaction that waits for its owner. Only approving is the owner's alone.
    pub async fn reject(&self, id: TxId) -> Result<TxView, Error> {
        let view = self.engine.view(id).await?;
        if view.status != TxStatus::PendingApproval {
            return Err(processed(view.status));
        }
        let rejected = |from| AuditEvent::TxRejected { nonce: None, from: Some(from) };
        self.engine.withdraw(view, Actor::Master, rejected).await
    }

    /// Why any transaction was decided as it was.
    pub async fn explain(&self, id: TxId) -> Result<Explanation, Error> {
        let row = self.engine.store().transaction(id).await?.ok_or_else(not_found)?;
        pipeline::explained(self.engine, row).await
    }
}
