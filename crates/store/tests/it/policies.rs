//! Policies.

use waiaas_core::action::ActionCategory;
use waiaas_core::audit::AuditEventKind;
use waiaas_core::network::NetworkId;
use waiaas_core::policy::PolicyType;
use waiaas_store::{Entity, NewPolicy, PolicyChange, Store, StoreError};

use crate::backend::Backend;
use crate::fixtures::{NOW, entry, network, policy_id, seed, wallet_id};

fn new(n: u32) -> NewPolicy {
    NewPolicy {
        id: policy_id(n),
        wallet: None,
        network: None,
        policy_type: PolicyType::SpendingLimit,
        category: None,
        rules: "{}".into(),
        priority: 0,
        enabled: true,
    }
}

async fn insert(store: &Store, policy: NewPolicy) -> Result<(), StoreError> {
    let audit = entry(AuditEventKind::PolicyCreated, NOW);
    store.write(|tx| Box::pin(async move { tx.insert_policy(policy, audit).await })).await
}

pub(crate) async fn one_row_per_scope(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    let scopes = |first: u32| {
        [
            NewPolicy { ..new(first) },
            NewPolicy { network: Some(network()), ..new(first + 1) },
            NewPolicy { wallet: Some(wallet_id(1)), ..new(first + 2) },
            NewPolicy { wallet: Some(wallet_id(1)), network: Some(network()), ..new(first + 3) },
            NewPolicy { category: Some(ActionCategory::Swap), ..new(first + 4) },
            NewPolicy { category: Some(ActionCategory::Lending), ..new(first + 5) },
            NewPolicy { policy_type: PolicyType::Whitelist, ..new(first + 6) },
            NewPolicy { network: Some(NetworkId::new("base-mainnet")), ..new(first + 7) },
        ]
    };
    for policy in scopes(10) {
        insert(&db.store, policy).await.expect("a new scope");
    }
    for policy in scopes(30) {
        let again = insert(&db.store, policy).await;
        assert!(matches!(again, Err(StoreError::Duplicate(Entity::Policy))), "{again:?}");
    }
    assert_eq!(db.store.policies().await.expect("list").len(), 8);
    assert_eq!(db.store.policies_generation().await.expect("generation"), 8, "refused writes do not count");
    assert_eq!(db.store.policies_of(wallet_id(1)).await.expect("list").len(), 8);
    assert_eq!(db.store.policies_of(wallet_id(2)).await.expect("list").len(), 6);
}

pub(crate) async fn updates_compare_the_version(backend: Backend) {
    let db = backend.open().await;
    seed(&db.store).await;
    insert(&db.store, new(1)).await.expect("insert");
    let update = |version: i64, rules: &'static str, enabled: bool| {
        let change = PolicyChange { rules: rules.into(), category: None, priority: 7, enabled };
        let audit = entry(AuditEventKind::PolicyUpdated, NOW + 1);
        db.store.write(move |tx| {
            Box::pin(async move { tx.update_policy(policy_id(1), version, change, audit).await })
        })
    };
    let (one, two): (Result<(), StoreError>, Result<(), StoreError>) =
        tokio::join!(update(1, "{\"a\":1}", true), update(1, "{\"b\":1}", true));
    assert!(one.is_ok() != two.is_ok(), "exactly one update wins");
    let row = db.store.policy(policy_id(1)).await.expect("read").expect("policy");
    assert_eq!((row.version, row.priority, row.updated_at, row.created_at), (2, 7, NOW + 1, NOW));
    assert_eq!(db.store.enabled_policies(wallet_id(1)).await.expect("list").len(), 1);
    let done: Result<(), StoreError> = update(2, "{}", false).await;
    done.expect("disable");
    assert!(db.store.enabled_policies(wallet_id(1)).await.expect("list").is_empty());
    let delete = |version: i64| {
        let audit = entry(AuditEventKind::PolicyDeleted, NOW + 1);
        db.store
            .write(move |tx| Box::pin(async move { tx.delete_policy(policy_id(1), version, audit).await }))
    };
    let stale: Result<(), StoreError> = delete(2).await;
    assert!(matches!(stale, Err(StoreError::Conflict(Entity::Policy))), "{stale:?}");
    let done: Result<(), StoreError> = delete(3).await;
    done.expect("delete");
    let gone: Result<(), StoreError> = delete(3).await;
    assert!(matches!(gone, Err(StoreError::NotFound(Entity::Policy))), "{gone:?}");
    assert_eq!(db.store.policies_generation().await.expect("generation"), 4);
}
