//! Sessions.

use waiaas_core::audit::AuditEventKind;
use waiaas_core::ids::SessionId;
use waiaas_store::{Entity, NewSession, Store, StoreError, TokenChange, TokenReason};

use crate::backend::Backend;
use crate::fixtures::{NOW, entry, new_session, new_wallet, seed, session_id, wallet_id};

async fn insert(store: &Store, new: NewSession) -> Result<(), StoreError> {
    let audit = entry(AuditEventKind::SessionCreated, NOW);
    store.write(|tx| Box::pin(async move { tx.insert_session(new, audit).await })).await
}

async fn add_wallet(store: &Store, n: u32) {
    let audit = entry(AuditEventKind::WalletCreated, NOW);
    let done: Result<(), StoreError> =
        store.write(move |tx| Box::pin(async move { tx.insert_wallet(new_wallet(n), audit).await })).await;
    done.expect("wallet");
}

async fn replace(
    store: &Store,
    from: &'static str,
    to: &'static str,
    reason: TokenReason,
) -> Result<(), StoreError> {
    let change = TokenChange { token_hash: to.into(), expires_at: NOW + 99, reason };
    let audit = entry(AuditEventKind::SessionRenewed, NOW + 5);
    store
        .write(move |tx| Box::pin(async move { tx.replace_token(session_id(1), from, change, audit).await }))
        .await
}

async fn revoke(store: &Store, id: SessionId, at: i64) -> Result<bool, StoreError> {
    let audit = entry(AuditEventKind::SessionRevoked, at);
    store.write(move |tx| Box::pin(async move { tx.revoke_session(id, audit).await })).await
}

pub(crate) async fn tokens_are_replaced_once(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let conflict = |r: Result<(), StoreError>| matches!(r, Err(StoreError::Conflict(Entity::Session)));
    let (one, two) = tokio::join!(
        replace(&db.store, "hash-1", "a", TokenReason::Renewal),
        replace(&db.store, "hash-1", "b", TokenReason::Renewal)
    );
    assert!(one.is_ok() != two.is_ok(), "exactly one renewal wins");
    assert!(
        conflict(replace(&db.store, "hash-1", "c", TokenReason::Rotation).await),
        "the old token is dead"
    );
    let row = db.store.session(session_id(1)).await.expect("read").expect("session");
    assert_eq!((row.renewal_count, row.token_issued_count, row.last_renewed_at), (1, 2, Some(NOW + 5)));
    let hash: &'static str = if one.is_ok() { "a" } else { "b" };
    replace(&db.store, hash, "c", TokenReason::Rotation).await.expect("rotate");
    let row = db.store.session(session_id(1)).await.expect("read").expect("session");
    assert_eq!((row.renewal_count, row.token_issued_count), (1, 3), "a rotation is no renewal");
    replace(&db.store, "c", "d", TokenReason::Renewal).await.expect("second renewal");
    assert!(conflict(replace(&db.store, "d", "e", TokenReason::Renewal).await), "two renewals were allowed");
    assert!(revoke(&db.store, session_id(1), NOW).await.expect("revoke"));
    assert!(conflict(replace(&db.store, "d", "f", TokenReason::Rotation).await), "revoked is final");
}

pub(crate) async fn revoking_is_idempotent(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    assert!(revoke(&db.store, session_id(1), NOW + 1).await.expect("revoke"));
    assert!(!revoke(&db.store, session_id(1), NOW + 2).await.expect("again"));
    let row = db.store.session(session_id(1)).await.expect("read").expect("session");
    assert_eq!(row.revoked_at, Some(NOW + 1));
    let missing = revoke(&db.store, session_id(9), NOW).await;
    assert!(matches!(missing, Err(StoreError::NotFound(Entity::Session))), "{missing:?}");
    assert_eq!(db.store.verify_chain().await.expect("chain").rows, 3, "the second revocation wrote nothing");
    insert(&db.store, new_session(2, &[1])).await.expect("second");
    let all: Result<u64, StoreError> = db
        .store
        .write(|tx| {
            Box::pin(
                async move { tx.revoke_all_sessions(entry(AuditEventKind::KillSwitchActivated, NOW)).await },
            )
        })
        .await;
    assert_eq!(all.expect("revoke all"), 1);
}

