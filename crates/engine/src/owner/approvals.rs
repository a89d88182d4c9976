//! The owner's answers to transactions. One database transaction uses up the nonce, moves the row and writes the
//! audit entry.

use tokio::task::JoinHandle;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::ids::TxId;
use waiaas_core::owner::OwnerAction;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{AuditEntry, StatusChange};

use crate::Engine;
use crate::challenges::used;
use crate::credentials::{Decision, Owner};
use crate::error::{Error, ErrorCode};
use crate::owner::{OwnerDesk, wrong_action};
use crate::pipeline::transactions::{cancelled, not_found, processed};
use crate::pipeline::{ended, resume};
use crate::views::{ApprovalView, ChallengeView, TxView};
use crate::wallets::refuse_unless_active;

impl Engine {
    /// Returns the approval document of a waiting transaction, with the texts to sign. The transaction id is
    /// the capability: it is random, and only the requester and the operator know it.
    ///
    /// # Errors
    /// `TX_NOT_FOUND`, and `APPROVAL_NOT_FOUND` or `APPROVAL_TIMEOUT` if no answer is expected.
    pub async fn approval(&self, id: TxId) -> Result<ApprovalView, Error> {
        let row = self.store().transaction(id).await?.ok_or_else(not_found)?;
        let (draft, verdict) = (row.draft.clone(), row.verdict.clone());
        let tx = self.read(row, &self.store().kill_switch().await?)?;
        if tx.status != TxStatus::PendingApproval {
            return Err(Error::new(
                ErrorCode::ApprovalNotFound,
                format!("The transaction is {}; nothing waits for the owner.", tx.status),
            ));
        }
        let stored = verdict.read()?;
        let now = self.now();
        let open = |decision: Decision| self.store().open_challenge(id, decision.action(), now);
        match (open(Decision::Approve).await?, open(Decision::Reject).await?) {
            (Some(approve), Some(reject)) => Ok(ApprovalView {
                tx,
                presentation: stored.presentation,
                draft,
                approve: ChallengeView::from(&approve.challenge),
                reject: ChallengeView::from(&reject.challenge),
            }),
            _ => Err(Error::new(ErrorCode::ApprovalTimeout, "The owner's time is over.")),
        }
    }
}

impl OwnerDesk<'_> {
    /// Approves a waiting transaction and carries it out.
    ///
    /// # Errors
    /// `TX_ALREADY_PROCESSED`, `INVALID_NONCE`, `OWNER_ADDRESS_MISMATCH`, `WALLET_SUSPENDED`, `WALLET_TERMINATED`,
    /// `SYSTEM_LOCKED`.
    pub async fn approve(self) -> Result<TxView, Error> {
        let engine = self.engine;
        let (id, run) = self.accept().await?;
        match run.await.map_err(Error::internal)? {
            Ok(()) => {}
            Err(error) => tracing::error!(tx = %id, %error, "interrupted; the workers will go on with it"),
        }
        engine.view(id).await
    }

    /// Approves a waiting transaction. The returned task carries it out.
    ///
    /// # Errors
    /// As [`Self::approve`].
    pub(crate) async fn accept(self) -> Result<(TxId, JoinHandle<Result<(), Error>>), Error> {
        let Self { engine, owner } = self;
        let OwnerAction::Approve { tx: id, .. } = owner.consent().action() else {
            return Err(wrong_action());
        };
        let event = AuditEvent::TxApproved { nonce: owner.nonce().to_owned() };
        decide(engine, id, owner, event, StatusChange::Executing).await?;
        let this = engine.clone();
        Ok((id, engine.tasks().spawn(async move { resume(&this, id).await })))
    }

    /// Rejects a waiting transaction.
    ///
    /// # Errors
    /// `TX_ALREADY_PROCESSED`, `INVALID_NONCE`, `OWNER_ADDRESS_MISMATCH`.
    pub async fn reject(self) -> Result<TxView, Error> {
        let Self { engine, owner } = self;
        let OwnerAction::Reject { tx: id, .. } = owner.consent().action() else {
            return Err(wrong_action());
        };
        let code = Some("OWNER_REJECTED".to_owned());
        let event = AuditEvent::TxRejected { nonce: Some(owner.nonce().to_owned()), from: None };
        decide(engine, id, owner, event, StatusChange::Cancelled { code }).await?;
        engine.view(id).await
    }
}

async fn decide(
    engine: &Engine,
    id: TxId,
    owner: Owner,
    event: AuditEvent,
    change: StatusChange,
) -> Result<(), Error> {
    let now = engine.now();
    engine
        .store()
        .write(move |tx| {
            Box::pin(async move {
                let row = tx.transaction(id).await?.ok_or_else(not_found)?;
                let over = row.approval_expires_at.is_none_or(|end| now >= end);
                if row.status == TxStatus::Expired || (row.status == TxStatus::PendingApproval && over) {
                    return Err(Error::new(ErrorCode::ApprovalTimeout, "The owner's time is over."));
                }
                if row.status != TxStatus::PendingApproval {
                    return Err(processed(row.status));
                }
                let consent = owner.consent();
                let wallet = tx.wallet(row.wallet).await?;
                let wallet = wallet.ok_or_else(|| Error::internal("a transaction without its wallet"))?;
                if wallet.owner.address() != Some(consent.owner()) || wallet.id != consent.wallet() {
                    return Err(Error::new(
                        ErrorCode::OwnerAddressMismatch,
                        "The wallet has another owner now.",
                    ));
                }
                if change == StatusChange::Executing {
                    refuse_unless_active(wallet.status)?;
                }
                let actor = Actor::Owner(consent.owner());
                let entry = |event| AuditEntry::new(event, actor, now).wallet(wallet.id).tx(id);
                let used_up = tx.consume_challenge(owner.nonce(), owner.signature(), entry(event)).await;
                used_up.map_err(used)?;
                let moved = if change == StatusChange::Executing {
                    AuditEvent::TxCleared { tier: None }
                } else {
                    cancelled(row.status)
                };
                ended::advance(tx, id, row.status, change, entry(moved)).await?;
                Ok(())
            })
        })
        .await
}
