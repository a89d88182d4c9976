//! The log: with every change, and intact or found out.

use waiaas_core::address::Address;
use waiaas_core::audit::{Actor, AuditEvent, AuditEventKind};
use waiaas_core::network::NetworkId;
use waiaas_core::policy::PolicyType;
use waiaas_core::transaction::TxStatus;
use waiaas_core::wallet::{KillSwitch, Owner, WalletStatus};
use waiaas_store::{
    AuditEntry, NewPolicy, SessionKeyRow, StatusChange, StoreError, TokenChange, TokenReason, WriteTx,
};

use super::{Dice, any_change, seeds};
use crate::backend::{Backend, Db};
use crate::changes::new_change;
use crate::events::event;
use crate::fixtures::{
    NOW, entry, installation, new_session, new_tx, new_wallet, policy_id, seed, session_id, spend, tx_id,
    wallet_id,
};

/// Every kind of change that an audit may ask about later.
#[derive(Clone, Debug)]
enum Change {
    Wallet(u32),
    Rename(u32),
    Status(WalletStatus, WalletStatus),
    Owner(Owner, Owner),
    Session(u32),
    Token(u32),
    Revoke(u32),
    RevokeAll,
    Link(bool),
    Policy(u32),
    NoPolicy(u32),
    Switch(KillSwitch, KillSwitch),
    Header(String),
    Key(String),
    Ask(u32),
    Admit(u32),
    Move(u32, TxStatus, StatusChange),
}

fn any(dice: &mut Dice, step: u32) -> Change {
    let owners = [Owner::None, Owner::Grace(Address::Evm([4; 20])), Owner::Locked(Address::Evm([4; 20]))];
    let earlier = |dice: &mut Dice| dice.below(u64::from(step) + 1) as u32;
    match dice.below(18) {
        0 => Change::Wallet(100 + step),
        1 => Change::Rename(step),
        2 => Change::Status(
            dice.pick(WalletStatus::ALL),
            dice.pick(&[WalletStatus::Active, WalletStatus::Suspended]),
        ),
        3 => Change::Owner(dice.pick(&owners), dice.pick(&owners)),
        4 => Change::Session(100 + step),
        5 => Change::Token(step),
        6 => Change::Revoke(100 + earlier(dice)),
        7 if dice.below(4) == 0 => Change::RevokeAll,
        7 | 8 => Change::Link(dice.below(2) == 0),
        9 => Change::Policy(step),
        10 => Change::NoPolicy(earlier(dice)),
        11 => Change::Switch(dice.pick(KillSwitch::ALL), dice.pick(KillSwitch::ALL)),
        12 => Change::Header(format!("{{\"v\":{step}}}")),
        13 => Change::Key(format!("k{step}")),
        14 => Change::Admit(step),
        15 => Change::Ask(step),
        _ => Change::Move(earlier(dice), TxStatus::Executing, any_change(dice, step, 5)),
    }
}