pub(crate) async fn wallets_come_and_go(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    add_wallet(&db.store, 2).await;
    let link = |add: bool, wallet: u32| {
        let audit = entry(AuditEventKind::SessionWalletAdded, NOW);
        db.store.write(move |tx| {
            Box::pin(async move {
                if add {
                    tx.add_session_wallet(session_id(1), wallet_id(wallet), audit).await
                } else {
                    tx.remove_session_wallet(session_id(1), wallet_id(wallet), audit).await
                }
            })
        })
    };
    let last: Result<(), StoreError> = link(false, 1).await;
    assert!(matches!(last, Err(StoreError::Conflict(Entity::SessionWallet))), "{last:?}");
    let done: Result<(), StoreError> = link(true, 2).await;
    done.expect("add");
    let twice: Result<(), StoreError> = link(true, 2).await;
    assert!(matches!(twice, Err(StoreError::Duplicate(Entity::SessionWallet))), "{twice:?}");
    let unknown: Result<(), StoreError> = link(true, 77).await;
    let Err(refused @ StoreError::Refused(..)) = unknown else { panic!("no such wallet: {unknown:?}") };
    // The log finds the statement and the reason, and no value.
    let (text, code) = (refused.to_string(), if db.store.is_postgres() { "23503" } else { "787" });
    assert!(text.contains("store/src/sessions.rs:") && text.contains(code), "{text}");
    assert!(!text.contains(&wallet_id(77).to_string()), "{text}");
    let row = db.store.session(session_id(1)).await.expect("read").expect("session");
    assert_eq!(row.wallets, [wallet_id(1), wallet_id(2)]);
    let done: Result<(), StoreError> = link(false, 1).await;
    done.expect("remove");
    let gone: Result<(), StoreError> = link(false, 1).await;
    assert!(matches!(gone, Err(StoreError::NotFound(Entity::SessionWallet))), "{gone:?}");
    assert!(revoke(&db.store, session_id(1), NOW).await.expect("revoke"));
    for add in [true, false] {
        let late: Result<(), StoreError> = link(add, 1).await;
        assert!(matches!(late, Err(StoreError::Conflict(Entity::Session))), "{late:?}");
    }
    let empty = insert(&db.store, new_session(5, &[])).await;
    assert!(matches!(empty, Err(StoreError::Inconsistent(Entity::Session, _))), "{empty:?}");
}

pub(crate) async fn live_sessions_are_counted(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let forever = NewSession { absolute_expires_at: None, expires_at: NOW + 10, ..new_session(2, &[1]) };
    insert(&db.store, forever).await.expect("second");
    let capped =
        NewSession { absolute_expires_at: Some(NOW + 5), expires_at: NOW + 10, ..new_session(3, &[1]) };
    insert(&db.store, capped).await.expect("third");
    let live = |now| db.store.live_sessions(wallet_id(1), now);
    assert_eq!(live(NOW).await.expect("live"), 3);
    assert_eq!(live(NOW + 4).await.expect("live"), 3);
    assert_eq!(live(NOW + 5).await.expect("live"), 2, "the absolute end counts");
    assert_eq!(live(NOW + 10).await.expect("live"), 1, "at its end a token is dead");
    assert!(revoke(&db.store, session_id(1), NOW).await.expect("revoke"));
    assert_eq!(live(NOW + 10).await.expect("live"), 0);
    assert_eq!(db.store.live_sessions(wallet_id(2), NOW).await.expect("live"), 0);
}

pub(crate) async fn pages_walk_every_session(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    add_wallet(&db.store, 2).await;
    for n in 2..=5 {
        insert(&db.store, new_session(n, if n % 2 == 0 { &[1, 2] } else { &[1] })).await.expect("insert");
    }
    let (mut cursor, mut seen) = (None, Vec::new());
    loop {
        let page = db.store.sessions_page(None, cursor, 2).await.expect("page");
        seen.extend(page.items.into_iter().map(|row| row.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1].map(session_id));
    let of_two = db.store.sessions_page(Some(wallet_id(2)), None, 10).await.expect("page");
    assert_eq!(of_two.items.iter().map(|row| row.id).collect::<Vec<_>>(), [4, 2].map(session_id));
    assert_eq!(of_two.items[0].wallets, [wallet_id(1), wallet_id(2)], "filtering hides no wallet");
}
