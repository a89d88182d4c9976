//! Moves of a transaction and the answers that allow them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use waiaas_core::audit::AuditEventKind;
use waiaas_core::digest::Digest;
use waiaas_core::ids::InstanceId;
use waiaas_core::owner::{Challenge, OwnerAction};
use waiaas_core::transaction::TxStatus;
use waiaas_store::{StatusChange, Store, StoreError, TransactionRow};

use super::{Dice, any_change, seeds};
use crate::backend::Backend;
use crate::fixtures::{NOW, address, advance, bring_to, entry, seed, tx_id, wallet_id};

/// Transactions of one history.
const CROWD: u32 = 6;

fn nonce(n: u32, approve: bool) -> String {
    format!("{n}-{approve}")
}

async fn ask(store: &Store, n: u32) {
    for approve in [true, false] {
        let (tx, digest) = (tx_id(n), Digest::of("test", &[]));
        let action =
            if approve { OwnerAction::Approve { tx, digest } } else { OwnerAction::Reject { tx, digest } };
        let asked = Challenge {
            instance: InstanceId::new(tx_id(1).uuid()),
            wallet: wallet_id(1),
            owner: address(9),
            action,
            chain_id: "31337".into(),
            summary: "Send 1 ETH".into(),
            nonce: nonce(n, approve),
            issued_at: NOW,
            expires_at: NOW + 600,
        };
        let done: Result<(), StoreError> =
            store.write(|tx| Box::pin(async move { tx.issue_challenge(&asked).await })).await;
        done.expect("issue");
    }
}

/// The owner's answer, as the engine takes it: the question is used up and the row moves, or neither.
async fn answer(store: &Store, n: u32, approve: bool) -> Result<(), StoreError> {
    store
        .write(move |tx| {
            Box::pin(async move {
                let audit = entry(AuditEventKind::TxApproved, NOW);
                tx.consume_challenge(&nonce(n, approve), "0xsig", audit).await?;
                let (change, event) = match approve {
                    true => (StatusChange::Executing, AuditEventKind::TxCleared),
                    false => (StatusChange::Cancelled { code: None }, AuditEventKind::TxRejected),
                };
                tx.advance(tx_id(n), TxStatus::PendingApproval, change, entry(event, NOW)).await
            })
        })
        .await
}

/// Moves that were made, in no order.
type Made = Mutex<BTreeMap<u32, Vec<(TxStatus, TxStatus, &'static str)>>>;

/// One actor: answers, moves and claims at random.
async fn act(store: Store, made: Arc<Made>, mut dice: Dice) {
    for _ in 0..30 {
        let n = 1 + dice.below(CROWD.into()) as u32;
        let note = |from, to, how| made.lock().expect("made").entry(n).or_default().push((from, to, how));
        if dice.below(4) == 0 {
            let approve = dice.below(3) > 0;
            if answer(&store, n, approve).await.is_ok() {
                let to = if approve { TxStatus::Executing } else { TxStatus::Cancelled };
                note(TxStatus::PendingApproval, to, "answer");
            }
            continue;
        }
        let row = store.transaction(tx_id(n)).await.expect("read").expect("row");
        let from = if dice.below(5) == 0 { dice.pick(TxStatus::ALL) } else { row.status };
        let change = any_change(&mut dice, n, 10);
        // Only an answer lets a waiting one go on; that much the engine promises.
        if from == TxStatus::PendingApproval && change == StatusChange::Executing {
            continue;
        }
        let to = change.to();
        if advance(&store, tx_id(n), from, change, NOW).await.is_ok() {
            note(from, to, "move");
        }
    }
}

async fn rows(store: &Store) -> Vec<TransactionRow> {
    let mut rows = Vec::new();
    for n in 1..=CROWD {
        rows.push(store.transaction(tx_id(n)).await.expect("read").expect("row"));
    }
    rows
}

/// Invariant 7: under concurrent moves, each transaction makes one path along the graph to one
/// end; no state is left twice, no final end is ever left, and one approval lets one execution through.
pub(crate) async fn races_make_one_path_along_the_graph(backend: Backend) {
    for seed_number in seeds(3) {
        let db = backend.open().await;
        seed(&db.store).await;
        let other = Store::open(&db.url).await.expect("second daemon");
        let mut dice = Dice::new(seed_number ^ 0x7);
        let mut start = BTreeMap::new();
        for n in 1..=CROWD {
            let status = dice.pick(&[
                TxStatus::PendingApproval,
                TxStatus::PendingApproval,
                TxStatus::Queued,
                TxStatus::Executing,
            ]);
            bring_to(&db.store, n, status, NOW).await;
            start.insert(n, status);
            if status == TxStatus::PendingApproval {
                ask(&db.store, n).await;
            }
        }
        let made = Arc::new(Made::default());
        let tasks: Vec<_> = (0..6)
            .map(|task| {
                let store = if task % 2 == 0 { db.store.clone() } else { other.clone() };
                tokio::spawn(act(store, made.clone(), Dice::new(dice.below(u64::MAX))))
            })
            .collect();
        for task in tasks {
            task.await.expect("task");
        }
        let made = made.lock().expect("made").clone();
        let ends = rows(&db.store).await;
        for (n, row) in (1u32..).zip(&ends) {
            let mut moves = made.get(&n).cloned().unwrap_or_default();
            let mut at = start[&n];
            // Every move made must be the next step of the one path.
            while let Some(next) = moves.iter().position(|(from, ..)| *from == at) {
                let (from, to, how) = moves.swap_remove(next);
                assert!(from.next().contains(&to), "{from} → {to} is not on the graph");
                let approved = from == TxStatus::PendingApproval && to == TxStatus::Executing;
                assert!(!approved || how == "answer", "executed without an answer");
                at = to;
            }
            assert!(moves.is_empty(), "beside the path of {n}: {moves:?}");
            assert_eq!(row.status, at);
            let answers = db.store.answered_challenge(tx_id(n)).await.expect("read");
            if start[&n] == TxStatus::PendingApproval && row.signed.is_some() {
                assert!(answers.is_some_and(|row| row.challenge.action.as_str() == "approve"));
            }
        }
        // An ended row stays as it is, to the last column.
        for _ in 0..40 {
            let n = 1 + dice.below(CROWD.into()) as u32;
            let row = &ends[n as usize - 1];
            if row.is_final {
                let from = dice.pick(TxStatus::ALL);
                let change = any_change(&mut dice, n, 10);
                assert!(advance(&db.store, tx_id(n), from, change, NOW + 9).await.is_err());
                assert!(answer(&db.store, n, dice.below(2) == 0).await.is_err());
                assert_eq!(db.store.transaction(tx_id(n)).await.expect("read").as_ref(), Some(row));
            }
        }
        assert!(ends.iter().any(|row| row.is_final), "the race gets somewhere");
        other.close().await;
    }
}
