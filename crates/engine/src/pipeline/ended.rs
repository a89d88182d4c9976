//! Shortens granted requests that end unsigned. Requesting and withdrawing costs the agent nothing, so the
//! remaining row must be as small as a denial: long parts are kept by digest.

use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::digest::Digest;
use waiaas_core::ids::TxId;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{AuditEntry, Kept, StatusChange, StoreError, TransactionRow, WriteTx};

use crate::Engine;
use crate::error::Error;
use crate::pipeline::decision::{MOST, NotKept, StoredVerdict, short, shorten_facts};

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
    let mut verdict: StoredVerdict = serde_json::from_str(&row.verdict).map_err(Error::internal)?;
    let long = row.draft.as_ref().filter(|draft| draft.body.len() > MOST);
    rest.extend(long.map(|draft| NotKept {
        what: "draft".to_owned(),
        bytes: draft.body.len(),
        digest: draft.digest(),
    }));
    let intent = text("intent", &row.intent, &mut rest);
    let effects = row.effects.as_deref().is_none_or(|effects| text("effects", effects, &mut rest));
    if short("presentation", &verdict.presentation, &mut rest)?.is_none() {
        verdict.presentation = None;
    }
    if short("reasons", &verdict.reasons, &mut rest)?.is_none() {
        verdict.reasons.truncate(1);
    }
    shorten_facts(&mut verdict.facts, &row.asset, &mut rest)?;
    if rest.is_empty() {
        return Ok(None);
    }
    verdict.not_kept = rest;
    let verdict = serde_json::to_string(&verdict).map_err(Error::internal)?;
    Ok(Some(Kept { intent, draft: long.is_none(), effects, verdict }))
}

/// Whether a stored text is short enough to be kept.
fn text(what: &str, text: &str, rest: &mut Vec<NotKept>) -> bool {
    let stays = text.len() <= MOST;
    if !stays {
        let digest = Digest::of("waiaas.denied.part.v1", &[text.as_bytes()]);
        rest.push(NotKept { what: what.to_owned(), bytes: text.len(), digest });
    }
    stays
}
