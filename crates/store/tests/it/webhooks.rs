//! Webhooks: their position in the audit log, and the log of their deliveries.

use std::collections::BTreeSet;

use uuid::Uuid;
use waiaas_core::audit::AuditEventKind;
use waiaas_core::ids::{DeliveryId, WebhookId};
use waiaas_core::webhook::DeliveryStatus;
use waiaas_store::{
    AttemptRecord, DeliveryFilter, DeliveryRow, Entity, KEPT_DELIVERIES, KEPT_DELIVERY_SECONDS, NewDelivery,
    NewWebhook, Store, StoreError, WebhookChange,
};

use crate::backend::Backend;
use crate::fixtures::{NOW, entry, policy_id};

pub(crate) fn webhook_id(n: u32) -> WebhookId {
    WebhookId::new(policy_id(n).uuid())
}

pub(crate) fn delivery_id(n: u32) -> DeliveryId {
    DeliveryId::new(Uuid::from_u128(policy_id(n).uuid().as_u128() | 1 << 80))
}

pub(crate) fn new_webhook(n: u32, events: &[AuditEventKind]) -> NewWebhook {
    NewWebhook {
        id: webhook_id(n),
        url: format!("https://hook.example/{n}"),
        events: events.iter().copied().collect(),
        description: (n == 1).then(|| "ü \"quoted\"".into()),
        sealed_secret: vec![0, 255, 1],
    }
}

pub(crate) fn new_delivery(n: u32, webhook: u32) -> NewDelivery {
    NewDelivery { id: delivery_id(n), webhook: webhook_id(webhook), event: "BACKUP_CREATED".into() }
}

pub(crate) fn failed(next: i64) -> AttemptRecord {
    AttemptRecord {
        status: DeliveryStatus::Pending,
        http_status: Some(503),
        error: Some("The receiver answered with status 503.".into()),
        duration_ms: 12,
        next_try_at: Some(next),
    }
}

pub(crate) fn ended(status: DeliveryStatus) -> AttemptRecord {
    let http_status = (status == DeliveryStatus::Delivered).then_some(204);
    AttemptRecord { status, http_status, error: None, duration_ms: 7, next_try_at: None }
}

async fn insert(store: &Store, new: NewWebhook) -> Result<(), StoreError> {
    let audit = entry(AuditEventKind::WebhookCreated, NOW);
    store.write(|tx| Box::pin(async move { tx.insert_webhook(new, audit).await })).await
}

async fn happens(store: &Store, kind: AuditEventKind) -> i64 {
    store
        .write(move |tx| Box::pin(async move { tx.record(entry(kind, NOW)).await }))
        .await
        .map_err(|error: StoreError| error)
        .expect("record")
}

async fn take(store: &Store, new: NewDelivery, from: i64, seq: i64) -> Result<(), StoreError> {
    store.write(move |tx| Box::pin(async move { tx.take_event(new, from, seq, NOW).await })).await
}

async fn attempt(
    store: &Store,
    n: u32,
    attempts: u32,
    made: AttemptRecord,
) -> Result<DeliveryRow, StoreError> {
    store
        .write(move |tx| {
            Box::pin(async move { tx.record_attempt(delivery_id(n), attempts, made, NOW + 1).await })
        })
        .await
}

async fn position(store: &Store, n: u32) -> i64 {
    store.webhook(webhook_id(n)).await.expect("read").expect("webhook").position
}

