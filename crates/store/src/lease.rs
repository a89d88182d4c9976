//! Which daemon holds the database. Nonces, session keys and limits are kept per process, so that only one
//! may sign at a time.
//!
//! The holder renews its lease; one that does not loses it after [`LEASE_SECONDS`]. Time is the database's,
//! so that daemons whose clocks differ agree. Belongs here: the row and its compare-and-set. Does not belong
//! here: what a daemon does that does not get it, or has lost it.

use sqlx::AnyConnection;
use waiaas_core::UnixSeconds;

use crate::columns::Columns;
use crate::error::StoreError;
use crate::reads::reads;
use crate::writer::WriteTx;

/// Seconds after which a holder that has not renewed its lease loses it.
pub const LEASE_SECONDS: i64 = 45;

/// A daemon that asks for the lease.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeaseHolder {
    /// Made up anew by every process.
    pub holder: String,
    /// Where it runs, if that is certain to run one daemon at a time: a later daemon of the same place
    /// proves that the earlier one is gone. Empty where nothing is certain.
    pub place: String,
    /// Name of its machine, for people.
    pub host: String,
    /// Its process, for people.
    pub pid: u32,
}

/// The lease as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeaseRow {
    /// Who has it.
    pub holder: LeaseHolder,
    /// When it was last renewed, by the database's clock.
    pub renewed_at: UnixSeconds,
    /// From this second on somebody else may take it.
    pub expires_at: UnixSeconds,
    /// The database's clock now.
    pub now: UnixSeconds,
}

reads! {
    /// Who holds the database, or held it last.
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
    /// Takes the lease for so many seconds, if nobody has it, its time is over, or its holder was of the
    /// same place; else answers with the lease as it stays.
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

    /// Renews the lease; false if somebody else has it.
    pub async fn renew_lease(&mut self, holder: &str, seconds: i64) -> Result<bool, StoreError> {
        let query = "UPDATE lease SET renewed_at = (SELECT now FROM database_clock), \
                     expires_at = (SELECT now FROM database_clock) + $1 WHERE id = 1 AND holder = $2";
        let query = sqlx::query(query).bind(seconds).bind(holder.to_owned());
        Ok(query.execute(self.conn()).await?.rows_affected() == 1)
    }

    /// Gives the lease back, if it is still this holder's.
    pub async fn release_lease(&mut self, holder: &str) -> Result<(), StoreError> {
        let query = "DELETE FROM lease WHERE id = 1 AND holder = $1";
        sqlx::query(query).bind(holder.to_owned()).execute(self.conn()).await?;
        Ok(())
    }

    /// Whether nobody has taken the lease from this holder. What is written in the same transaction is
    /// written while it has it.
    pub async fn holds_lease(&mut self, holder: &str) -> Result<bool, StoreError> {
        Ok(lease(self.conn()).await?.is_some_and(|row| row.holder.holder == holder))
    }
}
