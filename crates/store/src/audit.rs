//! The audit log: append-only, hash-chained, written in the transaction of the change.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent, AuditEventKind, Severity};
use waiaas_core::digest::Digest;
use waiaas_core::ids::{SessionId, TxId, WalletId};

use crate::columns::Columns;
use crate::error::StoreError;
use crate::page::clamp;
use crate::reads::reads;
use crate::writer::WriteTx;

/// The `prev_hash` of the first row.
const GENESIS: Digest = Digest::new([0; 32]);
/// Number of rows read at a time during verification.
const STEP: i64 = 500;

/// An entry for the log. Its time is also that of the change.
#[derive(Clone, PartialEq, Debug)]
pub struct AuditEntry {
    /// The event with its details; decides the severity.
    pub event: AuditEvent,
    /// Who caused it.
    pub actor: Actor,
    /// The wallet concerned.
    pub wallet: Option<WalletId>,
    /// The session concerned.
    pub session: Option<SessionId>,
    /// The transaction concerned.
    pub tx: Option<TxId>,
    /// Address of the caller.
    pub ip: Option<String>,
    /// Time of the entry and of the change itself.
    pub at: UnixSeconds,
}

impl AuditEntry {
    /// An entry without references.
    pub const fn new(event: AuditEvent, actor: Actor, at: UnixSeconds) -> Self {
        Self { event, actor, wallet: None, session: None, tx: None, ip: None, at }
    }

    /// About this wallet.
    #[must_use]
    pub const fn wallet(mut self, id: WalletId) -> Self {
        self.wallet = Some(id);
        self
    }

    /// About this session.
    #[must_use]
    pub const fn session(mut self, id: SessionId) -> Self {
        self.session = Some(id);
        self
    }

    /// About this transaction.
    #[must_use]
    pub const fn tx(mut self, id: TxId) -> Self {
        self.tx = Some(id);
        self
    }

    /// From this address.
    #[must_use]
    pub fn ip(mut self, ip: Option<String>) -> Self {
        self.ip = ip;
        self
    }
}

/// One row as stored. Its fields are not parsed, so that a tampered row can still be shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditRow {
    /// Position, from 1, without gaps.
    pub seq: i64,
    /// Time of the entry.
    pub at: UnixSeconds,
    /// Name of the [`AuditEventKind`].
    pub event: String,
    /// The actor as text: `master`, `session:…`, `owner:…`, `system`, `anonymous`.
    pub actor: String,
    /// Wallet id.
    pub wallet: Option<String>,
    /// Session id.
    pub session: Option<String>,
    /// Transaction id.
    pub tx: Option<String>,
    /// JSON text.
    pub details: String,
    /// Name of the [`Severity`].
    pub severity: String,
    /// Address of the caller.
    pub ip: Option<String>,
    /// Hash of the previous row; zeros for the first.
    pub prev_hash: Vec<u8>,
    /// Hash over all fields above.
    pub hash: Vec<u8>,
}

impl AuditRow {
    pub(crate) fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            seq: row.int("seq")?,
            at: row.int("at")?,
            event: row.text("event_type")?,
            actor: row.text("actor")?,
            wallet: row.opt_text("wallet_id")?,
            session: row.opt_text("session_id")?,
            tx: row.opt_text("tx_id")?,
            details: row.text("details")?,
            severity: row.text("severity")?,
            ip: row.opt_text("ip")?,
            prev_hash: row.bytes("prev_hash")?,
            hash: row.bytes("hash")?,
        })
    }

    /// The event with its details. None if another version wrote it in a form that cannot be parsed, or if the row was
    /// tampered with; its texts can still be shown.
    pub fn typed(&self) -> Option<AuditEvent> {
        AuditEvent::read(AuditEventKind::parse(&self.event)?, &self.details).ok()
    }

    /// SHA-256 over a label, the previous hash and every field, each preceded by its length. An absent field
    /// differs from an empty one in its first byte.
    pub fn expected_hash(&self) -> Digest {
        let optional = |field: &Option<String>| match field {
            Some(text) => [b"+", text.as_bytes()].concat(),
            None => b"-".to_vec(),
        };
        Digest::of(
            "waiaas.audit.v1",
            &[
                &self.prev_hash,
                &self.seq.to_be_bytes(),
                &self.at.to_be_bytes(),
                self.event.as_bytes(),
                self.actor.as_bytes(),
                &optional(&self.wallet),
                &optional(&self.session),
                &optional(&self.tx),
                self.details.as_bytes(),
                self.severity.as_bytes(),
                &optional(&self.ip),
            ],
        )
    }

    /// Whether this row follows a row with this position and hash.
    fn follows(&self, seq: i64, hash: &Digest) -> bool {
        seq.checked_add(1) == Some(self.seq)
            && self.prev_hash == hash.as_bytes()
            && self.hash == self.expected_hash().as_bytes()
    }
}

