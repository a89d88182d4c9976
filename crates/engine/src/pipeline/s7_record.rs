//! Stage 7: settle or release what was reserved and close the story in the audit log, in one
//! database transaction per outcome.

use serde_json::json;
use waiaas_chains::Expiry;
use waiaas_core::U256;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::ids::TxId;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{AuditEntry, StatusChange, StoreError, TransactionRow, TxExpiry};

use crate::Engine;
use crate::error::Error;
use crate::pipeline::s4_wait::advance_if;

/// A node accepted the bytes.
pub(crate) async fn submitted(engine: &Engine, id: TxId) -> Result<(), Error> {
    let audit = AuditEntry::new(AuditEvent::TxSubmitted, Actor::System, engine.now()).tx(id);
    advance_if(engine, id, TxStatus::Broadcasting, StatusChange::Submitted, audit).await?;
    engine.wake().notify_one();
    Ok(())
}

/// On chain and successful.
pub(crate) async fn confirmed(
    engine: &Engine,
    row: &TransactionRow,
    fee: U256,
    block: u64,
) -> Result<(), Error> {
    let audit = entry(engine, row, AuditEvent::TxConfirmed)
        .details(json!({ "fee": fee.to_string(), "block": block }));
    advance_if(engine, row.id, row.status, StatusChange::Confirmed { fee, block }, audit).await
}

/// On chain and failed: only the fee is gone.
pub(crate) async fn reverted(
    engine: &Engine,
    row: &TransactionRow,
    fee: U256,
    block: u64,
    reason: &str,
) -> Result<(), Error> {
    let audit = entry(engine, row, AuditEvent::TxFailed)
        .details(json!({ "outcome": "reverted", "fee": fee.to_string(), "block": block, "reason": reason }));
    let change = StatusChange::Reverted {
        fee,
        block,
        code: "TRANSACTION_REVERTED".to_owned(),
        message: format!("The transaction is on chain but failed: {reason}"),
    };
    advance_if(engine, row.id, row.status, change, audit).await
}

/// Proved never to land.
pub(crate) async fn dead(engine: &Engine, row: &TransactionRow) -> Result<(), Error> {
    let audit = entry(engine, row, AuditEvent::TxFailed).details(json!({ "outcome": "dead" }));
    let change = StatusChange::Dead {
        code: "TRANSACTION_EXPIRED".to_owned(),
        message: "The signed transaction can no longer land and did not; nothing was spent.".to_owned(),
    };
    advance_if(engine, row.id, row.status, change, audit).await
}

/// A signed message that nobody can use any more, or that has no end: what it could move counts as spent
/// from now.
pub(crate) async fn lapsed(engine: &Engine, row: &TransactionRow) -> Result<(), Error> {
    let (id, audit) = (row.id, entry(engine, row, AuditEvent::TxLapsed));
    let done = engine.store().write(move |tx| Box::pin(async move { tx.lapse(id, audit).await })).await;
    match done {
        Ok(()) | Err(StoreError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Given up before anything was signed.
pub(crate) async fn failed_unsigned(
    engine: &Engine,
    id: TxId,
    code: &str,
    message: &str,
) -> Result<(), Error> {
    let audit = AuditEntry::new(AuditEvent::TxFailed, Actor::System, engine.now())
        .tx(id)
        .details(json!({ "outcome": "not signed", "code": code, "message": message }));
    let change = StatusChange::Failed { code: code.to_owned(), message: message.to_owned() };
    advance_if(engine, id, TxStatus::Executing, change, audit).await
}

fn entry(engine: &Engine, row: &TransactionRow, event: AuditEvent) -> AuditEntry {
    AuditEntry::new(event, Actor::System, engine.now()).wallet(row.wallet).tx(row.id)
}

/// The chain's expiry as it is stored.
pub(crate) const fn stored_expiry(expiry: Expiry) -> TxExpiry {
    match expiry {
        Expiry::Nonce(nonce) => TxExpiry::Nonce(nonce),
        Expiry::BlockHeight(height) => TxExpiry::BlockHeight(height),
        Expiry::Time(at) => TxExpiry::Time(at),
        Expiry::Never => TxExpiry::Never,
    }
}

/// The stored expiry as the chain wants it.
pub(crate) const fn chain_expiry(expiry: TxExpiry) -> Expiry {
    match expiry {
        TxExpiry::Nonce(nonce) => Expiry::Nonce(nonce),
        TxExpiry::BlockHeight(height) => Expiry::BlockHeight(height),
        TxExpiry::Time(at) => Expiry::Time(at),
        TxExpiry::Never => Expiry::Never,
    }
}
