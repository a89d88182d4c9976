//! One daemon holds the database.

use std::time::{Duration, Instant};

use waiaas_store::{LeaseHolder, LeaseRow, Store, StoreError};

use crate::backend::Backend;

fn daemon(name: &str, place: &str) -> LeaseHolder {
    LeaseHolder { holder: name.into(), place: place.into(), host: "machine".into(), pid: 7 }
}

async fn take(store: &Store, by: &LeaseHolder, seconds: i64) -> Option<LeaseRow> {
    let by = by.clone();
    let taken: Result<_, StoreError> =
        store.write(move |tx| Box::pin(async move { tx.take_lease(&by, seconds).await })).await;
    taken.expect("take")
}

async fn renewed(store: &Store, holder: &'static str, seconds: i64) -> bool {
    let renewed: Result<_, StoreError> =
        store.write(move |tx| Box::pin(async move { tx.renew_lease(holder, seconds).await })).await;
    renewed.expect("renew")
}

async fn holds(store: &Store, holder: &'static str) -> bool {
    let holds: Result<_, StoreError> =
        store.write(move |tx| Box::pin(async move { tx.holds_lease(holder).await })).await;
    holds.expect("holds")
}

pub(crate) async fn one_daemon_has_it_and_the_next_is_told_who(backend: Backend) {
    let db = backend.open().await;
    let (first, second) = (daemon("a", "here"), daemon("b", "there"));
    assert_eq!(take(&db.store, &first, 1_000).await, None);
    let held = take(&db.store, &second, 1_000).await.expect("held");
    assert_eq!(held.holder, first);
    assert_eq!(held.expires_at - held.renewed_at, 1_000);
    assert!(holds(&db.store, "a").await && !holds(&db.store, "b").await);
    assert!(!renewed(&db.store, "b", 1_000).await, "what is not one's own is not renewed");
    assert!(renewed(&db.store, "a", 2_000).await);
    let row = db.store.lease().await.expect("read").expect("lease");
    assert_eq!((row.expires_at - row.renewed_at, row.holder), (2_000, first));
    let released: Result<(), StoreError> =
        db.store.write(|tx| Box::pin(async move { tx.release_lease("b").await })).await;
    released.expect("nothing happens");
    assert!(holds(&db.store, "a").await);
    let released: Result<(), StoreError> =
        db.store.write(|tx| Box::pin(async move { tx.release_lease("a").await })).await;
    released.expect("released");
    assert_eq!(take(&db.store, &second, 1_000).await, None, "given back");
}

pub(crate) async fn a_holder_that_is_gone_loses_it(backend: Backend) {
    let db = backend.open().await;
    let (first, second) = (daemon("a", "here"), daemon("b", "there"));
    assert_eq!(take(&db.store, &first, 1).await, None);
    let deadline = Instant::now() + Duration::from_secs(30);
    while take(&db.store, &second, 1_000).await.is_some() {
        assert!(Instant::now() < deadline, "the lease of one second never ends");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!holds(&db.store, "a").await, "and signs nothing after");
    assert!(!renewed(&db.store, "a", 1_000).await);
    // The lock of the same data directory proves that its last holder is gone.
    assert_eq!(take(&db.store, &daemon("c", "there"), 1_000).await, None);
    assert!(holds(&db.store, "c").await && !holds(&db.store, "b").await);
    let nowhere = daemon("d", "");
    assert!(take(&db.store, &nowhere, 1_000).await.is_some(), "nothing is certain about no place");
}

pub(crate) async fn of_many_at_once_one_gets_it(backend: Backend) {
    let db = backend.open().await;
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let tries = names.map(|name| {
        let store = db.store.clone();
        tokio::spawn(async move { take(&store, &daemon(name, name), 1_000).await })
    });
    let mut got = 0;
    for one in tries {
        got += usize::from(one.await.expect("no panic").is_none());
    }
    assert_eq!(got, 1);
}