/// The result of a verification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChainReport {
    /// Number of rows from the first on that form an intact chain.
    pub rows: i64,
    /// Hash of the last of them. Compare it with an exported checkpoint to detect a truncated log.
    pub head: Digest,
    /// Position of the first row that is missing, altered or out of order.
    pub first_bad: Option<i64>,
}

/// Selects rows of the log. Every field that is set must match.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditFilter {
    /// About this wallet, or about a session that has or had it.
    pub wallet: Option<WalletId>,
    /// About this session.
    pub session: Option<SessionId>,
    /// About this transaction.
    pub tx: Option<TxId>,
    /// Only this event.
    pub event: Option<AuditEventKind>,
    /// Only this severity.
    pub severity: Option<Severity>,
    /// At or after this time.
    pub from: Option<UnixSeconds>,
    /// At or before this time.
    pub to: Option<UnixSeconds>,
}

/// A part of the log, newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditPage {
    /// The rows.
    pub items: Vec<AuditRow>,
    /// Cursor for older rows; none at the end.
    pub next: Option<i64>,
    /// Number of all rows that match, if requested.
    pub total: Option<i64>,
}

impl WriteTx {
    /// Appends an entry that belongs to no change of another row (a refused password, a start, a backup).
    /// Returns its position.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails, or the log's last row is not valid.
    pub async fn record(&mut self, entry: AuditEntry) -> Result<i64, StoreError> {
        let conn = self.conn();
        let query = "SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1";
        let (last, prev_hash) = match sqlx::query(query).fetch_optional(&mut *conn).await? {
            Some(row) => (row.int("seq")?, row.bytes("hash")?),
            None => (0, GENESIS.as_bytes().to_vec()),
        };
        let kind = entry.event.kind();
        let mut row = AuditRow {
            seq: last.checked_add(1).ok_or(StoreError::Corrupt("seq"))?,
            at: entry.at,
            event: kind.as_str().to_owned(),
            actor: entry.actor.to_string(),
            wallet: entry.wallet.map(|id| id.to_string()),
            session: entry.session.map(|id| id.to_string()),
            tx: entry.tx.map(|id| id.to_string()),
            details: entry.event.details().map_err(|_| StoreError::Corrupt("details"))?,
            severity: kind.severity().as_str().to_owned(),
            ip: entry.ip,
            prev_hash,
            hash: Vec::new(),
        };
        row.hash = row.expected_hash().as_bytes().to_vec();
        let seq = row.seq;
        insert(conn, row).await?;
        Ok(seq)
    }
}

async fn insert(conn: &mut AnyConnection, row: AuditRow) -> Result<(), StoreError> {
    let query = "INSERT INTO audit_log (seq, at, event_type, actor, wallet_id, session_id, tx_id, details, \
                 severity, ip, prev_hash, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    sqlx::query(query)
        .bind(row.seq)
        .bind(row.at)
        .bind(row.event)
        .bind(row.actor)
        .bind(row.wallet)
        .bind(row.session)
        .bind(row.tx)
        .bind(row.details)
        .bind(row.severity)
        .bind(row.ip)
        .bind(row.prev_hash)
        .bind(row.hash)
        .execute(conn)
        .await?;
    Ok(())
}

