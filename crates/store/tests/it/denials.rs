//! Denials: equal ones are counted together, and each session has a quota.

use waiaas_core::digest::Digest;
use waiaas_core::ids::TxId;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{DenialCounts, NewTransaction, Store, StoreError};

use crate::backend::Backend;
use crate::fixtures::{NOW, admit, new_tx, seed, session_id, tx_id, wallet_id};

const DAY: i64 = 86_400;

fn said(text: &str) -> Digest {
    Digest::of("said", &[text.as_bytes()])
}

async fn equal(store: &Store, request: &str, denial: &str, now: i64) -> Option<TxId> {
    let found = store.equal_denial(session_id(1), wallet_id(1), said(request), said(denial), now).await;
    found.expect("read")
}

pub(crate) async fn equal_ones_are_one_row_with_a_count(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let denied = NewTransaction {
        request_digest: said("request"),
        denial_digest: Some(said("denial")),
        ..new_tx(1, TxStatus::Denied)
    };
    admit(&db.store, denied, Vec::new(), NOW).await.expect("denied");
    assert_eq!(equal(&db.store, "request", "denial", NOW).await, Some(tx_id(1)));
    assert_eq!(equal(&db.store, "request", "another", NOW).await, None);
    assert_eq!(equal(&db.store, "another", "denial", NOW).await, None);
    assert_eq!(equal(&db.store, "request", "denial", NOW + DAY).await, None, "another day's is another one");
    let other =
        db.store.equal_denial(session_id(1), wallet_id(2), said("request"), said("denial"), NOW).await;
    assert_eq!(other.expect("read"), None, "another wallet's");
    for _ in 0..2 {
        let counted: Result<(), StoreError> =
            db.store.write(|tx| Box::pin(async move { tx.count_denial(tx_id(1), NOW + 9).await })).await;
        counted.expect("counted");
    }
    let row = db.store.transaction(tx_id(1)).await.expect("read").expect("row");
    assert_eq!((row.denials, row.created_at, row.updated_at), (3, NOW, NOW + 9));
    let granted = new_tx(2, TxStatus::Executing);
    admit(&db.store, granted, Vec::new(), NOW).await.expect("granted");
    let counted: Result<(), StoreError> =
        db.store.write(|tx| Box::pin(async move { tx.count_denial(tx_id(2), NOW).await })).await;
    assert!(matches!(counted, Err(StoreError::Conflict(_))), "{counted:?}");
}

pub(crate) async fn a_session_has_a_quota_a_day(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let take = async |now: i64| -> (bool, DenialCounts) {
        let taken: Result<_, StoreError> = db
            .store
            .write(move |tx| Box::pin(async move { tx.take_denial(session_id(1), 2, now).await }))
            .await;
        taken.expect("taken")
    };
    let midnight = NOW.div_euclid(DAY) * DAY;
    let counts = |kept, not_kept| DenialCounts { kept, not_kept };
    assert_eq!(take(midnight).await, (true, counts(1, 0)));
    assert_eq!(take(midnight + 1).await, (true, counts(2, 0)));
    assert_eq!(take(midnight + 2).await, (false, counts(2, 1)));
    assert_eq!(take(midnight + DAY - 1).await, (false, counts(2, 2)));
    assert_eq!(db.store.denial_counts(session_id(1), midnight).await.expect("read"), counts(2, 2));
    assert_eq!(take(midnight + DAY).await, (true, counts(1, 0)), "a new day");
    assert_eq!(db.store.denial_counts(session_id(1), midnight + DAY).await.expect("read"), counts(1, 0));
}
