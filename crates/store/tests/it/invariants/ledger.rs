//! Held and settled amounts: never above the limit, and never released without proof.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use waiaas_core::U256;
use waiaas_core::audit::AuditEventKind;
use waiaas_core::policy::{DAY_SECONDS, Ledger, MONTH_SECONDS};
use waiaas_core::transaction::TxStatus;
use waiaas_store::{NewReservation, StatusChange, Store, StoreError};

use super::{Dice, any_change, seeds};
use crate::backend::Backend;
use crate::fixtures::{NOW, admit, advance, entry, eth, fee, new_tx, seed, spend, tx_id, usdc, wallet_id};

/// The amount that one transaction counts for, by the specification.
#[derive(Clone, Copy)]
struct Counted {
    status: TxStatus,
    amount: u64,
    fee: u64,
    /// The owner has to agree to it.
    asked: bool,
    /// The settled amount and its time, once that is known.
    settled: Option<(u64, i64)>,
}

impl Counted {
    fn units(&self, now: i64, window: i64) -> u64 {
        match self.settled {
            None => self.amount + self.fee,
            Some((units, at)) => {
                if at > now - window {
                    units
                } else {
                    0
                }
            }
        }
    }

    /// Follows a move that the store has made.
    fn follow(&mut self, change: &StatusChange, at: i64) {
        self.status = change.to();
        if self.settled.is_some() {
            return;
        }
        let paid = |fee: &U256| u64::try_from(*fee).expect("small");
        self.settled = match change {
            StatusChange::Executing
            | StatusChange::Signed(_)
            | StatusChange::HandedOut(_)
            | StatusChange::Submitted
            // Not final: all of it is still held.
            | StatusChange::Seen { .. }
            | StatusChange::Reorganised { .. } => self.settled,
            StatusChange::Confirmed { fee, .. } => Some((self.amount + paid(fee), at)),
            StatusChange::Reverted { fee, .. } => Some((paid(fee), at)),
            StatusChange::Abandoned { .. } => Some((self.amount + self.fee, at)),
            StatusChange::Dead { .. }
            | StatusChange::Failed { .. }
            | StatusChange::Cancelled { .. }
            | StatusChange::Expired => Some((0, at)),
        };
    }
}

fn units(ledger: &Ledger, asked: bool) -> u64 {
    let asset = if asked { usdc() } else { eth() };
    u64::try_from(ledger.asset_day.get(&asset).copied().unwrap_or_default()).expect("small")
}

/// The reservations of a transaction: in one asset where the owner is not asked, else in another, so that
/// one look at the ledger tells them apart. A unit is worth a dollar.
fn holds(counted: &Counted) -> Vec<NewReservation> {
    let asset = if counted.asked { usdc() } else { eth() };
    [spend(counted.amount, counted.amount), fee(counted.fee, counted.fee)]
        .map(|held| NewReservation { asset: asset.clone(), ..held })
        .into()
}

type Books = Mutex<BTreeMap<u32, Counted>>;

/// Admits a transaction as the engine does: reads the ledger and inserts in one database transaction,
/// and beyond the limit asks the owner or refuses.
async fn request(store: &Store, books: &Books, n: u32, mut new: Counted, limit: u64, now: i64) {
    let done: Result<Option<Counted>, StoreError> = store
        .write(move |tx| {
            Box::pin(async move {
                let day = tx.ledger(wallet_id(1), now, &[]).await?.usd_day.micros() / 1_000_000;
                if day + new.amount + new.fee > limit {
                    if !new.asked {
                        return Ok(None);
                    }
                    new.status = TxStatus::PendingApproval;
                } else {
                    new.asked = false;
                }
                let audit = entry(AuditEventKind::TxRequested, now);
                tx.insert_transaction(new_tx(n, new.status), &holds(&new), audit).await?;
                Ok(Some(new))
            })
        })
        .await;
    if let Some(admitted) = done.expect("decide") {
        books.lock().expect("books").insert(n, admitted);
    }
}

/// Moves some transaction in some way, legal or not.
async fn wander(store: &Store, books: &Books, dice: &mut Dice, now: i64) {
    let mut known: Vec<_> = books.lock().expect("books").iter().map(|(n, known)| (*n, *known)).collect();
    if dice.below(8) > 0 {
        known.retain(|(_, counted)| !counted.status.is_terminal());
    }
    if known.is_empty() {
        return;
    }
    let (n, counted) = dice.pick(&known);
    let from = if dice.below(6) == 0 { dice.pick(TxStatus::ALL) } else { counted.status };
    let mut change = any_change(dice, n, counted.fee);
    // Mostly something that can happen, or nothing ever would.
    for _ in 0..dice.below(8) {
        if change.check(from).is_err() {
            change = any_change(dice, n, counted.fee);
        }
    }
    if advance(store, tx_id(n), from, change.clone(), now).await.is_ok() {
        let mut books = books.lock().expect("books");
        books.get_mut(&n).expect("known").follow(&change, now);
    }
}

