//! Reading transactions.

use sqlx::AnyConnection;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::{SessionId, TxId, WalletId};
use waiaas_core::network::NetworkId;
use waiaas_core::transaction::TxStatus;

use crate::columns::{Columns, placeholders, unsigned};
use crate::error::StoreError;
use crate::page::{Page, clamp};
use crate::reads::reads;
use crate::transactions::TransactionRow;

/// Selects transactions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TxFilter {
    /// Of these wallets; none = of every wallet, an empty list = of no wallet.
    pub wallets: Option<Vec<WalletId>>,
    /// With one of these statuses; empty = with any.
    pub statuses: Vec<TxStatus>,
    /// On this network.
    pub network: Option<NetworkId>,
}

/// The waiting, unsigned transactions of one session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Waiting {
    /// Number of transactions.
    pub rows: u64,
    /// Number of them that have a gas condition.
    pub for_gas: u64,
    /// Stored bytes of all of them.
    pub bytes: u64,
}

reads! {
    /// The waiting, unsigned transactions of a session.
    waiting(session: SessionId) -> Waiting;
    /// One transaction.
    transaction(id: TxId) -> Option<TransactionRow>;
    /// Transactions older than the cursor, newest first; fewer than `limit` if they are long.
    transactions_page(filter: &TxFilter, before: Option<TxId>, limit: u32) -> Page<TransactionRow, TxId>;
    /// Transactions with one of these statuses, oldest first, after the cursor.
    with_status(statuses: &[TxStatus], after: Option<TxId>, limit: u32) -> Vec<TransactionRow>;
    /// QUEUED transactions whose delay is over at `now`, the longest overdue first.
    due_delays(now: UnixSeconds, limit: u32) -> Vec<TransactionRow>;
    /// PENDING_APPROVAL transactions whose approval window is over at `now`; the end itself is over.
    expired_approvals(now: UnixSeconds, limit: u32) -> Vec<TransactionRow>;
    /// EVM nonces of signed transactions that may still be included, in order. Transactions whose broadcast
    /// was refused are left out, so that their nonces are used again.
    nonces_in_flight(wallet: WalletId, network: &NetworkId) -> Vec<u64>;
    /// The smallest EVM nonce above those used by this wallet's transactions with a final use of their nonce:
    /// those on chain, and those whose nonce another transaction has used for good. Transactions closed by
    /// the operator are proved to be neither. Only transactions changed at or after `since` count.
    nonce_floor(wallet: WalletId, network: &NetworkId, since: UnixSeconds) -> u64;
    /// The smallest EVM nonce above all nonces for which this wallet ever signed anything, whatever the
    /// outcome.
    nonces_signed(wallet: WalletId, network: &NetworkId) -> u64;
    /// Hashes of this wallet's other transactions signed with this EVM nonce, whatever their outcome: one on
    /// chain first, then the newest. At most one of all is included.
    rivals(id: TxId, wallet: WalletId, network: &NetworkId, nonce: u64) -> Vec<String>;
    /// The last of this wallet's final transactions on chain with a lower EVM nonce: hash and block.
    landed_before(wallet: WalletId, network: &NetworkId, nonce: u64) -> Option<(String, u64)>;
    /// The replacement of this transaction that has not ended. There is at most one; a unique index ensures
    /// it.
    open_replacement(id: TxId) -> Option<TransactionRow>;
    /// Signed transactions of this wallet that may still be included with this EVM nonce, oldest first. Those
    /// whose broadcast was refused are left out, as in `nonces_in_flight`.
    with_nonce(wallet: WalletId, network: &NetworkId, nonce: u64) -> Vec<TxId>;
    /// Whether a transaction on this network has this hash already. Two rows must never follow the same
    /// transaction on chain; a unique index ensures it.
    hash_taken(network: &NetworkId, hash: &str) -> bool;
}

