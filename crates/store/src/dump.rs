//! Export and import of all data, as JSON lines, the same for both databases.
//!
//! The first line names the format and the schema, each further line holds one row, the last one the number
//! of rows and the SHA-256 of all bytes before it. That detects damage and truncation, not tampering: a dump
//! contains sealed keys and token hashes, and the caller must encrypt and authenticate it. The audit chain is
//! verified before an import is committed.

use std::io::{BufRead, Write};

use futures_util::TryStreamExt as _;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::any::{AnyRow, AnyTypeInfoKind};
use sqlx::{AnyConnection, Column as _, Row as _, ValueRef as _};
use thiserror::Error;

use crate::audit::AuditEntry;
use crate::error::StoreError;
use crate::migrations::KNOWN;
use crate::store::Store;
use crate::writer::WriteTx;

const FORMAT: &str = "waiaas-dump-1";
/// Maximum length of a line: a transaction's bytes are much shorter.
const MAX_LINE: u64 = 16 * 1024 * 1024;

/// Every table with its key; a table comes after those that it refers to.
const TABLES: &[(&str, &str)] = &[
    ("meta", "key"),
    ("login_failures", "scope"),
    ("wallets", "id"),
    ("sessions", "id"),
    ("session_wallets", "session_id, wallet_id"),
    ("denial_counts", "session_id"),
    ("policies", "id"),
    ("policy_sets", "digest"),
    ("tokens", "network, address"),
    ("chain_identities", "network"),
    ("transactions", "id"),
    ("reservations", "tx_id, position"),
    ("allowance_uses", "tx_id, allowance_tx, position"),
    ("action_values", "tx_id"),
    ("changes", "id"),
    ("challenges", "nonce"),
    ("idempotency", "session_id, key"),
    ("webhooks", "id"),
    ("webhook_deliveries", "id"),
    ("telegram_chats", "chat"),
    ("telegram_cards", "tx_id, chat"),
    ("walletconnect_sessions", "wallet_id"),
    ("walletconnect_requests", "nonce, topic"),
    ("audit_log", "seq"),
];

/// Why a dump was not written or not imported.
#[derive(Debug, Error)]
pub enum DumpError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The dump could not be read or written.
    #[error("the dump could not be read or written")]
    Io(#[from] std::io::Error),
    /// Not a dump, truncated, or altered.
    #[error("this is not an intact dump: {0}")]
    Damaged(&'static str),
    /// Written by a release with another schema. Restore it with that release, then upgrade.
    #[error("the dump has schema {found}, this release has {known}: restore with the release that wrote it")]
    OtherSchema {
        /// Schema of the dump.
        found: i64,
        /// Schema of this release.
        known: i64,
    },
    /// The database is not empty.
    #[error("a dump is only restored into an empty database")]
    NotEmpty,
}

impl From<sqlx::Error> for DumpError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The result of an export or import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DumpReport {
    /// Number of rows in all tables.
    pub rows: u64,
}

/// A line of a dump.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Head { format: String, schema: i64 },
    Row { table: String, row: Map<String, Value> },
    End { rows: u64, sha256: String },
}

impl Store {
    /// Writes all data, as of one moment. Writers are not blocked.
    ///
    /// # Errors
    ///
    /// [`DumpError`] if the database fails or `out` cannot be written.
    pub async fn export(&self, out: &mut (dyn Write + Send)) -> Result<DumpReport, DumpError> {
        // A connection of its own, so that an unfinished transaction does not return to the pool.
        let mut conn = self.reader().await?.detach();
        let begin =
            if self.is_postgres() { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" } else { "BEGIN" };
        sqlx::raw_sql(begin).execute(&mut conn).await?;
        let mut out = Hashing { out, hash: Sha256::new() };
        out.line(&json!({ "format": FORMAT, "schema": KNOWN }))?;
        let mut rows = 0u64;
        for (table, key) in TABLES {
            let query = sqlx::AssertSqlSafe(format!("SELECT * FROM {table} ORDER BY {key}"));
            let mut stream = sqlx::query(query).fetch(&mut conn);
            while let Some(row) = stream.try_next().await? {
                out.line(&json!({ "table": table, "row": to_json(&row)? }))?;
                rows = rows.saturating_add(1);
            }
        }
        let sha256 = hex::encode(out.hash.clone().finalize());
        out.line(&json!({ "rows": rows, "sha256": sha256 }))?;
        out.out.flush()?;
        Ok(DumpReport { rows })
    }

    /// Imports a dump into an empty database, completely or not at all, and appends `audit`.
    ///
    /// # Errors
    ///
    /// [`DumpError`] if the dump is damaged or of another schema, the database is not empty, or it fails.
    pub async fn import(
        &self,
        dump: &mut (dyn BufRead + Send),
        audit: AuditEntry,
    ) -> Result<DumpReport, DumpError> {
        let mut tx = self.exclusive().await?;
        let report = load(tx.conn(), dump).await?;
        if tx.verify_chain().await?.first_bad.is_some() {
            return Err(DumpError::Damaged("its audit chain is broken"));
        }
        tx.record(audit).await?;
        WriteTx::commit(tx).await?;
        Ok(report)
    }
}

/// Writes lines and hashes them.
struct Hashing<'a> {
    out: &'a mut (dyn Write + Send),
    hash: Sha256,
}

