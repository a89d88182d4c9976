//! What AutoStop counts.

use waiaas_core::auto_stop::{Activity, Limits};
use waiaas_core::transaction::TxStatus;
use waiaas_store::Store;

use crate::backend::Backend;
use crate::fixtures::{NOW, address, admit, bring_to, new_tx, seed, wallet_id};

const LIMITS: Limits = Limits { window: 100, failures: 9, requests: 9, denials: 9, new_recipients: 9 };

async fn seen(store: &Store, limits: Limits, resumed_at: Option<i64>, now: i64) -> Activity {
    store.activity(wallet_id(1), &limits, resumed_at, now).await.expect("read")
}

pub(crate) async fn activity_is_counted_within_the_window(backend: Backend) {
    let db = backend.open().await;
    let store = &db.store;
    seed(store).await;
    for (n, status) in [(1, TxStatus::Confirmed), (2, TxStatus::Failed), (3, TxStatus::Failed)] {
        bring_to(store, n, status, NOW).await;
    }
    let mut other = new_tx(4, TxStatus::Queued);
    other.to = Some(address(8));
    admit(store, other, vec![], NOW + 50).await.expect("admit");
    admit(store, new_tx(5, TxStatus::Denied), vec![], NOW + 50).await.expect("denied");

    let all = Activity { failures: 2, requests: 4, denials: 1, new_recipients: 2 };
    assert_eq!(seen(store, LIMITS, None, NOW + 60).await, all);
    // The first three are older than the window, and so is their recipient.
    let late = Activity { requests: 1, new_recipients: 1, ..all };
    assert_eq!(seen(store, LIMITS, None, NOW + 120).await, late);
    // Since it was resumed.
    assert_eq!(seen(store, LIMITS, Some(NOW), NOW + 60).await, Activity { failures: 0, ..late });
    let failures = Limits { failures: 1, ..Limits::default() };
    let one = Activity { failures: 1, ..Activity::default() };
    assert_eq!(seen(store, failures, None, NOW).await, one, "no more than asked for");
    bring_to(store, 6, TxStatus::Confirmed, NOW).await;
    assert_eq!(seen(store, LIMITS, None, NOW).await.failures, 0, "a confirmed one ends the row");
    let found = store.activity(wallet_id(2), &LIMITS, None, NOW).await.expect("read");
    assert_eq!(found, Activity::default(), "of another wallet");
}
