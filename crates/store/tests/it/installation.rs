//! The installation's identity, the kill switch, session keys, migrations.

use waiaas_core::audit::AuditEventKind;
use waiaas_core::wallet::KillSwitch;
use waiaas_store::{Entity, KillSwitchRow, LoginFailures, SCHEMA_VERSION, SessionKeyRow, Store, StoreError};

use crate::backend::Backend;
use crate::fixtures::{NOW, entry, installation, seed, wallet_id};

async fn initialize(store: &Store) -> Result<(), StoreError> {
    let audit = entry(AuditEventKind::SystemInitialized, NOW);
    store.write(|tx| Box::pin(async move { tx.initialize(installation(), audit).await })).await
}

pub(crate) async fn an_installation_is_made_once(backend: Backend) {
    let db = backend.open().await;
    assert_eq!(db.store.instance_id().await.expect("read"), None);
    let absent = db.store.kill_switch().await;
    assert!(
        matches!(absent, Err(StoreError::NotFound(Entity::KillSwitch))),
        "no switch is not ACTIVE: {absent:?}"
    );
    initialize(&db.store).await.expect("initialise");
    let again = initialize(&db.store).await;
    assert!(matches!(again, Err(StoreError::Duplicate(Entity::Installation))), "{again:?}");
    assert_eq!(db.store.instance_id().await.expect("read"), Some(installation().instance));
    let set = |from: &'static str, to: &'static str| {
        let audit = entry(AuditEventKind::PasswordChanged, NOW);
        db.store.write(move |tx| Box::pin(async move { tx.set_keystore_header(from, to, audit).await }))
    };
    let stale: Result<(), StoreError> = set("{}", "{\"v\":2}").await;
    assert!(matches!(stale, Err(StoreError::Conflict(Entity::Installation))), "{stale:?}");
    let done: Result<(), StoreError> = set("{\"v\":1}", "{\"v\":2}").await;
    done.expect("change");
    assert_eq!(db.store.keystore_header().await.expect("read").as_deref(), Some("{\"v\":2}"));
}

pub(crate) async fn the_kill_switch_moves_by_compare_and_set(backend: Backend) {
    use KillSwitch::{Activated, Locked, Running};
    let db = backend.open().await;
    initialize(&db.store).await.expect("initialise");
    let set = |from: KillSwitch, to: KillSwitch| {
        let audit = entry(AuditEventKind::KillSwitchActivated, NOW + 1);
        db.store.write(move |tx| Box::pin(async move { tx.set_kill_switch(from, to, audit).await }))
    };
    let path = [
        (Running, Activated),
        (Activated, Running),
        (Running, Activated),
        (Activated, Locked),
        (Locked, Running),
    ];
    for (generation, (from, to)) in (1u64..).zip(path) {
        for wrong in KillSwitch::ALL.iter().filter(|state| **state != from) {
            let refused: Result<KillSwitchRow, StoreError> = set(*wrong, to).await;
            assert!(matches!(refused, Err(StoreError::Conflict(Entity::KillSwitch))), "{wrong} → {to}");
        }
        let moved: Result<KillSwitchRow, StoreError> = set(from, to).await;
        let moved = moved.expect("move");
        assert_eq!((moved.state, moved.generation), (to, generation));
        assert_eq!(db.store.kill_switch().await.expect("read"), moved);
    }
    let jump: Result<KillSwitchRow, StoreError> = set(Running, Locked).await;
    assert!(jump.is_err(), "there is no such move");
    assert_eq!(db.store.kill_switch().await.expect("read").generation, 5);
}

pub(crate) async fn session_keys_rotate_once(backend: Backend) {
    let db = backend.open().await;
    initialize(&db.store).await.expect("initialise");
    let rotate = |from: &'static str, kid: &'static str| {
        let next = SessionKeyRow { kid: kid.into(), sealed: vec![9], created_at: NOW + 1 };
        let audit = entry(AuditEventKind::SecretRotated, NOW + 1);
        db.store.write(move |tx| Box::pin(async move { tx.rotate_session_key(from, &next, audit).await }))
    };
    let (one, two): (Result<(), StoreError>, Result<(), StoreError>) =
        tokio::join!(rotate("k1", "k2"), rotate("k1", "k3"));
    assert!(one.is_ok() != two.is_ok(), "exactly one rotation wins");
    let keys = db.store.session_keys().await.expect("keys");
    assert_eq!(keys.current.sealed, [9]);
    assert_eq!(keys.previous, Some(installation().session_key));
}

pub(crate) async fn a_newer_schema_is_refused(backend: Backend) {
    let db = backend.open().await;
    db.tamper("INSERT INTO schema_version (version) VALUES (999)").await.expect("newer");
    let opened = Store::open(&db.url).await;
    assert!(
        matches!(opened, Err(StoreError::NewerSchema { found: 999, known: SCHEMA_VERSION })),
        "{opened:?}"
    );
}

pub(crate) async fn reopening_keeps_everything(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    db.store.close().await;
    let (one, two) = tokio::join!(Store::open(&db.url), Store::open(&db.url));
    for store in [one.expect("open"), two.expect("open at the same time")] {
        assert!(store.wallet(wallet_id(1)).await.expect("read").is_some());
        assert_eq!(store.verify_chain().await.expect("chain").rows, 2);
        store.close().await;
    }
}

pub(crate) async fn login_failures_count(backend: Backend) {
    let db = backend.open().await;
    let count = || db.store.write(|tx| Box::pin(async move { tx.count_login_failure("ip:1", NOW).await }));
    for expected in 1..=3 {
        let failures: Result<LoginFailures, StoreError> = count().await;
        assert_eq!(failures.expect("count").failures, expected);
    }
    let locked: Result<(), StoreError> =
        db.store.write(|tx| Box::pin(async move { tx.lock_login("ip:1", NOW + 60, NOW).await })).await;
    locked.expect("lock");
    let now = db.store.login_failures("ip:1").await.expect("read");
    assert_eq!((now.failures, now.locked_until), (3, Some(NOW + 60)));
    assert_eq!(db.store.login_failures("ip:2").await.expect("read"), LoginFailures::default());
    let cleared: Result<(), StoreError> =
        db.store.write(|tx| Box::pin(async move { tx.clear_login_failures("ip:1").await })).await;
    cleared.expect("clear");
    assert_eq!(db.store.login_failures("ip:1").await.expect("read").failures, 0);
}