impl Hashing<'_> {
    fn line(&mut self, value: &Value) -> Result<(), std::io::Error> {
        let line = format!("{value}\n");
        self.hash.update(line.as_bytes());
        self.out.write_all(line.as_bytes())
    }
}

/// NULLs are skipped; bytes are `{"hex": …}`.
fn to_json(row: &AnyRow) -> Result<Map<String, Value>, StoreError> {
    let unreadable = |_| StoreError::Corrupt("row");
    let mut map = Map::new();
    for column in row.columns() {
        let index = column.ordinal();
        let raw = row.try_get_raw(index).map_err(unreadable)?;
        if raw.is_null() {
            continue;
        }
        let value = match raw.type_info().kind() {
            AnyTypeInfoKind::Text => Value::from(row.try_get::<String, _>(index).map_err(unreadable)?),
            AnyTypeInfoKind::Blob => {
                let bytes = row.try_get::<Vec<u8>, _>(index).map_err(unreadable)?;
                json!({ "hex": hex::encode(bytes) })
            }
            AnyTypeInfoKind::BigInt | AnyTypeInfoKind::Integer | AnyTypeInfoKind::SmallInt => {
                Value::from(row.try_get::<i64, _>(index).map_err(unreadable)?)
            }
            AnyTypeInfoKind::Null
            | AnyTypeInfoKind::Bool
            | AnyTypeInfoKind::Real
            | AnyTypeInfoKind::Double => {
                return Err(StoreError::Corrupt("row"));
            }
        };
        map.insert(column.name().to_owned(), value);
    }
    Ok(map)
}

async fn load(conn: &mut AnyConnection, dump: &mut (dyn BufRead + Send)) -> Result<DumpReport, DumpError> {
    for (table, _) in TABLES {
        let query = sqlx::AssertSqlSafe(format!(
            "SELECT COUNT(*) AS found FROM (SELECT 1 FROM {table} LIMIT 1) AS t"
        ));
        let found: i64 = sqlx::query(query).fetch_one(&mut *conn).await?.try_get("found")?;
        if found != 0 {
            return Err(DumpError::NotEmpty);
        }
    }
    let mut hash = Sha256::new();
    let first = next_line(dump)?;
    match parse(&first)? {
        Line::Head { format, .. } if format != FORMAT => {
            return Err(DumpError::Damaged("its format is unknown"));
        }
        Line::Head { schema, .. } if schema != KNOWN => {
            return Err(DumpError::OtherSchema { found: schema, known: KNOWN });
        }
        Line::Head { .. } => hash.update(&first),
        Line::Row { .. } | Line::End { .. } => return Err(DumpError::Damaged("it has no first line")),
    }
    let mut count = 0u64;
    loop {
        let line = next_line(dump)?;
        match parse(&line)? {
            Line::Head { .. } => return Err(DumpError::Damaged("it has two first lines")),
            Line::Row { table, row } => {
                hash.update(&line);
                insert(conn, &table, row).await?;
                count = count.saturating_add(1);
            }
            Line::End { rows, sha256 } => {
                if rows != count || sha256 != hex::encode(hash.finalize()) {
                    return Err(DumpError::Damaged("its checksum does not match"));
                }
                // Reading on detects damage after the last line.
                if !dump.fill_buf()?.is_empty() {
                    return Err(DumpError::Damaged("something follows its last line"));
                }
                return Ok(DumpReport { rows });
            }
        }
    }
}

fn next_line(dump: &mut (dyn BufRead + Send)) -> Result<Vec<u8>, DumpError> {
    use std::io::Read as _;
    let mut line = Vec::new();
    dump.take(MAX_LINE).read_until(b'\n', &mut line)?;
    if line.last() == Some(&b'\n') { Ok(line) } else { Err(DumpError::Damaged("it is cut short")) }
}

fn parse(line: &[u8]) -> Result<Line, DumpError> {
    serde_json::from_slice(line).map_err(|_| DumpError::Damaged("a line is not a row"))
}

async fn insert(conn: &mut AnyConnection, table: &str, row: Map<String, Value>) -> Result<(), DumpError> {
    let known = TABLES.iter().find(|(name, _)| *name == table);
    let (table, _) = known.ok_or(DumpError::Damaged("it has an unknown table"))?;
    let plain = |name: &String| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if row.is_empty() || !row.keys().all(plain) {
        return Err(DumpError::Damaged("it has an unknown column"));
    }
    let columns = row.keys().cloned().collect::<Vec<_>>().join(", ");
    let marks = crate::columns::placeholders(1, row.len());
    // The table is one of ours and the columns are plain words; every value is bound.
    let mut query =
        sqlx::query(sqlx::AssertSqlSafe(format!("INSERT INTO {table} ({columns}) VALUES ({marks})")));
    for value in row.into_iter().map(|(_, value)| value) {
        query = match value {
            Value::String(text) => query.bind(text),
            Value::Number(number) => {
                query.bind(number.as_i64().ok_or(DumpError::Damaged("a number is not whole"))?)
            }
            Value::Object(bytes) => {
                let text = bytes.get("hex").and_then(Value::as_str);
                let bytes = text.and_then(|text| hex::decode(text).ok());
                query.bind(bytes.ok_or(DumpError::Damaged("bytes are not hex"))?)
            }
            Value::Null | Value::Bool(_) | Value::Array(_) => {
                return Err(DumpError::Damaged("a value is of no known kind"));
            }
        };
    }
    query.execute(conn).await?;
    Ok(())
}
