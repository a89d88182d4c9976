//! Challenges to owners, and their answers. Each nonce is accepted once.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::{ChangeId, TxId};
use waiaas_core::owner::Challenge;

use crate::audit::AuditEntry;
use crate::columns::Columns;
use crate::error::{Entity, StoreError};
use crate::reads::reads;
use crate::writer::WriteTx;

/// A challenge with its state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChallengeRow {
    /// The challenge as issued.
    pub challenge: Challenge,
    /// When it was answered, or made void by the answer to another challenge on the same transaction.
    pub consumed_at: Option<UnixSeconds>,
    /// The answer; none if it is open or void.
    pub signature: Option<String>,
}

impl ChallengeRow {
    pub(crate) fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let challenge: Challenge =
            serde_json::from_str(&row.text("challenge")?).map_err(|_| StoreError::Corrupt("challenge"))?;
        if challenge.nonce != row.text("nonce")? || challenge.expires_at != row.int("expires_at")? {
            return Err(StoreError::Corrupt("challenge"));
        }
        Ok(Self {
            challenge,
            consumed_at: row.opt_int("consumed_at")?,
            signature: row.opt_text("signature")?,
        })
    }
}

reads! {
    /// The challenge with this nonce.
    challenge(nonce: &str) -> Option<ChallengeRow>;
    /// The newest open challenge on a transaction for one action (`approve`, `reject`) that has not expired
    /// at `now`.
    open_challenge(tx: TxId, action: &str, now: UnixSeconds) -> Option<ChallengeRow>;
    /// The challenge on a transaction that was answered, if any.
    answered_challenge(tx: TxId) -> Option<ChallengeRow>;
    /// Every challenge about a change, oldest first.
    challenges_of(change: ChangeId) -> Vec<ChallengeRow>;
}

async fn challenge(conn: &mut AnyConnection, nonce: &str) -> Result<Option<ChallengeRow>, StoreError> {
    let query = "SELECT * FROM challenges WHERE nonce = $1";
    let row = sqlx::query(query).bind(nonce.to_owned()).fetch_optional(conn).await?;
    row.as_ref().map(ChallengeRow::read).transpose()
}

async fn open_challenge(
    conn: &mut AnyConnection,
    tx: TxId,
    action: &str,
    now: UnixSeconds,
) -> Result<Option<ChallengeRow>, StoreError> {
    let query = "SELECT * FROM challenges WHERE tx_id = $1 AND action = $2 AND consumed_at IS NULL \
                 AND expires_at > $3 ORDER BY issued_at DESC, nonce LIMIT 1";
    let query = sqlx::query(query).bind(tx.to_string()).bind(action.to_owned()).bind(now);
    query.fetch_optional(conn).await?.as_ref().map(ChallengeRow::read).transpose()
}

async fn answered_challenge(conn: &mut AnyConnection, tx: TxId) -> Result<Option<ChallengeRow>, StoreError> {
    let query = "SELECT * FROM challenges WHERE tx_id = $1 AND signature IS NOT NULL LIMIT 1";
    let row = sqlx::query(query).bind(tx.to_string()).fetch_optional(conn).await?;
    row.as_ref().map(ChallengeRow::read).transpose()
}

async fn challenges_of(conn: &mut AnyConnection, change: ChangeId) -> Result<Vec<ChallengeRow>, StoreError> {
    let query = "SELECT * FROM challenges WHERE change_id = $1 ORDER BY issued_at, owner, action, nonce";
    let query = sqlx::query(query).bind(change.to_string());
    query.fetch_all(conn).await?.iter().map(ChallengeRow::read).collect()
}

impl WriteTx {
    /// Stores a challenge before it is shown. It grants nothing, so it has no audit entry of its own.
    ///
    /// # Errors
    ///
    /// [`StoreError::Duplicate`] if the nonce exists.
    pub async fn issue_challenge(&mut self, new: &Challenge) -> Result<(), StoreError> {
        let text = serde_json::to_string(new)
            .map_err(|_| StoreError::Inconsistent(Entity::Challenge, "it has no JSON form"))?;
        let query = "INSERT INTO challenges (nonce, action, wallet_id, tx_id, change_id, owner, challenge, \
                     issued_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let query = sqlx::query(query)
            .bind(new.nonce.clone())
            .bind(new.action.as_str())
            .bind(new.wallet.to_string())
            .bind(new.action.tx().map(|id| id.to_string()))
            .bind(new.action.change().map(|id| id.to_string()))
            .bind(new.owner.to_string())
            .bind(text)
            .bind(new.issued_at)
            .bind(new.expires_at);
        let done = query.execute(self.conn()).await;
        done.map(|_| ()).map_err(|error| StoreError::duplicate(error, Entity::Challenge))
    }

    /// Records the answer to an open challenge that has not expired, in the same database transaction as the
    /// action that it permits. Other open challenges on the same transaction become void; those about a
    /// change stay open until it ends ([`WriteTx::end_change`]), because several owners may have to answer.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such challenge; [`StoreError::Conflict`] if it was answered,
    /// is void or has expired.
    pub async fn consume_challenge(
        &mut self,
        nonce: &str,
        signature: &str,
        audit: AuditEntry,
    ) -> Result<ChallengeRow, StoreError> {
        let query = "UPDATE challenges SET consumed_at = $1, signature = $2 \
                     WHERE nonce = $3 AND consumed_at IS NULL AND expires_at > $1";
        let query = sqlx::query(query).bind(audit.at).bind(signature.to_owned()).bind(nonce.to_owned());
        let changed = query.execute(self.conn()).await?.rows_affected();
        let row = challenge(self.conn(), nonce).await?.ok_or(StoreError::NotFound(Entity::Challenge))?;
        if changed != 1 {
            return Err(StoreError::Conflict(Entity::Challenge));
        }
        if let Some(tx) = row.challenge.action.tx() {
            let query = "UPDATE challenges SET consumed_at = $1 WHERE tx_id = $2 AND consumed_at IS NULL";
            sqlx::query(query).bind(audit.at).bind(tx.to_string()).execute(self.conn()).await?;
        }
        self.record(audit).await?;
        Ok(row)
    }
}