pub(crate) async fn events_are_taken_once_and_in_order(backend: Backend) {
    let db = backend.open().await;
    let store = &db.store;
    happens(store, AuditEventKind::BackupCreated).await;
    insert(store, new_webhook(1, &[AuditEventKind::BackupCreated])).await.expect("insert");
    let start = position(store, 1).await;
    assert_eq!(start, store.audit_head().await.expect("head"), "not what happened before it");

    let other = happens(store, AuditEventKind::SystemStarted).await;
    let wanted = happens(store, AuditEventKind::BackupCreated).await;
    let (all, one) = (BTreeSet::new(), BTreeSet::from([AuditEventKind::BackupCreated]));
    let next =
        async |after, events| store.next_audit_row(after, events).await.expect("next").map(|row| row.seq);
    assert_eq!(next(start, &all).await, Some(other));
    assert_eq!(next(start, &one).await, Some(wanted), "what it does not receive is passed over");
    assert_eq!(next(wanted, &one).await, None);

    take(store, new_delivery(1, 1), start, wanted).await.expect("take");
    assert_eq!(position(store, 1).await, wanted);
    let again = take(store, new_delivery(2, 1), start, wanted).await;
    assert!(matches!(again, Err(StoreError::Conflict(Entity::Webhook))), "{again:?}");
    let later = happens(store, AuditEventKind::BackupCreated).await;
    let second = take(store, new_delivery(2, 1), wanted, later).await;
    assert!(matches!(second, Err(StoreError::Duplicate(Entity::Delivery))), "one is open: {second:?}");
    assert_eq!(position(store, 1).await, wanted, "nothing by halves");

    let open = store.open_delivery(webhook_id(1)).await.expect("read").expect("open");
    assert_eq!((open.id, open.seq, open.attempts), (delivery_id(1), Some(wanted), 0));
    assert_eq!((open.status, open.next_try_at), (DeliveryStatus::Pending, Some(NOW)));
    attempt(store, 1, 0, ended(DeliveryStatus::Delivered)).await.expect("delivered");
    assert!(store.open_delivery(webhook_id(1)).await.expect("read").is_none());
    take(store, new_delivery(2, 1), wanted, later).await.expect("the next");
}

pub(crate) async fn attempts_follow_the_graph(backend: Backend) {
    let db = backend.open().await;
    let store = &db.store;
    insert(store, new_webhook(1, &[])).await.expect("insert");
    let start = position(store, 1).await;
    let seq = happens(store, AuditEventKind::BackupCreated).await;
    take(store, new_delivery(1, 1), start, seq).await.expect("take");

    let row = attempt(store, 1, 0, failed(NOW + 2)).await.expect("failed");
    assert_eq!((row.status, row.attempts, row.next_try_at), (DeliveryStatus::Pending, 1, Some(NOW + 2)));
    assert_eq!((row.http_status, row.duration_ms), (Some(503), Some(12)));
    let twice = attempt(store, 1, 0, ended(DeliveryStatus::Delivered)).await;
    assert!(matches!(twice, Err(StoreError::Conflict(Entity::Delivery))), "{twice:?}");
    let idle = attempt(store, 1, 1, AttemptRecord { next_try_at: None, ..failed(0) }).await;
    assert!(matches!(idle, Err(StoreError::Inconsistent(Entity::Delivery, _))), "{idle:?}");

    let row = attempt(store, 1, 1, ended(DeliveryStatus::Refused)).await.expect("refused");
    assert_eq!((row.attempts, row.next_try_at, row.error), (2, None, None));
    let reopened = attempt(store, 1, 2, failed(NOW + 9)).await;
    assert!(matches!(reopened, Err(StoreError::IllegalDelivery(_))), "{reopened:?}");
    let row = attempt(store, 1, 2, ended(DeliveryStatus::Delivered)).await.expect("delivered again");
    assert_eq!((row.status, row.attempts), (DeliveryStatus::Delivered, 3));
    let none = attempt(store, 9, 0, ended(DeliveryStatus::Delivered)).await;
    assert!(matches!(none, Err(StoreError::NotFound(Entity::Delivery))), "{none:?}");
}