async fn waiting(conn: &mut AnyConnection, session: SessionId) -> Result<Waiting, StoreError> {
    let query = "SELECT COUNT(*) AS rows_waiting, COUNT(gas_condition) AS for_gas, \
                 CAST(COALESCE(SUM(OCTET_LENGTH(intent) + OCTET_LENGTH(verdict) \
                 + COALESCE(OCTET_LENGTH(effects), 0) + COALESCE(OCTET_LENGTH(draft_body), 0)), 0) AS BIGINT) \
                 AS bytes_kept FROM transactions \
                 WHERE session_id = $1 AND status IN ('QUEUED', 'PENDING_APPROVAL', 'EXECUTING')";
    let row = sqlx::query(query).bind(session.to_string()).fetch_one(conn).await?;
    Ok(Waiting {
        rows: row.number("rows_waiting")?,
        for_gas: row.number("for_gas")?,
        bytes: row.number("bytes_kept")?,
    })
}

pub(super) async fn transaction(
    conn: &mut AnyConnection,
    id: TxId,
) -> Result<Option<TransactionRow>, StoreError> {
    let query = "SELECT * FROM transactions WHERE id = $1";
    let row = sqlx::query(query).bind(id.to_string()).fetch_optional(conn).await?;
    row.as_ref().map(TransactionRow::read).transpose()
}

async fn transactions_page(
    conn: &mut AnyConnection,
    filter: &TxFilter,
    before: Option<TxId>,
    limit: u32,
) -> Result<Page<TransactionRow, TxId>, StoreError> {
    let limit = clamp(limit);
    let mut values: Vec<String> = Vec::new();
    let mut list = |column: &str, wanted: Vec<String>| {
        let marks = placeholders(values.len().saturating_add(1), wanted.len());
        values.extend(wanted);
        format!("{column} IN ({marks})")
    };
    let mut conditions = vec!["1 = 1".to_owned()];
    if let Some(wallets) = &filter.wallets {
        conditions.push(list("wallet_id", wallets.iter().map(ToString::to_string).collect()));
    }
    if !filter.statuses.is_empty() {
        conditions.push(list("status", filter.statuses.iter().map(ToString::to_string).collect()));
    }
    if let Some(network) = &filter.network {
        conditions.push(list("network", vec![network.to_string()]));
    }
    if let Some(before) = before {
        values.push(before.to_string());
        conditions.push(format!("id < ${}", values.len()));
    }
    let condition = conditions.join(" AND ");
    let last = values.len().saturating_add(1);
    // Only column names and placeholders from above; every value is bound.
    let select = |columns: &str| {
        format!("SELECT {columns} FROM transactions WHERE {condition} ORDER BY id DESC LIMIT ${last}")
    };
    let bound = |query: String, rows: i64| {
        let query = sqlx::query(sqlx::AssertSqlSafe(query));
        values.iter().fold(query, |query, value| query.bind(value.clone())).bind(rows)
    };
    let sizes = bound(select(BYTES), i64::from(limit)).fetch_all(&mut *conn).await?;
    let sizes = sizes.iter().map(|row| row.number("bytes_kept")).collect::<Result<Vec<u64>, _>>()?;
    let limit = fitting(&sizes).min(limit);
    let rows = bound(select("*"), i64::from(limit) + 1).fetch_all(conn).await?;
    let items = rows.iter().map(TransactionRow::read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(items, limit, |row| row.id))
}

/// Length of the parts of a row that a caller chooses.
const BYTES: &str = "OCTET_LENGTH(intent) + OCTET_LENGTH(verdict) + COALESCE(OCTET_LENGTH(effects), 0) \
                     + COALESCE(OCTET_LENGTH(draft_body), 0) + COALESCE(OCTET_LENGTH(unsigned_bytes), 0) \
                     + COALESCE(OCTET_LENGTH(signed_bytes), 0) AS bytes_kept";

/// Maximum bytes of the rows of one page, unless the first has more.
const MOST_BYTES: u64 = 1024 * 1024;

