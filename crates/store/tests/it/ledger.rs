//! The spending ledger.

use waiaas_core::U256;
use waiaas_core::audit::AuditEventKind;
use waiaas_core::money::Usd;
use waiaas_core::policy::{DAY_SECONDS, Ledger, MONTH_SECONDS};
use waiaas_core::transaction::TxStatus;
use waiaas_store::{NewReservation, StatusChange, Store, StoreError, Work};

use crate::backend::Backend;
use crate::fixtures::{
    NOW, admit, advance, bring_to, entry, eth, fee, network, new_tx, seed, signed, spend, tx_id, usdc,
    wallet_id,
};
use crate::invariants::Dice;

async fn at(store: &Store, now: i64) -> Ledger {
    store.ledger(wallet_id(1), now, &[]).await.expect("ledger")
}

fn dollars(ledger: &Ledger) -> (Usd, Usd) {
    (ledger.usd_day, ledger.usd_month)
}

const fn usd(dollars: u64) -> Usd {
    Usd::from_dollars(dollars)
}

async fn confirm(store: &Store, n: u32, paid: u64, when: i64) {
    advance(store, tx_id(n), TxStatus::Executing, StatusChange::Signed(signed(1)), when).await.expect("sign");
    let change = StatusChange::Confirmed { fee: U256::from(paid), block: 1 };
    advance(store, tx_id(n), TxStatus::Broadcasting, change, when).await.expect("confirm");
}

pub(crate) async fn held_counts_always_and_settled_within_its_window(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    assert_eq!(at(&db.store, NOW).await, Ledger::default());
    admit(&db.store, new_tx(1, TxStatus::Executing), vec![spend(100, 10)], NOW).await.expect("admit");
    let far = NOW + 10 * MONTH_SECONDS;
    assert_eq!(dollars(&at(&db.store, far).await), (usd(10), usd(10)), "held counts without end");
    confirm(&db.store, 1, 0, NOW + 5).await;
    for (now, expected) in [
        (NOW + 5, (usd(10), usd(10))),
        (NOW + 5 + DAY_SECONDS - 1, (usd(10), usd(10))),
        (NOW + 5 + DAY_SECONDS, (Usd::ZERO, usd(10))),
        (NOW + 5 + MONTH_SECONDS - 1, (Usd::ZERO, usd(10))),
        (NOW + 5 + MONTH_SECONDS, (Usd::ZERO, Usd::ZERO)),
    ] {
        assert_eq!(dollars(&at(&db.store, now).await), expected, "{}", now - NOW);
    }
    let day = at(&db.store, NOW + 5 + DAY_SECONDS).await;
    assert_eq!(day.asset_day.get(&eth()), None);
    assert_eq!(day.asset_month.get(&eth()), Some(&U256::from(100u8)));
    assert_eq!(db.store.ledger(wallet_id(2), NOW, &[]).await.expect("ledger"), Ledger::default());
}

pub(crate) async fn endings_settle_what_happened(backend: Backend) {
    use TxStatus::{Broadcasting, Executing, PendingApproval, Queued, Submitted};
    let text = || ("CODE".to_owned(), "why".to_owned());
    let ends: Vec<(TxStatus, StatusChange, u64, u64)> = vec![
        // The reservations: 100 for $10 and a fee of at most 20 for $2. The sums afterwards:
        (Broadcasting, StatusChange::Confirmed { fee: U256::from(5u8), block: 1 }, 105, 10_500_000),
        (Submitted, StatusChange::Confirmed { fee: U256::from(20u8), block: 1 }, 120, 12_000_000),
        (
            Submitted,
            StatusChange::Reverted { fee: U256::from(5u8), block: 1, code: text().0, message: text().1 },
            5,
            500_000,
        ),
        (Broadcasting, StatusChange::Dead { code: text().0, message: text().1 }, 0, 0),
        (Submitted, StatusChange::Dead { code: text().0, message: text().1 }, 0, 0),
        (Submitted, StatusChange::Abandoned { code: text().0, message: text().1 }, 120, 12_000_000),
        (Executing, StatusChange::Failed { code: text().0, message: text().1 }, 0, 0),
        (Executing, StatusChange::Cancelled { code: None }, 0, 0),
        (Queued, StatusChange::Cancelled { code: Some("KILL".into()) }, 0, 0),
        (PendingApproval, StatusChange::Cancelled { code: None }, 0, 0),
        (PendingApproval, StatusChange::Expired, 0, 0),
    ];
    for (from, change, units, micros) in ends {
        let db = backend.open().await;
        seed(&db.store).await;
        let start = if from.is_signed() { Executing } else { from };
        admit(&db.store, new_tx(1, start), vec![spend(100, 10), fee(20, 2)], NOW).await.expect("admit");
        if from.is_signed() {
            let change = StatusChange::Signed(signed(1));
            advance(&db.store, tx_id(1), Executing, change, NOW).await.expect("sign");
        }
        if from == Submitted {
            advance(&db.store, tx_id(1), Broadcasting, StatusChange::Submitted, NOW).await.expect("submit");
        }
        assert_eq!(at(&db.store, NOW).await.usd_day, usd(12), "held until {change:?}");
        advance(&db.store, tx_id(1), from, change.clone(), NOW).await.expect("end");
        let after = at(&db.store, NOW).await;
        assert_eq!(after.usd_day, Usd::from_micros(micros), "{change:?}");
        assert_eq!(after.asset_day.get(&eth()).copied().unwrap_or_default(), U256::from(units), "{change:?}");
    }
}