pub(crate) async fn they_are_changed_and_deleted_with_their_log(backend: Backend) {
    let db = backend.open().await;
    let store = &db.store;
    insert(store, new_webhook(1, &[AuditEventKind::TxConfirmed])).await.expect("insert");
    let taken = insert(store, new_webhook(1, &[])).await;
    assert!(matches!(taken, Err(StoreError::Duplicate(Entity::Webhook))), "{taken:?}");
    let before = store.webhook(webhook_id(1)).await.expect("read").expect("webhook");
    let new = new_webhook(1, &[AuditEventKind::TxConfirmed]);
    assert_eq!((&before.url, &before.events, &before.description), (&new.url, &new.events, &new.description));
    assert_eq!((&before.sealed_secret, before.enabled), (&new.sealed_secret, true));

    let change = WebhookChange {
        url: "https://other.example/".into(),
        events: BTreeSet::new(),
        description: None,
        enabled: false,
    };
    let updated = || entry(AuditEventKind::WebhookUpdated, NOW + 5);
    let alter = async |n: u32, change: WebhookChange| -> Result<(), StoreError> {
        let audit = updated();
        store
            .write(move |tx| Box::pin(async move { tx.change_webhook(webhook_id(n), change, audit).await }))
            .await
    };
    alter(1, change.clone()).await.expect("change");
    let none = alter(2, change.clone()).await;
    assert!(matches!(none, Err(StoreError::NotFound(Entity::Webhook))), "{none:?}");
    let after = store.webhook(webhook_id(1)).await.expect("read").expect("webhook");
    assert_eq!((&after.url, &after.events, after.description), (&change.url, &change.events, None));
    assert_eq!((after.enabled, after.position, after.updated_at), (false, before.position, NOW + 5));

    let seq = happens(store, AuditEventKind::BackupCreated).await;
    let paused = take(store, new_delivery(1, 1), before.position, seq).await;
    assert!(matches!(paused, Err(StoreError::Conflict(Entity::Webhook))), "{paused:?}");
    alter(1, WebhookChange { enabled: true, ..change.clone() }).await.expect("resume");
    take(store, new_delivery(1, 1), before.position, seq).await.expect("take");
    attempt(store, 1, 0, failed(NOW + 900)).await.expect("failed");
    alter(1, WebhookChange { enabled: true, ..change.clone() }).await.expect("repair");
    let open = store.open_delivery(webhook_id(1)).await.expect("read").expect("open");
    assert_eq!(open.next_try_at, Some(NOW + 5), "a repaired one is tried at once");
    let delete = async || -> Result<(), StoreError> {
        let audit = entry(AuditEventKind::WebhookDeleted, NOW);
        store.write(|tx| Box::pin(async move { tx.delete_webhook(webhook_id(1), audit).await })).await
    };
    delete().await.expect("delete");
    assert!(store.delivery(delivery_id(1)).await.expect("read").is_none());
    assert!(store.webhooks().await.expect("list").is_empty());
    let none = delete().await;
    assert!(matches!(none, Err(StoreError::NotFound(Entity::Webhook))), "{none:?}");
    assert_eq!(store.verify_chain().await.expect("chain").first_bad, None);
}

pub(crate) async fn the_log_has_pages_and_an_end(backend: Backend) {
    let db = backend.open().await;
    let store = &db.store;
    insert(store, new_webhook(1, &[])).await.expect("insert");
    insert(store, new_webhook(2, &[])).await.expect("insert");
    let kept = u32::try_from(KEPT_DELIVERIES).expect("few");
    let logged: Result<(), StoreError> = store
        .write(move |tx| {
            Box::pin(async move {
                for n in 1..=kept + 3 {
                    let made = if n == 2 { DeliveryStatus::Refused } else { DeliveryStatus::Delivered };
                    tx.log_test(new_delivery(n, 1), ended(made), NOW).await?;
                }
                tx.log_test(new_delivery(kept + 4, 2), ended(DeliveryStatus::Delivered), NOW).await.map(drop)
            })
        })
        .await;
    logged.expect("log");
    let page = async |filter, before| store.deliveries(webhook_id(1), filter, before, 2).await.expect("page");
    let first = page(DeliveryFilter::default(), None).await;
    let ids: Vec<_> = first.items.iter().map(|row| row.id).collect();
    assert_eq!(ids, [delivery_id(kept + 3), delivery_id(kept + 2)], "newest first");
    let second = page(DeliveryFilter::default(), first.next).await;
    assert_eq!(second.items[0].id, delivery_id(kept + 1));
    let refused = DeliveryFilter { status: Some(DeliveryStatus::Refused), event: None };
    let refused = page(refused, None).await;
    assert_eq!((refused.items.len(), refused.next), (1, None));
    let other = DeliveryFilter { status: None, event: Some(AuditEventKind::TxConfirmed) };
    assert!(page(other, None).await.items.is_empty());

    let trim = async |now| -> u64 {
        let trimmed: Result<u64, StoreError> =
            store.write(move |tx| Box::pin(async move { tx.trim_deliveries(now).await })).await;
        trimmed.expect("trim")
    };
    assert_eq!(trim(NOW).await, 3, "the oldest of the first webhook");
    assert!(store.delivery(delivery_id(3)).await.expect("read").is_none());
    assert!(store.delivery(delivery_id(4)).await.expect("read").is_some());
    let start = position(store, 2).await;
    let seq = happens(store, AuditEventKind::BackupCreated).await;
    take(store, new_delivery(kept + 9, 2), start, seq).await.expect("take");
    let old = NOW + 1 + KEPT_DELIVERY_SECONDS;
    assert_eq!(trim(old).await, u64::from(kept) + 1, "all that have ended");
    assert!(store.open_delivery(webhook_id(2)).await.expect("read").is_some(), "what is due stays");
}
