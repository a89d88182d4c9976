//! The delivery log of webhooks: one row for each event that was taken for a webhook, with the last attempt.

use std::collections::BTreeSet;

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use waiaas_core::UnixSeconds;
use waiaas_core::audit::AuditEventKind;
use waiaas_core::ids::{DeliveryId, WebhookId};
use waiaas_core::webhook::DeliveryStatus;

use crate::audit::AuditRow;
use crate::columns::{Columns, placeholders};
use crate::error::{Entity, StoreError};
use crate::page::{Page, clamp};
use crate::reads::reads;
use crate::writer::WriteTx;

/// Deliveries that are kept of one webhook, the newest first.
pub const KEPT_DELIVERIES: i64 = 1000;
/// How long an ended delivery is kept, in seconds.
pub const KEPT_DELIVERY_SECONDS: i64 = 30 * 24 * 3600;

/// A stored delivery.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeliveryRow {
    /// Its id, the same in every attempt.
    pub id: DeliveryId,
    /// The webhook.
    pub webhook: WebhookId,
    /// The row of the audit log; none for a test message.
    pub seq: Option<i64>,
    /// Name of the event.
    pub event: String,
    /// Its state.
    pub status: DeliveryStatus,
    /// Number of attempts made.
    pub attempts: u32,
    /// HTTP status of the last attempt, if there was an answer.
    pub http_status: Option<u16>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// Duration of the last attempt in milliseconds.
    pub duration_ms: Option<u64>,
    /// Time of the next attempt; none after the end.
    pub next_try_at: Option<UnixSeconds>,
    /// Time at which the event was taken for the webhook.
    pub created_at: UnixSeconds,
    /// Time of the last change.
    pub updated_at: UnixSeconds,
}

/// A delivery to store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// The webhook.
    pub webhook: WebhookId,
    /// Name of the event.
    pub event: String,
}

/// The result of one attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttemptRecord {
    /// The state after it.
    pub status: DeliveryStatus,
    /// HTTP status, if there was an answer.
    pub http_status: Option<u16>,
    /// Why it failed.
    pub error: Option<String>,
    /// Its duration in milliseconds.
    pub duration_ms: u64,
    /// Time of the next attempt, if one is planned.
    pub next_try_at: Option<UnixSeconds>,
}

/// Selects deliveries. Every field that is set must match.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DeliveryFilter {
    /// Only this state.
    pub status: Option<DeliveryStatus>,
    /// Only this event.
    pub event: Option<AuditEventKind>,
}

impl DeliveryRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.parsed("id")?,
            webhook: row.parsed("webhook_id")?,
            seq: row.opt_int("seq")?,
            event: row.text("event_type")?,
            status: row.named("status", DeliveryStatus::parse)?,
            attempts: row.number("attempts")?,
            http_status: row.opt_number("http_status")?,
            error: row.opt_text("error")?,
            duration_ms: row.opt_number("duration_ms")?,
            next_try_at: row.opt_int("next_try_at")?,
            created_at: row.int("created_at")?,
            updated_at: row.int("updated_at")?,
        })
    }
}

reads! {
    /// Position of the last row of the audit log; 0 if it is empty.
    audit_head() -> i64;
    /// The first row of the audit log after a position with one of these events; with any event if none is named.
    next_audit_row(after: i64, events: &BTreeSet<AuditEventKind>) -> Option<AuditRow>;
    /// The delivery of a webhook that has not ended. There is one at most.
    open_delivery(webhook: WebhookId) -> Option<DeliveryRow>;
    /// One delivery.
    delivery(id: DeliveryId) -> Option<DeliveryRow>;
    /// Deliveries of a webhook, newest first, older than `before`.
    deliveries(
        webhook: WebhookId,
        filter: DeliveryFilter,
        before: Option<DeliveryId>,
        limit: u32,
    ) -> Page<DeliveryRow, DeliveryId>;
}

async fn audit_head(conn: &mut AnyConnection) -> Result<i64, StoreError> {
    let query = "SELECT COALESCE(MAX(seq), 0) AS head FROM audit_log";
    sqlx::query(query).fetch_one(conn).await?.int("head")
}

async fn next_audit_row(
    conn: &mut AnyConnection,
    after: i64,
    events: &BTreeSet<AuditEventKind>,
) -> Result<Option<AuditRow>, StoreError> {
    let among = match events.len() {
        0 => String::new(),
        count => format!("AND event_type IN ({})", placeholders(2, count)),
    };
    let query = format!("SELECT * FROM audit_log WHERE seq > $1 {among} ORDER BY seq LIMIT 1");
    let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(after);
    let query = events.iter().fold(query, |query, event| query.bind(event.as_str()));
    query.fetch_optional(conn).await?.as_ref().map(AuditRow::read).transpose()
}

async fn open_delivery(
    conn: &mut AnyConnection,
    webhook: WebhookId,
) -> Result<Option<DeliveryRow>, StoreError> {
    let query = "SELECT * FROM webhook_deliveries WHERE webhook_id = $1 AND status = 'PENDING'";
    let query = sqlx::query(query).bind(webhook.to_string());
    query.fetch_optional(conn).await?.as_ref().map(DeliveryRow::read).transpose()
}

async fn delivery(conn: &mut AnyConnection, id: DeliveryId) -> Result<Option<DeliveryRow>, StoreError> {
    let query = sqlx::query("SELECT * FROM webhook_deliveries WHERE id = $1").bind(id.to_string());
    query.fetch_optional(conn).await?.as_ref().map(DeliveryRow::read).transpose()
}

