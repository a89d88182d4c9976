//! Stage 4: the waiting that a tier requires. The clock ends a delay, the owner's signature an approval
//! (`owner/approvals.rs`); neither can be shortened.

use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::ids::TxId;
use waiaas_core::owner::{Challenge, OwnerAction};
use waiaas_core::policy::{Grant, Tier};
use waiaas_core::presentation::Ask;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{AuditEntry, StatusChange, TransactionRow, WriteTx};

use crate::Engine;
use crate::challenges::{chain_id, nonce};
use crate::error::Error;
use crate::pipeline::case::{AdmissionRequest, Judgement};
use crate::pipeline::ended::advance_if;

/// Records why an admitted request waits; for an approval, stores both challenges.
pub(crate) async fn park(
    case: &AdmissionRequest,
    tx: &mut WriteTx,
    id: TxId,
    judgement: &Judgement,
    grant: &Grant,
) -> Result<(), Error> {
    let wallet = case.validated.wallet.id;
    let audit =
        |event| AuditEntry::new(event, Actor::System, judgement.grounds.facts.now).wallet(wallet).tx(id);
    match grant.tier {
        Tier::Instant | Tier::Notify => {
            tx.record(audit(AuditEvent::TxCleared { tier: Some(grant.tier) })).await?;
        }
        Tier::Delay => {
            tx.record(audit(AuditEvent::TxQueued { delay_seconds: grant.delay_seconds })).await?;
        }
        Tier::Approval => {
            let (approval_timeout, reasons) = (grant.approval_timeout, grant.reasons.clone());
            tx.record(audit(AuditEvent::TxApprovalRequested { approval_timeout, reasons })).await?;
            for challenge in questions(case, id, judgement, grant)? {
                tx.issue_challenge(&challenge).await?;
            }
        }
    }
    Ok(())
}

/// Creates the challenges to approve and to reject a waiting transaction.
fn questions(
    case: &AdmissionRequest,
    id: TxId,
    judgement: &Judgement,
    grant: &Grant,
) -> Result<[Challenge; 2], Error> {
    let validated = &case.validated;
    let owner = judgement.grounds.admission.wallet.owner.address();
    let owner = owner.ok_or_else(|| Error::internal("an approval without an owner was granted"))?;
    let digest = validated.draft.digest();
    let shown = judgement.presentation.as_ref();
    let shown = shown.ok_or_else(|| Error::internal("an approval without its presentation"))?;
    let now = judgement.grounds.facts.now;
    let lasts = i64::from(grant.approval_timeout.unwrap_or_default());
    let question = |action, ask| Challenge {
        instance: case.engine.instance(),
        wallet: validated.wallet.id,
        owner,
        action,
        chain_id: chain_id(&owner, Some(&validated.network)),
        summary: shown.statement(ask),
        nonce: nonce(),
        issued_at: now,
        expires_at: now.saturating_add(lasts),
    };
    Ok([
        question(OwnerAction::Approve { tx: id, digest }, Ask::Approve),
        question(OwnerAction::Reject { tx: id, digest }, Ask::Reject),
    ])
}

/// Ends a delay that is over. Does nothing if the transaction has moved meanwhile.
pub(crate) async fn end_delay(engine: &Engine, row: &TransactionRow) -> Result<(), Error> {
    let cleared = AuditEvent::TxCleared { tier: None };
    advance_if(engine, row, TxStatus::Queued, StatusChange::Executing, cleared).await
}

/// Expires a request whose approval window is over.
pub(crate) async fn expire_approval(engine: &Engine, row: &TransactionRow) -> Result<(), Error> {
    let (from, change) = (TxStatus::PendingApproval, StatusChange::Expired);
    advance_if(engine, row, from, change, AuditEvent::TxExpired).await
}
