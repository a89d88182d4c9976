//! Counts besides spending, for requests with an origin known to the daemon: dollars moved by actions per
//! category, and HTTP messages signed per host.
//!
//! A value is HELD, SETTLED and RELEASED together with the reservations of its transaction.

use sqlx::AnyConnection;
use waiaas_core::UnixSeconds;
use waiaas_core::action::ActionCategory;
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::money::Usd;
use waiaas_core::policy::{CategorySums, DAY_SECONDS, MONTH_SECONDS};

use crate::columns::{Columns, dollars, usd};
use crate::error::StoreError;
use crate::reads::reads;
use crate::reservation_end::ReservationEnd;

/// The value that an action moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ActionValue {
    /// Its category.
    pub category: ActionCategory,
    /// Its value; none if it is not known, which makes the category's sums unknown while it counts.
    pub usd: Option<Usd>,
}

reads! {
    /// The reserved and settled value of a wallet's actions of a category at `now`; none while an unknown
    /// value counts.
    action_sums(wallet: WalletId, category: ActionCategory, now: UnixSeconds) -> Option<CategorySums>;
    /// Number of a wallet's HTTP messages for a host requested after `since` that policy did not deny.
    http_messages_since(wallet: WalletId, domain: &str, since: UnixSeconds) -> u64;
}

async fn action_sums(
    conn: &mut AnyConnection,
    wallet: WalletId,
    category: ActionCategory,
    now: UnixSeconds,
) -> Result<Option<CategorySums>, StoreError> {
    // In two halves, as in the ledger.
    let query = "SELECT recent, COUNT(*) AS actions, COUNT(usd_micros) AS valued, \
                 CAST(SUM(usd_micros / 4294967296) AS BIGINT) AS usd_high, \
                 CAST(SUM(usd_micros % 4294967296) AS BIGINT) AS usd_low \
                 FROM (SELECT usd_micros, CASE WHEN status = 'HELD' OR counted_at > $3 THEN 1 ELSE 0 END AS recent \
                       FROM action_values WHERE wallet_id = $1 AND category = $2 \
                       AND (status = 'HELD' OR (status = 'SETTLED' AND counted_at > $4))) AS counted \
                 GROUP BY recent";
    let rows = sqlx::query(query)
        .bind(wallet.to_string())
        .bind(category.as_str())
        .bind(now.saturating_sub(DAY_SECONDS))
        .bind(now.saturating_sub(MONTH_SECONDS))
        .fetch_all(conn)
        .await?;
    let mut sums = CategorySums::default();
    for row in &rows {
        if row.int("valued")? != row.int("actions")? {
            return Ok(None);
        }
        let value = dollars(row)?;
        if row.flag("recent")? {
            sums.usd_day = sums.usd_day.plus(value);
        }
        sums.usd_month = sums.usd_month.plus(value);
    }
    Ok(Some(sums))
}

async fn http_messages_since(
    conn: &mut AnyConnection,
    wallet: WalletId,
    domain: &str,
    since: UnixSeconds,
) -> Result<u64, StoreError> {
    let query = "SELECT COUNT(*) AS messages FROM transactions \
                 WHERE wallet_id = $1 AND http_domain = $2 AND created_at > $3 AND status <> 'DENIED'";
    let query = sqlx::query(query).bind(wallet.to_string()).bind(domain.to_owned()).bind(since);
    query.fetch_one(conn).await?.number("messages")
}

/// Reserves the value that an action moves from now until proof.
pub(crate) async fn hold(
    conn: &mut AnyConnection,
    tx: TxId,
    wallet: WalletId,
    action: ActionValue,
    at: UnixSeconds,
) -> Result<(), StoreError> {
    let query = "INSERT INTO action_values (tx_id, wallet_id, category, usd_micros, status, counted_at) \
                 VALUES ($1, $2, $3, $4, 'HELD', $5)";
    sqlx::query(query)
        .bind(tx.to_string())
        .bind(wallet.to_string())
        .bind(action.category.as_str())
        .bind(action.usd.map(usd))
        .bind(at)
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends the value of an action in the same way as its transaction's reservations.
pub(crate) async fn settle(
    conn: &mut AnyConnection,
    tx: TxId,
    end: ReservationEnd,
    at: UnixSeconds,
) -> Result<(), StoreError> {
    let query = "UPDATE action_values SET status = $1, counted_at = $2 WHERE tx_id = $3 AND status = 'HELD'";
    sqlx::query(query).bind(end.as_str()).bind(at).bind(tx.to_string()).execute(conn).await?;
    Ok(())
}
