//! An agent's transactions: asked for, tried, read, explained and withdrawn.

use waiaas_core::audit::Actor;
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::transaction::TxStatus;
use waiaas_store::TxFilter;

use crate::agent::Agent;
use crate::error::Error;
use crate::pipeline;
use crate::pipeline::transactions::{cancelled, not_found};
use crate::views::{DryRun, Explanation, Page, Paged, ReplaceRequest, SendRequest, TxView, WaitFor};

/// Most transactions in the list of those that wait.
const MOST_PENDING: u32 = 200;

impl Agent<'_> {
    /// Moves value, if policy grants it. A denial is an error that carries the policy's reasons; its
    /// row is kept. Answers once a node has accepted the broadcast or the request waits.
    pub async fn send(&self, request: SendRequest, wait: WaitFor) -> Result<TxView, Error> {
        pipeline::send(self.engine, self.session, request, wait).await
    }

    /// Asks for a transaction in the place of a signed one of the session's wallets: the same at a
    /// higher fee, or an empty one. It is judged as any request, and answers as [`Self::send`]. At
    /// most one of the two lands.
    pub async fn replace(&self, request: ReplaceRequest, wait: WaitFor) -> Result<TxView, Error> {
        pipeline::replace(self.engine, self.session, request, wait).await
    }

    /// What a request would get now. Judged by the very function that judges live requests, on the
    /// same snapshot it would see; nothing is written and no key is touched.
    pub async fn simulate(&self, request: SendRequest) -> Result<DryRun, Error> {
        pipeline::simulate(self.engine, self.session, request).await
    }

    /// One transaction of the session's wallets. Others do not exist for it.
    pub async fn transaction(&self, id: TxId) -> Result<TxView, Error> {
        self.engine.transaction_of(self.session, id).await
    }

    /// Transactions of the session's wallets, newest first.
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

    /// The transaction of the session that a key was used for within a day, if there is one.
    pub async fn transaction_by_key(&self, key: &str) -> Result<Option<TxView>, Error> {
        let Some((_, id)) = self.engine.store().claimed(self.session.id(), key, self.engine.now()).await?
        else {
            return Ok(None);
        };
        let view = self.engine.view(id).await?;
        Ok(self.session.wallets().contains(&view.wallet).then_some(view))
    }

    /// What waits for somebody in the session's wallets: for the end of a delay, or for an owner.
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

    /// Withdraws a waiting transaction of the session's wallets.
    pub async fn cancel(&self, id: TxId) -> Result<TxView, Error> {
        let view = self.transaction(id).await?;
        self.engine.withdraw(view, Actor::Session(self.session.id()), cancelled).await
    }

    /// Why a transaction of the session's wallets was decided as it was.
    pub async fn explain(&self, id: TxId) -> Result<Explanation, Error> {
        let row = self.engine.store().transaction(id).await?.ok_or_else(not_found)?;
        if !self.session.wallets().contains(&row.wallet) {
            return Err(not_found());
        }
        pipeline::explained(self.engine, row).await
    }
}
