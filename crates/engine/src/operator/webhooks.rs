//! Webhooks: create, list, change, delete, and manage their deliveries.

use waiaas_core::audit::{Actor, AuditEvent, WebhookContent};
use waiaas_core::ids::{DeliveryId, WebhookId};
use waiaas_keys::Purpose;
use waiaas_outbound::{Refusal, Target};
use waiaas_store::{
    AuditEntry, DeliveryFilter, DeliveryRow, NewDelivery, NewWebhook as NewRow, WebhookChange as Changed,
    WebhookRow,
};

use crate::error::{Error, ErrorCode};
use crate::ids;
use crate::operator::Operator;
use crate::views::{IssuedWebhook, NewWebhook, Page, Paged, Webhook, WebhookChange};
use crate::webhooks::{self, TEST_EVENT, no_delivery, no_webhook, not_found};

/// The most webhooks. Each may have one request in progress.
const MOST: usize = 32;

impl Operator<'_> {
    /// Creates a webhook; its secret is shown once. It receives events from now on.
    ///
    /// # Errors
    /// `ACTION_VALIDATION_FAILED` for a refused address, `WEBHOOK_LIMIT_EXCEEDED`.
    pub async fn create_webhook(&self, new: NewWebhook) -> Result<IssuedWebhook, Error> {
        let target = self.target(&new.url)?;
        let id = WebhookId::new(ids::ordered());
        let made = self.engine.vault().generate_secret(Purpose::Webhooks, &id.to_string());
        let (secret, sealed_secret) = made.map_err(Error::internal)?;
        let webhook = WebhookContent { webhook_id: id, origin: target.origin(), events: new.events.clone() };
        let event = AuditEvent::WebhookCreated { webhook };
        let audit = AuditEntry::new(event, Actor::Master, self.engine.now());
        let row = NewRow {
            id,
            url: target.as_str().to_owned(),
            events: new.events,
            description: new.description.filter(|text| !text.is_empty()),
            sealed_secret,
        };
        self.engine
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    if tx.webhooks().await?.len() >= MOST {
                        return Err(too_many());
                    }
                    Ok::<_, Error>(tx.insert_webhook(row, audit).await?)
                })
            })
            .await?;
        Ok(IssuedWebhook { webhook: self.webhook(id).await?, secret })
    }

    /// Every webhook, oldest first.
    ///
    /// # Errors
    /// Only storage errors.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, Error> {
        Ok(self.engine.store().webhooks().await?.into_iter().map(Webhook::from).collect())
    }

    /// One webhook.
    ///
    /// # Errors
    /// `WEBHOOK_NOT_FOUND`.
    pub async fn webhook(&self, id: WebhookId) -> Result<Webhook, Error> {
        Ok(self.webhook_row(id).await?.into())
    }

    /// Changes, pauses or resumes a webhook. After a pause it receives the events of the pause.
    ///
    /// # Errors
    /// `WEBHOOK_NOT_FOUND`, `ACTION_VALIDATION_FAILED` for a refused address.
    pub async fn change_webhook(&self, id: WebhookId, change: WebhookChange) -> Result<Webhook, Error> {
        let url = change.url.as_deref().map(|url| self.target(url)).transpose()?;
        let now = self.engine.now();
        self.engine
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let row = tx.webhook(id).await?.ok_or_else(no_webhook)?;
                    let changed = Changed {
                        url: url.map_or(row.url, |target| target.as_str().to_owned()),
                        events: change.events.unwrap_or(row.events),
                        description: change.description.or(row.description).filter(|text| !text.is_empty()),
                        enabled: change.enabled.unwrap_or(row.enabled),
                    };
                    let (origin, events) = (origin(&changed.url), changed.events.clone());
                    let webhook = WebhookContent { webhook_id: id, origin, events };
                    let event = AuditEvent::WebhookUpdated { webhook, enabled: changed.enabled };
                    let audit = AuditEntry::new(event, Actor::Master, now);
                    tx.change_webhook(id, changed, audit).await.map_err(not_found)
                })
            })
            .await?;
        self.webhook(id).await
    }

    /// Deletes a webhook with its log. Events not yet delivered are not sent.
    ///
    /// # Errors
    /// `WEBHOOK_NOT_FOUND`.
    pub async fn delete_webhook(&self, id: WebhookId) -> Result<(), Error> {
        let now = self.engine.now();
        self.engine
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let row = tx.webhook(id).await?.ok_or_else(no_webhook)?;
                    let event = AuditEvent::WebhookDeleted { webhook_id: id, origin: origin(&row.url) };
                    tx.delete_webhook(id, AuditEntry::new(event, Actor::Master, now)).await.map_err(not_found)
                })
            })
            .await
    }

    /// The log of a webhook's deliveries, newest first.
    ///
    /// # Errors
    /// `WEBHOOK_NOT_FOUND`.
    pub async fn deliveries(
        &self,
        id: WebhookId,
        filter: DeliveryFilter,
        page: Page,
    ) -> Result<Paged<DeliveryRow>, Error> {
        self.webhook_row(id).await?;
        let before = page.cursor.map(|text| text.parse()).transpose();
        let before = before.map_err(|_| Error::invalid("cursor", "not a cursor of this list"))?;
        let found = self.engine.store().deliveries(id, filter, before, page.limit).await?;
        Ok(Paged { items: found.items, next_cursor: found.next.map(|id| id.to_string()), total: None })
    }

    /// Sends a test message at once, paused or not. It is logged and not retried.
    ///
    /// # Errors
    /// `WEBHOOK_NOT_FOUND`. A failed attempt is part of the result.
    pub async fn test_webhook(&self, id: WebhookId) -> Result<DeliveryRow, Error> {
        let webhook = self.webhook_row(id).await?;
        let delivery = DeliveryId::new(ids::ordered());
        let notice = webhooks::test_notice(delivery, id, self.engine.now());
        let record = webhooks::last(webhooks::attempt(self.engine, &webhook, &notice).await?);
        let new = NewDelivery { id: delivery, webhook: id, event: TEST_EVENT.to_owned() };
        let sent_at = notice.at;
        let logged = self
            .engine
            .store()
            .write(move |tx| Box::pin(async move { tx.log_test(new, record, sent_at).await }))
            .await;
        logged.map_err(not_found)
    }

    /// Makes one more attempt at an ended delivery, at once, with its id and body. It is not retried.
    ///
    /// # Errors
    /// `WEBHOOK_NOT_FOUND`, `DELIVERY_NOT_FOUND`, `DELIVERY_PENDING` if attempts are planned anyway. A failed
    /// attempt is part of the result.
    pub async fn redeliver(&self, id: WebhookId, delivery: DeliveryId) -> Result<DeliveryRow, Error> {
        let webhook = self.webhook_row(id).await?;
        let row = self.engine.store().delivery(delivery).await?;
        let row = row.filter(|row| row.webhook == id).ok_or_else(no_delivery)?;
        if !row.status.has_ended() {
            return Err(pending());
        }
        let notice = webhooks::notice_of(self.engine, &row).await?;
        let record = webhooks::last(webhooks::attempt(self.engine, &webhook, &notice).await?);
        let (attempts, now) = (row.attempts, self.engine.now());
        let recorded = self
            .engine
            .store()
            .write(move |tx| {
                Box::pin(async move { tx.record_attempt(delivery, attempts, record, now).await })
            })
            .await;
        match recorded {
            // Another attempt was made meanwhile; both reached the receiver or failed.
            Err(waiaas_store::StoreError::Conflict(_)) => {
                self.engine.store().delivery(delivery).await?.ok_or_else(no_delivery)
            }
            other => other.map_err(not_found),
        }
    }

    async fn webhook_row(&self, id: WebhookId) -> Result<WebhookRow, Error> {
        self.engine.store().webhook(id).await?.ok_or_else(no_webhook)
    }

    /// Parses an address and refuses it if its text already rules it out. A name is resolved and checked at
    /// each attempt.
    fn target(&self, url: &str) -> Result<Target, Error> {
        let target = Target::parse(url)
            .map_err(|error| Error::invalid("url", waiaas_core::stopped(error.to_string())))?;
        target.check(self.engine.webhook_channel().outbound().allowed()).map_err(refused)?;
        Ok(target)
    }
}

fn refused(refusal: Refusal) -> Error {
    let hint = match refusal {
        Refusal::NotPublic => {
            "Name an address of your own network in config.toml, allow under [outbound], and restart the daemon."
        }
        Refusal::NotEncrypted => {
            "Use https. Plain http works with an address of your own network that config.toml names, allow under \
             [outbound]; restart the daemon after a change."
        }
    };
    Error::invalid("url", waiaas_core::stopped(refusal.to_string())).hint(hint)
}

/// Returns scheme, host and port of a stored address; the rest can be a secret.
fn origin(url: &str) -> String {
    Target::parse(url).map(|target| target.origin()).unwrap_or_default()
}

fn too_many() -> Error {
    Error::new(ErrorCode::WebhookLimitExceeded, format!("There are {MOST} webhooks already."))
        .hint("Delete one that is not used any more.")
}

fn pending() -> Error {
    Error::new(ErrorCode::DeliveryPending, "The delivery has not ended; its next attempt is planned.")
        .hint("Wait for the next attempt; the log shows when it is due.")
}