/// How many of the first rows fit in a page; at least one.
fn fitting(sizes: &[u64]) -> u32 {
    let mut sum = 0u64;
    let fit = sizes.iter().take_while(|size| {
        sum = sum.saturating_add(**size);
        sum <= MOST_BYTES
    });
    u32::try_from(fit.count()).unwrap_or(u32::MAX).max(1)
}

async fn with_status(
    conn: &mut AnyConnection,
    statuses: &[TxStatus],
    after: Option<TxId>,
    limit: u32,
) -> Result<Vec<TransactionRow>, StoreError> {
    let marks = placeholders(3, statuses.len());
    let query =
        format!("SELECT * FROM transactions WHERE status IN ({marks}) AND id > $1 ORDER BY id LIMIT $2");
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(after).bind(i64::from(limit));
    let query = statuses.iter().fold(query, |query, status| query.bind(status.as_str()));
    query.fetch_all(conn).await?.iter().map(TransactionRow::read).collect()
}

async fn nonce_floor(
    conn: &mut AnyConnection,
    wallet: WalletId,
    network: &NetworkId,
    since: UnixSeconds,
) -> Result<u64, StoreError> {
    let query = "SELECT MAX(expiry_value) AS used FROM transactions WHERE wallet_id = $1 AND network = $2 \
                 AND expiry_kind = 'nonce' AND former_chain = 0 AND updated_at >= $3 AND (status = 'CONFIRMED' \
                 OR (status = 'FAILED' AND COALESCE(error_code, '') <> 'TRANSACTION_CLOSED'))";
    let query = sqlx::query(query).bind(wallet.to_string()).bind(network.to_string()).bind(since);
    let used: Option<u64> = query.fetch_one(conn).await?.opt_number("used")?;
    Ok(used.map_or(0, |used| used.saturating_add(1)))
}

async fn nonces_signed(
    conn: &mut AnyConnection,
    wallet: WalletId,
    network: &NetworkId,
) -> Result<u64, StoreError> {
    let query = "SELECT MAX(expiry_value) AS highest FROM transactions WHERE wallet_id = $1 AND network = $2 \
                 AND expiry_kind = 'nonce' AND former_chain = 0";
    let query = sqlx::query(query).bind(wallet.to_string()).bind(network.to_string());
    let highest: Option<u64> = query.fetch_one(conn).await?.opt_number("highest")?;
    Ok(highest.map_or(0, |highest| highest.saturating_add(1)))
}

async fn rivals(
    conn: &mut AnyConnection,
    id: TxId,
    wallet: WalletId,
    network: &NetworkId,
    nonce: u64,
) -> Result<Vec<String>, StoreError> {
    let query = "SELECT tx_hash FROM transactions WHERE wallet_id = $1 AND network = $2 \
                 AND expiry_kind = 'nonce' AND expiry_value = $3 AND id <> $4 AND former_chain = 0 \
                 AND tx_hash IS NOT NULL \
                 ORDER BY CASE WHEN status = 'CONFIRMED' THEN 0 ELSE 1 END, id DESC LIMIT 8";
    let query = sqlx::query(query).bind(wallet.to_string()).bind(network.to_string());
    let query = query.bind(unsigned(nonce, "expiry_value")?).bind(id.to_string());
    query.fetch_all(conn).await?.iter().map(|row| row.text("tx_hash")).collect()
}

async fn landed_before(
    conn: &mut AnyConnection,
    wallet: WalletId,
    network: &NetworkId,
    nonce: u64,
) -> Result<Option<(String, u64)>, StoreError> {
    let query = "SELECT tx_hash, block FROM transactions WHERE wallet_id = $1 AND network = $2 \
                 AND expiry_kind = 'nonce' AND expiry_value < $3 AND former_chain = 0 AND is_final = 1 \
                 AND block IS NOT NULL AND tx_hash IS NOT NULL ORDER BY expiry_value DESC LIMIT 1";
    let query = sqlx::query(query).bind(wallet.to_string()).bind(network.to_string());
    let row = query.bind(unsigned(nonce, "expiry_value")?).fetch_optional(conn).await?;
    row.map(|row| Ok((row.text("tx_hash")?, row.number("block")?))).transpose()
}

