//! What the workers look after, network by network.

use sqlx::AnyConnection;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::{SessionId, TxId};
use waiaas_core::network::NetworkId;
use waiaas_core::transaction::TxStatus;

use crate::columns::Columns;
use crate::error::StoreError;
use crate::reads::reads;

/// Transactions that need looking after.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Work {
    /// Cleared or signed, and no node has taken it yet.
    Unsent,
    /// A node has taken it.
    Submitted,
    /// Signed for the caller, still holding something, and worth a frequent look: a message whose time is
    /// over, or a transaction signed within the last hour.
    HandedOut {
        /// The time of the look.
        now: UnixSeconds,
    },
    /// Transactions that were signed for the caller earlier than that and still hold something.
    HandedOutLongAgo {
        /// The time of the look.
        now: UnixSeconds,
    },
    /// Confirmed in a block that is not final yet.
    NotFinal,
}

/// For how long a transaction that was handed out is looked for often.
const FRESH_SECONDS: UnixSeconds = 3_600;

/// Signed for the caller and still holding something.
const HELD: &str = "status = 'SIGNED' AND EXISTS (SELECT 1 FROM reservations \
                    WHERE tx_id = transactions.id AND reservations.status = 'HELD')";

impl Work {
    /// In the words of the indices, or SQLite would not use them.
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
    /// Networks on which there is such work, by name.
    work_networks(work: Work) -> Vec<NetworkId>;
    /// Such work on a network, oldest first, after the cursor.
    work(kind: Work, network: &NetworkId, after: Option<TxId>, limit: u32) -> Vec<TxId>;
    /// How many transactions of a session were signed for its caller, may land and still hold something.
    handed_out(session: SessionId) -> u64;
    /// Transactions of a network that are signed, or cleared to be, and not at a final end.
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
