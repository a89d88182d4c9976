//! The lease of the database. Nonces, session keys and limits are kept in memory by each process, so only one
//! daemon may sign at a time.
//!
//! The holder renews its lease; without renewal it loses the lease after [`LEASE_SECONDS`]. Times are by the
//! database's clock, so that daemons with different clocks agree. Belongs here: the row and its
//! compare-and-set. Does not belong here: the behaviour of a daemon without the lease.

use sqlx::AnyConnection;
use waiaas_core::UnixSeconds;

use crate::columns::Columns;
use crate::error::StoreError;
use crate::reads::reads;
use crate::writer::WriteTx;

/// Seconds after which a holder that does not renew its lease loses it.
pub const LEASE_SECONDS: i64 = 45;

/// A daemon that asks for the lease.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeaseHolder {
    /// Random id of the process.
    pub holder: String,
    /// Identifies where it runs, if only one daemon can run there at a time: a later daemon of the same place
    /// proves that the earlier one has ended. Empty if that is not certain.
    pub place: String,
    /// Name of its machine, for people.
    pub host: String,
    /// Its process id, for people.
    pub pid: u32,
}

/// The stored lease.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeaseRow {
    /// The holder.
    pub holder: LeaseHolder,
    /// When it was last renewed, by the database's clock.
    pub renewed_at: UnixSeconds,
    /// From this second on another daemon may take it.
    pub expires_at: UnixSeconds,
    /// The current time of the database.
    pub now: UnixSeconds,
}

reads! {
    /// The lease with its current or last holder.
    lease() -> Option<LeaseRow>;
}

async fn lease(conn: &mut AnyConnection) -> Result<Option<LeaseRow>, StoreError> {
    let query = "SELECT holder, place, host, pid, renewed_at, expires_at, \
                 (SELECT now FROM database_clock) AS now FROM lease WHERE id = 1";
    let Some(row) = sqlx::query(query).fetch_optional(conn).await? else { return Ok(None) };
    let holder = LeaseHolder {
        holder: row.text("holder")?,
        place: row.text("place")?,
        host: row.text("host")?,
        pid: row.number("pid")?,
    };
    let (renewed_at, expires_at, now) = (row.int("renewed_at")?, row.int("expires_at")?, row.int("now")?);
    Ok(Some(LeaseRow { holder, renewed_at, expires_at, now }))
}

impl WriteTx {
    /// Takes the lease for `seconds` if it is free or expired, or if its holder ran in the same place.
    /// Otherwise returns the unchanged lease.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails or a stored value is not valid.
    pub async fn take_lease(
        &mut self,
        by: &LeaseHolder,
        seconds: i64,
    ) -> Result<Option<LeaseRow>, StoreError> {
        if let Some(row) = lease(self.conn()).await? {
            let same_place = !by.place.is_empty() && by.place == row.holder.place;
            if row.holder.holder != by.holder && !same_place && row.now < row.expires_at {
                return Ok(Some(row));
            }
        }
        let query = "INSERT INTO lease (id, holder, place, host, pid, renewed_at, expires_at) \
                     SELECT 1, $1, $2, $3, CAST($4 AS BIGINT), now, now + CAST($5 AS BIGINT) FROM database_clock WHERE 1 = 1 \
                     ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, place = excluded.place, \
                     host = excluded.host, pid = excluded.pid, renewed_at = excluded.renewed_at, \
                     expires_at = excluded.expires_at";
        sqlx::query(query)
            .bind(by.holder.clone())
            .bind(by.place.clone())
            .bind(by.host.clone())
            .bind(i64::from(by.pid))
            .bind(seconds)
            .execute(self.conn())
            .await?;
        Ok(None)
    }

    /// Renews the lease; false if another daemon has it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails.
    pub async fn renew_lease(&mut self, holder: &str, seconds: i64) -> Result<bool, StoreError> {
        let query = "UPDATE lease SET renewed_at = (SELECT now FROM database_clock), \
                     expires_at = (SELECT now FROM database_clock) + $1 WHERE id = 1 AND holder = $2";
        let query = sqlx::query(query).bind(seconds).bind(holder.to_owned());
        Ok(query.execute(self.conn()).await?.rows_affected() == 1)
    }

    /// Releases the lease if this holder has it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails.
    pub async fn release_lease(&mut self, holder: &str) -> Result<(), StoreError> {
        let query = "DELETE FROM lease WHERE id = 1 AND holder = $1";
        sqlx::query(query).bind(holder.to_owned()).execute(self.conn()).await?;
        Ok(())
    }

    /// Whether this holder still has the lease. Then everything written in the same transaction is written
    /// while it has it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails or a stored value is not valid.
    pub async fn holds_lease(&mut self, holder: &str) -> Result<bool, StoreError> {
        Ok(lease(self.conn()).await?.is_some_and(|row| row.holder.holder == holder))
    }
}
