//! Numbers of rows, for an overview without the rows.

use sqlx::AnyConnection;
use waiaas_core::UnixSeconds;
use waiaas_core::transaction::TxStatus;

use crate::columns::{Columns, placeholders};
use crate::error::StoreError;
use crate::reads::reads;

reads! {
    /// Number of sessions that are neither revoked nor expired at `now`.
    live_sessions_in_all(now: UnixSeconds) -> u64;
    /// Number of transactions with one of these statuses.
    transactions_in(statuses: &[TxStatus]) -> u64;
}

async fn live_sessions_in_all(conn: &mut AnyConnection, now: UnixSeconds) -> Result<u64, StoreError> {
    let query = "SELECT COUNT(*) AS live FROM sessions WHERE revoked_at IS NULL AND expires_at > $1 \
                 AND COALESCE(absolute_expires_at, expires_at) > $1";
    sqlx::query(query).bind(now).fetch_one(conn).await?.number("live")
}

async fn transactions_in(conn: &mut AnyConnection, statuses: &[TxStatus]) -> Result<u64, StoreError> {
    let marks = placeholders(1, statuses.len());
    let query = format!("SELECT COUNT(*) AS found FROM transactions WHERE status IN ({marks})");
    let query = sqlx::query(sqlx::AssertSqlSafe(query));
    let query = statuses.iter().fold(query, |query, status| query.bind(status.as_str()));
    query.fetch_one(conn).await?.number("found")
}
