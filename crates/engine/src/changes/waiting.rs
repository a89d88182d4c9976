//! Ends of a pending change: consent and rejection by owners, withdrawal by the operator, expiry.

use waiaas_core::address::Address;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::change::ChangeStatus;
use waiaas_core::ids::ChangeId;
use waiaas_core::owner::OwnerAction;
use waiaas_core::wallet::{Owner as OwnerOf, WalletStatus};
use waiaas_store::{AuditEntry, ChallengeRow, ChangeRow, StoreError, WalletRow, WriteTx};

use crate::Engine;
use crate::error::{Error, ErrorCode};
use crate::views::{ChallengeView, ChangeQuestion, ChangeView};

impl Engine {
    pub(crate) async fn change_by_id(&self, id: ChangeId) -> Result<ChangeView, Error> {
        let row = self.store().change(id).await?.ok_or_else(no_change)?;
        self.change_view(row).await
    }

    pub(crate) async fn change_view(&self, row: ChangeRow) -> Result<ChangeView, Error> {
        let asked = self.store().challenges_of(row.id).await?;
        Ok(ChangeView {
            id: row.id,
            kind: row.kind,
            summary: row.summary,
            status: row.status,
            content: serde_json::from_str(&row.content).map_err(Error::internal)?,
            digest: row.digest,
            created_at: row.created_at,
            expires_at: row.expires_at,
            decided_at: row.decided_at,
            questions: questions(&asked),
        })
    }
}

/// Both challenges of each owner as one entry.
fn questions(asked: &[ChallengeRow]) -> Vec<ChangeQuestion> {
    let yes = |row: &&ChallengeRow| matches!(row.challenge.action, OwnerAction::ApproveChange { .. });
    let open = |row: &ChallengeRow| row.consumed_at.is_none().then(|| ChallengeView::from(&row.challenge));
    let one = |approve: &ChallengeRow| {
        let same = |row: &&ChallengeRow| {
            row.challenge.owner == approve.challenge.owner
                && matches!(row.challenge.action, OwnerAction::RejectChange { .. })
        };
        ChangeQuestion {
            wallet: approve.challenge.wallet,
            owner: approve.challenge.owner,
            approved_at: approve.signature.as_ref().and(approve.consumed_at),
            approve: open(approve),
            reject: asked.iter().find(same).and_then(open),
        }
    };
    asked.iter().filter(yes).map(one).collect()
}

/// Whether an address is the LOCKED owner of a wallet that is not terminated.
pub(crate) fn by_owner(wallets: &[WalletRow], owner: Address) -> bool {
    wallets.iter().any(|row| row.status != WalletStatus::Terminated && row.owner == OwnerOf::Locked(owner))
}

/// Expires a pending change; another move in between is no error.
pub(crate) async fn expire(engine: &Engine, id: ChangeId) -> Result<(), Error> {
    let expired = AuditEvent::ChangeExpired { change_id: id };
    let audit = AuditEntry::new(expired, Actor::System, engine.now());
    let ended = engine
        .store()
        .write(move |tx| Box::pin(async move { tx.end_change(id, ChangeStatus::Expired, audit).await }))
        .await;
    match ended {
        Ok(()) | Err(StoreError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn row(tx: &mut WriteTx, id: ChangeId) -> Result<ChangeRow, Error> {
    tx.change(id).await?.ok_or_else(no_change)
}

pub(crate) fn no_change() -> Error {
    Error::new(ErrorCode::ChangeNotFound, "There is no such change.")
}

pub(crate) fn too_late() -> Error {
    Error::new(ErrorCode::ApprovalTimeout, "The owner's time is over.")
        .hint("The change expires; ask for it again.")
}

pub(crate) fn refuse_unless_open(row: &ChangeRow) -> Result<(), Error> {
    match row.status {
        ChangeStatus::PendingConsent => Ok(()),
        ChangeStatus::Expired => Err(too_late()),
        ChangeStatus::Applied
        | ChangeStatus::Rejected
        | ChangeStatus::Withdrawn
        | ChangeStatus::Superseded => Err(Error::new(
            ErrorCode::ChangeAlreadyDecided,
            format!("The change is {}; no answer is awaited.", row.status),
        )),
    }
}
