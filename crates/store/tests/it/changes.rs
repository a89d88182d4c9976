//! Changes that wait for owners: one to a thing, ended once, with its questions.

use waiaas_core::audit::AuditEventKind;
use waiaas_core::change::{ChangeKind, ChangeStatus, digest};
use waiaas_core::ids::{ChangeId, InstanceId};
use waiaas_core::owner::{Challenge, OwnerAction};
use waiaas_store::{ChangeRow, Entity, NewChange, Store, StoreError};

use crate::backend::Backend;
use crate::fixtures::{NOW, address, entry, policy_id, seed, wallet_id};

pub(crate) fn change_id(n: u32) -> ChangeId {
    ChangeId::new(policy_id(n).uuid())
}

pub(crate) fn new_change(n: u32, subject: &str) -> NewChange {
    NewChange {
        id: change_id(n),
        kind: ChangeKind::PolicyDelete,
        subject: subject.into(),
        content: format!(r#"{{"n":{n}}}"#),
        summary: "Delete it.".into(),
        expires_at: NOW + i64::from(n) * 100,
    }
}

async fn insert(store: &Store, new: NewChange) -> Result<ChangeRow, StoreError> {
    let audit = entry(AuditEventKind::ChangeRequested, NOW);
    store.write(|tx| Box::pin(async move { tx.insert_change(new, audit).await })).await
}

async fn end(store: &Store, id: ChangeId, to: ChangeStatus) -> Result<(), StoreError> {
    let audit = entry(AuditEventKind::ChangeApplied, NOW + 1);
    store.write(move |tx| Box::pin(async move { tx.end_change(id, to, audit).await })).await
}

pub(crate) fn question(id: ChangeId, owner: u8, nonce: &str) -> Challenge {
    Challenge {
        instance: InstanceId::new(id.uuid()),
        wallet: wallet_id(1),
        owner: address(owner),
        action: OwnerAction::ApproveChange { change: id, digest: digest(id, "x") },
        chain_id: "1".into(),
        summary: "Approve it.".into(),
        nonce: nonce.into(),
        issued_at: NOW,
        expires_at: NOW + 50,
    }
}

pub(crate) async fn one_change_to_a_thing_waits(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let first = insert(&db.store, new_change(1, "policy:a")).await.expect("first");
    assert_eq!((first.status, first.decided_at), (ChangeStatus::PendingConsent, None));
    assert_eq!(first.digest, digest(first.id, &first.content));
    let taken = insert(&db.store, new_change(2, "policy:a")).await;
    assert!(matches!(taken, Err(StoreError::Duplicate(Entity::Change))), "{taken:?}");
    insert(&db.store, new_change(3, "policy:b")).await.expect("another thing");
    end(&db.store, first.id, ChangeStatus::Superseded).await.expect("ended");
    insert(&db.store, new_change(4, "policy:a")).await.expect("the place is free");

    let open = db.store.open_changes().await.expect("open");
    assert_eq!(open.iter().map(|row| row.id).collect::<Vec<_>>(), [change_id(3), change_id(4)]);
    let late = db.store.lapsed_changes(NOW + 300, 10).await.expect("lapsed");
    assert_eq!(late.iter().map(|row| row.id).collect::<Vec<_>>(), [change_id(3)], "to the second");
    assert_eq!(db.store.lapsed_changes(NOW + 299, 10).await.expect("lapsed"), []);

    let page = db.store.changes_page(None, None, 2).await.expect("page");
    assert_eq!(page.items.iter().map(|row| row.id).collect::<Vec<_>>(), [change_id(4), change_id(3)]);
    let rest = db.store.changes_page(None, page.next, 2).await.expect("page");
    assert_eq!((rest.items.len(), rest.items[0].id, rest.next), (1, change_id(1), None));
    let ended = db.store.changes_page(Some(ChangeStatus::Superseded), None, 9).await.expect("page");
    assert_eq!(ended.items.iter().map(|row| row.decided_at).collect::<Vec<_>>(), [Some(NOW + 1)]);
}

pub(crate) async fn a_change_ends_once_and_takes_its_questions_along(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let id = insert(&db.store, new_change(1, "kill-switch")).await.expect("change").id;
    for (owner, nonce) in [(1, "a"), (2, "b"), (3, "c")] {
        let asked = question(id, owner, nonce);
        let issue = db.store.write(|tx| Box::pin(async move { tx.issue_challenge(&asked).await }));
        issue.await.expect("issued");
    }
    // The answer of one leaves the others theirs.
    let audit = entry(AuditEventKind::ChangeConsented, NOW + 1);
    let answer =
        db.store.write(|tx| Box::pin(async move { tx.consume_challenge("b", "signed", audit).await }));
    answer.await.expect("answered");
    let asked = db.store.challenges_of(id).await.expect("questions");
    let open = |owner: u8| {
        asked.iter().any(|row| row.challenge.owner == address(owner) && row.consumed_at.is_none())
    };
    assert_eq!((asked.len(), open(1), open(2), open(3)), (3, true, false, true));

    let back = end(&db.store, id, ChangeStatus::PendingConsent).await;
    assert!(matches!(back, Err(StoreError::IllegalStep(_))), "{back:?}");
    let (one, two) =
        tokio::join!(end(&db.store, id, ChangeStatus::Applied), end(&db.store, id, ChangeStatus::Withdrawn));
    assert!(one.is_ok() != two.is_ok(), "one of two ends: {one:?} {two:?}");
    let row = db.store.change(id).await.expect("read").expect("there");
    let won = if one.is_ok() { ChangeStatus::Applied } else { ChangeStatus::Withdrawn };
    assert_eq!((row.status, row.decided_at), (won, Some(NOW + 1)));
    for to in ChangeStatus::ALL.iter().filter(|to| **to != ChangeStatus::PendingConsent) {
        let again = end(&db.store, id, *to).await;
        assert!(matches!(again, Err(StoreError::Conflict(Entity::Change))), "{again:?}");
    }
    let asked = db.store.challenges_of(id).await.expect("questions");
    assert!(asked.iter().all(|row| row.consumed_at.is_some()), "{asked:?}");
    assert_eq!(asked.iter().filter(|row| row.signature.is_some()).count(), 1, "void is not answered");
    let gone = end(&db.store, change_id(9), ChangeStatus::Applied).await;
    assert!(matches!(gone, Err(StoreError::NotFound(Entity::Change))), "{gone:?}");
}

pub(crate) async fn an_altered_change_is_not_read(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let id = insert(&db.store, new_change(1, "kill-switch")).await.expect("change").id;
    for alteration in [
        "UPDATE changes SET content = '{\"n\":2}'",
        "UPDATE changes SET content = '{\"n\":1}', status = 'AGREED'",
        "UPDATE changes SET status = 'PENDING_CONSENT', digest = 'x'",
    ] {
        db.tamper(alteration).await.expect(alteration);
        let read = db.store.change(id).await;
        assert!(matches!(read, Err(StoreError::Corrupt(_))), "{alteration}: {read:?}");
    }
}