/// CONFIRMED in a block that is not final: everything stays held until the outcome is final.
pub(crate) async fn what_is_not_final_is_held_until_it_is(backend: Backend) {
    use TxStatus::{Broadcasting, Confirmed, Executing, Signed, Submitted};
    let (code, message) = ("CODE".to_owned(), "why".to_owned());
    let fee_paid = U256::from(5u8);
    let spent = (105, 10_500_000);
    let outcomes: Vec<(&str, Option<StatusChange>, (u64, u64))> = vec![
        ("final", None, spent),
        (
            "reverted after all",
            Some(StatusChange::Reverted {
                fee: fee_paid,
                block: 2,
                code: code.clone(),
                message: message.clone(),
            }),
            (5, 500_000),
        ),
        ("dead after all", Some(StatusChange::Dead { code, message }), (0, 0)),
    ];
    for (outcome, change, (units, micros)) in outcomes {
        let db = backend.open().await;
        seed(&db.store).await;
        admit(&db.store, new_tx(1, Executing), vec![spend(100, 10), fee(20, 2)], NOW).await.expect("admit");
        let sign = StatusChange::Signed(signed(1));
        advance(&db.store, tx_id(1), Executing, sign, NOW).await.expect("sign");
        let seen = || StatusChange::Seen { fee: fee_paid, block: 1 };
        let held = async || {
            let ledger = at(&db.store, NOW + 10 * MONTH_SECONDS).await;
            assert_eq!(dollars(&ledger), (usd(12), usd(12)), "{outcome}");
        };
        advance(&db.store, tx_id(1), Broadcasting, seen(), NOW).await.expect("seen");
        held().await;
        let open = db.store.work(Work::NotFinal, &network(), None, 10).await.expect("read");
        assert_eq!(open, [tx_id(1)]);
        let back = StatusChange::Reorganised { handed_out: false };
        advance(&db.store, tx_id(1), Confirmed, back, NOW).await.expect("reorganised");
        let row = db.store.transaction(tx_id(1)).await.expect("read").expect("row");
        assert_eq!((row.status, row.fee, row.block, row.executed_at), (Submitted, None, None, None));
        held().await;
        advance(&db.store, tx_id(1), Submitted, seen(), NOW).await.expect("seen again");
        held().await;
        match change {
            Some(change) => advance(&db.store, tx_id(1), Confirmed, change, NOW).await.expect("it turned"),
            None => finalise(&db.store, 1).await.expect("final"),
        }
        let after = at(&db.store, NOW).await;
        assert_eq!(after.usd_day, Usd::from_micros(micros), "{outcome}");
        assert_eq!(after.asset_day.get(&eth()).copied().unwrap_or_default(), U256::from(units), "{outcome}");
        assert!(db.store.work(Work::NotFinal, &network(), None, 10).await.expect("read").is_empty());
        // A final status is never left.
        for handed_out in [false, true] {
            let back = StatusChange::Reorganised { handed_out };
            let (from, rows) = (Confirmed, db.store.verify_chain().await.expect("chain").rows);
            assert!(advance(&db.store, tx_id(1), from, back, NOW).await.is_err(), "{outcome}");
            assert!(finalise(&db.store, 1).await.is_err(), "{outcome}");
            assert_eq!(db.store.verify_chain().await.expect("chain").rows, rows);
        }
        assert_eq!(at(&db.store, NOW).await, after);
    }
    let db = backend.open().await;
    seed(&db.store).await;
    bring_to(&db.store, 1, Signed, NOW).await;
    let seen = StatusChange::Seen { fee: fee_paid, block: 1 };
    advance(&db.store, tx_id(1), Signed, seen, NOW).await.expect("seen");
    let back = StatusChange::Reorganised { handed_out: true };
    advance(&db.store, tx_id(1), Confirmed, back, NOW).await.expect("reorganised");
    assert_eq!(db.store.transaction(tx_id(1)).await.expect("read").expect("row").status, Signed);
}

