//! Stage 7: settles or releases the reservations and writes the outcome to the audit log, in one database
//! transaction per outcome.

use waiaas_chains::Undecided;
use waiaas_core::U256;
use waiaas_core::audit::{AuditEvent, Landed, TxFailure};
use waiaas_core::intent::IntentKind;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{StatusChange, StoreError, TransactionRow};

use crate::Engine;
use crate::error::{Error, ErrorCode};
use crate::pipeline::ended::{advance_if, entry};

/// Records that a node accepted the bytes.
pub(crate) async fn submitted(engine: &Engine, row: &TransactionRow) -> Result<(), Error> {
    let change = StatusChange::Submitted;
    advance_if(engine, row, TxStatus::Broadcasting, change, AuditEvent::TxSubmitted).await?;
    engine.wake().notify_one();
    Ok(())
}

/// Records success on chain. The reservations stay held until the block is final.
pub(crate) async fn confirmed(
    engine: &Engine,
    row: &TransactionRow,
    fee: U256,
    block: u64,
    is_final: bool,
) -> Result<(), Error> {
    let landed = Landed { fee, block };
    let event = AuditEvent::TxConfirmed { landed, is_final };
    let change =
        if is_final { StatusChange::Confirmed { fee, block } } else { StatusChange::Seen { fee, block } };
    advance_if(engine, row, row.status, change, event).await
}

/// Records that the block of a confirmed transaction is final, and settles the reservations.
pub(crate) async fn finalised(
    engine: &Engine,
    row: &TransactionRow,
    fee: U256,
    block: u64,
) -> Result<(), Error> {
    let id = row.id;
    let audit = entry(engine, row, AuditEvent::TxFinal { landed: Landed { fee, block } });
    let done = engine
        .store()
        .write(move |tx| Box::pin(async move { tx.finalise(id, fee, block, audit).await }))
        .await;
    match done {
        Ok(()) | Err(StoreError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Withdraws a confirmation, after a reorg or a contradiction between nodes. The transaction may land again.
pub(crate) async fn taken_back(engine: &Engine, row: &TransactionRow, why: &str) -> Result<(), Error> {
    tracing::warn!(tx = %row.id, network = %row.network, block = row.block, why,
        "a confirmed transaction does not count as on the chain any more; it is followed and sent again");
    let reorganised = AuditEvent::TxReorganised { block: row.block, reason: why.to_owned() };
    let change = StatusChange::Reorganised { handed_out: row.kind == IntentKind::Sign };
    advance_if(engine, row, row.status, change, reorganised).await?;
    engine.wake().notify_one();
    Ok(())
}

/// The code for bytes that a node refused.
pub(crate) const BROADCAST_REFUSED: &str = "BROADCAST_REFUSED";

/// Records why a transaction does not move on, once per reason. A refusal by a node stays recorded until
/// there is another reason.
pub(crate) async fn note(
    engine: &Engine,
    row: &TransactionRow,
    why: Option<(&'static str, String)>,
) -> Result<(), Error> {
    if row.pending.as_ref().map(|(code, _)| code.as_str()) == why.as_ref().map(|(code, _)| *code) {
        return Ok(());
    }
    let refused = row.pending.as_ref().is_some_and(|(code, _)| code == BROADCAST_REFUSED);
    if refused && why.is_none() {
        return Ok(());
    }
    let id = row.id;
    match &why {
        Some((code, reason)) if is_usual(code) => {
            tracing::debug!(tx = %id, code, %reason, "a transaction waits for a node");
        }
        Some((code, reason)) => {
            let network = &row.network;
            tracing::warn!(tx = %id, %network, code, %reason, "a transaction stays where it is");
        }
        None => {}
    }
    engine.store().write(move |tx| Box::pin(async move { tx.note_pending(id, why).await })).await?;
    Ok(())
}

/// Whether a reason is routine: an outage, which is reported for the node, or a node that is behind the
/// others.
fn is_usual(code: &str) -> bool {
    code == ErrorCode::ChainError.as_str() || code == Undecided::SuccessUnproved.code()
}

/// Records failure on chain: only the fee is spent.
pub(crate) async fn reverted(
    engine: &Engine,
    row: &TransactionRow,
    fee: U256,
    block: u64,
    reason: &str,
) -> Result<(), Error> {
    let failure = TxFailure::Reverted { landed: Landed { fee, block }, reason: reason.to_owned() };
    let event = AuditEvent::TxFailed { failure };
    let change = StatusChange::Reverted {
        fee,
        block,
        code: "TRANSACTION_REVERTED".to_owned(),
        message: format!("The transaction is on chain but failed: {reason}"),
    };
    advance_if(engine, row, row.status, change, event).await
}

/// Records that the transaction is proved dropped.
pub(crate) async fn dead(engine: &Engine, row: &TransactionRow) -> Result<(), Error> {
    let event = AuditEvent::TxFailed { failure: TxFailure::Dead };
    let change = StatusChange::Dead {
        code: "TRANSACTION_EXPIRED".to_owned(),
        message: "The signed transaction can no longer land and did not; nothing was spent.".to_owned(),
    };
    advance_if(engine, row, row.status, change, event).await
}

/// Records that a signed message expired, or has no deadline: its amounts count as spent from now on.
pub(crate) async fn lapsed(engine: &Engine, row: &TransactionRow) -> Result<(), Error> {
    let (id, audit) = (row.id, entry(engine, row, AuditEvent::TxLapsed));
    let done = engine.store().write(move |tx| Box::pin(async move { tx.lapse(id, audit).await })).await;
    match done {
        Ok(()) | Err(StoreError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Fails a transaction before it was signed.
pub(crate) async fn failed_unsigned(
    engine: &Engine,
    row: &TransactionRow,
    code: &str,
    message: &str,
) -> Result<(), Error> {
    let (code, message) = (code.to_owned(), message.to_owned());
    let failure = TxFailure::NotSigned { code: code.clone(), message: message.clone() };
    let change = StatusChange::Failed { code, message };
    advance_if(engine, row, TxStatus::Executing, change, AuditEvent::TxFailed { failure }).await
}