async fn deliveries(
    conn: &mut AnyConnection,
    webhook: WebhookId,
    filter: DeliveryFilter,
    before: Option<DeliveryId>,
    limit: u32,
) -> Result<Page<DeliveryRow, DeliveryId>, StoreError> {
    let limit = clamp(limit);
    // No id is above it.
    let end = before.map_or_else(|| "g".to_owned(), |id| id.to_string());
    let query = "SELECT * FROM webhook_deliveries WHERE webhook_id = $1 AND status = COALESCE($2, status) \
                 AND event_type = COALESCE($3, event_type) AND id < $4 ORDER BY id DESC LIMIT $5";
    let rows = sqlx::query(query)
        .bind(webhook.to_string())
        .bind(filter.status.map(DeliveryStatus::as_str))
        .bind(filter.event.map(AuditEventKind::as_str))
        .bind(end)
        .bind(i64::from(limit) + 1)
        .fetch_all(conn)
        .await?;
    let rows = rows.iter().map(DeliveryRow::read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, limit, |row| row.id))
}

impl WriteTx {
    /// Takes a row of the audit log for a webhook: the delivery is due at once, and the webhook's position is that
    /// row.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if the webhook is paused or not at `from` any more, [`StoreError::Duplicate`] if it has an open
    /// delivery or has taken that row before.
    pub async fn take_event(
        &mut self,
        new: NewDelivery,
        from: i64,
        seq: i64,
        at: UnixSeconds,
    ) -> Result<(), StoreError> {
        self.move_webhook(new.webhook, from, seq).await?;
        let query = "INSERT INTO webhook_deliveries (id, webhook_id, seq, event_type, status, attempts, \
                     next_try_at, created_at, updated_at) VALUES ($1, $2, $3, $4, 'PENDING', 0, $5, $5, $5)";
        sqlx::query(query)
            .bind(new.id.to_string())
            .bind(new.webhook.to_string())
            .bind(seq)
            .bind(new.event)
            .bind(at)
            .execute(self.conn())
            .await
            .map_err(|error| StoreError::duplicate(error, Entity::Delivery))?;
        Ok(())
    }

    /// Logs an ended test message.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if the webhook does not exist.
    pub async fn log_test(
        &mut self,
        new: NewDelivery,
        attempt: AttemptRecord,
        at: UnixSeconds,
    ) -> Result<DeliveryRow, StoreError> {
        if webhook_is_missing(self.conn(), new.webhook).await? {
            return Err(StoreError::NotFound(Entity::Webhook));
        }
        let query = "INSERT INTO webhook_deliveries (id, webhook_id, event_type, status, attempts, created_at, \
                     updated_at) VALUES ($1, $2, $3, 'EXHAUSTED', 0, $4, $4)";
        sqlx::query(query)
            .bind(new.id.to_string())
            .bind(new.webhook.to_string())
            .bind(new.event)
            .bind(at)
            .execute(self.conn())
            .await
            .map_err(|error| StoreError::duplicate(error, Entity::Delivery))?;
        self.record_attempt(new.id, 0, attempt, at).await
    }

    /// Records an attempt, if `attempts` were made before it.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if the delivery does not exist, [`StoreError::Conflict`] if another attempt was
    /// recorded in between, and [`StoreError::IllegalDelivery`] if its state has no such move.
    pub async fn record_attempt(
        &mut self,
        id: DeliveryId,
        attempts: u32,
        attempt: AttemptRecord,
        at: UnixSeconds,
    ) -> Result<DeliveryRow, StoreError> {
        let row = delivery(self.conn(), id).await?.ok_or(StoreError::NotFound(Entity::Delivery))?;
        let status = row.status.advance(attempt.status)?;
        if status.has_ended() != attempt.next_try_at.is_none() {
            return Err(StoreError::Inconsistent(Entity::Delivery, "only a pending one is tried again"));
        }
        let query = "UPDATE webhook_deliveries SET status = $1, attempts = attempts + 1, http_status = $2, \
                     error = $3, duration_ms = $4, next_try_at = $5, updated_at = $6 \
                     WHERE id = $7 AND attempts = $8 AND status = $9";
        let duration = i64::try_from(attempt.duration_ms).unwrap_or(i64::MAX);
        let changed = sqlx::query(query)
            .bind(status.as_str())
            .bind(attempt.http_status.map(i64::from))
            .bind(attempt.error)
            .bind(duration)
            .bind(attempt.next_try_at)
            .bind(at)
            .bind(id.to_string())
            .bind(i64::from(attempts))
            .bind(row.status.as_str())
            .execute(self.conn())
            .await?;
        if changed.rows_affected() != 1 {
            return Err(StoreError::Conflict(Entity::Delivery));
        }
        delivery(self.conn(), id).await?.ok_or(StoreError::NotFound(Entity::Delivery))
    }

    /// Removes ended deliveries that are older than [`KEPT_DELIVERY_SECONDS`] or beyond the newest
    /// [`KEPT_DELIVERIES`] of their webhook. Returns their number.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails.
    pub async fn trim_deliveries(&mut self, now: UnixSeconds) -> Result<u64, StoreError> {
        let query = "DELETE FROM webhook_deliveries WHERE status <> 'PENDING' AND (updated_at < $1 OR id IN \
                     (SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY webhook_id ORDER BY id DESC) \
                     AS place FROM webhook_deliveries) AS ranked WHERE place > $2))";
        let query = sqlx::query(query).bind(now.saturating_sub(KEPT_DELIVERY_SECONDS)).bind(KEPT_DELIVERIES);
        Ok(query.execute(self.conn()).await?.rows_affected())
    }
}

async fn webhook_is_missing(conn: &mut AnyConnection, id: WebhookId) -> Result<bool, StoreError> {
    let query = sqlx::query("SELECT id FROM webhooks WHERE id = $1").bind(id.to_string());
    Ok(query.fetch_optional(conn).await?.is_none())
}
