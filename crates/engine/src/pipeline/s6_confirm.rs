//! Stage 6: ask the chain what became of signed bytes, and send them again while nothing is known.

use waiaas_chains::{Expiry, Fate, SignedTx};
use waiaas_core::ids::TxId;
use waiaas_core::transaction::TxStatus;
use waiaas_store::TransactionRow;

use crate::Engine;
use crate::error::Error;
use crate::pipeline::{s5_execute, s7_record};

/// One look at one signed transaction. A node that does not answer changes nothing.
pub(crate) async fn step(engine: &Engine, id: TxId) -> Result<(), Error> {
    let Some(row) = engine.store().transaction(id).await? else { return Ok(()) };
    let waiting = matches!(row.status, TxStatus::Broadcasting | TxStatus::Submitted | TxStatus::Signed);
    let Some(signed) = signed(&row).filter(|_| waiting) else { return Ok(()) };
    match signed.expiry {
        Expiry::Nonce(_) | Expiry::BlockHeight(_) => {}
        Expiry::Time(end) if engine.now() <= end => return Ok(()),
        // What has no end counted as spent when it was handed out; a row from before that does so now.
        Expiry::Time(_) | Expiry::Never => return s7_record::lapsed(engine, &row).await,
    }
    let chain = engine.chain(&row.network)?;
    let from = row.draft.as_ref().map(|d| d.from).ok_or_else(|| Error::internal("signed without a draft"))?;
    match chain.fate(from, &signed).await {
        Ok(Fate::Confirmed { fee, block }) => s7_record::confirmed(engine, &row, fee, block).await,
        Ok(Fate::Reverted { fee, block, reason }) => {
            s7_record::reverted(engine, &row, fee, block, &reason).await
        }
        Ok(Fate::Dead) => s7_record::dead(engine, &row).await,
        Ok(Fate::Pending) => Ok(()),
        Err(error) => {
            tracing::warn!(tx = %id, %error, "no word about a signed transaction");
            Ok(())
        }
    }
}

/// Sends the same bytes again, if nothing final is known and nothing else is to take their place.
/// Harmless by construction.
pub(crate) async fn rebroadcast(engine: &Engine, row: &TransactionRow) -> Result<(), Error> {
    let Some(signed) = signed(row) else { return Ok(()) };
    if superseded(engine, row).await? {
        return Ok(());
    }
    let chain = engine.chain(&row.network)?;
    match row.status {
        TxStatus::Broadcasting => s5_execute::broadcast(engine, row.id, &chain, &signed).await,
        TxStatus::Submitted => {
            if let Err(error) = chain.submit(&signed).await {
                tracing::debug!(tx = %row.id, %error, "rebroadcast not answered");
            }
            Ok(())
        }
        TxStatus::Denied
        | TxStatus::Queued
        | TxStatus::PendingApproval
        | TxStatus::Executing
        // The caller sends what it asked to be signed.
        | TxStatus::Signed
        | TxStatus::Confirmed
        | TxStatus::Failed
        | TxStatus::Cancelled
        | TxStatus::Expired => Ok(()),
    }
}

/// Whether bytes that a node has not refused are to take its place: sending the old ones again could
/// only bring back what the caller wants gone.
async fn superseded(engine: &Engine, row: &TransactionRow) -> Result<bool, Error> {
    let new = engine.store().open_replacement(row.id).await?;
    Ok(new.is_some_and(|new| new.status.is_signed() && !new.broadcast_rejected))
}

fn signed(row: &TransactionRow) -> Option<SignedTx> {
    let kept = row.signed.as_ref()?;
    Some(SignedTx {
        bytes: kept.bytes.clone(),
        hash: kept.hash.clone().unwrap_or_default(),
        expiry: s7_record::chain_expiry(kept.expiry),
    })
}
