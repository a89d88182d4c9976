//! The counts beside spending: dollars moved by actions, HTTP messages per host.

use waiaas_core::U256;
use waiaas_core::action::ActionCategory;
use waiaas_core::money::Usd;
use waiaas_core::policy::{CategorySums, DAY_SECONDS, MONTH_SECONDS};
use waiaas_core::transaction::TxStatus;
use waiaas_store::{ActionValue, Entity, NewTransaction, StatusChange, Store, StoreError};

use crate::backend::Backend;
use crate::fixtures::{NOW, admit, advance, new_tx, seed, signed, tx_id, wallet_id};

fn acting(n: u32, category: ActionCategory, usd: Option<u64>) -> NewTransaction {
    let action = Some(ActionValue { category, usd: usd.map(Usd::from_dollars) });
    NewTransaction { action, ..new_tx(n, TxStatus::Executing) }
}

/// Dollars in a day and in 30; none if they are not known.
async fn swaps(store: &Store, now: i64) -> Option<(u64, u64)> {
    let sums = store.action_sums(wallet_id(1), ActionCategory::Swap, now).await.expect("sums");
    sums.map(|CategorySums { usd_day, usd_month }| {
        (usd_day.micros() / 1_000_000, usd_month.micros() / 1_000_000)
    })
}

async fn confirm(store: &Store, n: u32, when: i64) {
    let sign = StatusChange::Signed(signed(n.into()));
    advance(store, tx_id(n), TxStatus::Executing, sign, when).await.expect("sign");
    let change = StatusChange::Confirmed { fee: U256::ZERO, block: 1 };
    advance(store, tx_id(n), TxStatus::Broadcasting, change, when).await.expect("confirm");
}

pub(crate) async fn actions_count_as_what_their_transactions_hold(backend: Backend) {
    let db = backend.open().await;
    let store = &db.store;
    seed(store).await;
    assert_eq!(swaps(store, NOW).await, Some((0, 0)));
    for (n, category, dollars) in [
        (1, ActionCategory::Swap, 10),
        (2, ActionCategory::Swap, 20),
        (3, ActionCategory::Lending, 40),
        (4, ActionCategory::Swap, 80),
        (5, ActionCategory::Swap, 160),
    ] {
        admit(store, acting(n, category, Some(dollars)), vec![], NOW).await.expect("admit");
    }
    let far = NOW + 10 * MONTH_SECONDS;
    assert_eq!(swaps(store, far).await, Some((270, 270)), "held counts without end");
    confirm(store, 1, NOW).await;
    let cancel = StatusChange::Cancelled { code: None };
    advance(store, tx_id(2), TxStatus::Executing, cancel, NOW).await.expect("cancel");
    let sign = StatusChange::Signed(signed(4));
    advance(store, tx_id(4), TxStatus::Executing, sign, NOW).await.expect("sign");
    let text = || "X".to_owned();
    let revert = StatusChange::Reverted { fee: U256::ZERO, block: 1, code: text(), message: text() };
    advance(store, tx_id(4), TxStatus::Broadcasting, revert, NOW).await.expect("revert");
    assert_eq!(swaps(store, NOW).await, Some((170, 170)), "what was cancelled or reverted moved nothing");
    confirm(store, 5, NOW + 5).await;
    for (now, expected) in [
        (NOW + DAY_SECONDS - 1, (170, 170)),
        (NOW + DAY_SECONDS, (160, 170)),
        (NOW + 5 + DAY_SECONDS, (0, 170)),
        (NOW + MONTH_SECONDS, (0, 160)),
        (NOW + 5 + MONTH_SECONDS, (0, 0)),
    ] {
        assert_eq!(swaps(store, now).await, Some(expected), "{}", now - NOW);
    }
    let others = store.action_sums(wallet_id(2), ActionCategory::Swap, NOW).await.expect("sums");
    assert_eq!(others, Some(CategorySums::default()), "another wallet");
}

pub(crate) async fn an_unknown_value_makes_the_sum_unknown(backend: Backend) {
    let db = backend.open().await;
    let store = &db.store;
    seed(store).await;
    admit(store, acting(1, ActionCategory::Swap, None), vec![], NOW).await.expect("admit");
    admit(store, acting(2, ActionCategory::Lending, Some(7)), vec![], NOW).await.expect("admit");
    assert_eq!(swaps(store, NOW).await, None);
    let lent = store.action_sums(wallet_id(1), ActionCategory::Lending, NOW).await.expect("sums");
    assert_eq!(lent.map(|sums| sums.usd_day), Some(Usd::from_dollars(7)));
    confirm(store, 1, NOW).await;
    assert_eq!(swaps(store, NOW + MONTH_SECONDS - 1).await, None);
    assert_eq!(swaps(store, NOW + MONTH_SECONDS).await, Some((0, 0)), "until it is old");
    let action = acting(3, ActionCategory::Swap, Some(1)).action;
    let denied = NewTransaction { action, ..new_tx(3, TxStatus::Denied) };
    let refused = admit(store, denied, vec![], NOW).await;
    assert!(matches!(refused, Err(StoreError::Inconsistent(Entity::Transaction, _))), "{refused:?}");
}

pub(crate) async fn http_messages_count_per_host(backend: Backend) {
    let db = backend.open().await;
    let store = &db.store;
    seed(store).await;
    for (n, host, status, created) in [
        (1, "a.example", TxStatus::Executing, NOW - 60),
        (2, "a.example", TxStatus::PendingApproval, NOW - 59),
        (3, "a.example", TxStatus::Denied, NOW - 1),
        (4, "b.example", TxStatus::Executing, NOW),
    ] {
        let new = NewTransaction { http_domain: Some(host.into()), ..new_tx(n, status) };
        admit(store, new, vec![], created).await.expect("admit");
    }
    admit(store, new_tx(5, TxStatus::Executing), vec![], NOW).await.expect("admit");
    let count =
        async |host: &str, since| store.http_messages_since(wallet_id(1), host, since).await.expect("count");
    assert_eq!(count("a.example", NOW - 60).await, 1);
    assert_eq!(count("a.example", NOW - 61).await, 2);
    assert_eq!(count("b.example", NOW - 60).await, 1);
    assert_eq!(count("c.example", NOW - 60).await, 0);
}
