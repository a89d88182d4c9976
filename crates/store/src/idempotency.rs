//! Idempotency keys: one answer per (session, key), bound to the body, for a day.

use sqlx::AnyConnection;
use waiaas_core::UnixSeconds;
use waiaas_core::digest::Digest;
use waiaas_core::ids::{SessionId, TxId};

use crate::columns::Columns;
use crate::error::StoreError;
use crate::reads::reads;
use crate::writer::WriteTx;

/// Seconds for which a key is stored.
pub const IDEMPOTENCY_SECONDS: i64 = 86_400;

/// The result of a claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Claim {
    /// New; the key now belongs to the given transaction.
    Fresh,
    /// Known with the same body; this transaction is the answer.
    Same(TxId),
    /// Known with another body.
    Mismatch,
}

reads! {
    /// Body digest and transaction of a key used within the last day; none if the key is free.
    claimed(session: SessionId, key: &str, now: UnixSeconds) -> Option<(Digest, TxId)>;
}

async fn claimed(
    conn: &mut AnyConnection,
    session: SessionId,
    key: &str,
    now: UnixSeconds,
) -> Result<Option<(Digest, TxId)>, StoreError> {
    let query = "SELECT body_digest, tx_id FROM idempotency \
                 WHERE session_id = $1 AND key = $2 AND created_at > $3";
    let horizon = now.saturating_sub(IDEMPOTENCY_SECONDS);
    let query = sqlx::query(query).bind(session.to_string()).bind(key.to_owned()).bind(horizon);
    let row = query.fetch_optional(conn).await?;
    row.map(|row| Ok((row.parsed("body_digest")?, row.parsed("tx_id")?))).transpose()
}

impl WriteTx {
    /// Claims a key for a transaction that is inserted in the same database transaction, so that of two
    /// concurrent requests exactly one gets [`Claim::Fresh`].
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails or a stored value is not valid.
    pub async fn claim(
        &mut self,
        session: SessionId,
        key: &str,
        body: Digest,
        tx: TxId,
        at: UnixSeconds,
    ) -> Result<Claim, StoreError> {
        if let Some((first, tx)) = claimed(self.conn(), session, key, at).await? {
            return Ok(if first == body { Claim::Same(tx) } else { Claim::Mismatch });
        }
        let query = "INSERT INTO idempotency (session_id, key, body_digest, tx_id, created_at) \
                     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (session_id, key) DO UPDATE \
                     SET body_digest = excluded.body_digest, tx_id = excluded.tx_id, \
                     created_at = excluded.created_at";
        sqlx::query(query)
            .bind(session.to_string())
            .bind(key.to_owned())
            .bind(body.to_string())
            .bind(tx.to_string())
            .bind(at)
            .execute(self.conn())
            .await?;
        Ok(Claim::Fresh)
    }

    /// Deletes keys older than a day. Returns their number.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails.
    pub async fn forget_old_claims(&mut self, now: UnixSeconds) -> Result<u64, StoreError> {
        let query = "DELETE FROM idempotency WHERE created_at <= $1";
        let horizon = now.saturating_sub(IDEMPOTENCY_SECONDS);
        Ok(sqlx::query(query).bind(horizon).execute(self.conn()).await?.rows_affected())
    }
}
