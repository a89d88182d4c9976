//! Reading transactions, and cancelling waiting ones.

use std::sync::Arc;

use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::draft::Draft;
use waiaas_core::ids::TxId;
use waiaas_core::network::Network;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{AuditEntry, KillSwitchRow, StatusChange, StoreError, Stored, TransactionRow, TxFilter};

use crate::Engine;
use crate::credentials::Session;
use crate::error::{Error, ErrorCode};
use crate::pipeline::base_units;
use crate::pipeline::{ended, gas, output, stopped};
use crate::views::{Money, Page, Paged, Reasons, TxView};

impl Engine {
    /// One transaction of the session's wallets; others are not found.
    pub(crate) async fn transaction_of(&self, session: &Session, id: TxId) -> Result<TxView, Error> {
        let view = self.view(id).await?;
        if session.wallets().contains(&view.wallet) { Ok(view) } else { Err(not_found()) }
    }

    /// Cancels a waiting transaction. The event depends on its previous status.
    pub(crate) async fn withdraw(
        &self,
        view: TxView,
        actor: Actor,
        event: impl FnOnce(TxStatus) -> AuditEvent,
    ) -> Result<TxView, Error> {
        let (id, from) = (view.id, view.status);
        // EXECUTING has no signed bytes: signing moves the row by the same compare-and-set.
        if !matches!(from, TxStatus::Queued | TxStatus::PendingApproval | TxStatus::Executing) {
            return Err(processed(from));
        }
        let audit = AuditEntry::new(event(from), actor, self.now()).wallet(view.wallet).tx(id);
        let change = StatusChange::Cancelled { code: None };
        let moved = self
            .store()
            .write(move |tx| Box::pin(async move { ended::advance(tx, id, from, change, audit).await }))
            .await;
        match moved {
            Ok(_) => self.view(id).await,
            Err(StoreError::Conflict(_)) => Err(processed(self.view(id).await?.status)),
            Err(error) => Err(error.into()),
        }
    }

    /// A page of transactions, newest first.
    pub(crate) async fn page(&self, filter: TxFilter, page: Page) -> Result<Paged<TxView>, Error> {
        let before = page.cursor.map(|text| text.parse()).transpose();
        let before = before.map_err(|_| Error::invalid("cursor", "not a cursor of this list"))?;
        let found = self.store().transactions_page(&filter, before, page.limit).await?;
        let switch = self.store().kill_switch().await?;
        let items = found.items.into_iter().map(|row| self.read(row, &switch)).collect::<Result<_, _>>()?;
        Ok(Paged { items, next_cursor: found.next.map(|id| id.to_string()), total: None })
    }

    /// The view of one transaction.
    pub(crate) async fn view(&self, id: TxId) -> Result<TxView, Error> {
        let row = self.store().transaction(id).await?.ok_or_else(not_found)?;
        self.read(row, &self.store().kill_switch().await?)
    }

    /// Returns the view of a row under the present kill switch.
    pub(crate) fn read(&self, row: TransactionRow, switch: &KillSwitchRow) -> Result<TxView, Error> {
        let network: Arc<Network> = match self.networks().get(&row.network) {
            Some(network) => Arc::new(network.clone()),
            None => {
                return Err(Error::internal(format!("the network {} is no longer configured", row.network)));
            }
        };
        let stored = row.verdict.read()?;
        let known = stored.facts.assets.get(&row.asset);
        let (decimals, symbol) = match known {
            Some(known) => (known.decimals, known.symbol.clone()),
            None => (stored.written_decimals.unwrap_or(0), String::new()),
        };
        let signed = output::of(&row, network.chain)?;
        let gas_condition = gas::target(&row)?;
        let denial = stored.denials.first().map(|denial| denial.message.clone());
        let reasons = match row.status {
            TxStatus::Denied => Reasons::Denied(stored.denials),
            _ => Reasons::Granted(stored.reasons),
        };
        let cancelled = row.status == TxStatus::Cancelled;
        let cancelled = cancelled.then(|| stopped::cancelled(row.error_code.as_deref()).to_owned());
        let effects = row.effects.as_ref().map(Stored::read).transpose()?;
        Ok(TxView {
            id: row.id,
            wallet: row.wallet,
            session: row.session,
            replaces: row.replaces,
            kind: row.kind,
            status: row.status,
            tier: row.tier,
            network,
            to: row.to,
            money: Money { asset: row.asset, amount: row.amount, decimals, symbol },
            usd: row.usd,
            signed,
            gas_condition,
            tx_hash: row.signed.and_then(|signed| signed.hash),
            is_final: row.is_final,
            pending: stopped::by_the_kill_switch(row.status, row.kill_generation, switch).or(row.pending),
            fee: row.fee,
            error_code: row.error_code.or_else(|| row.denial_code.map(|code| code.as_str().to_owned())),
            error: row.error.or(denial).or(cancelled),
            execute_after: row.execute_after,
            approval_expires_at: row.approval_expires_at,
            effects,
            reasons,
            warnings: base_units::warnings(stored.notices).collect(),
            digest: row.draft.as_ref().map(Draft::digest),
            denials: row.denials,
            created_at: row.created_at,
            updated_at: row.updated_at,
            executed_at: row.executed_at,
        })
    }
}

/// Returns the event for a withdrawn transaction with the previous status `from`.
pub(crate) const fn cancelled(from: TxStatus) -> AuditEvent {
    AuditEvent::TxCancelled { from: Some(from), code: None, message: None }
}

pub(crate) fn not_found() -> Error {
    Error::new(ErrorCode::TxNotFound, "There is no such transaction.")
}

/// The error for a transaction whose status does not permit an action.
pub(crate) fn processed(status: TxStatus) -> Error {
    Error::new(ErrorCode::TxAlreadyProcessed, format!("The transaction is {status} already."))
        .hint("Only transactions that still wait can be changed.")
}
