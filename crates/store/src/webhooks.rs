//! Webhooks: addresses that receive audit events. The audit log is the outbox: each webhook has a position in it.

use std::collections::BTreeSet;

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use waiaas_core::UnixSeconds;
use waiaas_core::audit::AuditEventKind;
use waiaas_core::ids::WebhookId;

use crate::audit::AuditEntry;
use crate::columns::Columns;
use crate::error::{Entity, StoreError};
use crate::reads::reads;
use crate::writer::WriteTx;

/// A stored webhook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebhookRow {
    /// Its id.
    pub id: WebhookId,
    /// Its address.
    pub url: String,
    /// The events that it receives; none named means all.
    pub events: BTreeSet<AuditEventKind>,
    /// The operator's own words.
    pub description: Option<String>,
    /// The sealed key of its signatures.
    pub sealed_secret: Vec<u8>,
    /// Whether events are sent; otherwise it is paused.
    pub enabled: bool,
    /// The last row of the audit log that was taken for it or passed over.
    pub position: i64,
    /// Time of its creation.
    pub created_at: UnixSeconds,
    /// Time of the last change by the operator.
    pub updated_at: UnixSeconds,
}

/// A webhook to store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewWebhook {
    /// Its id.
    pub id: WebhookId,
    /// Its address.
    pub url: String,
    /// The events that it receives; none named means all.
    pub events: BTreeSet<AuditEventKind>,
    /// The operator's own words.
    pub description: Option<String>,
    /// The sealed key of its signatures.
    pub sealed_secret: Vec<u8>,
}

/// The parts of a webhook that can be changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebhookChange {
    /// Its address.
    pub url: String,
    /// The events that it receives; none named means all.
    pub events: BTreeSet<AuditEventKind>,
    /// The operator's own words.
    pub description: Option<String>,
    /// Whether events are sent; otherwise it is paused.
    pub enabled: bool,
}

impl WebhookRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.parsed("id")?,
            url: row.text("url")?,
            events: events(&row.text("events")?)?,
            description: row.opt_text("description")?,
            sealed_secret: row.bytes("sealed_secret")?,
            enabled: row.flag("enabled")?,
            position: row.int("position")?,
            created_at: row.int("created_at")?,
            updated_at: row.int("updated_at")?,
        })
    }
}

/// Names separated by commas.
fn events(text: &str) -> Result<BTreeSet<AuditEventKind>, StoreError> {
    let names = text.split(',').filter(|name| !name.is_empty());
    names.map(|name| AuditEventKind::parse(name).ok_or(StoreError::Corrupt("events"))).collect()
}

fn names(events: &BTreeSet<AuditEventKind>) -> String {
    events.iter().map(|event| event.as_str()).collect::<Vec<_>>().join(",")
}

reads! {
    /// Every webhook, oldest first.
    webhooks() -> Vec<WebhookRow>;
    /// One webhook.
    webhook(id: WebhookId) -> Option<WebhookRow>;
}

async fn webhooks(conn: &mut AnyConnection) -> Result<Vec<WebhookRow>, StoreError> {
    let rows = sqlx::query("SELECT * FROM webhooks ORDER BY id").fetch_all(conn).await?;
    rows.iter().map(WebhookRow::read).collect()
}

async fn webhook(conn: &mut AnyConnection, id: WebhookId) -> Result<Option<WebhookRow>, StoreError> {
    let query = sqlx::query("SELECT * FROM webhooks WHERE id = $1").bind(id.to_string());
    query.fetch_optional(conn).await?.as_ref().map(WebhookRow::read).transpose()
}

impl WriteTx {
    /// Stores a webhook. It receives the events that follow the entry of its own creation.
    ///
    /// # Errors
    ///
    /// [`StoreError::Duplicate`] for an id that is taken.
    pub async fn insert_webhook(&mut self, new: NewWebhook, audit: AuditEntry) -> Result<(), StoreError> {
        let at = audit.at;
        let position = self.record(audit).await?;
        let query = "INSERT INTO webhooks (id, url, events, description, sealed_secret, enabled, position, \
                     created_at, updated_at) VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $7)";
        sqlx::query(query)
            .bind(new.id.to_string())
            .bind(new.url)
            .bind(names(&new.events))
            .bind(new.description)
            .bind(new.sealed_secret)
            .bind(position)
            .bind(at)
            .execute(self.conn())
            .await
            .map_err(|error| StoreError::duplicate(error, Entity::Webhook))?;
        Ok(())
    }

    /// Changes a webhook. Its position stays, so a paused one misses nothing. A planned attempt is due at once, since
    /// the change may be its repair.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if it does not exist.
    pub async fn change_webhook(
        &mut self,
        id: WebhookId,
        change: WebhookChange,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let query = "UPDATE webhooks SET url = $1, events = $2, description = $3, enabled = $4, \
                     updated_at = $5 WHERE id = $6";
        let changed = sqlx::query(query)
            .bind(change.url)
            .bind(names(&change.events))
            .bind(change.description)
            .bind(i64::from(change.enabled))
            .bind(audit.at)
            .bind(id.to_string())
            .execute(self.conn())
            .await?;
        if changed.rows_affected() != 1 {
            return Err(StoreError::NotFound(Entity::Webhook));
        }
        let query = "UPDATE webhook_deliveries SET next_try_at = $1 \
                     WHERE webhook_id = $2 AND status = 'PENDING' AND next_try_at > $1";
        sqlx::query(query).bind(audit.at).bind(id.to_string()).execute(self.conn()).await?;
        self.record(audit).await?;
        Ok(())
    }

    /// Deletes a webhook with its delivery log.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if it does not exist.
    pub async fn delete_webhook(&mut self, id: WebhookId, audit: AuditEntry) -> Result<(), StoreError> {
        let log = sqlx::query("DELETE FROM webhook_deliveries WHERE webhook_id = $1").bind(id.to_string());
        log.execute(self.conn()).await?;
        let webhook = sqlx::query("DELETE FROM webhooks WHERE id = $1").bind(id.to_string());
        if webhook.execute(self.conn()).await?.rows_affected() != 1 {
            return Err(StoreError::NotFound(Entity::Webhook));
        }
        self.record(audit).await?;
        Ok(())
    }

    /// Moves a webhook's position, past rows of the audit log that it does not receive.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if it is paused, or not at `from` any more.
    pub async fn move_webhook(&mut self, id: WebhookId, from: i64, to: i64) -> Result<(), StoreError> {
        let query = "UPDATE webhooks SET position = $1 \
                     WHERE id = $2 AND position = $3 AND position < $1 AND enabled = 1";
        let moved = sqlx::query(query).bind(to).bind(id.to_string()).bind(from).execute(self.conn()).await?;
        if moved.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Conflict(Entity::Webhook)) }
    }
}
