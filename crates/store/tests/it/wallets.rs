//! Wallets and pinned tokens.

use waiaas_core::address::Address;
use waiaas_core::audit::AuditEventKind;
use waiaas_core::wallet::{Owner, WalletStatus};
use waiaas_store::{Entity, NewWallet, Store, StoreError, TokenRow};

use crate::backend::Backend;
use crate::fixtures::{NOW, address, entry, network, new_wallet, wallet_id};

async fn insert(store: &Store, new: NewWallet) -> Result<(), StoreError> {
    let audit = entry(AuditEventKind::WalletCreated, NOW);
    store.write(|tx| Box::pin(async move { tx.insert_wallet(new, audit).await })).await
}

async fn set_status(store: &Store, from: WalletStatus, to: WalletStatus) -> Result<(), StoreError> {
    let audit = entry(AuditEventKind::WalletSuspended, NOW + 1);
    store
        .write(move |tx| {
            Box::pin(async move { tx.set_wallet_status(wallet_id(1), from, to, Some("why"), audit).await })
        })
        .await
}

pub(crate) async fn names_are_unique_among_the_living(backend: Backend) {
    let db = backend.open().await;
    insert(&db.store, new_wallet(1)).await.expect("first");
    let same_name = NewWallet { name: "wallet-1".into(), ..new_wallet(2) };
    let again = insert(&db.store, same_name.clone()).await;
    assert!(matches!(again, Err(StoreError::Duplicate(Entity::WalletName))), "{again:?}");
    let rename = |id: u32, name: &'static str| {
        let audit = entry(AuditEventKind::WalletRenamed, NOW);
        db.store.write(move |tx| Box::pin(async move { tx.rename_wallet(wallet_id(id), name, audit).await }))
    };
    insert(&db.store, new_wallet(3)).await.expect("third");
    let taken: Result<(), StoreError> = rename(3, "wallet-1").await;
    assert!(matches!(taken, Err(StoreError::Duplicate(Entity::WalletName))), "{taken:?}");
    let missing: Result<(), StoreError> = rename(9, "x").await;
    assert!(matches!(missing, Err(StoreError::NotFound(Entity::Wallet))), "{missing:?}");
    set_status(&db.store, WalletStatus::Active, WalletStatus::Terminated).await.expect("terminate");
    insert(&db.store, same_name).await.expect("the name is free again");
    let dead: Result<(), StoreError> = rename(1, "other").await;
    assert!(matches!(dead, Err(StoreError::Conflict(Entity::Wallet))), "{dead:?}");
    let names: Vec<_> = db.store.wallets().await.expect("wallets").into_iter().map(|w| w.name).collect();
    assert_eq!(names, ["wallet-1", "wallet-1", "wallet-3"]);
    assert_eq!(db.store.wallet_key(wallet_id(1)).await.expect("key"), Some(vec![0, 255, 1]));
    let page = db.store.wallets_page(None, 2).await.expect("page");
    assert_eq!((page.items.len(), page.next), (2, Some(wallet_id(2))));
    let rest = db.store.wallets_page(page.next, 2).await.expect("page");
    assert_eq!((rest.items.len(), rest.next), (1, None));
}

pub(crate) async fn status_moves_by_compare_and_set(backend: Backend) {
    use WalletStatus::{Active, Suspended, Terminated};
    let db = backend.open().await;
    insert(&db.store, new_wallet(1)).await.expect("insert");
    let conflict =
        |result: Result<(), StoreError>| matches!(result, Err(StoreError::Conflict(Entity::Wallet)));
    assert!(conflict(set_status(&db.store, Suspended, Active).await));
    assert!(conflict(set_status(&db.store, Active, Active).await));
    set_status(&db.store, Active, Suspended).await.expect("suspend");
    let row = db.store.wallet(wallet_id(1)).await.expect("read").expect("wallet");
    assert_eq!(
        (row.status, row.suspended_at, row.suspension_reason.as_deref()),
        (Suspended, Some(NOW + 1), Some("why"))
    );
    assert!(conflict(set_status(&db.store, Active, Suspended).await));
    set_status(&db.store, Suspended, Active).await.expect("resume");
    let row = db.store.wallet(wallet_id(1)).await.expect("read").expect("wallet");
    assert_eq!((row.status, row.suspended_at, row.suspension_reason), (Active, None, None));
    set_status(&db.store, Active, Terminated).await.expect("terminate");
    for to in WalletStatus::ALL {
        assert!(conflict(set_status(&db.store, Terminated, *to).await), "{to}");
    }
    // One row for each change that happened, none for those refused.
    assert_eq!(db.store.verify_chain().await.expect("chain").rows, 4);
}

