//! Recorded decisions, read in pages.

use waiaas_core::audit::AuditEventKind;
use waiaas_core::money::Usd;
use waiaas_core::policy::Tier;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{DecisionRow, NewTransaction, StoreError, Stored};

use crate::backend::Backend;
use crate::fixtures::{NOW, admit, entry, network, new_tx, new_wallet, seed, tx_id, wallet_id};

pub(crate) async fn decisions_read_back_as_recorded(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let second = new_wallet(2);
    let audit = entry(AuditEventKind::WalletCreated, NOW);
    let made: Result<(), StoreError> =
        db.store.write(move |tx| Box::pin(async move { tx.insert_wallet(second, audit).await })).await;
    made.expect("wallet");

    // Stored JSON may contain any text; the text of a page must still be split in the right places.
    let tricky = serde_json::json!({ "text": "a\tb\nc\r\n\u{1e}\u{0}\"\\ 'é🦀" }).to_string();
    let granted = |n, at, tier, wallet| {
        let new = NewTransaction {
            tier: Some(tier),
            wallet: wallet_id(wallet),
            effects: Some(Stored::json(tricky.clone())),
            verdict: Stored::json(tricky.clone()),
            usd: Some(Usd::from_micros(7)),
            ..new_tx(n, TxStatus::Executing)
        };
        (new, at)
    };
    let denied =
        NewTransaction { usd: None, verdict: Stored::json(tricky.clone()), ..new_tx(3, TxStatus::Denied) };
    let unread = NewTransaction { effects: None, ..new_tx(4, TxStatus::Denied) };
    for (new, at) in [
        granted(5, NOW + 3, Tier::Notify, 2),
        granted(2, NOW + 1, Tier::Instant, 1),
        (denied, NOW + 2),
        (unread, NOW + 2),
        granted(1, NOW, Tier::Instant, 1),
    ] {
        admit(&db.store, new, vec![], at).await.expect("admit");
    }

    let expected = |n, created_at, tier, usd, wallet, effects: &str| {
        let row = DecisionRow {
            id: tx_id(n),
            wallet: wallet_id(wallet),
            network: network(),
            created_at,
            tier,
            usd,
            effects: 0..0,
            verdict: 0..0,
        };
        (row, effects.to_owned(), tricky.clone())
    };
    let worth = Some(Usd::from_micros(7));
    let rows = [
        expected(1, NOW, Some(Tier::Instant), worth, 1, &tricky),
        expected(2, NOW + 1, Some(Tier::Instant), worth, 1, &tricky),
        expected(3, NOW + 2, None, None, 1, "{}"),
        expected(5, NOW + 3, Some(Tier::Notify), worth, 2, &tricky),
    ];
    let read = async |wallet: Option<u32>, since, after: Option<u32>, limit| {
        let page = db.store.decisions(wallet.map(wallet_id), since, after.map(tx_id), limit).await;
        let Some(page) = page.expect("read") else { return Vec::new() };
        let rows = page.rows().expect("rows");
        assert_eq!(rows.last().map(|row| row.id), Some(page.last()));
        let texts = |row: DecisionRow| {
            let (effects, verdict) = (page.effects(&row).to_owned(), page.verdict(&row).to_owned());
            (DecisionRow { effects: 0..0, verdict: 0..0, ..row }, effects, verdict)
        };
        rows.into_iter().map(texts).collect()
    };
    assert_eq!(read(None, 0, None, 10).await, rows);
    assert_eq!(read(None, 0, None, 2).await, rows[..2]);
    assert_eq!(read(None, 0, Some(2), 2).await, rows[2..]);
    assert_eq!(read(None, NOW + 1, None, 10).await, rows[1..]);
    assert_eq!(read(Some(1), 0, Some(1), 10).await, rows[1..3]);
    assert_eq!(read(Some(2), 0, None, 10).await, rows[3..]);
    assert_eq!(read(None, NOW + 4, None, 10).await, []);
    assert_eq!(read(Some(1), 0, Some(5), 10).await, []);
}
