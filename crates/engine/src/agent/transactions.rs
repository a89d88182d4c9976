//! An agent's transactions: send, replace, dry run, read, explain, cancel.

use waiaas_core::audit::Actor;
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::transaction::TxStatus;
use waiaas_store::TxFilter;

use crate::agent::Agent;
use crate::error::Error;
use crate::pipeline;
use crate::pipeline::transactions::{cancelled, not_found};
use crate::views::{DryRun, Explanation, Page, Paged, ReplaceRequest, SendRequest, TxView, WaitFor};

/// The most entries in the list of waiting transactions.
const MOST_PENDING: u32 = 200;

impl Agent<'_> {
    /// Sends a transaction if the policies grant it. Returns once a node has accepted the broadcast or the request
    /// waits.
    ///
    /// # Errors
    /// A denial carries the policies' reasons; its row is kept. Else the errors of validation and of the chain.
    pub async fn send(&self, request: SendRequest, wait: WaitFor) -> Result<TxView, Error> {
        pipeline::send(self.engine, self.session, request, wait).await
    }

    /// Replaces a signed transaction of the session's wallets: by the same at a higher fee, or by an empty one. It is
    /// judged like any request. At most one of the two lands.
    ///
    /// # Errors
    /// As [`Self::send`], and an error if the transaction cannot be replaced.
    pub async fn replace(&self, request: ReplaceRequest, wait: WaitFor) -> Result<TxView, Error> {
        pipeline::replace(self.engine, self.session, request, wait).await
    }

    /// The verdict that a request would get now. It uses the function that judges live requests, on the same
    /// snapshot; it writes nothing and touches no key.
    ///
    /// # Errors
    /// The errors of validation and of the nodes, as for [`Self::send`]. A denial is no error here.
    pub async fn simulate(&self, request: SendRequest) -> Result<DryRun, Error> {
        pipeline::simulate(self.engine, self.session, request).await
    }

    /// One transaction of the session's wallets; others are not found.
    ///
    /// # Errors
    /// `TX_NOT_FOUND`.
    pub async fn transaction(&self, id: TxId) -> Result<TxView, Error> {
        self.engine.transaction_of(self.session, id).await
    }

    /// Transactions of the session's wallets, newest first.
    ///
    /// # Errors
    /// `WALLET_ACCESS_DENIED` for a wallet that is not linked to the session.
    pub async fn transactions(
        &self,
        wallet: Option<WalletId>,
        status: Option<TxStatus>,
        page: Page,
    ) -> Result<Paged<TxView>, Error> {
        let wallets = self.wallets_meant(wallet).await?;
        let statuses = status.into_iter().collect();
        self.engine.page(TxFilter { wallets: Some(wallets), statuses, ..TxFilter::default() }, page).await
    }

    /// The session's transaction with this idempotency key in the last day, if there is one.
    ///
    /// # Errors
    /// Only storage errors.
    pub async fn transaction_by_key(&self, key: &str) -> Result<Option<TxView>, Error> {
        let Some((_, id)) = self.engine.store().claimed(self.session.id(), key, self.engine.now()).await?
        else {
            return Ok(None);
        };
        let view = self.engine.view(id).await?;
        Ok(self.session.wallets().contains(&view.wallet).then_some(view))
    }

    /// The waiting transactions of the session's wallets: for a delay or for an owner.
    ///
    /// # Errors
    /// `WALLET_ACCESS_DENIED` for a wallet that is not linked to the session.
    pub async fn pending(&self, wallet: Option<WalletId>) -> Result<Vec<TxView>, Error> {
        let wallets = self.wallets_meant(wallet).await?;
        let statuses = vec![TxStatus::Queued, TxStatus::PendingApproval];
        let filter = TxFilter { wallets: Some(wallets), statuses, ..TxFilter::default() };
        let (mut waiting, mut cursor) = (Vec::new(), None);
        loop {
            let left = MOST_PENDING.saturating_sub(u32::try_from(waiting.len()).unwrap_or(MOST_PENDING));
            let page = self.engine.page(filter.clone(), Page { cursor, limit: left }).await?;
            waiting.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() || waiting.len() >= MOST_PENDING as usize {
                return Ok(waiting);
            }
        }
    }

    async fn wallets_meant(&self, named: Option<WalletId>) -> Result<Vec<WalletId>, Error> {
        match named {
            Some(_) => Ok(vec![self.engine.session_wallet(self.session, named).await?.id]),
            None => Ok(self.session.wallets().to_vec()),
        }
    }

    /// Cancels a waiting transaction of the session's wallets.
    ///
    /// # Errors
    /// `TX_NOT_FOUND`, and `TX_ALREADY_PROCESSED` if it no longer waits.
    pub async fn cancel(&self, id: TxId) -> Result<TxView, Error> {
        let view = self.transaction(id).await?;
        self.engine.withdraw(view, Actor::Session(self.session.id()), cancelled).await
    }

    /// Explains the decision on a transaction of the session's wallets.
    ///
    /// # Errors
    /// `TX_NOT_FOUND`, and `POLICY_RULES_CORRUPT` if its stored policies cannot be read.
    pub async fn explain(&self, id: TxId) -> Result<Explanation, Error> {
        let row = self.engine.store().transaction(id).await?.ok_or_else(not_found)?;
        if !self.session.wallets().contains(&row.wallet) {
            return Err(not_found());
        }
        pipeline::explained(self.engine, row).await
    }
}
