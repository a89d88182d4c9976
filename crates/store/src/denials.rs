//! Stored denials: equal ones once, and a limited number per session and day.
//!
//! A count grants nothing and decides nothing, so it has no audit entry: the entry of the first denial stands
//! for those counted with it.

use sqlx::AnyConnection;
use waiaas_core::UnixSeconds;
use waiaas_core::digest::Digest;
use waiaas_core::ids::{SessionId, TxId, WalletId};

use crate::columns::Columns;
use crate::error::{Entity, StoreError};
use crate::reads::reads;
use crate::writer::WriteTx;

/// Seconds in which equal denials are counted together, and the length of a quota.
const DAY: i64 = 86_400;

/// Numbers of a session's denials of one day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DenialCounts {
    /// Denials that were stored.
    pub kept: u64,
    /// Denials that were only counted.
    pub not_kept: u64,
}

reads! {
    /// The denial of an equal request of the session, less than a day old.
    equal_denial(
        session: SessionId,
        wallet: WalletId,
        request: Digest,
        denial: Digest,
        now: UnixSeconds,
    ) -> Option<TxId>;
    /// Numbers of a session's denials so far on the day of `now` (UTC).
    denial_counts(session: SessionId, now: UnixSeconds) -> DenialCounts;
}

async fn equal_denial(
    conn: &mut AnyConnection,
    session: SessionId,
    wallet: WalletId,
    request: Digest,
    denial: Digest,
    now: UnixSeconds,
) -> Result<Option<TxId>, StoreError> {
    let query = "SELECT id FROM transactions WHERE session_id = $1 AND request_digest = $2 \
                 AND denial_digest = $3 AND wallet_id = $4 AND created_at > $5 AND status = 'DENIED' \
                 ORDER BY id DESC LIMIT 1";
    let query = sqlx::query(query)
        .bind(session.to_string())
        .bind(request.to_string())
        .bind(denial.to_string())
        .bind(wallet.to_string())
        .bind(now.saturating_sub(DAY));
    query.fetch_optional(conn).await?.map(|row| row.parsed("id")).transpose()
}

async fn denial_counts(
    conn: &mut AnyConnection,
    session: SessionId,
    now: UnixSeconds,
) -> Result<DenialCounts, StoreError> {
    let query = "SELECT kept, not_kept FROM denial_counts WHERE session_id = $1 AND day = $2";
    let query = sqlx::query(query).bind(session.to_string()).bind(now.div_euclid(DAY));
    let Some(row) = query.fetch_optional(conn).await? else { return Ok(DenialCounts::default()) };
    Ok(DenialCounts { kept: row.number("kept")?, not_kept: row.number("not_kept")? })
}

impl WriteTx {
    /// Counts one more equal denial with a stored one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if there is no such denial.
    pub async fn count_denial(&mut self, id: TxId, now: UnixSeconds) -> Result<(), StoreError> {
        let query = "UPDATE transactions SET denials = denials + 1, updated_at = $1 \
                     WHERE id = $2 AND status = 'DENIED'";
        let query = sqlx::query(query).bind(now).bind(id.to_string());
        match query.execute(self.conn()).await?.rows_affected() {
            1 => Ok(()),
            _ => Err(StoreError::Conflict(Entity::Transaction)),
        }
    }

    /// Counts one more stored denial of a session today if the count is below `quota`; else one that is not
    /// stored. Returns whether it may be stored, and the counts afterwards.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails.
    pub async fn take_denial(
        &mut self,
        session: SessionId,
        quota: u64,
        now: UnixSeconds,
    ) -> Result<(bool, DenialCounts), StoreError> {
        let mut counts = denial_counts(self.conn(), session, now).await?;
        let (kept, not_kept) = if counts.kept < quota { (1i64, 0i64) } else { (0, 1) };
        let query = "INSERT INTO denial_counts (session_id, day, kept, not_kept) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (session_id) DO UPDATE SET \
                     kept = CASE WHEN denial_counts.day = excluded.day THEN denial_counts.kept ELSE 0 END \
                     + excluded.kept, \
                     not_kept = CASE WHEN denial_counts.day = excluded.day THEN denial_counts.not_kept \
                     ELSE 0 END + excluded.not_kept, day = excluded.day";
        let query = sqlx::query(query).bind(session.to_string()).bind(now.div_euclid(DAY));
        query.bind(kept).bind(not_kept).execute(self.conn()).await?;
        counts.kept = counts.kept.saturating_add(u64::from(kept == 1));
        counts.not_kept = counts.not_kept.saturating_add(u64::from(not_kept == 1));
        Ok((kept == 1, counts))
    }
}