async fn make(tx: &mut WriteTx, change: Change) -> Result<(), StoreError> {
    let audit = |event| entry(event, NOW);
    match change {
        Change::Wallet(n) => tx.insert_wallet(new_wallet(n), audit(AuditEventKind::WalletCreated)).await,
        Change::Rename(n) => {
            tx.rename_wallet(wallet_id(1), &format!("w-{n}"), audit(AuditEventKind::WalletRenamed)).await
        }
        Change::Status(from, to) => {
            let audit = audit(AuditEventKind::WalletSuspended);
            tx.set_wallet_status(wallet_id(1), from, to, Some("why"), audit).await
        }
        Change::Owner(from, to) => {
            tx.set_owner(wallet_id(1), from, to, audit(AuditEventKind::OwnerChanged)).await
        }
        Change::Session(n) => {
            tx.insert_session(new_session(n, &[1]), audit(AuditEventKind::SessionCreated)).await
        }
        Change::Token(n) => {
            let change = TokenChange {
                token_hash: format!("t{n}"),
                expires_at: NOW + 9,
                reason: TokenReason::Rotation,
            };
            let hash = tx.session(session_id(1)).await?.map(|row| row.token_hash).unwrap_or_default();
            tx.replace_token(session_id(1), &hash, change, audit(AuditEventKind::SessionRotated)).await
        }
        Change::Revoke(n) => {
            tx.revoke_session(session_id(n), audit(AuditEventKind::SessionRevoked)).await.map(drop)
        }
        Change::RevokeAll => {
            tx.revoke_all_sessions(audit(AuditEventKind::KillSwitchActivated)).await.map(drop)
        }
        Change::Link(true) => {
            tx.add_session_wallet(session_id(1), wallet_id(2), audit(AuditEventKind::SessionWalletAdded))
                .await
        }
        Change::Link(false) => {
            tx.remove_session_wallet(session_id(1), wallet_id(2), audit(AuditEventKind::SessionWalletRemoved))
                .await
        }
        Change::Policy(n) => {
            let policy = NewPolicy {
                id: policy_id(n),
                wallet: None,
                network: Some(NetworkId::new(&format!("n{n}"))),
                policy_type: PolicyType::Whitelist,
                category: None,
                rules: "{}".into(),
                priority: 0,
                enabled: true,
            };
            tx.insert_policy(policy, audit(AuditEventKind::PolicyCreated)).await
        }
        Change::NoPolicy(n) => tx.delete_policy(policy_id(n), 1, audit(AuditEventKind::PolicyDeleted)).await,
        Change::Switch(from, to) => {
            tx.set_kill_switch(from, to, audit(AuditEventKind::KillSwitchActivated)).await.map(drop)
        }
        Change::Header(to) => {
            let from = tx.keystore_header().await?.unwrap_or_default();
            tx.set_keystore_header(&from, &to, audit(AuditEventKind::PasswordChanged)).await
        }
        Change::Key(kid) => {
            let current = tx.session_keys().await?.current.kid;
            let next = SessionKeyRow { kid, sealed: vec![1], created_at: NOW };
            tx.rotate_session_key(&current, &next, audit(AuditEventKind::SecretRotated)).await
        }
        Change::Ask(n) => {
            let new = new_change(n, &format!("policy-{n}"));
            tx.insert_change(new, audit(AuditEventKind::ChangeRequested)).await.map(drop)
        }
        Change::Admit(n) => {
            let new = new_tx(n, TxStatus::Executing);
            tx.insert_transaction(new, &[spend(1, 1)], audit(AuditEventKind::TxRequested)).await
        }
        Change::Move(n, from, change) => {
            tx.advance(tx_id(n), from, change, audit(AuditEventKind::TxCleared)).await
        }
    }
}

/// Everything but the log.
async fn state(db: &Db) -> Vec<String> {
    let mut dump = Vec::new();
    db.store.export(&mut dump).await.expect("export");
    let text = String::from_utf8(dump).expect("text");
    let row = |line: &&str| line.contains("\"table\":") && !line.contains("\"table\":\"audit_log\"");
    text.lines().filter(row).map(str::to_owned).collect()
}

async fn logged(db: &Db) -> i64 {
    let chain = db.store.verify_chain().await.expect("chain");
    assert_eq!(chain.first_bad, None);
    chain.rows
}

async fn change(db: &Db, change: Change, give_up: bool) -> Result<(), StoreError> {
    db.store
        .write(move |tx| {
            Box::pin(async move {
                make(tx, change).await?;
                if give_up { Err(StoreError::Corrupt("given up")) } else { Ok(()) }
            })
        })
        .await
}

/// Invariant 15: every change and its row of the log are one: both there, or neither; also where the job
/// is given up after it, and where the log cannot be written.
pub(crate) async fn a_change_and_its_row_are_one(backend: Backend) {
    for seed_number in seeds(1) {
        let db = backend.open().await;
        let done: Result<(), StoreError> = db
            .store
            .write(|tx| {
                Box::pin(async move {
                    tx.initialize(installation(), entry(AuditEventKind::SystemInitialized, NOW)).await?;
                    tx.insert_wallet(new_wallet(2), entry(AuditEventKind::WalletCreated, NOW)).await
                })
            })
            .await;
        done.expect("initialise");
        seed(&db.store).await;
        let mut dice = Dice::new(seed_number ^ 0x15);
        let (mut made, mut kinds) = (0, std::collections::BTreeSet::new());
        for step in 0..120 {
            let asked = any(&mut dice, step);
            let (before, rows) = (state(&db).await, logged(&db).await);
            match dice.below(4) {
                0 => {
                    assert!(change(&db, asked, true).await.is_err());
                    assert_eq!((state(&db).await, logged(&db).await), (before, rows));
                }
                1 => {
                    db.tamper("ALTER TABLE audit_log RENAME TO elsewhere").await.expect("rename");
                    let refused = change(&db, asked.clone(), false).await;
                    db.tamper("ALTER TABLE elsewhere RENAME TO audit_log").await.expect("rename");
                    let unchanged = matches!(asked, Change::Revoke(_)) && refused.is_ok();
                    assert!(refused.is_err() || unchanged, "{asked:?}");
                    assert_eq!((state(&db).await, logged(&db).await), (before, rows), "{asked:?}");
                }
                _ => {
                    let done = change(&db, asked.clone(), false).await;
                    let (after, now) = (state(&db).await, logged(&db).await);
                    // A second revocation finds nothing to do and says so.
                    let idle = after == before && matches!(asked, Change::Revoke(_));
                    assert_eq!(now - rows, i64::from(done.is_ok() && !idle), "{asked:?}");
                    if after != before {
                        assert!(done.is_ok(), "{asked:?} failed and changed something");
                        made += 1;
                        kinds.insert(format!("{:?}", std::mem::discriminant(&asked)));
                    }
                }
            }
        }
        assert!(made > 15 && kinds.len() > 8, "{made} changes of {} kinds", kinds.len());
    }
}

