//! Transactions and idempotency keys.

use waiaas_core::U256;
use waiaas_core::audit::AuditEventKind;
use waiaas_core::digest::Digest;
use waiaas_core::expiry::Expiry;
use waiaas_core::ids::TxId;
use waiaas_core::intent::IntentKind;
use waiaas_core::money::Usd;
use waiaas_core::network::NetworkId;
use waiaas_core::policy::Tier;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{
    Claim, Entity, IDEMPOTENCY_SECONDS, NewTransaction, SignedRow, StatusChange, Store, StoreError, Stored,
    TxFilter, Work,
};

use crate::backend::Backend;
use crate::fixtures::{
    NOW, address, admit, advance, bring_to, entry, network, new_tx, seed, session_id, signed, spend, tx_id,
    wallet_id,
};

fn every_change() -> Vec<StatusChange> {
    let (code, message) = (String::from("CODE"), String::from("why\0"));
    vec![
        StatusChange::Executing,
        StatusChange::Signed(signed(5)),
        StatusChange::HandedOut(signed(6)),
        StatusChange::Submitted,
        StatusChange::Seen { fee: U256::from(3u8), block: 9 },
        StatusChange::Reorganised { handed_out: false },
        StatusChange::Reorganised { handed_out: true },
        StatusChange::Confirmed { fee: U256::from(3u8), block: 9 },
        StatusChange::Reverted {
            fee: U256::from(3u8),
            block: 9,
            code: code.clone(),
            message: message.clone(),
        },
        StatusChange::Dead { code: code.clone(), message: message.clone() },
        StatusChange::Abandoned { code: code.clone(), message: message.clone() },
        StatusChange::Failed { code, message },
        StatusChange::Cancelled { code: Some("C".into()) },
        StatusChange::Expired,
    ]
}

pub(crate) async fn every_move_is_on_the_graph_or_refused(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let (mut n, mut legal) = (0, 0);
    for from in TxStatus::ALL {
        for change in every_change() {
            n += 1;
            match from {
                // Only a status that is not final can be left.
                TxStatus::Confirmed => {
                    bring_to(&db.store, n, TxStatus::Broadcasting, NOW).await;
                    let seen = StatusChange::Seen { fee: U256::from(1u8), block: 1 };
                    advance(&db.store, tx_id(n), TxStatus::Broadcasting, seen, NOW).await.expect("seen");
                }
                from => bring_to(&db.store, n, *from, NOW).await,
            }
            let rows = db.store.verify_chain().await.expect("chain").rows;
            let moved = advance(&db.store, tx_id(n), *from, change.clone(), NOW + 1).await;
            let row = db.store.transaction(tx_id(n)).await.expect("read").expect("row");
            let after = db.store.verify_chain().await.expect("chain").rows;
            if change.check(*from).is_ok() {
                legal += 1;
                moved.expect("a legal move");
                assert_eq!((row.status, row.updated_at, after), (change.to(), NOW + 1, rows + 1));
            } else {
                assert!(matches!(moved, Err(StoreError::IllegalMove(_))), "{from} {change:?}: {moved:?}");
                assert_eq!((row.status, row.updated_at, after), (*from, NOW, rows), "{from} {change:?}");
            }
        }
    }
    // BROADCASTING, SUBMITTED and SIGNED can fail and be confirmed in several ways, CONFIRMED fail in three.
    assert_eq!(legal, TxStatus::ALL.iter().map(|s| s.next().len()).sum::<usize>() + 11);
}

pub(crate) async fn racing_moves_have_one_winner(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let other = Store::open(&db.url).await.expect("second daemon");
    for n in 1..=10 {
        bring_to(&db.store, n, TxStatus::PendingApproval, NOW).await;
        let from = TxStatus::PendingApproval;
        let (approve, cancel, expire) = tokio::join!(
            advance(&db.store, tx_id(n), from, StatusChange::Executing, NOW),
            advance(&other, tx_id(n), from, StatusChange::Cancelled { code: None }, NOW),
            advance(&db.store, tx_id(n), from, StatusChange::Expired, NOW),
        );
        let results = [approve, cancel, expire];
        assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1, "{results:?}");
        let lost = |r: &Result<(), StoreError>| matches!(r, Err(StoreError::Conflict(Entity::Transaction)));
        assert_eq!(results.iter().filter(|r| lost(r)).count(), 2, "{results:?}");
    }
    other.close().await;
    let missing = advance(&db.store, tx_id(99), TxStatus::Queued, StatusChange::Executing, NOW).await;
    assert!(matches!(missing, Err(StoreError::NotFound(Entity::Transaction))), "{missing:?}");
}

