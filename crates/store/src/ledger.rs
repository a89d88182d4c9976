//! The spending ledger: the amounts that each transaction may take, from admission until proof.
//!
//! HELD counts without time limit, because the money may still move. SETTLED counts while its settlement is
//! within the window. RELEASED never counts, and needs proof that nothing moved.

use std::collections::BTreeMap;

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::money::{Usd, parse_base_units};
use waiaas_core::network::NetworkId;
use waiaas_core::policy::{DAY_SECONDS, Ledger, MONTH_SECONDS};
use waiaas_core::{U256, UnixSeconds};

use crate::allowances;
use crate::columns::{Columns, dollars, padded, usd};
use crate::error::StoreError;
use crate::origins;
use crate::reads::reads;
use crate::reservation_end::ReservationEnd;

/// A reservation of one asset for a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewReservation {
    /// The asset.
    pub asset: AssetId,
    /// Base units; for a fee its maximum.
    pub amount: U256,
    /// Value counted against dollar limits; none if there is no price or it is not counted.
    pub usd: Option<Usd>,
    /// Whether this is the network fee. It settles with the fee that was paid, also if the transaction
    /// reverted.
    pub is_fee: bool,
    /// The spender, if it is an allowance.
    pub spender: Option<Address>,
}

/// How the reservations of a transaction end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Settlement {
    /// The transaction succeeded; its fee is known.
    Spent { fee: U256 },
    /// The outcome is unknown: everything counts as spent, the fee at its maximum.
    AsHeld,
    /// Only the fee was spent.
    FeeOnly { fee: U256 },
    /// Nothing was spent.
    Nothing,
}

reads! {
    /// A wallet's reserved and settled amounts at `now`, and the number of its requests within each of the
    /// last `rate_windows` seconds. A settlement exactly one window ago no longer counts.
    ledger(wallet: WalletId, now: UnixSeconds, rate_windows: &[u64]) -> Ledger;
    /// The allowances among the settled amounts at `now`.
    settled_allowances(wallet: WalletId, now: UnixSeconds) -> Ledger;
    /// A transaction's current reservations.
    held_by(tx: TxId) -> Vec<NewReservation>;
    /// Number of a wallet's requests after `since` that policy did not deny.
    requests_since(wallet: WalletId, since: UnixSeconds) -> u64;
}

/// Sums by asset and by whether the row is younger than a day. Both databases add exactly in 64 bits, so
/// dollars are added in two halves and amounts in six parts of 13 digits. Each sum is exact for over 900 000
/// rows of the largest value; beyond that it is an error, not a wrong number.
fn sums(counted: &str) -> String {
    format!(
        "SELECT asset, recent, \
    CAST(SUM(usd_micros / 4294967296) AS BIGINT) AS usd_high, \
    CAST(SUM(usd_micros % 4294967296) AS BIGINT) AS usd_low, \
    CAST(SUM(CAST(SUBSTR(amount, 1, 13) AS BIGINT)) AS BIGINT) AS part0, \
    CAST(SUM(CAST(SUBSTR(amount, 14, 13) AS BIGINT)) AS BIGINT) AS part1, \
    CAST(SUM(CAST(SUBSTR(amount, 27, 13) AS BIGINT)) AS BIGINT) AS part2, \
    CAST(SUM(CAST(SUBSTR(amount, 40, 13) AS BIGINT)) AS BIGINT) AS part3, \
    CAST(SUM(CAST(SUBSTR(amount, 53, 13) AS BIGINT)) AS BIGINT) AS part4, \
    CAST(SUM(CAST(SUBSTR(amount, 66, 13) AS BIGINT)) AS BIGINT) AS part5 \
    FROM (SELECT asset, amount, usd_micros, \
          CASE WHEN status = 'HELD' OR counted_at > $2 THEN 1 ELSE 0 END AS recent \
          FROM reservations WHERE wallet_id = $1 \
          AND {counted}) AS counted \
    GROUP BY asset, recent"
    )
}

const PARTS: [&str; 6] = ["part0", "part1", "part2", "part3", "part4", "part5"];
const PART_BASE: u64 = 10_000_000_000_000;

