//! What is said to a change that waits: by its owners, by the operator, and by the clock.

use serde_json::json;
use waiaas_core::address::Address;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::change::ChangeStatus;
use waiaas_core::ids::ChangeId;
use waiaas_core::owner::OwnerAction;
use waiaas_core::wallet::{Owner as OwnerOf, WalletStatus};
use waiaas_store::{AuditEntry, ChallengeRow, ChangeRow, StoreError, WalletRow, WriteTx};

use crate::Engine;
use crate::changes::{Settled, settle, superseded};
use crate::credentials::{Master, Owner};
use crate::error::{Error, ErrorCode};
use crate::views::{ChallengeView, ChangeQuestion, ChangeView, Page, Paged};

impl Engine {
    /// Changes, newest first, all or those in one status.
    pub async fn list_changes(
        &self,
        _: &Master,
        status: Option<ChangeStatus>,
        page: Page,
    ) -> Result<Paged<ChangeView>, Error> {
        let before = page.cursor.map(|text| text.parse()).transpose();
        let before = before.map_err(|_| Error::invalid("cursor", "not a cursor of this list"))?;
        let found = self.store().changes_page(status, before, page.limit).await?;
        let mut items = Vec::new();
        for row in found.items {
            items.push(self.change_view(row).await?);
        }
        Ok(Paged { items, next_cursor: found.next.map(|id| id.to_string()), total: None })
    }

    /// One change.
    pub async fn change(&self, _: &Master, id: ChangeId) -> Result<ChangeView, Error> {
        self.change_by_id(id).await
    }

    /// A change that waits, with the texts to sign. The id is the capability, as for a transaction.
    pub async fn change_approval(&self, id: ChangeId) -> Result<ChangeView, Error> {
        let view = self.change_by_id(id).await?;
        if view.status != ChangeStatus::PendingConsent {
            return Err(Error::new(
                ErrorCode::ApprovalNotFound,
                format!("The change is {}; nothing waits for an owner.", view.status),
            ));
        }
        if self.now() >= view.expires_at {
            return Err(too_late());
        }
        Ok(view)
    }

    /// Takes a waiting change back.
    pub async fn withdraw_change(&self, _: &Master, id: ChangeId) -> Result<ChangeView, Error> {
        let audit = AuditEntry::new(AuditEvent::ChangeWithdrawn, Actor::Master, self.now())
            .details(json!({ "changeId": id }));
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    refuse_unless_open(&row(tx, id).await?)?;
                    Ok::<_, Error>(tx.end_change(id, ChangeStatus::Withdrawn, audit).await?)
                })
            })
            .await?;
        self.change_by_id(id).await
    }

    /// Agrees to a change, as the owner of a wallet it concerns. It is applied with the last consent
    /// it takes, and waits on for the others until then.
    pub async fn approve_change(&self, owner: Owner) -> Result<ChangeView, Error> {
        let OwnerAction::ApproveChange { change: id, .. } = owner.consent().action() else {
            return Err(wrong_action());
        };
        let engine = self.clone();
        let settled = self
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let (row, actor) = answer(&engine, tx, id, &owner, AuditEvent::ChangeConsented).await?;
                    settle(&engine, tx, &row, actor).await
                })
            })
            .await?;
        match settled {
            Settled::Applied | Settled::Waits => self.change_by_id(id).await,
            Settled::Superseded => Err(superseded()),
        }
    }

    /// Stops a change, as the owner of a wallet it concerns.
    pub async fn reject_change(&self, owner: Owner) -> Result<ChangeView, Error> {
        let OwnerAction::RejectChange { change: id, .. } = owner.consent().action() else {
            return Err(wrong_action());
        };
        let engine = self.clone();
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let (row, actor) = answer(&engine, tx, id, &owner, AuditEvent::OwnerSigned).await?;
                    let audit = AuditEntry::new(AuditEvent::ChangeRejected, actor, engine.now())
                        .details(json!({ "changeId": id }));
                    Ok::<_, Error>(tx.end_change(row.id, ChangeStatus::Rejected, audit).await?)
                })
            })
            .await?;
        self.change_by_id(id).await
    }

    pub(crate) async fn change_by_id(&self, id: ChangeId) -> Result<ChangeView, Error> {
        let row = self.store().change(id).await?.ok_or_else(no_change)?;
        self.change_view(row).await
    }

    async fn change_view(&self, row: ChangeRow) -> Result<ChangeView, Error> {
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

/// The two questions to each owner as one entry.
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

/// Whether somebody is the LOCKED owner of a wallet that may still sign some day.
pub(crate) fn by_owner(wallets: &[WalletRow], owner: Address) -> bool {
    wallets.iter().any(|row| row.status != WalletStatus::Terminated && row.owner == OwnerOf::Locked(owner))
}

/// Uses an owner's answer up, if the change still waits and the owner still is one.
async fn answer(
    engine: &Engine,
    tx: &mut WriteTx,
    id: ChangeId,
    owner: &Owner,
    event: AuditEvent,
) -> Result<(ChangeRow, Actor), Error> {
    let now = engine.now();
    let row = row(tx, id).await?;
    refuse_unless_open(&row)?;
    if now >= row.expires_at {
        return Err(too_late());
    }
    let address = owner.consent().owner();
    if !by_owner(&tx.wallets().await?, address) {
        return Err(Error::new(ErrorCode::OwnerAddressMismatch, "The wallet has another owner now."));
    }
    let actor = Actor::Owner(address);
    let audit = AuditEntry::new(event, actor, now)
        .wallet(owner.consent().wallet())
        .details(json!({ "changeId": id, "nonce": owner.nonce() }));
    tx.consume_challenge(owner.nonce(), owner.signature(), audit).await.map_err(|error| match error {
        StoreError::Conflict(_) => {
            Error::new(ErrorCode::InvalidNonce, "The message was used already or has expired.")
        }
        other => other.into(),
    })?;
    Ok((row, actor))
}

/// Ends a change that was not answered in time; somebody else's move is not an error.
pub(crate) async fn expire(engine: &Engine, id: ChangeId) -> Result<(), Error> {
    let audit = AuditEntry::new(AuditEvent::ChangeExpired, Actor::System, engine.now())
        .details(json!({ "changeId": id }));
    let ended = engine
        .store()
        .write(move |tx| Box::pin(async move { tx.end_change(id, ChangeStatus::Expired, audit).await }))
        .await;
    match ended {
        Ok(()) | Err(StoreError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn row(tx: &mut WriteTx, id: ChangeId) -> Result<ChangeRow, Error> {
    tx.change(id).await?.ok_or_else(no_change)
}

pub(crate) fn no_change() -> Error {
    Error::new(ErrorCode::ChangeNotFound, "There is no such change.")
}

pub(crate) fn too_late() -> Error {
    Error::new(ErrorCode::ApprovalTimeout, "The owner's time is over.")
        .hint("The change expires; it has to be asked for again.")
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

fn wrong_action() -> Error {
    Error::new(ErrorCode::InvalidNonce, "The signed message is for another action.")
        .hint("Sign the message whose action is the one you ask for.")
}
