//! Delivers audit events to webhooks. Each webhook has at most one request in progress, and none waits for
//! another.
//!
//! The audit log is the outbox. An event is taken from it only when the previous one has ended, so unsent
//! events stay there and a crash loses nothing. An attempt that a crash interrupts is repeated with the same
//! id.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use waiaas_core::ids::{DeliveryId, WebhookId};
use waiaas_store::{DeliveryRow, Entity, NewDelivery, StoreError, WebhookRow};

use super::SECOND;
use super::claims::Claims;
use super::supervisor::Worker;
use crate::Engine;
use crate::error::Error;
use crate::ids;
use crate::webhooks;

/// Rows of the audit log that a webhook does not receive are read repeatedly up to this number, before its
/// position is moved past them.
const LAG: i64 = 500;

/// Serves every webhook.
pub(super) struct Webhooks {
    engine: Engine,
    /// The webhooks that are being served.
    served: Claims<WebhookId>,
    /// The number of services that failed since the last turn.
    failed: Arc<AtomicU32>,
}

impl Webhooks {
    pub(super) fn new(engine: &Engine) -> Self {
        Self { engine: engine.clone(), served: Claims::default(), failed: Arc::default() }
    }
}

#[async_trait]
impl Worker for Webhooks {
    fn name(&self) -> &'static str {
        "webhooks"
    }

    fn period(&self) -> Duration {
        SECOND
    }

    /// One webhook that fails delays no other.
    fn longest_pause(&self) -> Duration {
        SECOND
    }

    /// Starts to serve each webhook that is not being served. Fails if one failed since the last turn, so that it is
    /// counted.
    async fn turn(&mut self) -> Result<(), Error> {
        for webhook in self.engine.store().webhooks().await? {
            if !webhook.enabled {
                continue;
            }
            let Some(claim) = self.served.take(webhook.id) else { continue };
            let (engine, id, failed) = (self.engine.clone(), webhook.id, self.failed.clone());
            self.engine.tasks().spawn(async move {
                let _claim = claim;
                let served = AssertUnwindSafe(serve(&engine, id)).catch_unwind().await;
                let error = match served {
                    Ok(Ok(())) => return,
                    Ok(Err(error)) => error,
                    Err(_) => Error::internal("serving a webhook panicked"),
                };
                failed.fetch_add(1, Ordering::Relaxed);
                engine.reserve().make_room_after(&error);
                tracing::error!(webhook = %id, %error, "serving a webhook failed; the next turn tries again");
            });
        }
        match self.failed.swap(0, Ordering::Relaxed) {
            0 => Ok(()),
            failed => Err(Error::internal(format!("{failed} webhooks could not be served"))),
        }
    }
}

/// Trims the delivery logs.
pub(super) struct OldDeliveries(pub(super) Engine);

#[async_trait]
impl Worker for OldDeliveries {
    fn name(&self) -> &'static str {
        "old-deliveries"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(600)
    }

    async fn turn(&mut self) -> Result<(), Error> {
        let now = self.0.now();
        self.0.store().write(move |tx| Box::pin(async move { tx.trim_deliveries(now).await })).await?;
        Ok(())
    }
}

/// Delivers the due events, one after the other.
async fn serve(engine: &Engine, id: WebhookId) -> Result<(), Error> {
    while !engine.stopping().is_cancelled() {
        let Some(webhook) = engine.store().webhook(id).await?.filter(|webhook| webhook.enabled) else {
            return Ok(());
        };
        let open = match engine.store().open_delivery(id).await? {
            Some(open) => Some(open),
            None => take(engine, &webhook).await?,
        };
        let due = open.filter(|open| open.next_try_at.is_none_or(|at| at <= engine.now()));
        let Some(due) = due else { return Ok(()) };
        tokio::select! {
            biased;
            () = engine.stopping().cancelled() => return Ok(()),
            made = attempt(engine, &webhook, due) => made?,
        }
    }
    Ok(())
}

/// Takes the webhook's next event from the audit log.
async fn take(engine: &Engine, webhook: &WebhookRow) -> Result<Option<DeliveryRow>, Error> {
    let store = engine.store();
    let (id, from, now) = (webhook.id, webhook.position, engine.now());
    // Read first, so that no row added in between is skipped.
    let head = store.audit_head().await?;
    let Some(row) = store.next_audit_row(from, &webhook.events).await? else {
        if head.saturating_sub(from) > LAG {
            store.write(move |tx| Box::pin(async move { tx.move_webhook(id, from, head).await })).await?;
        }
        return Ok(None);
    };
    let new = NewDelivery { id: DeliveryId::new(ids::ordered()), webhook: id, event: row.event };
    let taken =
        store.write(move |tx| Box::pin(async move { tx.take_event(new, from, row.seq, now).await })).await;
    match taken {
        Ok(()) => Ok(store.open_delivery(id).await?),
        // It was paused or deleted meanwhile.
        Err(StoreError::Conflict(Entity::Webhook)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Makes one attempt and records it.
async fn attempt(engine: &Engine, webhook: &WebhookRow, delivery: DeliveryRow) -> Result<(), Error> {
    let notice = webhooks::notice_of(engine, &delivery).await?;
    let made = webhooks::attempt(engine, webhook, &notice).await?;
    if let Some(error) = &made.error {
        let (webhook, delivery) = (webhook.id, delivery.id);
        tracing::warn!(%webhook, %delivery, %error, "a webhook was not delivered");
    }
    let now = engine.now();
    let record = webhooks::followed_up(made, delivery.attempts, now);
    let (id, attempts) = (delivery.id, delivery.attempts);
    let recorded = engine
        .store()
        .write(move |tx| Box::pin(async move { tx.record_attempt(id, attempts, record, now).await }))
        .await;
    match recorded {
        // The webhook was deleted meanwhile.
        Ok(_) | Err(StoreError::NotFound(Entity::Delivery)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