async fn ledger(
    conn: &mut AnyConnection,
    wallet: WalletId,
    now: UnixSeconds,
    rate_windows: &[u64],
) -> Result<Ledger, StoreError> {
    let counted = "(status = 'HELD' OR (status = 'SETTLED' AND counted_at > $3))";
    let mut ledger = summed(conn, wallet, now, counted).await?;
    for window in rate_windows {
        let since = now.saturating_sub(i64::try_from(*window).unwrap_or(i64::MAX));
        ledger.requests.insert(*window, requests_since(conn, wallet, since).await?);
    }
    Ok(ledger)
}

async fn settled_allowances(
    conn: &mut AnyConnection,
    wallet: WalletId,
    now: UnixSeconds,
) -> Result<Ledger, StoreError> {
    summed(conn, wallet, now, "status = 'SETTLED' AND counted_at > $3 AND spender IS NOT NULL").await
}

async fn summed(
    conn: &mut AnyConnection,
    wallet: WalletId,
    now: UnixSeconds,
    counted: &'static str,
) -> Result<Ledger, StoreError> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(sums(counted)))
        .bind(wallet.to_string())
        .bind(now.saturating_sub(DAY_SECONDS))
        .bind(now.saturating_sub(MONTH_SECONDS))
        .fetch_all(&mut *conn)
        .await?;
    let mut ledger = Ledger::default();
    for row in &rows {
        let asset: AssetId = row.parsed("asset")?;
        let (value, amount) = (dollars(row)?, base_units(row)?);
        if row.flag("recent")? {
            ledger.usd_day = ledger.usd_day.plus(value);
            add(&mut ledger.asset_day, &asset, amount);
        }
        ledger.usd_month = ledger.usd_month.plus(value);
        add(&mut ledger.asset_month, &asset, amount);
    }
    Ok(ledger)
}

/// Saturating: a sum of 2²⁵⁶ or more counts as the largest number.
fn add(sums: &mut BTreeMap<AssetId, U256>, asset: &AssetId, amount: U256) {
    let sum = sums.entry(asset.clone()).or_default();
    *sum = sum.saturating_add(amount);
}

fn base_units(row: &AnyRow) -> Result<U256, StoreError> {
    PARTS.into_iter().try_fold(U256::ZERO, |sum, part| {
        let part: u64 = row.number(part)?;
        Ok(sum.saturating_mul(U256::from(PART_BASE)).saturating_add(U256::from(part)))
    })
}

async fn requests_since(
    conn: &mut AnyConnection,
    wallet: WalletId,
    since: UnixSeconds,
) -> Result<u64, StoreError> {
    let query = "SELECT COUNT(*) AS requests FROM transactions \
                 WHERE wallet_id = $1 AND created_at > $2 AND status <> 'DENIED'";
    sqlx::query(query).bind(wallet.to_string()).bind(since).fetch_one(conn).await?.number("requests")
}

async fn held_by(conn: &mut AnyConnection, tx: TxId) -> Result<Vec<NewReservation>, StoreError> {
    let query = "SELECT asset, amount, usd_micros, is_fee, spender FROM reservations \
                 WHERE tx_id = $1 AND status = 'HELD' ORDER BY position";
    let rows = sqlx::query(query).bind(tx.to_string()).fetch_all(conn).await?;
    let held = |row: &AnyRow| {
        let amount = parse_base_units(&row.text("amount")?).map_err(|_| StoreError::Corrupt("amount"))?;
        let (usd, is_fee) = (row.opt_usd("usd_micros")?, row.flag("is_fee")?);
        let (asset, spender) = (row.parsed("asset")?, row.opt_parsed("spender")?);
        Ok(NewReservation { asset, amount, usd, is_fee, spender })
    };
    rows.iter().map(held).collect()
}