async fn record(db: &Db, dice: &mut Dice, n: u32) {
    // One in two has a text of its own.
    let event = match dice.below(2) {
        0 => event(dice.pick(AuditEventKind::ALL)),
        _ => AuditEvent::WalletRenamed { name: format!("{n}{}", "ü".repeat(dice.below(9) as usize)) },
    };
    let mut audit = AuditEntry::new(event, Actor::Master, NOW + i64::from(n));
    if dice.below(2) == 0 {
        audit = audit.wallet(wallet_id(n)).session(session_id(n));
    }
    if dice.below(2) == 0 {
        audit = audit.tx(tx_id(n)).ip(Some("127.0.0.1".into()));
    }
    let done: Result<i64, StoreError> =
        db.store.write(|tx| Box::pin(async move { tx.record(audit).await })).await;
    done.expect("record");
}

/// Statements that change one row, or two, or take one away.
fn tampering(dice: &mut Dice, seq: u64, other: u64) -> String {
    let columns = ["event_type", "actor", "wallet_id", "session_id", "tx_id", "details", "severity", "ip"];
    let column = dice.pick(&columns);
    match dice.below(8) {
        0 => format!("UPDATE audit_log SET at = at + {} WHERE seq = {seq}", 1 + dice.below(9)),
        1 => format!("UPDATE audit_log SET {column} = COALESCE({column}, '') || 'x' WHERE seq = {seq}"),
        2 => format!("UPDATE audit_log SET {column} = 'x' WHERE seq = {seq}"),
        3 => {
            let from = format!("(SELECT o.hash FROM audit_log o WHERE o.seq = {other})");
            format!("UPDATE audit_log SET hash = {from} WHERE seq = {seq}")
        }
        4 => {
            let from = format!("(SELECT o.hash FROM audit_log o WHERE o.seq = {seq})");
            format!("UPDATE audit_log SET prev_hash = {from} WHERE seq = {seq}")
        }
        5 => format!("UPDATE audit_log SET seq = seq + 1000 WHERE seq = {seq}"),
        6 => format!(
            "UPDATE audit_log SET at = (SELECT o.at FROM audit_log o WHERE o.seq = {other}) WHERE seq = {seq}"
        ),
        _ => format!("DELETE FROM audit_log WHERE seq = {seq}"),
    }
}

/// Invariant 15: if any row is altered, swapped, moved or removed, verification stops in front of it.
pub(crate) async fn tampering_with_any_row_is_found_there(backend: Backend) {
    const ROWS: u64 = 40;
    let db = backend.open().await;
    let mut dice = Dice::new(0x515);
    for n in 0..ROWS {
        record(&db, &mut dice, n as u32).await;
    }
    db.unlock_audit_log().await;
    db.tamper("CREATE TABLE kept AS SELECT * FROM audit_log").await.expect("copy");
    for _ in seeds(60) {
        // The last row stays: only a checkpoint kept elsewhere finds a cut end.
        let (seq, other) = (1 + dice.below(ROWS - 1), 1 + dice.below(ROWS));
        if seq == other {
            continue;
        }
        let sql = tampering(&mut dice, seq, other);
        assert_eq!(db.tamper(&sql).await.expect(&sql), 1);
        let report = db.store.verify_chain().await.expect("verify");
        let place = seq as i64;
        assert_eq!((report.rows, report.first_bad), (place - 1, Some(place)), "{sql}");
        db.tamper("DELETE FROM audit_log").await.expect("empty");
        db.tamper("INSERT INTO audit_log SELECT * FROM kept").await.expect("restore");
        assert_eq!(logged(&db).await, ROWS as i64);
    }
}