async fn finalise(store: &Store, n: u32) -> Result<(), StoreError> {
    let audit = entry(AuditEventKind::TxFinal, NOW).tx(tx_id(n));
    store
        .write(move |tx| Box::pin(async move { tx.finalise(tx_id(n), U256::from(5u8), 1, audit).await }))
        .await
}

pub(crate) async fn sums_are_exact_beyond_64_bits(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let big = U256::from(123_456_789_012_345_678_901_234_567_890_u128);
    let hold = |amount, usd| NewReservation { asset: usdc(), amount, usd, is_fee: false, spender: None };
    for n in 1..=3 {
        let holds =
            vec![hold(big, Some(Usd::from_micros(3_000_000_000_000_000_001))), hold(big, None), spend(7, 0)];
        admit(&db.store, new_tx(n, TxStatus::Executing), holds, NOW).await.expect("admit");
    }
    let ledger = at(&db.store, NOW).await;
    assert_eq!(ledger.asset_day.get(&usdc()), Some(&(big * U256::from(6u8))));
    assert_eq!(ledger.asset_day.get(&eth()), Some(&U256::from(21u8)));
    assert_eq!(ledger.usd_day, Usd::from_micros(9_000_000_000_000_000_003));
    for n in 4..=5 {
        let holds = vec![hold(U256::MAX, Some(Usd::MAX))];
        admit(&db.store, new_tx(n, TxStatus::Executing), holds, NOW).await.expect("admit");
    }
    let ledger = at(&db.store, NOW).await;
    assert_eq!(ledger.asset_month.get(&usdc()), Some(&U256::MAX), "saturates");
    assert_eq!(ledger.usd_month, Usd::MAX, "saturates");
}

/// Admits $10 if that keeps the day within $100, as the engine does; says whether it did.
async fn try_spend(store: &Store, n: u32) -> Result<bool, StoreError> {
    store
        .write(move |tx| {
            Box::pin(async move {
                let spent = tx.ledger(wallet_id(1), NOW, &[]).await?.usd_day;
                if spent.plus(usd(10)) > usd(100) {
                    return Ok(false);
                }
                let audit = entry(AuditEventKind::TxRequested, NOW);
                tx.insert_transaction(new_tx(n, TxStatus::Executing), &[spend(1, 10)], audit).await?;
                Ok(true)
            })
        })
        .await
}

pub(crate) async fn many_at_once_never_exceed_the_limit(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    // Two daemons on one database, each with its own writer.
    let other = Store::open(&db.url).await.expect("second daemon");
    let tasks: Vec<_> = (1..=60)
        .map(|n| {
            let store = if n % 2 == 0 { db.store.clone() } else { other.clone() };
            tokio::spawn(async move { try_spend(&store, n).await.expect("decide") })
        })
        .collect();
    let mut admitted = Vec::new();
    for (n, task) in (1u32..).zip(tasks) {
        if task.await.expect("task") {
            admitted.push(n);
        }
    }
    assert_eq!(admitted.len(), 10, "exactly the limit is used");
    assert_eq!(at(&db.store, NOW).await.usd_day, usd(100));
    // Only a proof that nothing moved makes room again, exactly once.
    let cancel = StatusChange::Cancelled { code: None };
    advance(&db.store, tx_id(admitted[0]), TxStatus::Executing, cancel, NOW).await.expect("cancel");
    confirm(&db.store, admitted[1], 0, NOW).await;
    assert!(try_spend(&other, 101).await.expect("decide"));
    assert!(!try_spend(&db.store, 102).await.expect("decide"));
    let chain = other.verify_chain().await.expect("chain");
    assert_eq!((chain.rows, chain.first_bad), (2 + 10 + 1 + 2 + 1, None), "one chain for both daemons");
    other.close().await;
}

