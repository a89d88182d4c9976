//! Transactions that take the place of others.

use waiaas_core::U256;
use waiaas_core::audit::AuditEventKind;
use waiaas_core::ids::TxId;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{Entity, NewTransaction, SignedRow, StatusChange, Store, StoreError};

use crate::backend::Backend;
use crate::fixtures::{
    NOW, admit, advance, bring_to, entry, installation, network, new_tx, seed, signed, tx_id, wallet_id,
};

fn replacing(n: u32, status: TxStatus, old: u32) -> NewTransaction {
    NewTransaction { replaces: Some(tx_id(old)), ..new_tx(n, status) }
}

async fn open(store: &Store, old: u32) -> Option<TxId> {
    store.open_replacement(tx_id(old)).await.expect("read").map(|row| row.id)
}

pub(crate) async fn one_is_open_at_a_time(backend: Backend) {
    let db = backend.open().await;
    let store = &db.store;
    seed(store).await;
    bring_to(store, 1, TxStatus::Submitted, NOW).await;
    admit(store, replacing(2, TxStatus::Denied, 1), vec![], NOW).await.expect("denied");
    assert_eq!(open(store, 1).await, None, "a denied one is none");
    let row = store.transaction(tx_id(2)).await.expect("read").expect("row");
    assert_eq!(row.replaces, Some(tx_id(1)));

    admit(store, replacing(3, TxStatus::Queued, 1), vec![], NOW).await.expect("the first");
    // The same nonce, other bytes.
    let bytes = SignedRow { hash: Some("0xother".into()), ..signed(1) };
    let moves = [
        (TxStatus::Queued, StatusChange::Executing),
        (TxStatus::Executing, StatusChange::Signed(bytes)),
        (TxStatus::Broadcasting, StatusChange::Submitted),
    ];
    for (from, change) in moves {
        assert_eq!(open(store, 1).await, Some(tx_id(3)), "{from}");
        let second = admit(store, replacing(4, TxStatus::Executing, 1), vec![], NOW).await;
        assert!(matches!(second, Err(StoreError::Duplicate(Entity::Transaction))), "{from}: {second:?}");
        advance(store, tx_id(3), from, change, NOW).await.expect("moves");
    }
    assert_eq!(open(store, 1).await, Some(tx_id(3)), "SUBMITTED");
    assert_eq!(open(store, 3).await, None);
    admit(store, replacing(5, TxStatus::PendingApproval, 3), vec![], NOW).await.expect("the newest one");
    assert_eq!(open(store, 3).await, Some(tx_id(5)));

    let done = StatusChange::Confirmed { fee: U256::from(3u8), block: 9 };
    advance(store, tx_id(3), TxStatus::Submitted, done, NOW).await.expect("confirmed");
    assert_eq!(open(store, 1).await, None);
    for (n, change) in [
        (6, StatusChange::Failed { code: "X".into(), message: "x".into() }),
        (7, StatusChange::Cancelled { code: None }),
    ] {
        admit(store, replacing(n, TxStatus::Executing, 1), vec![], NOW).await.expect("free again");
        assert_eq!(open(store, 1).await, Some(tx_id(n)));
        advance(store, tx_id(n), TxStatus::Executing, change, NOW).await.expect("ends");
        assert_eq!(open(store, 1).await, None);
    }
    let unknown = admit(store, replacing(8, TxStatus::Executing, 99), vec![], NOW).await;
    assert!(unknown.is_err(), "what is replaced must exist");
}

pub(crate) async fn sharers_of_a_nonce_are_found(backend: Backend) {
    let db = backend.open().await;
    let store = &db.store;
    seed(store).await;
    bring_to(store, 1, TxStatus::Submitted, NOW).await;
    bring_to(store, 2, TxStatus::Submitted, NOW).await;
    admit(store, replacing(3, TxStatus::Executing, 1), vec![], NOW).await.expect("admit");
    let sharing = async |nonce| store.with_nonce(wallet_id(1), &network(), nonce).await.expect("read");
    assert_eq!(sharing(1).await, [tx_id(1)]);
    let bytes = SignedRow { hash: Some("0xother".into()), ..signed(1) };
    advance(store, tx_id(3), TxStatus::Executing, StatusChange::Signed(bytes), NOW).await.expect("signed");
    assert_eq!(sharing(1).await, [tx_id(1), tx_id(3)]);
    assert_eq!(sharing(2).await, [tx_id(2)]);
    let marked: Result<(), StoreError> =
        store.write(|tx| Box::pin(async move { tx.mark_broadcast_rejected(tx_id(3), NOW).await })).await;
    marked.expect("marked");
    assert_eq!(sharing(1).await, [tx_id(1)], "refused by a node: its nonce may be used again");
    assert_eq!(store.with_nonce(wallet_id(2), &network(), 1).await.expect("read"), []);
}

/// A clock that was set back gives the later of two a smaller id, by which a dump is sorted.
pub(crate) async fn they_survive_a_dump_in_any_order(backend: Backend) {
    let (from, to) = (backend.open().await, backend.open().await);
    let made: Result<(), StoreError> = from
        .store
        .write(|tx| {
            Box::pin(async move {
                tx.initialize(installation(), entry(AuditEventKind::SystemInitialized, NOW)).await
            })
        })
        .await;
    made.expect("installation");
    seed(&from.store).await;
    bring_to(&from.store, 7, TxStatus::Submitted, NOW).await;
    admit(&from.store, replacing(2, TxStatus::Queued, 7), vec![], NOW).await.expect("admit");
    let mut dump = Vec::new();
    from.store.export(&mut dump).await.expect("export");
    to.store.import(&mut dump.as_slice(), entry(AuditEventKind::WalletCreated, NOW)).await.expect("import");
    assert_eq!(open(&to.store, 7).await, Some(tx_id(2)));
}
