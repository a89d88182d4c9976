//! Pending changes. Does not belong here: their effects.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use waiaas_core::UnixSeconds;
use waiaas_core::change::{ChangeKind, ChangeStatus, digest};
use waiaas_core::digest::Digest;
use waiaas_core::ids::ChangeId;

use crate::audit::AuditEntry;
use crate::columns::Columns;
use crate::error::{Entity, StoreError};
use crate::page::{Page, clamp};
use crate::reads::reads;
use crate::writer::WriteTx;

/// A change to store until it is decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewChange {
    /// Its id.
    pub id: ChangeId,
    /// The kind of change.
    pub kind: ChangeKind,
    /// The subject of the change; a subject has at most one open change.
    pub subject: String,
    /// The exact change, as JSON.
    pub content: String,
    /// The change in one sentence.
    pub summary: String,
    /// From this second on it can no longer be approved.
    pub expires_at: UnixSeconds,
}

/// A change with its state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangeRow {
    /// Its id.
    pub id: ChangeId,
    /// The kind of change.
    pub kind: ChangeKind,
    /// The subject of the change.
    pub subject: String,
    /// The exact change, as JSON.
    pub content: String,
    /// Digest of the content, which owners sign.
    pub digest: Digest,
    /// The change in one sentence.
    pub summary: String,
    /// State of the change.
    pub status: ChangeStatus,
    /// Time of the request.
    pub created_at: UnixSeconds,
    /// From this second on it can no longer be approved.
    pub expires_at: UnixSeconds,
    /// Time at which it was applied or ended.
    pub decided_at: Option<UnixSeconds>,
}

impl ChangeRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let change = Self {
            id: row.parsed("id")?,
            kind: row.named("kind", ChangeKind::parse)?,
            subject: row.text("subject")?,
            content: row.text("content")?,
            digest: row.parsed("digest")?,
            summary: row.text("summary")?,
            status: row.named("status", ChangeStatus::parse)?,
            created_at: row.int("created_at")?,
            expires_at: row.int("expires_at")?,
            decided_at: row.opt_int("decided_at")?,
        };
        // Content that does not match its digest was exchanged.
        if digest(change.id, &change.content) == change.digest {
            Ok(change)
        } else {
            Err(StoreError::Corrupt("change"))
        }
    }
}

reads! {
    /// One change.
    change(id: ChangeId) -> Option<ChangeRow>;
    /// Changes older than the cursor, newest first, all or only those with one status.
    changes_page(status: Option<ChangeStatus>, before: Option<ChangeId>, limit: u32) -> Page<ChangeRow, ChangeId>;
    /// Every pending change.
    open_changes() -> Vec<ChangeRow>;
    /// Pending changes that have expired at `now`.
    lapsed_changes(now: UnixSeconds, limit: u32) -> Vec<ChangeRow>;
}

const OPEN: &str = "SELECT * FROM changes WHERE status = 'PENDING_CONSENT'";

async fn change(conn: &mut AnyConnection, id: ChangeId) -> Result<Option<ChangeRow>, StoreError> {
    let query = sqlx::query("SELECT * FROM changes WHERE id = $1").bind(id.to_string());
    query.fetch_optional(conn).await?.as_ref().map(ChangeRow::read).transpose()
}

async fn changes_page(
    conn: &mut AnyConnection,
    status: Option<ChangeStatus>,
    before: Option<ChangeId>,
    limit: u32,
) -> Result<Page<ChangeRow, ChangeId>, StoreError> {
    let limit = clamp(limit);
    let query = "SELECT * FROM changes WHERE (status = $1 OR $1 = '') AND (id < $2 OR $2 = '') \
                 ORDER BY id DESC LIMIT $3";
    let query = sqlx::query(query)
        .bind(status.map_or("", ChangeStatus::as_str))
        .bind(before.map(|id| id.to_string()).unwrap_or_default())
        .bind(i64::from(limit) + 1);
    let rows = query.fetch_all(conn).await?;
    let items = rows.iter().map(ChangeRow::read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(items, limit, |row| row.id))
}

async fn open_changes(conn: &mut AnyConnection) -> Result<Vec<ChangeRow>, StoreError> {
    let query = sqlx::AssertSqlSafe(format!("{OPEN} ORDER BY id"));
    sqlx::query(query).fetch_all(conn).await?.iter().map(ChangeRow::read).collect()
}

async fn lapsed_changes(
    conn: &mut AnyConnection,
    now: UnixSeconds,
    limit: u32,
) -> Result<Vec<ChangeRow>, StoreError> {
    let query = sqlx::AssertSqlSafe(format!("{OPEN} AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2"));
    let query = sqlx::query(query).bind(now).bind(i64::from(clamp(limit)));
    query.fetch_all(conn).await?.iter().map(ChangeRow::read).collect()
}

impl WriteTx {
    /// Stores a change that waits for owners.
    ///
    /// # Errors
    ///
    /// [`StoreError::Duplicate`] if its subject has an open change.
    pub async fn insert_change(
        &mut self,
        new: NewChange,
        audit: AuditEntry,
    ) -> Result<ChangeRow, StoreError> {
        let query = "INSERT INTO changes (id, kind, subject, content, digest, summary, status, created_at, \
                     expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let (id, at) = (new.id, audit.at);
        let query = sqlx::query(query)
            .bind(id.to_string())
            .bind(new.kind.as_str())
            .bind(new.subject)
            .bind(new.content.clone())
            .bind(digest(id, &new.content).to_string())
            .bind(new.summary)
            .bind(ChangeStatus::PendingConsent.as_str())
            .bind(at)
            .bind(new.expires_at);
        let done = query.execute(self.conn()).await;
        done.map_err(|error| StoreError::duplicate(error, Entity::Change))?;
        self.record(audit).await?;
        change(self.conn(), id).await?.ok_or(StoreError::NotFound(Entity::Change))
    }

    /// Ends a pending change, and makes its open challenges void.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such change; [`StoreError::Conflict`] if it has ended already.
    pub async fn end_change(
        &mut self,
        id: ChangeId,
        to: ChangeStatus,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let from = ChangeStatus::PendingConsent;
        from.advance(to)?;
        let query = "UPDATE changes SET status = $1, decided_at = $2 WHERE id = $3 AND status = $4";
        let query =
            sqlx::query(query).bind(to.as_str()).bind(audit.at).bind(id.to_string()).bind(from.as_str());
        if query.execute(self.conn()).await?.rows_affected() != 1 {
            let found = change(self.conn(), id).await?.is_some();
            let entity = Entity::Change;
            return Err(if found { StoreError::Conflict(entity) } else { StoreError::NotFound(entity) });
        }
        let query = "UPDATE challenges SET consumed_at = $1 WHERE change_id = $2 AND consumed_at IS NULL";
        sqlx::query(query).bind(audit.at).bind(id.to_string()).execute(self.conn()).await?;
        self.record(audit).await?;
        Ok(())
    }
}