pub(crate) async fn rows_read_back_as_written(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let new = new_tx(1, TxStatus::Queued);
    admit(&db.store, new.clone(), vec![spend(1, 1)], NOW).await.expect("admit");
    let row = db.store.transaction(new.id).await.expect("read").expect("row");
    assert_eq!(row.amount, U256::MAX);
    assert_eq!((row.draft, row.tier, row.usd), (new.draft, Some(Tier::Delay), new.usd));
    assert_eq!((row.kill_generation, row.execute_after, row.signed), (3, Some(NOW + 60), None));
    assert_eq!((row.request_digest, row.created_at, row.session), (new.request_digest, NOW, new.session));
    advance(&db.store, new.id, TxStatus::Queued, StatusChange::Executing, NOW).await.expect("execute");
    let change = StatusChange::Signed(signed(u64::MAX));
    let refused = advance(&db.store, new.id, TxStatus::Executing, change, NOW).await;
    assert!(matches!(refused, Err(StoreError::Corrupt("expiry_value"))), "{refused:?}");
    let change = StatusChange::Signed(signed(8));
    advance(&db.store, new.id, TxStatus::Executing, change, NOW).await.expect("sign");
    let row = db.store.transaction(new.id).await.expect("read").expect("row");
    assert_eq!(row.signed, Some(signed(8)));
    let change =
        StatusChange::Reverted { fee: U256::from(4u8), block: 7, code: "R".into(), message: "no\0".into() };
    advance(&db.store, new.id, TxStatus::Broadcasting, change, NOW + 9).await.expect("revert");
    let row = db.store.transaction(new.id).await.expect("read").expect("row");
    assert_eq!((row.fee, row.block, row.executed_at), (Some(U256::from(4u8)), Some(7), Some(NOW + 9)));
    assert_eq!((row.error_code.as_deref(), row.error.as_deref()), (Some("R"), Some("no")));
    assert_eq!(row.signed, Some(signed(8)), "later moves keep what was signed");
    admit(&db.store, new_tx(2, TxStatus::Denied), vec![], NOW).await.expect("a denial is kept");
    let row = db.store.transaction(tx_id(2)).await.expect("read").expect("row");
    assert_eq!((row.status, row.tier, row.draft), (TxStatus::Denied, None, None));
}

pub(crate) async fn contradictions_are_refused(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    for status in TxStatus::ALL.iter().filter(|s| !TxStatus::initial().contains(s)) {
        let new = NewTransaction { status: *status, ..new_tx(1, TxStatus::Executing) };
        let refused = admit(&db.store, new, vec![], NOW).await;
        assert!(matches!(refused, Err(StoreError::NotInitial(s)) if s == *status), "{refused:?}");
    }
    let base = |status| new_tx(1, status);
    let wrong = [
        NewTransaction { denial_code: None, ..base(TxStatus::Denied) },
        NewTransaction { tier: Some(Tier::Instant), ..base(TxStatus::Denied) },
        NewTransaction { tier: None, ..base(TxStatus::Executing) },
        NewTransaction { draft: None, ..base(TxStatus::Executing) },
        NewTransaction { execute_after: None, ..base(TxStatus::Queued) },
        NewTransaction { execute_after: Some(NOW), ..base(TxStatus::Executing) },
        NewTransaction { approval_expires_at: None, ..base(TxStatus::PendingApproval) },
        NewTransaction { approval_expires_at: Some(NOW), ..base(TxStatus::Queued) },
    ];
    for new in wrong {
        let refused = admit(&db.store, new, vec![], NOW).await;
        assert!(matches!(refused, Err(StoreError::Inconsistent(Entity::Transaction, _))), "{refused:?}");
    }
    let refused = admit(&db.store, base(TxStatus::Denied), vec![spend(1, 1)], NOW).await;
    assert!(matches!(refused, Err(StoreError::Inconsistent(Entity::Transaction, _))), "{refused:?}");
    admit(&db.store, base(TxStatus::Executing), vec![], NOW).await.expect("a right one");
    let twice = admit(&db.store, base(TxStatus::Executing), vec![], NOW).await;
    assert!(matches!(twice, Err(StoreError::Duplicate(Entity::Transaction))), "{twice:?}");
}

