//! AutoStop in the pipeline: counted and applied in the database transaction that admits a request, so that no request
//! slips through beside it.

use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::auto_stop::Trigger;
use waiaas_core::wallet::WalletStatus;
use waiaas_store::{AuditEntry, WalletRow, WriteTx};

use crate::Engine;
use crate::error::{Error, ErrorCode};

/// The rule that the wallet's requests have reached; none otherwise. Writes nothing.
///
/// # Errors
///
/// Storage errors.
pub(super) async fn reached(
    engine: &Engine,
    tx: &mut WriteTx,
    wallet: &WalletRow,
) -> Result<Option<Trigger>, Error> {
    let limits = engine.config().auto_stop.limits();
    let activity = tx.activity(wallet.id, &limits, wallet.resumed_at, engine.now()).await?;
    Ok(limits.reached(&activity))
}

/// Suspends the wallet if its requests have reached a rule.
///
/// # Errors
///
/// Storage errors.
pub(super) async fn stop(
    engine: &Engine,
    tx: &mut WriteTx,
    wallet: &WalletRow,
) -> Result<Option<Trigger>, Error> {
    let Some(trigger) = reached(engine, tx, wallet).await? else { return Ok(None) };
    let event = AuditEvent::AutoStopTriggered { trigger };
    let audit = AuditEntry::new(event, Actor::System, engine.now()).wallet(wallet.id);
    let reason = format!("AutoStop: {trigger}");
    let (from, to) = (WalletStatus::Active, WalletStatus::Suspended);
    tx.set_wallet_status(wallet.id, from, to, Some(&reason), audit).await?;
    Ok(Some(trigger))
}

/// The answer to the request that found the wallet stopped.
pub(super) fn stopped(trigger: Trigger) -> Error {
    Error::new(ErrorCode::AutoStopTriggered, format!("AutoStop suspended the wallet: {trigger}."))
        .hint("The operator looks at what happened (`waiaas audit list`), and resumes the wallet.")
}

/// The answer to a dry run that would find the wallet stopped.
pub(super) fn would_stop(trigger: Trigger) -> Error {
    Error::new(
        ErrorCode::AutoStopTriggered,
        format!("This request would suspend the wallet by AutoStop: {trigger}."),
    )
    .hint("Wait, or ask the operator to look at what happened.")
}