/// Invariant 5: however requests, ends and the clock interleave, on two daemons at once, the held and
/// settled sum stays within the limit, except for amounts that an owner approves.
pub(crate) async fn sums_stay_within_the_limit_under_any_interleaving(backend: Backend) {
    for seed_number in seeds(2) {
        let db = backend.open().await;
        seed(&db.store).await;
        let other = Store::open(&db.url).await.expect("second daemon");
        let mut dice = Dice::new(seed_number);
        let limit = 50 + dice.below(500);
        let (books, number) = (Arc::new(Books::default()), Arc::new(AtomicU32::new(1)));
        let (clock, over) = (Arc::new(AtomicI64::new(NOW)), Arc::new(AtomicBool::new(false)));
        let watcher = tokio::spawn({
            let (store, clock, over) = (db.store.clone(), clock.clone(), over.clone());
            async move {
                let mut looks = 0u32;
                while !over.load(Ordering::SeqCst) {
                    let clock = clock.clone();
                    // On the writer, so that no admission is later than this look's time.
                    let ledger: Result<Ledger, StoreError> = store
                        .write(move |tx| {
                            let now = clock.load(Ordering::SeqCst);
                            Box::pin(async move { tx.ledger(wallet_id(1), now, &[]).await })
                        })
                        .await;
                    let ledger = ledger.expect("ledger");
                    assert!(units(&ledger, false) <= limit, "{ledger:?} of {limit}");
                    looks += 1;
                }
                looks
            }
        });
        for _ in 0..5 {
            let tasks: Vec<_> = (0..8u64)
                .map(|task| {
                    let store = if task % 2 == 0 { db.store.clone() } else { other.clone() };
                    let (books, number, clock) = (books.clone(), number.clone(), clock.clone());
                    let mut dice = Dice::new(dice.below(u64::MAX));
                    tokio::spawn(async move {
                        for _ in 0..8 {
                            // Hours apart in places, at once in others.
                            let step = dice.pick(&[0, 0, 1, 600, DAY_SECONDS / 3]);
                            let now = clock.fetch_add(step, Ordering::SeqCst) + step;
                            if dice.below(2) == 0 {
                                let (n, asked) = (number.fetch_add(1, Ordering::SeqCst), dice.below(3) == 0);
                                let (amount, fee) = (1 + dice.below(limit / 2), dice.below(10));
                                let status = TxStatus::Executing;
                                let new = Counted { status, amount, fee, asked, settled: None };
                                request(&store, &books, n, new, limit, now).await;
                            } else {
                                wander(&store, &books, &mut dice, now).await;
                            }
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.expect("task");
            }
        }
        over.store(true, Ordering::SeqCst);
        assert!(watcher.await.expect("watcher") > 0);
        other.close().await;
        let books = books.lock().expect("books");
        assert!(books.len() > 20 && books.values().any(|known| known.asked), "{} admitted", books.len());
    }
}

/// Invariant 6: value leaves the ledger by proof that it was not spent, or once it has settled and its
/// window is over; by nothing else, after any time and any attempt.
pub(crate) async fn only_proof_or_age_frees_what_is_held(backend: Backend) {
    for seed_number in seeds(2) {
        let mut db = backend.open().await;
        seed(&db.store).await;
        let mut dice = Dice::new(seed_number ^ 0x6);
        let (books, mut now) = (Books::default(), NOW);
        for step in 0..150u32 {
            now += dice.pick(&[0, 1, 3_600, DAY_SECONDS, MONTH_SECONDS]);
            match dice.below(8) {
                0 | 1 => {
                    let (amount, most) = (1 + dice.below(1_000), dice.below(100));
                    let status =
                        dice.pick(&[TxStatus::Queued, TxStatus::PendingApproval, TxStatus::Executing]);
                    let new = Counted { status, amount, fee: most, asked: false, settled: None };
                    admit(&db.store, new_tx(step, status), holds(&new), now).await.expect("admit");
                    books.lock().expect("books").insert(step, new);
                }
                2 => {
                    let n = dice.below(step.into()) as u32;
                    let refused: Result<(), StoreError> = db
                        .store
                        .write(move |tx| {
                            Box::pin(async move { tx.mark_broadcast_rejected(tx_id(n), now).await })
                        })
                        .await;
                    drop(refused);
                }
                3 => {
                    let n = dice.below(step.into()) as u32;
                    let audit = entry(AuditEventKind::TxLapsed, now);
                    let done: Result<(), StoreError> = db
                        .store
                        .write(move |tx| Box::pin(async move { tx.lapse(tx_id(n), audit).await }))
                        .await;
                    let mut books = books.lock().expect("books");
                    if let (Ok(()), Some(lapsed)) = (done, books.get_mut(&n)) {
                        assert_eq!(lapsed.status, TxStatus::Signed);
                        // All of it: the most that a user operation may pay is its fee.
                        lapsed.settled = lapsed.settled.or(Some((lapsed.amount + lapsed.fee, now)));
                    }
                }
                4 if step % 5 == 0 => {
                    db.store.close().await;
                    db.store = Store::open(&db.url).await.expect("a restart");
                }
                _ => wander(&db.store, &books, &mut dice, now).await,
            }
            let later = now + dice.pick(&[0, DAY_SECONDS - 1, DAY_SECONDS, MONTH_SECONDS, 400 * DAY_SECONDS]);
            let ledger = db.store.ledger(wallet_id(1), later, &[]).await.expect("ledger");
            let sum = |window| {
                let books = books.lock().expect("books");
                U256::from(books.values().map(|known| known.units(later, window)).sum::<u64>())
            };
            let counted = |sums: &BTreeMap<_, U256>| sums.get(&eth()).copied().unwrap_or_default();
            assert_eq!(counted(&ledger.asset_day), sum(DAY_SECONDS), "step {step}");
            assert_eq!(counted(&ledger.asset_month), sum(MONTH_SECONDS), "step {step}");
        }
        let books = books.lock().expect("books");
        let ended = |spent: bool| {
            books
                .values()
                .filter(|known| known.settled.is_some_and(|(units, _)| (units > 0) == spent))
                .count()
        };
        assert!(ended(true) > 0 && ended(false) > 3, "{} and {}", ended(true), ended(false));
    }
}
