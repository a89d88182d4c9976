//! A database that an earlier release left is brought to this one's schema, with all that it holds, or refused.

mod fixture;
mod reading;
mod record;

use waiaas_core::U256;
use waiaas_core::action::ActionCategory;
use waiaas_core::money::Usd;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{ActionValue, NewTransaction, StatusChange, Store};

use self::fixture::{WRITTEN_BY, earlier};
use crate::backend::Backend;
use crate::fill::ROUTER;
use crate::fixtures::{NOW, admit, advance, new_tx, tx_id, usdc, wallet_id};

pub(crate) use self::record::{
    a_changed_migration_is_refused, a_newer_schema_is_refused,
    a_schema_that_is_not_the_recorded_one_is_refused, an_earlier_release_finds_the_version,
    daemons_that_start_together_migrate_once,
};

pub(crate) async fn everything_an_earlier_release_left_is_kept(backend: Backend) {
    for version in 1..=WRITTEN_BY {
        let (place, written) = earlier(&backend, version).await;
        let store = Store::open(&place.url).await.expect("upgrade");
        reading::rows_are_unchanged(&store, &written).await;
        reading::rows_are_read(&store, &written).await;
        reading::sums_are_equal(&store, &written).await;
        reading::chain_verifies(&store, &written).await;
        goes_on(&store, version).await;
        store.close().await;
        // The second start finds nothing to do.
        let store = Store::open(&place.url).await.expect("open again");
        assert_eq!(store.verify_chain().await.expect("chain").first_bad, None);
        store.close().await;
    }
}

/// Works on the existing rows, and with the new features of this release.
async fn goes_on(store: &Store, version: usize) {
    let usd = Some(Usd::from_dollars(5));
    let action = Some(ActionValue { category: ActionCategory::Perp, usd });
    let new = NewTransaction { action, ..new_tx(91, TxStatus::Executing) };
    admit(store, new, vec![], NOW).await.expect("admit");
    let sums = store.action_sums(wallet_id(1), ActionCategory::Perp, NOW).await.expect("sums");
    assert_eq!(sums.map(|sums| sums.usd_day), usd, "schema {version}");
    // Transaction 29 takes 60 of the 100 that transaction 28 allows.
    let left = async || {
        let (asset, spender) = (usdc(), ROUTER);
        let counted = store.counted_allowances(wallet_id(1), &asset, &spender, NOW).await.expect("read");
        counted.first().map(|one| one.amount)
    };
    let kept = version >= 8;
    assert_eq!(left().await, kept.then_some(U256::from(40u8)), "schema {version}");
    let failed = StatusChange::Failed { code: "X".into(), message: "x".into() };
    advance(store, tx_id(29), TxStatus::Executing, failed, NOW).await.expect("fail");
    assert_eq!(left().await, kept.then_some(U256::from(100u8)), "schema {version}");
    assert_eq!(store.verify_chain().await.expect("chain").first_bad, None, "schema {version}");
}
