//! Closing a signed transaction that, as the operator knows, can no longer land, without a proof from the nodes.
//!
//! On a local network its reservations are released. Elsewhere, and where the caller has the signature, the bytes
//! may still land, so their amounts count as spent from then on.

use waiaas_core::audit::{Actor, AuditEvent, HeldAmount};
use waiaas_core::ids::TxId;
use waiaas_core::network::Environment;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{AuditEntry, Ended, StoreError, TransactionRow};

use crate::error::{Error, ErrorCode};
use crate::operator::Operator;
use crate::pipeline::transactions::{not_found, processed};
use crate::views::{Closing, Held};

impl Operator<'_> {
    /// Ends a signed transaction on the operator's decision. Without `confirm` it only describes the effect.
    ///
    /// # Errors
    /// `TX_NOT_FOUND`, `TX_ALREADY_PROCESSED`, and errors of the nodes.
    pub async fn close(&self, id: TxId, confirm: bool) -> Result<Closing, Error> {
        let row = self.engine.store().transaction(id).await?.ok_or_else(not_found)?;
        if !closable(row.status) {
            return Err(Error::new(
                ErrorCode::TxAlreadyProcessed,
                format!("The transaction is {}.", row.status),
            )
            .hint("Only signed transactions that have not ended can be closed. Cancel a waiting one."));
        }
        let network =
            self.engine.networks().get(&row.network).ok_or_else(|| Error::internal("no such network"))?;
        // A caller who got the signature can still use it, on any network.
        let handed_out = row.status == TxStatus::Signed;
        let gives_free = network.environment == Environment::Local && !handed_out;
        let held = self.engine.store().held_by(id).await?;
        let held: Vec<Held> = held
            .into_iter()
            .map(|held| Held { asset: held.asset, amount: held.amount, usd: held.usd, is_fee: held.is_fee })
            .collect();
        let consequences = consequences(gives_free);
        if confirm {
            self.close_row(&row, gives_free, &held).await?;
        }
        Ok(Closing { tx: self.engine.view(id).await?, closed: confirm, gives_free, held, consequences })
    }

    async fn close_row(&self, row: &TransactionRow, gives_free: bool, held: &[Held]) -> Result<(), Error> {
        let amount = |held: &Held| HeldAmount { asset: held.asset.clone(), amount: held.amount };
        let held = held.iter().map(amount).collect();
        let closed = AuditEvent::TxClosed { from: row.status, gives_free, held };
        let audit = AuditEntry::new(closed, Actor::Master, self.engine.now()).wallet(row.wallet).tx(row.id);
        let why = Ended { code: "TRANSACTION_CLOSED".to_owned(), message: message(gives_free).to_owned() };
        let (old, id) = (row.clone(), row.id);
        let done = self
            .engine
            .store()
            .write(move |tx| Box::pin(async move { tx.close(&old, gives_free, &why, audit).await }))
            .await;
        match done {
            Ok(()) => Ok(()),
            Err(StoreError::Conflict(_)) => Err(processed(self.engine.view(id).await?.status)),
            Err(error) => Err(error.into()),
        }
    }
}

const fn closable(status: TxStatus) -> bool {
    match status {
        TxStatus::Broadcasting | TxStatus::Submitted | TxStatus::Signed => true,
        TxStatus::Denied
        | TxStatus::Queued
        | TxStatus::PendingApproval
        | TxStatus::Executing
        | TxStatus::Confirmed
        | TxStatus::Failed
        | TxStatus::Cancelled
        | TxStatus::Expired => false,
    }
}

const fn consequences(gives_free: bool) -> &'static str {
    if gives_free {
        "It is followed and sent no more, and what it holds is given free. Nothing proves that it never lands; \
         on a local network your word is enough."
    } else {
        "It is followed and sent no more, and its nonce, if it has one, is used again. Nothing proves that it \
         never lands: whoever has the bytes can still send them. So what it holds is not given free; it counts \
         as spent from now on, for as long as the spending windows reach back."
    }
}

const fn message(gives_free: bool) -> &'static str {
    if gives_free {
        "The operator closed it without a proof that it never lands."
    } else {
        "The operator closed it without a proof that it never lands, so its amounts count as spent."
    }
}