async fn claim(store: &Store, body: u8, tx: TxId, at: i64) -> Claim {
    let claim: Result<Claim, StoreError> = store
        .write(move |w| {
            Box::pin(
                async move { w.claim(session_id(1), "key", Digest::of("body", &[&[body]]), tx, at).await },
            )
        })
        .await;
    claim.expect("claim")
}

pub(crate) async fn idempotency_has_one_winner(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let tasks: Vec<_> = (1..=20)
        .map(|n| {
            let store = db.store.clone();
            tokio::spawn(async move { (tx_id(n), claim(&store, 1, tx_id(n), NOW).await) })
        })
        .collect();
    let mut claims = Vec::new();
    for task in tasks {
        claims.push(task.await.expect("task"));
    }
    let fresh: Vec<_> = claims.iter().filter(|(_, claim)| *claim == Claim::Fresh).collect();
    assert_eq!(fresh.len(), 1);
    let winner = fresh[0].0;
    assert!(claims.iter().all(|(_, c)| matches!(c, Claim::Fresh) || *c == Claim::Same(winner)));
    assert_eq!(claim(&db.store, 2, tx_id(30), NOW).await, Claim::Mismatch);
    let last = NOW + IDEMPOTENCY_SECONDS - 1;
    assert_eq!(claim(&db.store, 1, tx_id(31), last).await, Claim::Same(winner));
    let forget = |now: i64| db.store.write(move |w| Box::pin(async move { w.forget_old_claims(now).await }));
    let none: Result<u64, StoreError> = forget(last).await;
    assert_eq!(none.expect("forget"), 0);
    assert_eq!(claim(&db.store, 2, tx_id(32), last + 1).await, Claim::Fresh, "after a day the key is free");
    let one: Result<u64, StoreError> = forget(last + 1 + IDEMPOTENCY_SECONDS).await;
    assert_eq!(one.expect("forget"), 1);
}

pub(crate) async fn work_lists_find_what_is_due(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    bring_to(&db.store, 1, TxStatus::Queued, NOW).await;
    bring_to(&db.store, 2, TxStatus::PendingApproval, NOW).await;
    for n in [13, 12, 11] {
        bring_to(&db.store, n, TxStatus::Broadcasting, NOW).await;
    }
    bring_to(&db.store, 14, TxStatus::Submitted, NOW).await;
    bring_to(&db.store, 15, TxStatus::Confirmed, NOW).await;
    bring_to(&db.store, 16, TxStatus::Executing, NOW).await;
    assert!(db.store.due_delays(NOW + 59, 10).await.expect("due").is_empty());
    assert_eq!(db.store.due_delays(NOW + 60, 10).await.expect("due")[0].id, tx_id(1));
    assert!(db.store.expired_approvals(NOW + 599, 10).await.expect("due").is_empty());
    assert_eq!(db.store.expired_approvals(NOW + 600, 10).await.expect("due")[0].id, tx_id(2));
    let here = network();
    let nonces = || db.store.nonces_in_flight(wallet_id(1), &here);
    assert_eq!(nonces().await.expect("nonces"), [11, 12, 13, 14]);
    let mark = |n: u32| {
        db.store.write(move |tx| Box::pin(async move { tx.mark_broadcast_rejected(tx_id(n), NOW).await }))
    };
    let done: Result<(), StoreError> = mark(12).await;
    done.expect("mark");
    assert_eq!(nonces().await.expect("nonces"), [11, 13, 14]);
    advance(&db.store, tx_id(12), TxStatus::Broadcasting, StatusChange::Submitted, NOW)
        .await
        .expect("submit");
    assert_eq!(nonces().await.expect("nonces"), [11, 12, 13, 14], "accepted after all");
    let late: Result<(), StoreError> = mark(12).await;
    assert!(matches!(late, Err(StoreError::Conflict(Entity::Transaction))), "{late:?}");
    assert!(db.store.nonces_in_flight(wallet_id(2), &network()).await.expect("nonces").is_empty());
    let statuses = [TxStatus::Executing, TxStatus::Broadcasting];
    let ids = |rows: Vec<waiaas_store::TransactionRow>| rows.into_iter().map(|r| r.id).collect::<Vec<_>>();
    let first = ids(db.store.with_status(&statuses, None, 2).await.expect("list"));
    assert_eq!(first, [11, 13].map(tx_id));
    let rest = ids(db.store.with_status(&statuses, Some(first[1]), 2).await.expect("list"));
    assert_eq!(rest, [tx_id(16)]);
    assert!(db.store.with_status(&[], None, 10).await.expect("list").is_empty());
    let unsent = db.store.work(Work::Unsent, &here, None, 2).await.expect("list");
    assert_eq!(unsent, first);
    assert_eq!(db.store.work(Work::Unsent, &here, Some(first[1]), 2).await.expect("list"), [tx_id(16)]);
    assert_eq!(db.store.work_networks(Work::Unsent).await.expect("list"), [network()]);
    assert!(db.store.work_networks(Work::NotFinal).await.expect("list").is_empty());
    let elsewhere = NetworkId::new("elsewhere");
    assert!(db.store.work(Work::Unsent, &elsewhere, None, 9).await.expect("list").is_empty());
    let submitted = db.store.work(Work::Submitted, &here, None, 9).await.expect("list").len();
    let waiting = db.store.work_waiting(&here).await.expect("count");
    assert_eq!(waiting, 3 + u64::try_from(submitted).expect("few"));
    assert_eq!(db.store.work_waiting(&elsewhere).await.expect("count"), 0);
}