pub(crate) async fn requests_are_counted_after_the_boundary(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    for (n, status, created) in [
        (1, TxStatus::Executing, NOW - 60),
        (2, TxStatus::Queued, NOW - 59),
        (3, TxStatus::Denied, NOW - 1),
        (4, TxStatus::Cancelled, NOW),
    ] {
        bring_to(&db.store, n, status, created).await;
    }
    let ledger = db.store.ledger(wallet_id(1), NOW, &[1, 60, 61, u64::MAX]).await.expect("ledger");
    let counts: Vec<_> = ledger.requests.into_iter().collect();
    assert_eq!(counts, [(1, 1), (60, 2), (61, 3), (u64::MAX, 3)]);
    assert_eq!(db.store.requests_since(wallet_id(1), NOW).await.expect("count"), 0);
}

/// The amount that a transaction counts for, by the specification.
struct Model {
    status: TxStatus,
    held: Option<(u64, u64)>,
    settled: Option<(u64, i64)>,
}

impl Model {
    fn units(&self, now: i64, window: i64) -> u64 {
        let held = self.held.map_or(0, |(spend, fee)| spend + fee);
        held + self.settled.filter(|(_, at)| *at > now - window).map_or(0, |(units, _)| units)
    }
}

/// Any history of legal moves, and the ledger's sums after each step.
pub(crate) async fn any_history_matches_the_model(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let mut dice = Dice::new(1);
    let mut random = move |below: u64| dice.below(below);
    let mut models: Vec<Model> = Vec::new();
    let mut now = NOW;
    for _ in 0..250 {
        now += random(40_000) as i64;
        if models.is_empty() || random(3) == 0 {
            let status = TxStatus::initial()[random(4) as usize];
            let (amount, limit) = (1 + random(1_000), random(100));
            let denied = status == TxStatus::Denied;
            let holds = if denied { vec![] } else { vec![spend(amount, amount), fee(limit, limit)] };
            let new = new_tx(models.len() as u32, status);
            admit(&db.store, new, holds, now).await.expect("admit");
            models.push(Model { status, held: (!denied).then_some((amount, limit)), settled: None });
        } else {
            let n = random(models.len() as u64) as usize;
            let model = &mut models[n];
            let Some((amount, limit)) = model.held else { continue };
            let paid = random(limit + 1);
            let text = || String::from("X");
            let changes = [
                (StatusChange::Executing, None),
                (StatusChange::Signed(signed(n as u64)), None),
                (StatusChange::Submitted, None),
                (StatusChange::Confirmed { fee: U256::from(paid), block: 1 }, Some(amount + paid)),
                (
                    StatusChange::Reverted { fee: U256::from(paid), block: 1, code: text(), message: text() },
                    Some(paid),
                ),
                (StatusChange::Dead { code: text(), message: text() }, Some(0)),
                (StatusChange::Failed { code: text(), message: text() }, Some(0)),
                (StatusChange::Cancelled { code: None }, Some(0)),
                (StatusChange::Expired, Some(0)),
            ];
            let (change, counts) = changes[random(9) as usize].clone();
            let legal = change.check(model.status).is_ok();
            let to = change.to();
            let moved = advance(&db.store, tx_id(n as u32), model.status, change, now).await;
            assert_eq!(moved.is_ok(), legal);
            if legal {
                model.status = to;
                if let Some(units) = counts {
                    (model.held, model.settled) = (None, Some((units, now)));
                }
            }
        }
        let ledger = at(&db.store, now).await;
        let sum = |window| models.iter().map(|model| model.units(now, window)).sum::<u64>();
        let (day, month) = (sum(DAY_SECONDS), sum(MONTH_SECONDS));
        // One unit is priced at one dollar, so both columns say the same.
        assert_eq!(dollars(&ledger), (usd(day), usd(month)));
        assert_eq!(ledger.asset_day.get(&eth()).copied().unwrap_or_default(), U256::from(day));
        assert_eq!(ledger.asset_month.get(&eth()).copied().unwrap_or_default(), U256::from(month));
    }
}
