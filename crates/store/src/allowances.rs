//! The counted part of allowances, and the transactions that use it up.
//!
//! An allowance counts like an amount that is spent (`ledger.rs`). A transaction that takes tokens through it
//! counts instead: from its admission the allowance counts for that much less, and for its full amount again
//! if the transaction is proved to have moved nothing.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::money::{Usd, parse_base_units};
use waiaas_core::policy::{CountedAllowance, DAY_SECONDS, MONTH_SECONDS};
use waiaas_core::{U256, UnixSeconds};

use crate::columns::{Columns, padded, usd};
use crate::error::{Entity, StoreError};
use crate::reads::reads;
use crate::reservation_end::ReservationEnd;
use crate::writer::WriteTx;

/// Maximum number of allowances to one spender that are read for a request and stored with its verdict.
const MOST: i64 = 32;

/// The part of one allowance that a transaction uses up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AllowanceUse {
    /// The transaction that gave it.
    pub allowance: TxId,
    /// Index of the reservation.
    pub position: u32,
    /// Base units.
    pub amount: U256,
    /// Dollars that stop counting with them.
    pub usd: Usd,
}

reads! {
    /// The counted part, at `now`, of a token's allowances to one spender that are on chain, newest first and
    /// limited in number; further ones keep counting in full.
    counted_allowances(
        wallet: WalletId, asset: &AssetId, spender: &Address, now: UnixSeconds,
    ) -> Vec<CountedAllowance>;
}

async fn counted_allowances(
    conn: &mut AnyConnection,
    wallet: WalletId,
    asset: &AssetId,
    spender: &Address,
    now: UnixSeconds,
) -> Result<Vec<CountedAllowance>, StoreError> {
    let query = "SELECT r.tx_id, r.position, r.amount, r.usd_micros, \
                 CASE WHEN r.status = 'HELD' OR r.counted_at > $4 THEN 1 ELSE 0 END AS recent \
                 FROM reservations r JOIN transactions t ON t.id = r.tx_id \
                 WHERE r.wallet_id = $1 AND r.asset = $2 AND r.spender = $3 AND t.status = 'CONFIRMED' \
                 AND (r.status = 'HELD' OR (r.status = 'SETTLED' AND r.counted_at > $5)) \
                 AND r.amount <> $6 ORDER BY r.tx_id DESC, r.position DESC LIMIT $7";
    let rows = sqlx::query(query)
        .bind(wallet.to_string())
        .bind(asset.to_string())
        .bind(spender.to_string())
        .bind(now.saturating_sub(DAY_SECONDS))
        .bind(now.saturating_sub(MONTH_SECONDS))
        .bind(padded(U256::ZERO))
        .bind(MOST)
        .fetch_all(conn)
        .await?;
    let counted = |row: &AnyRow| {
        Ok(CountedAllowance {
            tx: row.parsed("tx_id")?,
            position: row.number("position")?,
            asset: asset.clone(),
            spender: *spender,
            amount: amount(row)?,
            usd: row.opt_usd("usd_micros")?.unwrap_or(Usd::ZERO),
            recent: row.flag("recent")?,
        })
    };
    rows.iter().map(counted).collect()
}

fn amount(row: &AnyRow) -> Result<U256, StoreError> {
    parse_base_units(&row.text("amount")?).map_err(|_| StoreError::Corrupt("amount"))
}

impl WriteTx {
    /// Reduces the counted part of an allowance while `tx` may still move it. The caller must have read the
    /// counted part in this same transaction.
    ///
    /// # Errors
    ///
    /// [`StoreError::Inconsistent`] if less of it counts.
    pub async fn use_up(&mut self, tx: TxId, part: &AllowanceUse) -> Result<(), StoreError> {
        shift(self.conn(), part, Shift::Less).await?;
        let query = "INSERT INTO allowance_uses (tx_id, allowance_tx, position, amount, usd_micros) \
                     VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(query)
            .bind(tx.to_string())
            .bind(part.allowance.to_string())
            .bind(i64::from(part.position))
            .bind(padded(part.amount))
            .bind(usd(part.usd))
            .execute(self.conn())
            .await?;
        Ok(())
    }
}

/// Ends the use of allowances by a transaction. If it is released, the allowances count in full again.
pub(crate) async fn settle(
    conn: &mut AnyConnection,
    tx: TxId,
    end: ReservationEnd,
) -> Result<(), StoreError> {
    let query = "SELECT allowance_tx, position, amount, usd_micros FROM allowance_uses WHERE tx_id = $1";
    let rows = sqlx::query(query).bind(tx.to_string()).fetch_all(&mut *conn).await?;
    if rows.is_empty() {
        return Ok(());
    }
    for row in rows.iter().filter(|_| end == ReservationEnd::Released) {
        let part = AllowanceUse {
            allowance: row.parsed("allowance_tx")?,
            position: row.number("position")?,
            amount: amount(row)?,
            usd: row.opt_usd("usd_micros")?.unwrap_or(Usd::ZERO),
        };
        shift(conn, &part, Shift::More).await?;
    }
    let query = "DELETE FROM allowance_uses WHERE tx_id = $1";
    sqlx::query(query).bind(tx.to_string()).execute(conn).await?;
    Ok(())
}

#[derive(Clone, Copy)]
enum Shift {
    Less,
    More,
}

async fn shift(conn: &mut AnyConnection, part: &AllowanceUse, shift: Shift) -> Result<(), StoreError> {
    let query = "SELECT amount, usd_micros FROM reservations \
                 WHERE tx_id = $1 AND position = $2 AND spender IS NOT NULL";
    let row = sqlx::query(query)
        .bind(part.allowance.to_string())
        .bind(i64::from(part.position))
        .fetch_optional(&mut *conn)
        .await?;
    let inconsistent = |reason| StoreError::Inconsistent(Entity::Transaction, reason);
    let row = row.ok_or(inconsistent("what is used up is no allowance"))?;
    let (held, value) = (amount(&row)?, row.opt_usd("usd_micros")?);
    let (held, value) = match shift {
        Shift::Less => {
            let left =
                held.checked_sub(part.amount).ok_or(inconsistent("not so much of the allowance counts"))?;
            (left, value.map(|value| value.minus(part.usd)))
        }
        Shift::More => (held.saturating_add(part.amount), value.map(|value| value.plus(part.usd))),
    };
    let query = "UPDATE reservations SET amount = $1, usd_micros = $2 WHERE tx_id = $3 AND position = $4";
    sqlx::query(query)
        .bind(padded(held))
        .bind(value.map(usd))
        .bind(part.allowance.to_string())
        .bind(i64::from(part.position))
        .execute(conn)
        .await?;
    Ok(())
}