pub(crate) async fn what_was_handed_out_is_held_until_it_lapses(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let nonce = Expiry::Nonce(7);
    for (n, expiry) in [(1, Expiry::Time(NOW + 50)), (2, Expiry::Never), (3, nonce), (4, nonce)] {
        bring_to(&db.store, n, TxStatus::Executing, NOW).await;
        let kept = SignedRow { hash: None, expiry, ..signed(1) };
        let change = StatusChange::HandedOut(kept.clone());
        advance(&db.store, tx_id(n), TxStatus::Executing, change, NOW).await.expect("signed");
        let row = db.store.transaction(tx_id(n)).await.expect("read").expect("row");
        assert_eq!((row.status, row.signed), (TxStatus::Signed, Some(kept)), "messages have no hash");
    }
    let listed = |work| {
        let store = &db.store;
        async move { store.work(work, &network(), None, 10).await.expect("list") }
    };
    let looked_at = |now| listed(Work::HandedOut { now });
    let at = |now| {
        let store = &db.store;
        async move { store.ledger(wallet_id(1), now, &[]).await.expect("ledger").usd_day }
    };
    let dollars = Usd::from_dollars;
    // All count, the second as spent when it was handed out: it has no end, and no worker follows it.
    assert_eq!(at(NOW).await, dollars(4));
    assert_eq!(at(NOW + 86_400).await, dollars(3), "what has an end is held until it is there");
    assert_eq!(looked_at(NOW).await, [tx_id(3), tx_id(4)], "whose time is not over is not looked at");
    assert_eq!(looked_at(NOW + 51).await, [1, 3, 4].map(tx_id));
    assert_eq!(listed(Work::HandedOutLongAgo { now: NOW + 51 }).await, []);
    let later = NOW + 3_601;
    assert_eq!(looked_at(later).await, [tx_id(1)], "the others are no longer new");
    assert_eq!(listed(Work::HandedOutLongAgo { now: later }).await, [tx_id(3), tx_id(4)]);
    let lapse = |n, at| {
        let audit = entry(AuditEventKind::TxLapsed, at);
        db.store.write(move |tx| Box::pin(async move { tx.lapse(tx_id(n), audit).await }))
    };
    lapse(1, NOW + 51).await.expect("lapsed");
    // Closed by the operator: a transaction whose nonce is never used.
    lapse(3, NOW + 52).await.expect("closed");
    assert_eq!(looked_at(NOW + 60).await, [tx_id(4)]);
    assert_eq!(at(NOW + 60).await, dollars(4));
    assert_eq!(at(NOW + 51 + 86_400).await, dollars(2));
    assert_eq!(at(NOW + 52 + 86_400).await, dollars(1), "only the fourth is held");
    bring_to(&db.store, 5, TxStatus::Submitted, NOW).await;
    for (n, why) in [(1, "once"), (2, "it holds nothing"), (5, "only SIGNED lapses")] {
        let again = lapse(n, NOW + 60).await;
        assert!(matches!(again, Err(StoreError::Conflict(Entity::Transaction))), "{why}");
    }
}

