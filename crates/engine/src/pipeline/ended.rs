//! Shortens granted requests that end unsigned. Requesting and withdrawing costs the agent nothing, so the
//! remaining row must be as small as a denial: long parts are kept by digest.

use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::decision::{NotKept, RequestPart};
use waiaas_core::ids::TxId;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{AuditEntry, Kept, StatusChange, StoreError, Stored, TransactionRow, WriteTx};

use crate::Engine;
use crate::error::Error;
use crate::pipeline::decision::{MOST, not_kept, short, shorten_facts};

/// Moves a transaction by compare-and-set, as [`WriteTx::advance`] does, and shortens a row that ended unsigned.
pub(crate) async fn advance(
    tx: &mut WriteTx,
    id: TxId,
    from: TxStatus,
    change: StatusChange,
    audit: AuditEntry,
) -> Result<(), StoreError> {
    let to = change.to();
    tx.advance(id, from, change, audit).await?;
    let ends = match to {
        TxStatus::Failed | TxStatus::Cancelled | TxStatus::Expired => true,
        TxStatus::Denied
        | TxStatus::Queued
        | TxStatus::PendingApproval
        | TxStatus::Executing
        | TxStatus::Broadcasting
        | TxStatus::Submitted
        | TxStatus::Signed
        | TxStatus::Confirmed => false,
    };
    if !ends || from.is_signed() {
        return Ok(());
    }
    let Some(row) = tx.transaction(id).await? else { return Ok(()) };
    match kept(&row) {
        Ok(Some(kept)) => tx.keep_less(id, kept).await,
        Ok(None) => Ok(()),
        // An unreadable part must not prevent a transaction from ending.
        Err(error) => {
            tracing::error!(tx = %id, %error, "a record that ended unsigned is damaged, and kept as it is");
            Ok(())
        }
    }
}

/// Moves a transaction if its status is still `from`; another move in between is no error.
pub(crate) async fn advance_if(
    engine: &Engine,
    row: &TransactionRow,
    from: TxStatus,
    change: StatusChange,
    event: AuditEvent,
) -> Result<(), Error> {
    let (id, audit) = (row.id, entry(engine, row, event));
    let moved = engine
        .store()
        .write(move |tx| Box::pin(async move { advance(tx, id, from, change, audit).await }))
        .await;
    match moved {
        Ok(_) | Err(StoreError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Returns an audit entry about a transaction, by the daemon itself.
pub(crate) fn entry(engine: &Engine, row: &TransactionRow, event: AuditEvent) -> AuditEntry {
    AuditEntry::new(event, Actor::System, engine.now()).wallet(row.wallet).tx(row.id)
}

/// Returns the shortened row; none if no part is long.
fn kept(row: &TransactionRow) -> Result<Option<Kept>, Error> {
    let mut rest = Vec::new();
    let mut verdict = row.verdict.read()?;
    let long = row.draft.as_ref().filter(|draft| draft.body.len() > MOST);
    rest.extend(long.map(|draft| NotKept {
        what: RequestPart::Draft,
        bytes: draft.body.len(),
        digest: draft.digest(),
    }));
    let intent = stays(RequestPart::Intent, row.intent.text(), &mut rest);
    let effects = row.effects.as_ref();
    let effects = effects.is_none_or(|effects| stays(RequestPart::Effects, effects.text(), &mut rest));
    if short(RequestPart::Presentation, &verdict.presentation, &mut rest)?.is_none() {
        verdict.presentation = None;
    }
    if short(RequestPart::Reasons, &verdict.reasons, &mut rest)?.is_none() {
        verdict.reasons.truncate(1);
    }
    shorten_facts(&mut verdict.facts, &row.asset, &mut rest)?;
    if rest.is_empty() {
        return Ok(None);
    }
    verdict.not_kept = rest;
    Ok(Some(Kept { intent, draft: long.is_none(), effects, verdict: Stored::of(&verdict)? }))
}

/// Whether a stored text is short enough to stay.
fn stays(what: RequestPart, text: &str, rest: &mut Vec<NotKept>) -> bool {
    let stays = text.len() <= MOST;
    if !stays {
        rest.push(not_kept(what, text));
    }
    stays
}
