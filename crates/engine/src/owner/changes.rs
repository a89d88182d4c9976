//! An owner's answers to a pending change.

use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::change::ChangeStatus;
use waiaas_core::ids::ChangeId;
use waiaas_core::owner::OwnerAction;
use waiaas_store::{AuditEntry, ChangeRow, StoreError, WriteTx};

use crate::Engine;
use crate::changes;
use crate::changes::Settled;
use crate::credentials::Owner;
use crate::error::{Error, ErrorCode};
use crate::owner::{OwnerDesk, wrong_action};
use crate::views::ChangeView;

impl Engine {
    /// A pending change with the texts to sign. The id is the capability, as for a transaction.
    ///
    /// # Errors
    /// `CHANGE_NOT_FOUND`, and `CHANGE_ALREADY_DECIDED` if it is no longer pending.
    pub async fn change_approval(&self, id: ChangeId) -> Result<ChangeView, Error> {
        let view = self.change_by_id(id).await?;
        if view.status != ChangeStatus::PendingConsent {
            return Err(Error::new(
                ErrorCode::ApprovalNotFound,
                format!("The change is {}; nothing waits for an owner.", view.status),
            ));
        }
        if self.now() >= view.expires_at {
            return Err(changes::too_late());
        }
        Ok(view)
    }
}

impl OwnerDesk<'_> {
    /// Consents to a change, as the owner of a wallet concerned. The last missing consent applies it.
    ///
    /// # Errors
    /// `CHANGE_NOT_FOUND`, `CHANGE_ALREADY_DECIDED`, `CHANGE_SUPERSEDED` if its object has changed, `INVALID_NONCE`,
    /// `OWNER_ADDRESS_MISMATCH`.
    pub async fn approve_change(self) -> Result<ChangeView, Error> {
        let Self { engine, owner } = self;
        let OwnerAction::ApproveChange { change: id, .. } = owner.consent().action() else {
            return Err(wrong_action());
        };
        let this = engine.clone();
        let settled = engine
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let event =
                        AuditEvent::ChangeConsented { change_id: id, nonce: owner.nonce().to_owned() };
                    let (row, actor) = answer(&this, tx, id, &owner, event).await?;
                    changes::settle(&this, tx, &row, actor).await
                })
            })
            .await?;
        match settled {
            Settled::Applied | Settled::Waits => engine.change_by_id(id).await,
            Settled::Superseded => Err(changes::superseded()),
        }
    }

    /// Rejects a change, as the owner of a wallet concerned.
    ///
    /// # Errors
    /// `CHANGE_NOT_FOUND`, `CHANGE_ALREADY_DECIDED`, `INVALID_NONCE`, `OWNER_ADDRESS_MISMATCH`.
    pub async fn reject_change(self) -> Result<ChangeView, Error> {
        let Self { engine, owner } = self;
        let OwnerAction::RejectChange { change: id, .. } = owner.consent().action() else {
            return Err(wrong_action());
        };
        let this = engine.clone();
        engine
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let nonce = owner.nonce().to_owned();
                    let event = AuditEvent::OwnerSigned { nonce, change_id: Some(id) };
                    let (row, actor) = answer(&this, tx, id, &owner, event).await?;
                    let rejected = AuditEvent::ChangeRejected { change_id: id };
                    let audit = AuditEntry::new(rejected, actor, this.now());
                    Ok::<_, Error>(tx.end_change(row.id, ChangeStatus::Rejected, audit).await?)
                })
            })
            .await?;
        engine.change_by_id(id).await
    }
}

/// Uses up an owner's answer, if the change is still pending and the owner is still concerned.
async fn answer(
    engine: &Engine,
    tx: &mut WriteTx,
    id: ChangeId,
    owner: &Owner,
    event: AuditEvent,
) -> Result<(ChangeRow, Actor), Error> {
    let now = engine.now();
    let row = changes::row(tx, id).await?;
    changes::refuse_unless_open(&row)?;
    if now >= row.expires_at {
        return Err(changes::too_late());
    }
    let address = owner.consent().owner();
    if !changes::by_owner(&tx.wallets().await?, address) {
        return Err(Error::new(ErrorCode::OwnerAddressMismatch, "The wallet has another owner now."));
    }
    let actor = Actor::Owner(address);
    let audit = AuditEntry::new(event, actor, now).wallet(owner.consent().wallet());
    tx.consume_challenge(owner.nonce(), owner.signature(), audit).await.map_err(|error| match error {
        StoreError::Conflict(_) => {
            Error::new(ErrorCode::InvalidNonce, "The message was used already or has expired.")
        }
        other => other.into(),
    })?;
    Ok((row, actor))
}
