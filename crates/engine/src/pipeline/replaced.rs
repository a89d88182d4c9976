//! The old transaction of a replacement: whether it can be replaced, and its signed bytes.

use waiaas_core::expiry::Expiry;
use waiaas_core::ids::TxId;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{SignedRow, TransactionRow, WriteTx};

use crate::Engine;
use crate::error::{Details, Error, ErrorCode};
use crate::pipeline::transactions::not_found;

/// Returns the signed bytes, unless the transaction has ended.
pub(super) fn in_flight(row: &TransactionRow) -> Result<&SignedRow, Error> {
    match (row.status, &row.signed) {
        (TxStatus::Broadcasting | TxStatus::Submitted, Some(signed)) => Ok(signed),
        (TxStatus::Broadcasting | TxStatus::Submitted, None) => {
            Err(Error::internal("a broadcast transaction has no bytes"))
        }
        (
            TxStatus::Denied
            | TxStatus::Queued
            | TxStatus::PendingApproval
            | TxStatus::Executing
            | TxStatus::Signed
            | TxStatus::Confirmed
            | TxStatus::Failed
            | TxStatus::Cancelled
            | TxStatus::Expired,
            _,
        ) => {
            let message =
                format!("The transaction {} is {}; there is nothing to replace.", row.id, row.status);
            Err(Error::new(ErrorCode::TxAlreadyProcessed, message)
                .hint("Only what is signed and has not ended is replaced. Cancel what still waits."))
        }
    }
}

/// The error if another replacement is open.
pub(super) fn contested(by: &TransactionRow) -> Error {
    let message = format!("The transaction {} is to take its place already.", by.id);
    let hint = match by.status.is_signed() {
        true => "Replace that one.",
        false => "Wait until that one is signed or has ended; one that still waits can be cancelled.",
    };
    Error::new(ErrorCode::TxAlreadyProcessed, message)
        .hint(hint)
        .details(Details::Transaction { transaction_id: by.id })
}

/// Returns the signed bytes of the old transaction; the inner error says why it can no longer be replaced.
pub(crate) async fn bytes(engine: &Engine, old: TxId) -> Result<Result<Vec<u8>, Error>, Error> {
    let row = engine.store().transaction(old).await?.ok_or_else(not_found)?;
    Ok(in_flight(&row).map(|signed| signed.bytes.clone()))
}

/// Returns the signed bytes of `old`, if one more transaction, or `by`, can replace it now; the inner error
/// says why not. Checked in the admission transaction and in the signing transaction.
pub(crate) async fn place(
    tx: &mut WriteTx,
    old: TxId,
    by: Option<TxId>,
) -> Result<Result<Expiry, Error>, Error> {
    let row = tx.transaction(old).await?.ok_or_else(not_found)?;
    let expiry = match in_flight(&row) {
        Ok(signed) => signed.expiry,
        Err(ended) => return Ok(Err(ended)),
    };
    if let Some(open) = tx.open_replacement(old).await?
        && Some(open.id) != by
    {
        return Ok(Err(contested(&open)));
    }
    if let Some(other) = other_heir(tx, &row, expiry).await? {
        let message =
            format!("The transaction {other} was signed for its nonce after a node had refused it.");
        return Ok(Err(Error::new(ErrorCode::TxAlreadyProcessed, message)
            .hint("One of the two will land. What then has failed can be asked for anew.")));
    }
    Ok(Ok(expiry))
}

/// Another payment with the nonce of `row`, which happens after a node refused the bytes of `row`. A replacement
/// could outbid that payment.
async fn other_heir(tx: &mut WriteTx, row: &TransactionRow, expiry: Expiry) -> Result<Option<TxId>, Error> {
    let Expiry::Nonce(nonce) = expiry else { return Ok(None) };
    let mut others = tx.with_nonce(row.wallet, &row.network, nonce).await?;
    let mut ancestor = Some(row.id);
    while let Some(id) = ancestor {
        others.retain(|other| *other != id);
        ancestor = tx.transaction(id).await?.and_then(|row| row.replaces);
    }
    Ok(others.into_iter().next())
}