pub(crate) async fn every_kind_of_request_is_kept(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let mut n = 0;
    for kind in IntentKind::ALL {
        // With a recipient and without: batches, deployments and signatures have none.
        for to in [Some(address(9)), None] {
            for status in TxStatus::initial() {
                n += 1;
                let new = NewTransaction { kind: *kind, to, ..new_tx(n, *status) };
                admit(&db.store, new, vec![], NOW).await.expect("admitted");
                let row = db.store.transaction(tx_id(n)).await.expect("read").expect("row");
                assert_eq!((row.kind, row.to, row.status), (*kind, to, *status));
            }
        }
    }
}

pub(crate) async fn pages_walk_every_transaction(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    for n in 1..=7 {
        bring_to(&db.store, n, if n % 2 == 0 { TxStatus::Queued } else { TxStatus::Denied }, NOW).await;
    }
    let walk = async |filter: TxFilter| {
        let (mut cursor, mut seen) = (None, Vec::new());
        loop {
            let page = db.store.transactions_page(&filter, cursor, 3).await.expect("page");
            assert!(page.items.len() <= 3);
            seen.extend(page.items.into_iter().map(|row| row.id));
            cursor = page.next;
            if cursor.is_none() {
                return seen;
            }
        }
    };
    let all = TxFilter::default();
    assert_eq!(walk(all.clone()).await, [7, 6, 5, 4, 3, 2, 1].map(tx_id));
    assert_eq!(
        walk(TxFilter { statuses: vec![TxStatus::Queued], ..all.clone() }).await,
        [6, 4, 2].map(tx_id)
    );
    let mine =
        TxFilter { wallets: Some(vec![wallet_id(1), wallet_id(2)]), network: Some(network()), ..all.clone() };
    assert_eq!(walk(mine).await.len(), 7);
    assert!(walk(TxFilter { wallets: Some(vec![]), ..all.clone() }).await.is_empty(), "no wallet, no rows");
    assert!(walk(TxFilter { wallets: Some(vec![wallet_id(2)]), ..all }).await.is_empty());
}

