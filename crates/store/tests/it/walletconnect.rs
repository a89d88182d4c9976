//! Sessions with wallet apps, and what is sent on them.

use waiaas_core::audit::AuditEventKind;
use waiaas_core::transaction::TxStatus;
use waiaas_core::walletconnect::{MOST_ATTEMPTS, PAUSE_AFTER_FAILURE, RequestStatus};
use waiaas_store::{Entity, StatusChange, Store, StoreError, WalletConnectRow};

use crate::approvals::{approve, question};
use crate::backend::Backend;
use crate::fixtures::{NOW, address, advance, bring_to, entry, seed, tx_id, wallet_id};

/// The session of a wallet with the app of the owner 9.
pub(crate) fn session(wallet: u32) -> WalletConnectRow {
    WalletConnectRow {
        wallet: wallet_id(wallet),
        topic: format!("topic-{wallet}"),
        owner: address(9),
        sealed_key: vec![1, 0, 255],
        peer_name: "Wallet".into(),
        peer_url: "https://wallet.example".into(),
        chains: vec!["eip155:1".into(), "eip155:31337".into()],
        expires_at: NOW + 600,
        created_at: NOW,
    }
}

async fn pair(store: &Store, session: WalletConnectRow) -> Result<(), StoreError> {
    let audit = entry(AuditEventKind::WalletConnectPaired, NOW);
    store.write(|tx| Box::pin(async move { tx.insert_walletconnect_session(session, audit).await })).await
}

async fn send(store: &Store, nonce: &'static str, request: u64, now: i64) -> Result<(), StoreError> {
    let job = store.write(move |tx| {
        Box::pin(async move { tx.send_walletconnect_request(nonce, "topic-1", request, now).await })
    });
    job.await
}

async fn end(store: &Store, request: u64, to: RequestStatus, now: i64) -> Result<(), StoreError> {
    let job = store.write(move |tx| {
        Box::pin(async move { tx.end_walletconnect_request("topic-1", request, to, now).await })
    });
    job.await
}

async fn sent(store: &Store, request: u64) {
    let job = store.write(move |tx| {
        Box::pin(async move { tx.sent_walletconnect_request("topic-1", request, NOW).await })
    });
    job.await.map_err(|error: StoreError| error).expect("sent");
}

async fn recover(store: &Store) {
    let job = store.write(|tx| Box::pin(async move { tx.recover_walletconnect_requests("topic-1").await }));
    job.await.map_err(|error: StoreError| error).expect("recover");
}

const fn conflict(result: &Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict(Entity::WalletConnect)))
}

pub(crate) async fn a_wallet_has_one_session(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    pair(&db.store, session(1)).await.expect("pair");
    let second = pair(&db.store, WalletConnectRow { topic: "other".into(), ..session(1) }).await;
    assert!(matches!(second, Err(StoreError::Duplicate(Entity::WalletConnect))), "{second:?}");
    let found = db.store.walletconnect_session(wallet_id(1)).await.expect("read");
    assert_eq!(found, Some(session(1)));
    let later = NOW + 9_000;
    let extended = db.store.write(move |tx| {
        Box::pin(async move { tx.extend_walletconnect_session("topic-1", later, NOW).await })
    });
    extended.await.map_err(|error: StoreError| error).expect("extend");
    assert_eq!(db.store.walletconnect_sessions().await.expect("read")[0].expires_at, later);
    for gone in [false, true] {
        let audit = entry(AuditEventKind::WalletConnectEnded, NOW);
        let removed = db.store.write(move |tx| {
            Box::pin(async move { tx.remove_walletconnect_session("topic-1", audit).await })
        });
        let removed: Result<(), StoreError> = removed.await;
        assert_eq!(matches!(removed, Err(StoreError::NotFound(Entity::WalletConnect))), gone, "{removed:?}");
    }
    assert_eq!(db.store.walletconnect_sessions().await.expect("read"), []);
}

/// Each open challenge of the owner is sent once, and a failed one a few times more.
pub(crate) async fn a_challenge_is_sent_once_to_its_owner(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    for n in [1, 2] {
        bring_to(&db.store, n, TxStatus::PendingApproval, NOW).await;
    }
    let mut of_others = question("other", approve(tx_id(2)));
    of_others.owner = address(8);
    for challenge in [question("n1", approve(tx_id(1))), question("n2", approve(tx_id(2))), of_others] {
        let issued = db.store.write(|tx| Box::pin(async move { tx.issue_challenge(&challenge).await }));
        issued.await.map_err(|error: StoreError| error).expect("issue");
    }
    pair(&db.store, session(1)).await.expect("pair");
    let due = async |now: i64| {
        let found = db.store.walletconnect_due(&session(1), now, 10).await.expect("read");
        found.into_iter().map(|row| row.challenge.nonce).collect::<Vec<_>>()
    };
    assert_eq!(due(NOW).await, ["n1", "n2"]);
    assert_eq!(due(NOW + 600).await, Vec::<String>::new(), "expired");
    send(&db.store, "n1", 1, NOW).await.expect("send");
    assert!(conflict(&send(&db.store, "n1", 2, NOW).await), "it was sent");
    let status = async |request| {
        db.store.walletconnect_request("topic-1", request).await.expect("read").map(|row| row.status)
    };
    assert_eq!(status(1).await, Some(RequestStatus::Sending));
    recover(&db.store).await;
    assert_eq!(due(NOW).await, ["n1", "n2"], "a crash cut its sending off");
    send(&db.store, "n1", 1, NOW).await.expect("send");
    sent(&db.store, 1).await;
    recover(&db.store).await;
    assert_eq!(status(1).await, Some(RequestStatus::Sent), "it was sent whole");
    assert_eq!(due(NOW).await, ["n2"]);
    end(&db.store, 1, RequestStatus::Failed, NOW).await.expect("fail");
    assert!(conflict(&end(&db.store, 1, RequestStatus::Answered, NOW).await), "it has ended");
    let mut failed_at = NOW;
    for attempt in 3..=u64::from(MOST_ATTEMPTS) {
        let now = failed_at + PAUSE_AFTER_FAILURE;
        assert_eq!(due(now - 1).await, ["n2"], "not before the pause is over");
        assert_eq!(due(now).await, ["n1", "n2"]);
        send(&db.store, "n1", attempt, now).await.expect("send again");
        let row = db.store.walletconnect_request("topic-1", attempt).await.expect("read").expect("row");
        assert_eq!(u64::from(row.attempts), attempt);
        end(&db.store, attempt, RequestStatus::Failed, now).await.expect("fail");
        failed_at = now;
    }
    assert_eq!(due(NOW + 500).await, ["n2"], "often enough");
    advance(&db.store, tx_id(2), TxStatus::PendingApproval, StatusChange::Cancelled { code: None }, NOW)
        .await
        .expect("cancel");
    assert_eq!(due(NOW).await, Vec::<String>::new(), "nothing waits");
}