async fn due_delays(
    conn: &mut AnyConnection,
    now: UnixSeconds,
    limit: u32,
) -> Result<Vec<TransactionRow>, StoreError> {
    let query = "SELECT * FROM transactions WHERE status = 'QUEUED' AND execute_after <= $1 \
                 ORDER BY execute_after, id LIMIT $2";
    let query = sqlx::query(query).bind(now).bind(i64::from(limit));
    query.fetch_all(conn).await?.iter().map(TransactionRow::read).collect()
}

async fn expired_approvals(
    conn: &mut AnyConnection,
    now: UnixSeconds,
    limit: u32,
) -> Result<Vec<TransactionRow>, StoreError> {
    let query = "SELECT * FROM transactions WHERE status = 'PENDING_APPROVAL' AND approval_expires_at <= $1 \
                 ORDER BY approval_expires_at, id LIMIT $2";
    let query = sqlx::query(query).bind(now).bind(i64::from(limit));
    query.fetch_all(conn).await?.iter().map(TransactionRow::read).collect()
}

async fn hash_taken(conn: &mut AnyConnection, network: &NetworkId, hash: &str) -> Result<bool, StoreError> {
    let query = "SELECT id FROM transactions WHERE network = $1 AND tx_hash = $2 AND former_chain = 0";
    let query = sqlx::query(query).bind(network.to_string()).bind(hash.to_owned());
    Ok(query.fetch_optional(conn).await?.is_some())
}

async fn open_replacement(conn: &mut AnyConnection, id: TxId) -> Result<Option<TransactionRow>, StoreError> {
    // In the terms of the index `transactions_replaces`, or SQLite would not use it.
    let query = "SELECT * FROM transactions WHERE replaces = $1 \
                 AND status NOT IN ('DENIED', 'CONFIRMED', 'FAILED', 'CANCELLED', 'EXPIRED')";
    let row = sqlx::query(query).bind(id.to_string()).fetch_optional(conn).await?;
    row.as_ref().map(TransactionRow::read).transpose()
}

async fn with_nonce(
    conn: &mut AnyConnection,
    wallet: WalletId,
    network: &NetworkId,
    nonce: u64,
) -> Result<Vec<TxId>, StoreError> {
    let query = "SELECT id FROM transactions WHERE wallet_id = $1 AND network = $2 \
                 AND expiry_kind = 'nonce' AND expiry_value = $3 \
                 AND (status = 'SUBMITTED' OR (status = 'BROADCASTING' AND broadcast_rejected = 0)) \
                 ORDER BY id";
    let query = sqlx::query(query).bind(wallet.to_string()).bind(network.to_string());
    let rows = query.bind(unsigned(nonce, "expiry_value")?).fetch_all(conn).await?;
    rows.iter().map(|row| row.parsed("id")).collect()
}

async fn nonces_in_flight(
    conn: &mut AnyConnection,
    wallet: WalletId,
    network: &NetworkId,
) -> Result<Vec<u64>, StoreError> {
    let query = "SELECT expiry_value FROM transactions WHERE wallet_id = $1 AND network = $2 \
                 AND expiry_kind = 'nonce' \
                 AND (status = 'SUBMITTED' OR (status = 'BROADCASTING' AND broadcast_rejected = 0)) \
                 ORDER BY expiry_value";
    let query = sqlx::query(query).bind(wallet.to_string()).bind(network.to_string());
    let rows = query.fetch_all(conn).await?;
    rows.iter().map(|row| row.number("expiry_value")).collect()
}
