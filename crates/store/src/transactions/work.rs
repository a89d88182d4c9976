//! The transactions that the workers process, by network.

use sqlx::AnyConnection;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::{SessionId, TxId};
use waiaas_core::network::NetworkId;
use waiaas_core::transaction::TxStatus;

use crate::columns::Columns;
use crate::error::StoreError;
use crate::reads::reads;

/// Transactions to process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Work {
    /// Cleared or signed, and not accepted by a node yet.
    Unsent,
    /// Accepted by a node.
    Submitted,
    /// Signed for the caller, with open reservations, and to be checked often: a message whose deadline has
    /// passed, or a transaction signed within the last hour.
    HandedOut {
        /// The current time.
        now: UnixSeconds,
    },
    /// Transactions signed for the caller earlier than that, with open reservations.
    HandedOutLongAgo {
        /// The current time.
        now: UnixSeconds,
    },
    /// Confirmed in a block that is not final yet.
    NotFinal,
}

/// Seconds for which a transaction that was handed out is checked often.
const FRESH_SECONDS: UnixSeconds = 3_600;

/// Signed for the caller, with open reservations.
const HELD: &str = "status = 'SIGNED' AND EXISTS (SELECT 1 FROM reservations \
                    WHERE tx_id = transactions.id AND reservations.status = 'HELD')";

impl Work {
    /// In the terms of the indices, or SQLite would not use them.
    fn condition(self) -> String {
        let on_chain = "expiry_kind IN ('nonce', 'block_height')";
        match self {
            Self::Unsent => "status IN ('EXECUTING', 'BROADCASTING')".to_owned(),
            Self::Submitted => "status IN ('SUBMITTED')".to_owned(),
            Self::HandedOut { now } => {
                let since = now.saturating_sub(FRESH_SECONDS);
                format!(
                    "{HELD} AND (expiry_kind = 'never' OR (expiry_kind = 'time' AND expiry_value < {now}) \
                     OR ({on_chain} AND updated_at >= {since}))"
                )
            }
            Self::HandedOutLongAgo { now } => {
                let since = now.saturating_sub(FRESH_SECONDS);
                format!("{HELD} AND {on_chain} AND updated_at < {since}")
            }
            Self::NotFinal => "status = 'CONFIRMED' AND is_final = 0".to_owned(),
        }
    }
}

reads! {
    /// Networks with such transactions, by name.
    work_networks(work: Work) -> Vec<NetworkId>;
    /// Such transactions on a network, oldest first, after the cursor.
    work(kind: Work, network: &NetworkId, after: Option<TxId>, limit: u32) -> Vec<TxId>;
    /// Number of a session's transactions that were signed for the caller, may be included and have open
    /// reservations.
    handed_out(session: SessionId) -> u64;
    /// Number of a network's transactions that are signed, or cleared for signing, and not final.
    work_waiting(network: &NetworkId) -> u64;
}

async fn work_networks(conn: &mut AnyConnection, work: Work) -> Result<Vec<NetworkId>, StoreError> {
    let condition = work.condition();
    let query = format!("SELECT DISTINCT network FROM transactions WHERE {condition} ORDER BY network");
    // Only words and numbers from above.
    let rows = sqlx::query(sqlx::AssertSqlSafe(query)).fetch_all(conn).await?;
    rows.iter().map(|row| Ok(NetworkId::new(&row.text("network")?))).collect()
}

async fn work(
    conn: &mut AnyConnection,
    kind: Work,
    network: &NetworkId,
    after: Option<TxId>,
    limit: u32,
) -> Result<Vec<TxId>, StoreError> {
    let condition = kind.condition();
    let query = format!(
        "SELECT id FROM transactions WHERE {condition} AND network = $1 AND id > $2 ORDER BY id LIMIT $3"
    );
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(network.to_string()).bind(after);
    query.bind(i64::from(limit)).fetch_all(conn).await?.iter().map(|row| row.parsed("id")).collect()
}

async fn handed_out(conn: &mut AnyConnection, session: SessionId) -> Result<u64, StoreError> {
    let query = format!(
        "SELECT COUNT(*) AS open FROM transactions WHERE session_id = $1 AND {HELD} \
         AND expiry_kind IN ('nonce', 'block_height')"
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(query)).bind(session.to_string());
    query.fetch_one(conn).await?.number("open")
}

async fn work_waiting(conn: &mut AnyConnection, network: &NetworkId) -> Result<u64, StoreError> {
    let statuses = [TxStatus::Executing, TxStatus::Broadcasting, TxStatus::Submitted].map(TxStatus::as_str);
    let query = "SELECT COUNT(*) AS waiting FROM transactions WHERE network = $1 \
                 AND (status IN ($2, $3, $4) OR (status = 'CONFIRMED' AND is_final = 0))";
    let query = sqlx::query(query).bind(network.to_string());
    let query = statuses.into_iter().fold(query, |query, status| query.bind(status));
    query.fetch_one(conn).await?.number("waiting")
}