pub(crate) async fn owners_are_replaced_by_compare_and_set(backend: Backend) {
    let db = backend.open().await;
    insert(&db.store, new_wallet(1)).await.expect("insert");
    let set = |from: Owner, to: Owner| {
        let audit = entry(AuditEventKind::OwnerRegistered, NOW);
        db.store.write(move |tx| Box::pin(async move { tx.set_owner(wallet_id(1), from, to, audit).await }))
    };
    let (first, second) = (address(1), address(2));
    let done: Result<(), StoreError> = set(Owner::None, Owner::Grace(first)).await;
    done.expect("register");
    for stale in [Owner::None, Owner::Grace(second), Owner::Locked(first)] {
        let refused: Result<(), StoreError> = set(stale, Owner::Grace(second)).await;
        assert!(matches!(refused, Err(StoreError::Conflict(Entity::Wallet))), "{refused:?}");
    }
    let done: Result<(), StoreError> = set(Owner::Grace(first), Owner::Locked(first)).await;
    done.expect("verify");
    let row = db.store.wallet(wallet_id(1)).await.expect("read").expect("wallet");
    assert_eq!((row.owner, row.successor), (Owner::Locked(first), None));

    // A successor is noted beside the LOCKED owner alone, and is forgotten with that owner.
    let name = |owner: Address, successor: Option<Address>| {
        let audit = entry(AuditEventKind::SuccessorNamed, NOW);
        let store = &db.store;
        store.write(move |tx| {
            Box::pin(async move { tx.set_successor(wallet_id(1), owner, successor, audit).await })
        })
    };
    let successor = async || db.store.wallet(wallet_id(1)).await.expect("read").expect("wallet").successor;
    let stale: Result<(), StoreError> = name(second, Some(first)).await;
    assert!(matches!(stale, Err(StoreError::Conflict(Entity::Wallet))), "{stale:?}");
    let done: Result<(), StoreError> = name(first, Some(second)).await;
    done.expect("named");
    let done: Result<(), StoreError> = set(Owner::Locked(first), Owner::Locked(first)).await;
    done.expect("the same owner once more");
    assert_eq!(successor().await, Some(second));
    let done: Result<(), StoreError> = set(Owner::Locked(first), Owner::Locked(second)).await;
    done.expect("taken over");
    assert_eq!(successor().await, None);
    let done: Result<(), StoreError> = name(second, Some(first)).await;
    done.expect("named");
    let done: Result<(), StoreError> = set(Owner::Locked(second), Owner::None).await;
    done.expect("removed");
    assert_eq!(successor().await, None);
    let done: Result<(), StoreError> = set(Owner::None, Owner::Grace(first)).await;
    done.expect("registered");
    let early: Result<(), StoreError> = name(first, Some(second)).await;
    assert!(matches!(early, Err(StoreError::Conflict(Entity::Wallet))), "{early:?}");
    db.tamper("UPDATE wallets SET owner_address = NULL").await.expect("tamper");
    let read = db.store.wallet(wallet_id(1)).await;
    assert!(matches!(read, Err(StoreError::Corrupt(_))), "{read:?}");
}

pub(crate) async fn tokens_stay_recorded(backend: Backend) {
    let db = backend.open().await;
    let row = TokenRow {
        network: network(),
        address: address(5),
        symbol: "USDC".into(),
        decimals: 6,
        created_at: NOW,
    };
    let pin = |row: TokenRow| db.store.write(|tx| Box::pin(async move { tx.record_token(row).await }));
    let pinned: Result<_, StoreError> = pin(row.clone()).await;
    assert_eq!(pinned.expect("pin"), row);
    let later: Result<_, StoreError> = pin(TokenRow { decimals: 18, ..row.clone() }).await;
    assert_eq!(later.expect("pin").decimals, 6, "the first value stays");
    pin(TokenRow { address: address(6), ..row.clone() }).await.map_err(|e: StoreError| e).expect("pin");
    assert_eq!(db.store.tokens(Some(&network())).await.expect("list").len(), 2);
    assert_eq!(db.store.tokens(None).await.expect("list").len(), 2);
    let forget = |n: u8| {
        let audit = entry(AuditEventKind::TokenForgotten, NOW);
        db.store
            .write(move |tx| Box::pin(async move { tx.forget_token(&network(), address(n), audit).await }))
    };
    let forgotten: Result<(), StoreError> = forget(5).await;
    forgotten.expect("forgotten");
    let absent: Result<(), StoreError> = forget(5).await;
    assert!(matches!(absent, Err(StoreError::NotFound(Entity::Token))), "{absent:?}");
    assert_eq!(db.store.tokens(None).await.expect("list").len(), 1, "the other one stays");
    let anew: Result<_, StoreError> = pin(TokenRow { decimals: 18, ..row }).await;
    assert_eq!(anew.expect("pin").decimals, 18);
}
