//! The audit chain.

use waiaas_core::audit::{Actor, AuditEvent, AuditEventKind, Severity};
use waiaas_store::{AuditEntry, AuditFilter, Store, StoreError};

use crate::backend::Backend;
use crate::fixtures::{NOW, entry, new_session, new_wallet, seed, session_id, tx_id, wallet_id};

async fn record(store: &Store, event: AuditEventKind, at: i64, tx: u32) -> i64 {
    let audit = entry(event, at).tx(tx_id(tx));
    let seq: Result<i64, StoreError> = store.write(|w| Box::pin(async move { w.record(audit).await })).await;
    seq.expect("record")
}

pub(crate) async fn the_chain_is_gapless_and_verifies(backend: Backend) {
    let db = backend.open().await;
    let empty = db.store.verify_chain().await.expect("verify");
    assert_eq!((empty.rows, empty.first_bad), (0, None));
    let tasks: Vec<_> = (0..40)
        .map(|n| {
            let store = db.store.clone();
            tokio::spawn(async move { record(&store, AuditEventKind::SystemStarted, NOW, n).await })
        })
        .collect();
    let mut seqs = Vec::new();
    for task in tasks {
        seqs.push(task.await.expect("task"));
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=40).collect::<Vec<_>>());
    let report = db.store.verify_chain().await.expect("verify");
    assert_eq!((report.rows, report.first_bad), (40, None));
    let rows = db.store.audit_after(0, 100).await.expect("export");
    assert_eq!(rows.len(), 40);
    assert_eq!(rows[39].hash, report.head.as_bytes());
    assert!(rows.windows(2).all(|pair| pair[1].prev_hash == pair[0].hash));
    assert!(db.store.audit_after(40, 100).await.expect("export").is_empty());
}

pub(crate) async fn tampering_is_found_where_it_happened(backend: Backend) {
    let alterations = [
        "UPDATE audit_log SET details = '{}' WHERE seq = 4",
        "UPDATE audit_log SET at = at + 1 WHERE seq = 4",
        "UPDATE audit_log SET actor = 'master' WHERE seq = 4",
        "UPDATE audit_log SET wallet_id = '' WHERE seq = 4",
        "UPDATE audit_log SET tx_id = NULL WHERE seq = 4",
        "UPDATE audit_log SET severity = 'critical' WHERE seq = 4",
        "UPDATE audit_log SET ip = '' WHERE seq = 4",
        "UPDATE audit_log SET hash = prev_hash WHERE seq = 4",
        "UPDATE audit_log SET prev_hash = hash WHERE seq = 4",
        "DELETE FROM audit_log WHERE seq = 4",
    ];
    for alteration in alterations {
        let db = backend.open().await;
        for n in 0..6 {
            record(&db.store, AuditEventKind::TxRequested, NOW, n).await;
        }
        db.unlock_audit_log().await;
        assert_eq!(db.tamper(alteration).await.expect(alteration), 1);
        let report = db.store.verify_chain().await.expect("verify");
        assert_eq!((report.rows, report.first_bad), (3, Some(4)), "{alteration}");
    }
}

pub(crate) async fn rows_cannot_be_changed_or_removed(backend: Backend) {
    let db = backend.open().await;
    record(&db.store, AuditEventKind::SystemStarted, NOW, 1).await;
    for sql in ["UPDATE audit_log SET at = 1", "DELETE FROM audit_log"] {
        let refused = db.tamper(sql).await;
        assert!(refused.is_err_and(|error| error.to_string().contains("append-only")), "{sql}");
    }
}

