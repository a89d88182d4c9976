//! Questions to owners.

use waiaas_core::audit::AuditEventKind;
use waiaas_core::digest::Digest;
use waiaas_core::ids::{InstanceId, TxId};
use waiaas_core::owner::{Challenge, OwnerAction};
use waiaas_core::transaction::TxStatus;
use waiaas_store::{ChallengeRow, Entity, Store, StoreError};

use crate::backend::{Backend, Db};
use crate::fixtures::{NOW, address, bring_to, entry, seed, tx_id, wallet_id};

fn question(nonce: &str, action: OwnerAction) -> Challenge {
    Challenge {
        instance: InstanceId::new(tx_id(1).uuid()),
        wallet: wallet_id(1),
        owner: address(9),
        action,
        chain_id: "31337".into(),
        summary: "Send 1 ETH".into(),
        nonce: nonce.into(),
        issued_at: NOW,
        expires_at: NOW + 600,
    }
}

fn approve(tx: TxId) -> OwnerAction {
    OwnerAction::Approve { tx, digest: Digest::of("test", &[]) }
}

async fn issue(store: &Store, challenge: Challenge) -> Result<(), StoreError> {
    store.write(|tx| Box::pin(async move { tx.issue_challenge(&challenge).await })).await
}

async fn answer(store: &Store, nonce: &'static str, at: i64) -> Result<ChallengeRow, StoreError> {
    let audit = entry(AuditEventKind::TxApproved, at);
    store.write(move |tx| Box::pin(async move { tx.consume_challenge(nonce, "0xsig", audit).await })).await
}

async fn waiting(backend: Backend) -> Db {
    let db = backend.open().await;
    seed(&db.store).await;
    for n in [1, 2] {
        bring_to(&db.store, n, TxStatus::PendingApproval, NOW).await;
    }
    db
}

fn conflict(result: &Result<ChallengeRow, StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict(Entity::Challenge)))
}

pub(crate) async fn a_nonce_answers_once(backend: Backend) {
    let db = waiting(backend).await;
    let asked = question("n1", approve(tx_id(1)));
    issue(&db.store, asked.clone()).await.expect("issue");
    let again = issue(&db.store, asked.clone()).await;
    assert!(matches!(again, Err(StoreError::Duplicate(Entity::Challenge))), "{again:?}");
    let open = db.store.open_challenge(tx_id(1), "approve", NOW).await.expect("read").expect("open");
    assert_eq!((&open.challenge, open.consumed_at), (&asked, None));
    let (one, two) = tokio::join!(answer(&db.store, "n1", NOW + 1), answer(&db.store, "n1", NOW + 1));
    assert!(one.is_ok() != two.is_ok(), "exactly one answer wins");
    assert!(conflict(if one.is_ok() { &two } else { &one }));
    let row = db.store.answered_challenge(tx_id(1)).await.expect("read").expect("answered");
    assert_eq!((row.consumed_at, row.signature.as_deref()), (Some(NOW + 1), Some("0xsig")));
    let unknown = answer(&db.store, "n9", NOW).await;
    assert!(matches!(unknown, Err(StoreError::NotFound(Entity::Challenge))), "{unknown:?}");
}

pub(crate) async fn answering_one_question_voids_the_others(backend: Backend) {
    let db = waiting(backend).await;
    let reject = OwnerAction::Reject { tx: tx_id(1), digest: Digest::of("test", &[]) };
    for (nonce, action) in [("a", approve(tx_id(1))), ("b", reject), ("c", approve(tx_id(2)))] {
        issue(&db.store, question(nonce, action)).await.expect("issue");
    }
    issue(&db.store, question("d", OwnerAction::VerifyOwner)).await.expect("issue");
    answer(&db.store, "b", NOW).await.expect("reject");
    assert!(conflict(&answer(&db.store, "a", NOW).await), "the transaction has its answer");
    let void = db.store.challenge("a").await.expect("read").expect("row");
    assert_eq!((void.consumed_at, void.signature), (Some(NOW), None));
    answer(&db.store, "c", NOW).await.expect("another transaction is not concerned");
    answer(&db.store, "d", NOW).await.expect("nor is the wallet");
}

pub(crate) async fn expired_questions_cannot_be_answered(backend: Backend) {
    let db = waiting(backend).await;
    issue(&db.store, question("a", approve(tx_id(1)))).await.expect("issue");
    assert!(conflict(&answer(&db.store, "a", NOW + 600).await), "at the end it is over");
    assert!(db.store.open_challenge(tx_id(1), "approve", NOW + 600).await.expect("read").is_none());
    answer(&db.store, "a", NOW + 599).await.expect("a second before it is not");
}