reads! {
    by long_reader;
    /// Verifies the whole chain. Memory use does not grow with the log.
    verify_chain() -> ChainReport;
}

reads! {
    /// Rows after position `after` (0 = from the first), oldest first, for export. At most `limit` rows; an
    /// empty answer marks the end.
    audit_after(after: i64, limit: u32) -> Vec<AuditRow>;
    /// Rows that match, newest first, older than `before`.
    audit_page(filter: &AuditFilter, before: Option<i64>, limit: u32, include_total: bool) -> AuditPage;
}

async fn verify_chain(conn: &mut AnyConnection) -> Result<ChainReport, StoreError> {
    let mut report = ChainReport { rows: 0, head: GENESIS, first_bad: None };
    loop {
        let rows = after(conn, report.rows, STEP).await?;
        if rows.is_empty() {
            return Ok(report);
        }
        for row in rows {
            if !row.follows(report.rows, &report.head) {
                report.first_bad = Some(report.rows.saturating_add(1));
                return Ok(report);
            }
            report.rows = row.seq;
            report.head = row.expected_hash();
        }
    }
}

async fn audit_after(conn: &mut AnyConnection, seq: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
    after(conn, seq, i64::from(limit)).await
}

async fn after(conn: &mut AnyConnection, seq: i64, limit: i64) -> Result<Vec<AuditRow>, StoreError> {
    let query = "SELECT * FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2";
    let rows = sqlx::query(query).bind(seq).bind(limit).fetch_all(conn).await?;
    rows.iter().map(AuditRow::read).collect()
}

/// The filter as SQL: an absent value matches every row. `$1` … `$7`. A row without a wallet is about every wallet
/// that its session has or had, and about those that its details name.
const MATCHES: &str = "(COALESCE($1, wallet_id, '') = COALESCE(wallet_id, '') OR (wallet_id IS NULL AND (\
        session_id IN (SELECT session_id FROM session_wallets WHERE wallet_id = $1) \
        OR session_id IN (SELECT session_id FROM audit_log WHERE wallet_id = $1) \
        OR details LIKE '%\"' || $1 || '\"%'))) \
    AND (COALESCE($2, session_id, '') = COALESCE(session_id, '')) \
    AND (COALESCE($3, tx_id, '') = COALESCE(tx_id, '')) \
    AND event_type = COALESCE($4, event_type) AND severity = COALESCE($5, severity) \
    AND at >= COALESCE($6, at) AND at <= COALESCE($7, at)";

macro_rules! bind_filter {
    ($query:expr, $filter:expr) => {
        $query
            .bind($filter.wallet.map(|id| id.to_string()))
            .bind($filter.session.map(|id| id.to_string()))
            .bind($filter.tx.map(|id| id.to_string()))
            .bind($filter.event.map(|event| event.as_str().to_owned()))
            .bind($filter.severity.map(|severity| severity.as_str().to_owned()))
            .bind($filter.from)
            .bind($filter.to)
    };
}

async fn audit_page(
    conn: &mut AnyConnection,
    filter: &AuditFilter,
    before: Option<i64>,
    limit: u32,
    include_total: bool,
) -> Result<AuditPage, StoreError> {
    let limit = clamp(limit);
    let query = format!("SELECT * FROM audit_log WHERE {MATCHES} AND seq < $8 ORDER BY seq DESC LIMIT $9");
    let query = bind_filter!(sqlx::query(sqlx::AssertSqlSafe(query)), filter);
    let rows =
        query.bind(before.unwrap_or(i64::MAX)).bind(i64::from(limit) + 1).fetch_all(&mut *conn).await?;
    let items = rows.iter().map(AuditRow::read).collect::<Result<Vec<_>, _>>()?;
    let page = crate::Page::cut(items, limit, |row| row.seq);
    let total = if include_total {
        let query = format!("SELECT COUNT(*) AS total FROM audit_log WHERE {MATCHES}");
        let query = bind_filter!(sqlx::query(sqlx::AssertSqlSafe(query)), filter);
        Some(query.fetch_one(conn).await?.int("total")?)
    } else {
        None
    };
    Ok(AuditPage { items: page.items, next: page.next, total })
}