/// Reserves value for a transaction from now until proof.
pub(crate) async fn hold(
    conn: &mut AnyConnection,
    tx: TxId,
    wallet: WalletId,
    network: &NetworkId,
    reservations: &[NewReservation],
    at: UnixSeconds,
) -> Result<(), StoreError> {
    let query = "INSERT INTO reservations (tx_id, position, wallet_id, network, asset, amount, usd_micros, \
                 is_fee, status, held_at, counted_at, spender) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'HELD', $9, $9, $10)";
    for (position, new) in (0i64..).zip(reservations) {
        sqlx::query(query)
            .bind(tx.to_string())
            .bind(position)
            .bind(wallet.to_string())
            .bind(network.to_string())
            .bind(new.asset.to_string())
            .bind(padded(new.amount))
            .bind(new.usd.map(usd))
            .bind(i64::from(new.is_fee))
            .bind(at)
            .bind(new.spender.map(|spender| spender.to_string()))
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Whether a transaction has open reservations.
pub(crate) async fn holds(conn: &mut AnyConnection, tx: TxId) -> Result<bool, StoreError> {
    let query = "SELECT 1 AS held FROM reservations WHERE tx_id = $1 AND status = 'HELD' LIMIT 1";
    Ok(sqlx::query(query).bind(tx.to_string()).fetch_optional(conn).await?.is_some())
}

/// Ends the reservations of a transaction, counting from `at`.
pub(crate) async fn settle(
    conn: &mut AnyConnection,
    tx: TxId,
    settlement: Settlement,
    at: UnixSeconds,
) -> Result<(), StoreError> {
    let (end, fee) = match settlement {
        Settlement::Spent { fee } => (ReservationEnd::Settled, Some(fee)),
        Settlement::AsHeld => (ReservationEnd::Settled, None),
        Settlement::FeeOnly { fee } => (ReservationEnd::Released, Some(fee)),
        Settlement::Nothing => (ReservationEnd::Released, None),
    };
    if let Some(fee) = fee {
        settle_fee(conn, tx, fee, at).await?;
    }
    let query = "UPDATE reservations SET status = $1, counted_at = $2 WHERE tx_id = $3 AND status = 'HELD'";
    sqlx::query(query).bind(end.as_str()).bind(at).bind(tx.to_string()).execute(&mut *conn).await?;
    allowances::settle(conn, tx, end).await?;
    origins::settle(conn, tx, end, at).await
}

/// Settles the fee that was paid, its dollars in proportion and rounded up. A transaction has at most one
/// fee; with several, the whole fee would count on each, never too little.
async fn settle_fee(
    conn: &mut AnyConnection,
    tx: TxId,
    fee: U256,
    at: UnixSeconds,
) -> Result<(), StoreError> {
    let query = "SELECT position, amount, usd_micros FROM reservations \
                 WHERE tx_id = $1 AND is_fee = 1 AND status = 'HELD'";
    let rows = sqlx::query(query).bind(tx.to_string()).fetch_all(&mut *conn).await?;
    for row in rows {
        let held = row.text("amount")?;
        let held = parse_base_units(&held).map_err(|_| StoreError::Corrupt("amount"))?;
        let value = row.opt_usd("usd_micros")?.map(|value| proportion(value, fee, held));
        let query = "UPDATE reservations SET status = 'SETTLED', amount = $1, usd_micros = $2, \
                     counted_at = $3 WHERE tx_id = $4 AND position = $5";
        sqlx::query(query)
            .bind(padded(fee))
            .bind(value.map(usd))
            .bind(at)
            .bind(tx.to_string())
            .bind(row.int("position")?)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// `value × paid / held`, rounded up, saturating.
fn proportion(value: Usd, paid: U256, held: U256) -> Usd {
    if held.is_zero() {
        return if paid.is_zero() { value } else { Usd::MAX };
    }
    let Some(product) = U256::from(value.micros()).checked_mul(paid) else { return Usd::MAX };
    u64::try_from(product.div_ceil(held)).map_or(Usd::MAX, Usd::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_is_valued_in_proportion_and_rounded_up() {
        let value =
            |v, paid: u64, held: u64| proportion(Usd::from_micros(v), U256::from(paid), U256::from(held));
        assert_eq!(value(100, 50, 100), Usd::from_micros(50));
        assert_eq!(value(100, 1, 3), Usd::from_micros(34));
        assert_eq!(value(100, 200, 100), Usd::from_micros(200));
        assert_eq!(value(100, 0, 100), Usd::ZERO);
        assert_eq!(value(0, 0, 0), Usd::ZERO);
        assert_eq!(value(1, 1, 0), Usd::MAX);
        assert_eq!(proportion(Usd::MAX, U256::MAX, U256::from(1u8)), Usd::MAX);
    }

    #[test]
    fn every_amount_has_78_digits() {
        assert_eq!(padded(U256::ZERO).len(), 78);
        assert_eq!(padded(U256::MAX).len(), 78);
    }
}
