//! The operator's use cases on transactions: read all, cancel and reject waiting ones.

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
    ///
    /// # Errors
    /// `TX_NOT_FOUND`.
    pub async fn transaction(&self, id: TxId) -> Result<TxView, Error> {
        self.engine.view(id).await
    }

    /// All transactions, newest first.
    ///
    /// # Errors
    /// `WALLET_NOT_FOUND`.
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

    /// Cancels any waiting transaction.
    ///
    /// # Errors
    /// `TX_NOT_FOUND`, and `TX_ALREADY_PROCESSED` if it no longer waits.
    pub async fn cancel(&self, id: TxId) -> Result<TxView, Error> {
        let view = self.engine.view(id).await?;
        self.engine.withdraw(view, Actor::Master, cancelled).await
    }

    /// Rejects a transaction that waits for its owner. Only the owner can approve it.
    ///
    /// # Errors
    /// `TX_NOT_FOUND`, and `TX_ALREADY_PROCESSED` if it does not wait for an owner.
    pub async fn reject(&self, id: TxId) -> Result<TxView, Error> {
        let view = self.engine.view(id).await?;
        if view.status != TxStatus::PendingApproval {
            return Err(processed(view.status));
        }
        let rejected = |from| AuditEvent::TxRejected { nonce: None, from: Some(from) };
        self.engine.withdraw(view, Actor::Master, rejected).await
    }

    /// Explains the decision on any transaction.
    ///
    /// # Errors
    /// `TX_NOT_FOUND`, and `POLICY_RULES_CORRUPT` if its stored policies cannot be read.
    pub async fn explain(&self, id: TxId) -> Result<Explanation, Error> {
        let row = self.engine.store().transaction(id).await?.ok_or_else(not_found)?;
        pipeline::explained(self.engine, row).await
    }
}