pub(crate) async fn pages_follow_the_filter(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    for n in 0..10 {
        let event = if n % 2 == 0 { AuditEventKind::TxFailed } else { AuditEventKind::TxConfirmed };
        record(&db.store, event, NOW + i64::from(n), n).await;
    }
    let all = AuditFilter::default();
    let page = db.store.audit_page(&all, None, 5, true).await.expect("page");
    assert_eq!((page.items.len(), page.total, page.items[0].seq), (5, Some(12), 12));
    let page = db.store.audit_page(&all, page.next, 200, false).await.expect("page");
    assert_eq!((page.items.len(), page.total, page.next), (7, None, None));
    let count = async |filter: AuditFilter| {
        let page = db.store.audit_page(&filter, None, 100, true).await.expect("page");
        assert_eq!(page.total, Some(page.items.len() as i64));
        page.items.len()
    };
    assert_eq!(count(AuditFilter { event: Some(AuditEventKind::TxFailed), ..all.clone() }).await, 5);
    assert_eq!(count(AuditFilter { severity: Some(Severity::Warning), ..all.clone() }).await, 5);
    assert_eq!(count(AuditFilter { tx: Some(tx_id(3)), ..all.clone() }).await, 1);
    assert_eq!(count(AuditFilter { wallet: Some(wallet_id(3)), ..all.clone() }).await, 0);
    let hours = AuditFilter { from: Some(NOW + 2), to: Some(NOW + 4), ..all.clone() };
    assert_eq!(count(hours).await, 3);
}

pub(crate) async fn a_wallet_has_the_events_of_its_sessions(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let done: Result<(), StoreError> = db
        .store
        .write(|tx| {
            Box::pin(async move {
                let of_session = |kind, n| entry(kind, NOW + 1).session(session_id(n));
                for n in [2, 3] {
                    tx.insert_wallet(new_wallet(n), entry(AuditEventKind::WalletCreated, NOW)).await?;
                }
                let created = of_session(AuditEventKind::SessionCreated, 2);
                tx.insert_session(new_session(2, &[1, 2]), created).await?;
                let removed = of_session(AuditEventKind::SessionWalletRemoved, 2).wallet(wallet_id(1));
                tx.remove_session_wallet(session_id(2), wallet_id(1), removed).await?;
                tx.revoke_session(session_id(2), of_session(AuditEventKind::SessionRevoked, 2)).await?;
                // About another wallet, although the session has both.
                tx.record(of_session(AuditEventKind::TxRequested, 2).wallet(wallet_id(3))).await?;
                let wallets = vec![wallet_id(2), wallet_id(3)];
                let named = AuditEvent::SessionCreated { wallets, expires_at: NOW, max_renewals: 1 };
                tx.record(AuditEntry::new(named, Actor::Master, NOW + 1).session(session_id(9))).await
            })
        })
        .await
        .map(drop);
    done.expect("written");
    for (wallet, events) in [
        (1, ["SESSION_REVOKED", "SESSION_WALLET_REMOVED", "SESSION_CREATED"].as_slice()),
        (2, &["SESSION_CREATED", "SESSION_REVOKED", "SESSION_CREATED"]),
        (3, &["SESSION_CREATED", "TX_REQUESTED", "SESSION_REVOKED", "SESSION_CREATED"]),
    ] {
        let filter =
            AuditFilter { wallet: Some(wallet_id(wallet)), from: Some(NOW + 1), ..AuditFilter::default() };
        let page = db.store.audit_page(&filter, None, 100, true).await.expect("page");
        let found: Vec<_> = page.items.iter().map(|row| row.event.as_str()).collect();
        assert_eq!(found, events, "wallet {wallet}");
    }
}

pub(crate) async fn a_change_without_its_audit_row_does_not_happen(backend: Backend) {
    let db = backend.open().await;
    db.tamper("ALTER TABLE audit_log RENAME TO elsewhere").await.expect("rename");
    let audit = entry(AuditEventKind::WalletCreated, NOW);
    let refused: Result<(), StoreError> =
        db.store.write(|tx| Box::pin(async move { tx.insert_wallet(new_wallet(1), audit).await })).await;
    assert!(refused.is_err());
    assert!(db.store.wallets().await.expect("wallets").is_empty());
}
