//! Export and import.

use waiaas_core::action::ActionCategory;
use waiaas_core::audit::AuditEventKind;
use waiaas_core::digest::Digest;
use waiaas_core::policy::PolicyType;
use waiaas_core::transaction::TxStatus;
use waiaas_store::{
    ActionValue, Claim, DumpError, NewPolicy, NewTransaction, SCHEMA_VERSION, Store, StoreError, TokenRow,
};

use crate::backend::{Backend, Db};
use crate::changes::{change_id, new_change, question};
use crate::fixtures::{
    NOW, address, bring_to, entry, installation, network, new_tx, policy_id, seed, session_id, spend, tx_id,
    wallet_id,
};

/// Something in every table.
pub(crate) async fn fill(store: &Store) {
    let done: Result<(), StoreError> = store
        .write(|tx| {
            Box::pin(async move {
                tx.initialize(installation(), entry(AuditEventKind::SystemInitialized, NOW)).await?;
                tx.count_login_failure("ip:1", NOW).await.map(drop)
            })
        })
        .await;
    done.expect("initialise");
    seed(store).await;
    for (n, status) in (1u32..).zip(TxStatus::ALL) {
        bring_to(store, n, *status, NOW).await;
    }
    let done: Result<Claim, StoreError> = store
        .write(|tx| {
            Box::pin(async move {
                let policy = NewPolicy {
                    id: policy_id(1),
                    wallet: Some(wallet_id(1)),
                    network: None,
                    policy_type: PolicyType::Whitelist,
                    category: None,
                    rules: "{\"ü\":\"\\u0000\"}".into(),
                    priority: -1,
                    enabled: true,
                };
                tx.insert_policy(policy, entry(AuditEventKind::PolicyCreated, NOW)).await?;
                tx.insert_change(new_change(1, "policy:a"), entry(AuditEventKind::ChangeRequested, NOW))
                    .await?;
                tx.issue_challenge(&question(change_id(1), 9, "n")).await?;
                let token = TokenRow {
                    network: network(),
                    address: address(5),
                    symbol: "T".into(),
                    decimals: 6,
                    created_at: NOW,
                };
                tx.record_token(token).await?;
                let pending = NewTransaction {
                    http_domain: Some("a.example".into()),
                    action: Some(ActionValue { category: ActionCategory::Swap, usd: None }),
                    ..new_tx(90, TxStatus::Executing)
                };
                let audit = entry(AuditEventKind::TxRequested, NOW);
                tx.insert_transaction(pending, &[spend(3, 3)], audit).await?;
                tx.claim(session_id(1), "k", Digest::of("b", &[]), tx_id(90), NOW).await
            })
        })
        .await;
    assert_eq!(done.expect("fill"), Claim::Fresh);
}

async fn export(db: &Db) -> Vec<u8> {
    let mut dump = Vec::new();
    db.store.export(&mut dump).await.expect("export");
    dump
}

async fn import(db: &Db, dump: &[u8]) -> Result<waiaas_store::DumpReport, DumpError> {
    db.store.import(&mut &dump[..], entry(AuditEventKind::BackupRestored, NOW + 1)).await
}

pub(crate) async fn everything_survives_export_and_import(backend: Backend) {
    let (from, to) = (backend.open().await, backend.open().await);
    fill(&from.store).await;
    let dump = export(&from).await;
    let report = import(&to, &dump).await.expect("import");
    let lines = dump.split(|byte| *byte == b'\n').count();
    assert_eq!(report.rows as usize, lines - 3, "all but the first, the last and the end");
    let (old, new) =
        (from.store.verify_chain().await.expect("chain"), to.store.verify_chain().await.expect("chain"));
    assert_eq!((new.rows, new.first_bad), (old.rows + 1, None), "the chain goes on");
    for n in (1..=10).chain([90]) {
        let read = |store: &Store| {
            let store = store.clone();
            async move { store.transaction(tx_id(n)).await.expect("read") }
        };
        assert_eq!(read(&from.store).await, read(&to.store).await);
    }
    let ledger = |store: Store| async move { store.ledger(wallet_id(1), NOW, &[60]).await.expect("ledger") };
    assert_eq!(ledger(from.store.clone()).await, ledger(to.store.clone()).await);
    assert_eq!(from.store.policies().await.expect("list"), to.store.policies().await.expect("list"));
    assert_eq!(
        from.store.session(session_id(1)).await.expect("read"),
        to.store.session(session_id(1)).await.expect("read")
    );
    assert_eq!(from.store.session_keys().await.expect("read"), to.store.session_keys().await.expect("read"));
    assert_eq!(
        from.store.wallet_key(wallet_id(1)).await.expect("read"),
        to.store.wallet_key(wallet_id(1)).await.expect("read")
    );
    assert_eq!(
        from.store.change(change_id(1)).await.expect("read").expect("there"),
        to.store.change(change_id(1)).await.expect("read").expect("there")
    );
    assert_eq!(to.store.challenges_of(change_id(1)).await.expect("read").len(), 1);
    let again = import(&to, &dump).await;
    assert!(matches!(again, Err(DumpError::NotEmpty)), "{again:?}");
    // The copy's dump differs from the original's in nothing but the entry of the restore.
    let copy = String::from_utf8(export(&to).await).expect("text");
    let original = String::from_utf8(dump).expect("text");
    let added: Vec<_> = copy.lines().filter(|line| !original.lines().any(|o| o == *line)).collect();
    assert_eq!(added.len(), 2, "one row and the last line: {added:?}");
}

pub(crate) async fn damaged_dumps_change_nothing(backend: Backend) {
    let (from, to) = (backend.open().await, backend.open().await);
    fill(&from.store).await;
    let dump = String::from_utf8(export(&from).await).expect("text");
    let lines: Vec<&str> = dump.lines().collect();
    let without = |n: usize| {
        let kept: Vec<_> = lines.iter().enumerate().filter(|(i, _)| *i != n).map(|(_, line)| *line).collect();
        kept.join("\n") + "\n"
    };
    let damaged = [
        String::new(),
        dump[..dump.len() / 2].to_owned(),
        dump.trim_end().to_owned(),
        without(0),
        without(3),
        without(lines.len() - 1),
        dump.replacen("wallet-1", "wallet-2", 1),
        dump.replacen("\"table\":\"wallets\"", "\"table\":\"wallets; DROP TABLE meta\"", 1),
        dump.replacen("\"name\":", "\"name) VALUES ('x') --\":", 1),
        dump.replacen("waiaas-dump-1", "waiaas-dump-2", 1),
        dump.replacen("\"seq\":4", "\"seq\":5", 1),
    ];
    for (n, text) in damaged.iter().enumerate() {
        assert!(import(&to, text.as_bytes()).await.is_err(), "damage {n} went unnoticed");
        assert!(to.store.instance_id().await.expect("read").is_none(), "damage {n} left something");
    }
    let here = format!("\"schema\":{SCHEMA_VERSION}");
    let other = import(&to, dump.replacen(&here, "\"schema\":999", 1).as_bytes()).await;
    assert!(matches!(other, Err(DumpError::OtherSchema { found: 999, known: SCHEMA_VERSION })), "{other:?}");
    import(&to, dump.as_bytes()).await.expect("the intact one");
}
