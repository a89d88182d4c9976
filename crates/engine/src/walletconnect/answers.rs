//! Answers of wallet apps: a signature decides as on every other way; a refusal cancels the request.

use waiaas_channels::walletconnect::{Answer, Content};
use waiaas_core::audit::Actor;
use waiaas_core::owner::{Challenge, OwnerAction};
use waiaas_core::transaction::TxStatus;
use waiaas_core::walletconnect::RequestStatus;
use waiaas_store::{Entity, StoreError, WalletConnectRow};

use crate::Engine;
use crate::credentials::{Decision, OwnerAnswer};
use crate::error::Error;
use crate::pipeline::transactions::cancelled;

/// Takes an answer. One to no open request is dropped, so that each counts once.
///
/// # Errors
///
/// Storage errors. A signature that does not count is logged and recorded as a failure.
pub(super) async fn take(engine: &Engine, row: &WalletConnectRow, content: &Content) -> Result<(), Error> {
    let Some((id, answer)) = Answer::read(content) else { return Ok(()) };
    let Some(asked) = engine.store().walletconnect_request(&row.topic, id).await? else { return Ok(()) };
    if !matches!(asked.status, RequestStatus::Sending | RequestStatus::Sent) {
        return Ok(());
    }
    let Some(challenge) = engine.store().challenge(&asked.nonce).await? else { return Ok(()) };
    let challenge = challenge.challenge;
    let status = match answer {
        Answer::Signature(signature) => match signed(engine, &challenge, signature).await {
            Ok(()) => RequestStatus::Answered,
            Err(error) => {
                tracing::warn!(wallet = %row.wallet, %error, "the answer of a wallet app does not count");
                RequestStatus::Failed
            }
        },
        Answer::Refused => {
            if let Err(error) = refused(engine, row, &challenge).await {
                tracing::warn!(wallet = %row.wallet, %error, "the refusal of a wallet app changes nothing");
            }
            RequestStatus::Refused
        }
        Answer::Failed(failure) => {
            tracing::warn!(wallet = %row.wallet, code = failure.code, "a wallet app could not answer");
            RequestStatus::Failed
        }
    };
    end(engine, &row.topic, id, status).await
}

/// Records that a request was not sent.
///
/// # Errors
///
/// Storage errors.
pub(super) async fn failed(engine: &Engine, topic: &str, id: u64) -> Result<(), Error> {
    end(engine, topic, id, RequestStatus::Failed).await
}

async fn end(engine: &Engine, topic: &str, id: u64, status: RequestStatus) -> Result<(), Error> {
    let (topic, now) = (topic.to_owned(), engine.now());
    let done = engine
        .store()
        .write(move |tx| Box::pin(async move { tx.end_walletconnect_request(&topic, id, status, now).await }))
        .await;
    match done {
        Ok(()) | Err(StoreError::Conflict(Entity::WalletConnect)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Passes the owner's signature on. The text is the stored one, so only the signature counts.
async fn signed(engine: &Engine, challenge: &Challenge, signature: String) -> Result<(), Error> {
    let answer = OwnerAnswer { message: challenge.message(), signature, address: None };
    match challenge.action {
        OwnerAction::Approve { tx, .. } => {
            let owner = engine.authenticate_owner_of_tx(tx, Decision::Approve, answer).await?;
            // It is carried out beside this, so that a slow node delays no other answer.
            engine.owner(owner).accept().await.map(drop)
        }
        OwnerAction::ApproveChange { change, .. } => {
            let owner = engine.authenticate_owner_of_change(change, Decision::Approve, answer).await?;
            engine.owner(owner).approve_change().await.map(drop)
        }
        OwnerAction::VerifyOwner => {
            let owner = engine.authenticate_owner_of_wallet(challenge.wallet, answer).await?;
            engine.owner(owner).verify().await.map(drop)
        }
        OwnerAction::Reject { .. }
        | OwnerAction::RejectChange { .. }
        | OwnerAction::ChangeOwner { .. }
        | OwnerAction::RemoveOwner => Err(Error::internal("a challenge that is not sent to wallet apps")),
    }
}

/// Cancels a refused transaction. A refused change stays pending: it does nothing until every owner has signed.
async fn refused(engine: &Engine, row: &WalletConnectRow, challenge: &Challenge) -> Result<(), Error> {
    match challenge.action {
        OwnerAction::Approve { tx, .. } => {
            let view = engine.view(tx).await?;
            let owner = engine.wallet_by_id(row.wallet).await?.owner.address();
            // What was decided, and what another owner decides now, is not the app's to refuse.
            if view.status != TxStatus::PendingApproval || owner != Some(row.owner) {
                return Ok(());
            }
            engine.withdraw(view, Actor::WalletConnect(row.owner), cancelled).await.map(drop)
        }
        OwnerAction::ApproveChange { .. }
        | OwnerAction::VerifyOwner
        | OwnerAction::Reject { .. }
        | OwnerAction::RejectChange { .. }
        | OwnerAction::ChangeOwner { .. }
        | OwnerAction::RemoveOwner => Ok(()),
    }
}
