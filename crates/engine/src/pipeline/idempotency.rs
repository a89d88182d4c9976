//! Idempotency keys: a repeated request gets the answer of the first.

use waiaas_core::UnixSeconds;
use waiaas_core::ids::TxId;
use waiaas_store::{Claim, WriteTx};

use crate::credentials::Session;
use crate::error::{Error, ErrorCode, Remedy};
use crate::ids;
use crate::views::IdempotencyKey;

/// The transaction of an earlier request with this key and body.
pub(crate) async fn answered(
    tx: &mut WriteTx,
    session: &Session,
    key: Option<&IdempotencyKey>,
    now: UnixSeconds,
) -> Result<Option<TxId>, Error> {
    let Some(IdempotencyKey { key, body }) = key else { return Ok(None) };
    match tx.claimed(session.id(), key, now).await? {
        None => Ok(None),
        Some((first, id)) if first == *body => Ok(Some(id)),
        Some(_) => Err(conflict()),
    }
}

/// Returns a new transaction id, claimed for the caller's key if there is one; the inner error is the
/// transaction of an earlier request with this key and body.
pub(crate) async fn claim(
    tx: &mut WriteTx,
    session: &Session,
    key: Option<IdempotencyKey>,
    now: UnixSeconds,
) -> Result<Result<TxId, TxId>, Error> {
    let id = TxId::new(ids::ordered());
    let Some(IdempotencyKey { key, body }) = key else { return Ok(Ok(id)) };
    match tx.claim(session.id(), &key, body, id, now).await? {
        Claim::Fresh => Ok(Ok(id)),
        Claim::Same(first) => Ok(Err(first)),
        Claim::Mismatch => Err(conflict()),
    }
}

/// The error for a key that was used with another body.
pub(crate) fn conflict() -> Error {
    Error::new(ErrorCode::IdempotencyConflict, "This idempotency key was used with another request.")
        .hint(Remedy::UseFreshKey)
}
