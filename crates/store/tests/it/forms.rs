//! The JSON columns of a transaction: their form, and the shortening of rows that ended unsigned.

use waiaas_core::transaction::TxStatus;
use waiaas_store::{Kept, NewTransaction, StatusChange, StoreError, Stored, TxFilter, Waiting};

use crate::backend::Backend;
use crate::fixtures::{NOW, admit, advance, bring_to, new_tx, seed, session_id, tx_id};

fn corrupt<T>(read: Result<T, StoreError>) -> Option<&'static str> {
    match read {
        Err(StoreError::Corrupt(column)) => Some(column),
        Err(_) | Ok(_) => None,
    }
}

/// A value in an unknown form is an error where it is used. Its row and other rows are read.
pub(crate) async fn a_form_that_is_not_known_is_not_read(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    for n in [1, 2] {
        let verdict = Stored::json("{}".into());
        let effects = Some(Stored::json(
            r#"{"network":"solana-localnet","native":"solana:localnet/slip44:501","from":"11111111111111111111111111111111","items":[]}"#.into(),
        ));
        admit(&db.store, NewTransaction { effects, verdict, ..new_tx(n, TxStatus::Executing) }, vec![], NOW)
            .await
            .expect("admit");
    }
    let mut conn = db.behind().await;
    let query = sqlx::query("UPDATE transactions SET form = form + 1 WHERE id = $1");
    query.bind(tx_id(2).to_string()).execute(&mut conn).await.expect("alter");
    let page = db.store.transactions_page(&TxFilter::default(), None, 10).await.expect("both rows");
    let [other, known] = &page.items[..] else { panic!("{} rows", page.items.len()) };
    assert!(known.effects.as_ref().expect("effects").read().is_ok());
    assert_eq!(corrupt(other.effects.as_ref().expect("effects").read()), Some("form"));
    assert_eq!(corrupt(other.verdict.read()), Some("form"));
    let decisions = db.store.decisions(None, 0, None, 10).await.expect("read").expect("a page");
    assert_eq!(corrupt(decisions.rows()), Some("form"), "a replay must not leave it out");
}

/// Only rows that ended unsigned can be shortened. Waiting rows are counted with their length until then.
pub(crate) async fn what_ended_unsigned_is_shortened(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let waiting = async || db.store.waiting(session_id(1)).await.expect("read");
    assert_eq!(waiting().await, Waiting::default());
    let gas =
        NewTransaction { gas_condition: Some(Stored::json("{}".into())), ..new_tx(1, TxStatus::Executing) };
    admit(&db.store, gas, vec![], NOW).await.expect("admit");
    admit(&db.store, new_tx(2, TxStatus::Queued), vec![], NOW).await.expect("admit");
    bring_to(&db.store, 3, TxStatus::Broadcasting, NOW).await;
    // Intent, effects, verdict and draft of two.
    assert_eq!(waiting().await, Waiting { rows: 2, for_gas: 1, bytes: 2 * (19 + 2 + 2 + 3) });

    let less = Kept { intent: false, draft: false, effects: true, verdict: Stored::json("[]".into()) };
    let shorten = async |n: u32| {
        let kept = less.clone();
        let done: Result<(), StoreError> =
            db.store.write(move |tx| Box::pin(async move { tx.keep_less(tx_id(n), kept).await })).await;
        done
    };
    for n in [1, 2, 3] {
        assert!(matches!(shorten(n).await, Err(StoreError::Conflict(_))), "{n} is not at such an end");
    }
    let cancelled = StatusChange::Cancelled { code: None };
    advance(&db.store, tx_id(1), TxStatus::Executing, cancelled, NOW).await.expect("cancel");
    shorten(1).await.expect("shortened");
    let row = db.store.transaction(tx_id(1)).await.expect("read").expect("row");
    assert_eq!((row.intent.text(), row.verdict.text(), row.draft), ("null", "[]", None));
    assert_eq!(row.effects.as_ref().map(Stored::text), Some("{}"));
    assert_eq!(waiting().await.rows, 1);
}
