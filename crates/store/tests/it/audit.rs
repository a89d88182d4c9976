//! The audit chain.

use waiaas_core::audit::{AuditEventKind, Severity};
use waiaas_store::{AuditFilter, Store, StoreError};

use crate::backend::Backend;
use crate::fixtures::{NOW, entry, new_wallet, seed, tx_id, wallet_id};

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

pub(crate) async fn a_change_without_its_audit_row_does_not_happen(backend: Backend) {
    let db = backend.open().await;
    db.tamper("ALTER TABLE audit_log RENAME TO elsewhere").await.expect("rename");
    let audit = entry(AuditEventKind::WalletCreated, NOW);
    let refused: Result<(), StoreError> =
        db.store.write(|tx| Box::pin(async move { tx.insert_wallet(new_wallet(1), audit).await })).await;
    assert!(refused.is_err());
    assert!(db.store.wallets().await.expect("wallets").is_empty());
}