pub(crate) async fn pages_of_long_rows_are_short(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    for (n, bytes) in [(1, 10), (2, 400_000), (3, 400_000), (4, 400_000), (5, 2_000_000), (6, 10)] {
        let new = NewTransaction {
            effects: Some(Stored::json("x".repeat(bytes))),
            ..new_tx(n, TxStatus::Executing)
        };
        admit(&db.store, new, vec![], NOW).await.expect("admit");
    }
    let (mut cursor, mut pages) = (None, Vec::new());
    loop {
        let page = db.store.transactions_page(&TxFilter::default(), cursor, 50).await.expect("page");
        pages.push(page.items.into_iter().map(|row| row.id).collect::<Vec<_>>());
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(
        pages,
        [vec![tx_id(6)], vec![tx_id(5)], [4, 3].map(tx_id).to_vec(), [2, 1].map(tx_id).to_vec()]
    );
}

pub(crate) async fn an_altered_draft_is_not_read(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    bring_to(&db.store, 1, TxStatus::PendingApproval, NOW).await;
    for alteration in [
        "UPDATE transactions SET draft_body = signed_bytes",
        "UPDATE transactions SET draft_network = 'base-mainnet'",
        "UPDATE transactions SET status = 'APPROVED'",
    ] {
        db.tamper(alteration).await.expect(alteration);
        let read = db.store.transaction(tx_id(1)).await;
        assert!(matches!(read, Err(StoreError::Corrupt(_))), "{alteration}: {read:?}");
    }
    let audit = entry(AuditEventKind::TxCleared, NOW);
    let from = TxStatus::PendingApproval;
    let moved: Result<(), StoreError> = db
        .store
        .write(move |tx| {
            Box::pin(async move { tx.advance(tx_id(1), from, StatusChange::Executing, audit).await })
        })
        .await;
    assert!(moved.is_err());
}

/// The used nonces: of transactions on chain, and of those that another transaction kept from landing.
pub(crate) async fn the_floor_is_above_every_nonce_that_landed(backend: Backend) {
    use TxStatus::{Broadcasting, Executing};
    let db = backend.open().await;
    seed(&db.store).await;
    let floor = async || db.store.nonce_floor(wallet_id(1), &network(), NOW).await.expect("floor");
    let signed_up_to = async || db.store.nonces_signed(wallet_id(1), &network()).await.expect("signed");
    assert_eq!((floor().await, signed_up_to().await), (0, 0));
    let (fee, text) = (U256::from(1u8), || String::from("X"));
    let ends = [
        (4, StatusChange::Submitted, 0),
        (3, StatusChange::Seen { fee, block: 1 }, 4),
        (6, StatusChange::Reverted { fee, block: 1, code: text(), message: text() }, 7),
        (5, StatusChange::Confirmed { fee, block: 1 }, 7),
        (7, StatusChange::Dead { code: text(), message: text() }, 8),
    ];
    for (nonce, end, expected) in ends {
        let n = u32::try_from(nonce).expect("small");
        admit(&db.store, new_tx(n, Executing), vec![], NOW).await.expect("admit");
        let sign = StatusChange::Signed(SignedRow { bytes: vec![n as u8], ..signed(nonce) });
        advance(&db.store, tx_id(n), Executing, sign, NOW).await.expect("sign");
        advance(&db.store, tx_id(n), Broadcasting, end, NOW).await.expect("end");
        assert_eq!(floor().await, expected, "{nonce}");
    }
    admit(&db.store, new_tx(8, Executing), vec![], NOW).await.expect("admit");
    let never = StatusChange::Failed { code: text(), message: text() };
    advance(&db.store, tx_id(8), Executing, never, NOW).await.expect("never signed");
    assert_eq!((floor().await, signed_up_to().await), (8, 8));
    let later = db.store.nonce_floor(wallet_id(1), &network(), NOW + 1).await.expect("floor");
    assert_eq!(later, 0, "nothing landed since");
    let sign = StatusChange::Signed(SignedRow { hash: Some("0x1".into()), bytes: vec![9], ..signed(6) });
    admit(&db.store, new_tx(9, Executing), vec![], NOW).await.expect("admit");
    advance(&db.store, tx_id(9), Executing, sign, NOW).await.expect("sign");
    let on = network();
    let rivals = |n, nonce| db.store.rivals(tx_id(n), wallet_id(1), &on, nonce);
    assert_eq!(rivals(9, 6).await.expect("read"), [format!("0x{:064x}", 6)]);
    assert_eq!(rivals(6, 6).await.expect("read"), ["0x1"]);
    assert!(rivals(5, 5).await.expect("read").is_empty());
    let before = |nonce| db.store.landed_before(wallet_id(1), &on, nonce);
    // 3 is not final, 4 is still on its way, 7 never landed.
    for (nonce, expected) in [(5, None), (6, Some(5)), (7, Some(6)), (9, Some(6))] {
        let expected = expected.map(|nonce| (format!("0x{nonce:064x}"), 1));
        assert_eq!(before(nonce).await.expect("read"), expected, "{nonce}");
    }
}

/// A note says why a row is where it is, once per reason, and goes with the next move.
pub(crate) async fn a_note_is_kept_until_the_next_move(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    bring_to(&db.store, 1, TxStatus::Submitted, NOW).await;
    let note = async |why: Option<(&'static str, &str)>| {
        let why = why.map(|(code, text)| (code, text.to_owned()));
        let done: Result<bool, StoreError> =
            db.store.write(move |tx| Box::pin(async move { tx.note_pending(tx_id(1), why).await })).await;
        done.expect("noted")
    };
    let read = async || db.store.transaction(tx_id(1)).await.expect("read").expect("row").pending;
    assert!(note(Some(("A", "why\0"))).await && !note(Some(("A", "other words"))).await);
    assert_eq!(read().await, Some(("A".to_owned(), "why".to_owned())));
    assert!(note(Some(("B", "b"))).await && note(None).await && !note(None).await);
    assert_eq!(read().await, None);
    assert!(note(Some(("B", "b"))).await);
    let change = StatusChange::Confirmed { fee: U256::from(1u8), block: 1 };
    advance(&db.store, tx_id(1), TxStatus::Submitted, change, NOW).await.expect("confirm");
    assert_eq!(read().await, None);
    assert!(!note(Some(("B", "b"))).await, "an end needs no note");
}
