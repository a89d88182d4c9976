//! The rest of allowances, and the transactions that use them up.

use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::audit::AuditEventKind;
use waiaas_core::money::Usd;
use waiaas_core::policy::{CountedAllowance, DAY_SECONDS, MONTH_SECONDS};
use waiaas_core::transaction::TxStatus;
use waiaas_store::{AllowanceUse, NewReservation, StatusChange, Store, StoreError};

use crate::backend::Backend;
use crate::fixtures::{
    NOW, admit, advance, entry, eth, fee, new_tx, seed, signed, spend, tx_id, usdc, wallet_id,
};

const ROUTER: Address = Address::Evm([5; 20]);

fn allowance(amount: u64, dollars: u64) -> NewReservation {
    NewReservation { asset: usdc(), spender: Some(ROUTER), ..spend(amount, dollars) }
}

async fn counted(store: &Store, now: i64) -> Vec<CountedAllowance> {
    store.counted_allowances(wallet_id(1), &usdc(), &ROUTER, now).await.expect("allowances")
}

/// Base units and dollars that count on the last day.
async fn sums(store: &Store, now: i64) -> (u64, Usd) {
    let ledger = store.ledger(wallet_id(1), now, &[]).await.expect("ledger");
    let units = ledger.asset_day.get(&usdc()).copied().unwrap_or_default();
    (u64::try_from(units).expect("small"), ledger.usd_day)
}

/// An allowance of 100 for 100 dollars that is on chain, final or not.
async fn give(store: &Store, n: u32, last: StatusChange) {
    admit(store, new_tx(n, TxStatus::Executing), vec![allowance(100, 100), fee(2, 2)], NOW)
        .await
        .expect("admit");
    advance(store, tx_id(n), TxStatus::Executing, StatusChange::Signed(signed(u64::from(n))), NOW)
        .await
        .expect("sign");
    advance(store, tx_id(n), TxStatus::Broadcasting, last, NOW).await.expect("confirm");
}

/// A transaction that moves so much, and takes it through the allowance of transaction 1.
async fn take(store: &Store, n: u32, amount: u64) -> Result<(), StoreError> {
    let moved = NewReservation { asset: usdc(), ..spend(amount, amount) };
    let part = AllowanceUse {
        allowance: tx_id(1),
        position: 0,
        amount: U256::from(amount),
        usd: Usd::from_dollars(amount),
    };
    let done = store.write(move |tx| {
        Box::pin(async move {
            let audit = entry(AuditEventKind::TxRequested, NOW).tx(tx_id(n));
            tx.insert_transaction(new_tx(n, TxStatus::Executing), &[moved], audit).await?;
            tx.use_up(tx_id(n), &part).await
        })
    });
    done.await
}

fn confirmed() -> StatusChange {
    StatusChange::Confirmed { fee: U256::from(2u8), block: 1 }
}

pub(crate) async fn what_is_on_chain_and_counts_is_found(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    give(&db.store, 1, confirmed()).await;
    give(&db.store, 2, StatusChange::Seen { fee: U256::from(2u8), block: 1 }).await;
    // Not on chain yet, and of others.
    admit(&db.store, new_tx(3, TxStatus::Executing), vec![allowance(7, 7)], NOW).await.expect("admit");
    let found = counted(&db.store, NOW).await;
    let figures: Vec<_> = found.iter().map(|one| (one.tx, one.position, one.amount, one.recent)).collect();
    let all = U256::from(100u8);
    assert_eq!(figures, [(tx_id(2), 0, all, true), (tx_id(1), 0, all, true)], "the newest first");
    assert_eq!((found[0].usd, found[0].spender, &found[0].asset), (Usd::from_dollars(100), ROUTER, &usdc()));
    let old = counted(&db.store, NOW + DAY_SECONDS).await;
    assert_eq!(old.iter().map(|one| one.recent).collect::<Vec<_>>(), [true, false], "held counts always");
    let older = counted(&db.store, NOW + MONTH_SECONDS).await;
    assert_eq!(older.iter().map(|one| one.tx).collect::<Vec<_>>(), [tx_id(2)]);
    for (wallet, asset, spender) in [
        (wallet_id(2), usdc(), ROUTER),
        (wallet_id(1), eth(), ROUTER),
        (wallet_id(1), usdc(), Address::Evm([6; 20])),
    ] {
        assert!(db.store.counted_allowances(wallet, &asset, &spender, NOW).await.expect("read").is_empty());
    }
    // The amount that swaps take of it later no longer counts for the allowance.
    let settled = db.store.settled_allowances(wallet_id(1), NOW).await.expect("read");
    assert_eq!((settled.usd_day, settled.asset_day.get(&usdc())), (Usd::from_dollars(100), Some(&all)));
}

pub(crate) async fn a_used_allowance_counts_once_after_every_outcome(backend: Backend) {
    let text = || ("CODE".to_owned(), "why".to_owned());
    let reverted = StatusChange::Reverted { fee: U256::ZERO, block: 2, code: text().0, message: text().1 };
    let ends: Vec<(StatusChange, (u64, u64), u64)> = vec![
        (StatusChange::Confirmed { fee: U256::ZERO, block: 2 }, (100, 100), 40),
        (StatusChange::Abandoned { code: text().0, message: text().1 }, (100, 100), 40),
        (reverted, (100, 100), 100),
        (StatusChange::Dead { code: text().0, message: text().1 }, (100, 100), 100),
    ];
    for (end, (units, dollars), left) in ends {
        let db = backend.open().await;
        seed(&db.store).await;
        give(&db.store, 1, confirmed()).await;
        assert_eq!(sums(&db.store, NOW).await, (100, Usd::from_dollars(102)), "with its fee");
        take(&db.store, 2, 60).await.expect("take");
        assert_eq!(sums(&db.store, NOW).await, (100, Usd::from_dollars(102)), "held once");
        assert_eq!(counted(&db.store, NOW).await[0].amount, U256::from(40u8));
        assert!(take(&db.store, 3, 41).await.is_err(), "no more than is left");
        advance(&db.store, tx_id(2), TxStatus::Executing, StatusChange::Signed(signed(2)), NOW)
            .await
            .expect("sign");
        let from = if matches!(end, StatusChange::Abandoned { .. }) {
            advance(&db.store, tx_id(2), TxStatus::Broadcasting, StatusChange::Submitted, NOW)
                .await
                .expect("sent");
            TxStatus::Submitted
        } else {
            TxStatus::Broadcasting
        };
        advance(&db.store, tx_id(2), from, end.clone(), NOW + 5).await.expect("end");
        // Transaction 3 was refused whole, with its reservations.
        assert_eq!(sums(&db.store, NOW + 5).await, (units, Usd::from_dollars(dollars + 2)), "{end:?}");
        assert_eq!(counted(&db.store, NOW + 5).await[0].amount, U256::from(left), "{end:?}");
        // The moved part counts from the move, the rest from the allowance.
        let moved = 100 - left;
        assert_eq!(sums(&db.store, NOW + DAY_SECONDS).await.0, moved, "{end:?}");
    }
}

pub(crate) async fn only_allowances_are_used_up(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    admit(
        &db.store,
        new_tx(1, TxStatus::Executing),
        vec![NewReservation { asset: usdc(), ..spend(100, 100) }],
        NOW,
    )
    .await
    .expect("admit");
    assert!(take(&db.store, 2, 1).await.is_err());
    assert_eq!(sums(&db.store, NOW).await.0, 100, "nothing of it is kept");
}
