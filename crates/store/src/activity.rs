//! What a wallet did lately, for AutoStop.

use sqlx::AnyConnection;
use waiaas_core::UnixSeconds;
use waiaas_core::auto_stop::{Activity, Limits};
use waiaas_core::ids::WalletId;

use crate::columns::Columns;
use crate::error::StoreError;
use crate::reads::reads;

reads! {
    /// What a wallet did, as far as `limits` ask for it. Nothing before `resumed_at` counts.
    activity(wallet: WalletId, limits: &Limits, resumed_at: Option<UnixSeconds>, now: UnixSeconds) -> Activity;
}

async fn activity(
    conn: &mut AnyConnection,
    wallet: WalletId,
    limits: &Limits,
    resumed_at: Option<UnixSeconds>,
    now: UnixSeconds,
) -> Result<Activity, StoreError> {
    // What happened in the second of the resumption was mostly before it.
    let from = resumed_at.map_or(0, |at| at.saturating_add(1));
    let since = now.saturating_sub(i64::from(limits.window)).max(from);
    let mut found = Activity::default();
    if limits.failures > 0 {
        found.failures = failures(conn, wallet, limits.failures, from).await?;
    }
    let mut count = async |wanted: u32, query: &'static str| {
        if wanted == 0 {
            return Ok(0);
        }
        let query = sqlx::query(query).bind(wallet.to_string()).bind(since);
        query.fetch_one(&mut *conn).await?.number("found")
    };
    found.requests = count(limits.requests, GRANTED).await?;
    found.denials = count(limits.denials, DENIED).await?;
    found.new_recipients = count(limits.new_recipients, NEW_RECIPIENTS).await?;
    Ok(found)
}

const GRANTED: &str = "SELECT COUNT(*) AS found FROM transactions \
                       WHERE wallet_id = $1 AND created_at >= $2 AND status <> 'DENIED'";
const DENIED: &str = "SELECT COUNT(*) AS found FROM transactions \
                      WHERE wallet_id = $1 AND created_at >= $2 AND status = 'DENIED'";
const NEW_RECIPIENTS: &str = "SELECT COUNT(DISTINCT t.to_address) AS found FROM transactions t \
                              WHERE t.wallet_id = $1 AND t.created_at >= $2 AND t.status <> 'DENIED' \
                              AND t.to_address IS NOT NULL AND NOT EXISTS (SELECT 1 FROM transactions o \
                              WHERE o.wallet_id = $1 AND o.to_address = t.to_address AND o.created_at < $2 \
                              AND o.status <> 'DENIED')";

/// The newest ended transactions that failed, up to the first confirmed one or the limit.
async fn failures(
    conn: &mut AnyConnection,
    wallet: WalletId,
    most: u32,
    from: UnixSeconds,
) -> Result<u32, StoreError> {
    let query = "SELECT status FROM transactions WHERE wallet_id = $1 AND created_at >= $2 \
                 AND status IN ('CONFIRMED', 'FAILED') ORDER BY id DESC LIMIT $3";
    let query = sqlx::query(query).bind(wallet.to_string()).bind(from).bind(i64::from(most));
    let mut failed = 0;
    for row in &query.fetch_all(conn).await? {
        if row.text("status")? != "FAILED" {
            break;
        }
        failed += 1;
    }
    Ok(failed)
}
