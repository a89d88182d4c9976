//! Sessions with owners' wallet apps over WalletConnect, and the requests sent on them.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::ids::WalletId;
use waiaas_core::walletconnect::{MOST_ATTEMPTS, PAUSE_AFTER_FAILURE, RequestStatus};

use crate::audit::AuditEntry;
use crate::challenges::ChallengeRow;
use crate::columns::{Columns, unsigned};
use crate::error::{Entity, StoreError};
use crate::reads::reads;
use crate::writer::WriteTx;

/// A stored session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WalletConnectRow {
    /// The wallet whose owner is on the other side.
    pub wallet: WalletId,
    /// Its topic on the relay.
    pub topic: String,
    /// The wallet's owner when it was settled.
    pub owner: Address,
    /// Its sealed key.
    pub sealed_key: Vec<u8>,
    /// The wallet app's name for itself.
    pub peer_name: String,
    /// The wallet app's home page, in its own words.
    pub peer_url: String,
    /// The owner's chains on which the app answers (CAIP-2).
    pub chains: Vec<String>,
    /// From this second on it does not exist.
    pub expires_at: UnixSeconds,
    /// Time of its settlement.
    pub created_at: UnixSeconds,
}

/// The request that was sent last for a challenge on a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignRequestRow {
    /// The challenge's nonce.
    pub nonce: String,
    /// Its id on the session.
    pub request: u64,
    /// Its state.
    pub status: RequestStatus,
    /// How often it was sent.
    pub attempts: u32,
}

impl WalletConnectRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            wallet: row.parsed("wallet_id")?,
            topic: row.text("topic")?,
            owner: row.parsed("owner")?,
            sealed_key: row.bytes("sealed_key")?,
            peer_name: row.text("peer_name")?,
            peer_url: row.text("peer_url")?,
            chains: row
                .text("chains")?
                .split(' ')
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect(),
            expires_at: row.int("expires_at")?,
            created_at: row.int("created_at")?,
        })
    }
}

impl SignRequestRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            nonce: row.text("nonce")?,
            request: row.number("request")?,
            status: row.named("status", RequestStatus::parse)?,
            attempts: row.number("attempts")?,
        })
    }
}

reads! {
    /// Every session, oldest first.
    walletconnect_sessions() -> Vec<WalletConnectRow>;
    /// The session of a wallet.
    walletconnect_session(wallet: WalletId) -> Option<WalletConnectRow>;
    /// The request with an id on a session.
    walletconnect_request(topic: &str, request: u64) -> Option<SignRequestRow>;
    /// The requests sent for the challenge with this nonce.
    walletconnect_requests_of(nonce: &str) -> Vec<SignRequestRow>;
    /// Open challenges to approve that are to be sent on a session: those of its wallet's waiting transactions and of
    /// the pending changes that ask its owner. Oldest first.
    walletconnect_due(session: &WalletConnectRow, now: UnixSeconds, limit: u32) -> Vec<ChallengeRow>;
}

async fn walletconnect_sessions(conn: &mut AnyConnection) -> Result<Vec<WalletConnectRow>, StoreError> {
    let query = "SELECT * FROM walletconnect_sessions ORDER BY created_at, wallet_id";
    sqlx::query(query).fetch_all(conn).await?.iter().map(WalletConnectRow::read).collect()
}

async fn walletconnect_session(
    conn: &mut AnyConnection,
    wallet: WalletId,
) -> Result<Option<WalletConnectRow>, StoreError> {
    let query =
        sqlx::query("SELECT * FROM walletconnect_sessions WHERE wallet_id = $1").bind(wallet.to_string());
    query.fetch_optional(conn).await?.as_ref().map(WalletConnectRow::read).transpose()
}

async fn walletconnect_request(
    conn: &mut AnyConnection,
    topic: &str,
    request: u64,
) -> Result<Option<SignRequestRow>, StoreError> {
    let query = "SELECT * FROM walletconnect_requests WHERE topic = $1 AND request = $2";
    let query = sqlx::query(query).bind(topic.to_owned()).bind(unsigned(request, "request")?);
    query.fetch_optional(conn).await?.as_ref().map(SignRequestRow::read).transpose()
}

async fn walletconnect_requests_of(
    conn: &mut AnyConnection,
    nonce: &str,
) -> Result<Vec<SignRequestRow>, StoreError> {
    let query = "SELECT * FROM walletconnect_requests WHERE nonce = $1 ORDER BY created_at, topic";
    let query = sqlx::query(query).bind(nonce.to_owned());
    query.fetch_all(conn).await?.iter().map(SignRequestRow::read).collect()
}

async fn walletconnect_due(
    conn: &mut AnyConnection,
    session: &WalletConnectRow,
    now: UnixSeconds,
    limit: u32,
) -> Result<Vec<ChallengeRow>, StoreError> {
    let query = "SELECT c.* FROM challenges c \
                 LEFT JOIN transactions t ON t.id = c.tx_id LEFT JOIN changes g ON g.id = c.change_id \
                 LEFT JOIN walletconnect_requests r ON r.nonce = c.nonce AND r.topic = $1 \
                 WHERE c.owner = $2 AND c.consumed_at IS NULL AND c.expires_at > $3 \
                 AND ((c.action = 'approve' AND c.wallet_id = $4 AND t.status = 'PENDING_APPROVAL') \
                 OR (c.action = 'approve-change' AND g.status = 'PENDING_CONSENT') \
                 OR (c.action = 'verify-owner' AND r.nonce IS NOT NULL)) \
                 AND (r.nonce IS NULL OR (r.status = 'FAILED' AND r.attempts < $5 AND r.updated_at <= $6)) \
                 ORDER BY c.issued_at, c.nonce LIMIT $7";
    let query = sqlx::query(query)
        .bind(session.topic.clone())
        .bind(session.owner.to_string())
        .bind(now)
        .bind(session.wallet.to_string())
        .bind(i64::from(MOST_ATTEMPTS))
        .bind(now.saturating_sub(PAUSE_AFTER_FAILURE))
        .bind(i64::from(limit));
    query.fetch_all(conn).await?.iter().map(ChallengeRow::read).collect()
}

impl WriteTx {
    /// Stores a settled session.
    ///
    /// # Errors
    ///
    /// [`StoreError::Duplicate`] if the wallet has one, or the topic exists.
    pub async fn insert_walletconnect_session(
        &mut self,
        new: WalletConnectRow,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let query = "INSERT INTO walletconnect_sessions (wallet_id, topic, owner, sealed_key, peer_name, peer_url, \
                     chains, expires_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)";
        let query = sqlx::query(query)
            .bind(new.wallet.to_string())
            .bind(new.topic)
            .bind(new.owner.to_string())
            .bind(new.sealed_key)
            .bind(new.peer_name)
            .bind(new.peer_url)
            .bind(new.chains.join(" "))
            .bind(new.expires_at)
            .bind(new.created_at);
        let done = query.execute(self.conn()).await;
        done.map_err(|error| StoreError::duplicate(error, Entity::WalletConnect))?;
        self.record(audit).await.map(drop)
    }

    /// Moves the end of a session. It grants nothing, so it has no audit entry.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such session.
    pub async fn extend_walletconnect_session(
        &mut self,
        topic: &str,
        expires_at: UnixSeconds,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let query = "UPDATE walletconnect_sessions SET expires_at = $1, updated_at = $2 WHERE topic = $3";
        let query = sqlx::query(query).bind(expires_at).bind(now).bind(topic.to_owned());
        one(query.execute(self.conn()).await?.rows_affected())
    }

    /// Removes a session. Requests sent on it can no longer be answered.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such session.
    pub async fn remove_walletconnect_session(
        &mut self,
        topic: &str,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM walletconnect_sessions WHERE topic = $1").bind(topic.to_owned());
        one(query.execute(self.conn()).await?.rows_affected())?;
        self.record(audit).await.map(drop)
    }

    /// Records that a challenge is being sent on a session, before it is: an answer then finds its challenge.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if it was sent already and has not failed.
    pub async fn send_walletconnect_request(
        &mut self,
        nonce: &str,
        topic: &str,
        request: u64,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let query = "INSERT INTO walletconnect_requests (nonce, topic, request, status, attempts, created_at, \
                     updated_at) VALUES ($1, $2, $3, 'SENDING', 1, $4, $4) ON CONFLICT (nonce, topic) DO UPDATE \
                     SET request = $3, status = 'SENDING', attempts = walletconnect_requests.attempts + 1, \
                     updated_at = $4 WHERE walletconnect_requests.status = 'FAILED'";
        let query = sqlx::query(query)
            .bind(nonce.to_owned())
            .bind(topic.to_owned())
            .bind(unsigned(request, "request")?)
            .bind(now);
        conflict(query.execute(self.conn()).await?.rows_affected())
    }

    /// Records that a request was sent. It may be answered already.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails.
    pub async fn sent_walletconnect_request(
        &mut self,
        topic: &str,
        request: u64,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let query = "UPDATE walletconnect_requests SET status = 'SENT', updated_at = $1 \
                     WHERE topic = $2 AND request = $3 AND status = 'SENDING'";
        let query = sqlx::query(query).bind(now).bind(topic.to_owned()).bind(unsigned(request, "request")?);
        query.execute(self.conn()).await?;
        Ok(())
    }

    /// Lets requests of a session be sent again whose sending a crash cut off.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails.
    pub async fn recover_walletconnect_requests(&mut self, topic: &str) -> Result<(), StoreError> {
        let query = "UPDATE walletconnect_requests SET status = 'FAILED', updated_at = 0 \
                     WHERE topic = $1 AND status = 'SENDING'";
        sqlx::query(query).bind(topic.to_owned()).execute(self.conn()).await?;
        Ok(())
    }

    /// Records the answer to a request.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if it does not wait for one, or the graph has no such move.
    pub async fn end_walletconnect_request(
        &mut self,
        topic: &str,
        request: u64,
        to: RequestStatus,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        if !RequestStatus::Sent.next().contains(&to) {
            return Err(StoreError::Conflict(Entity::WalletConnect));
        }
        let query = "UPDATE walletconnect_requests SET status = $1, updated_at = $2 \
                     WHERE topic = $3 AND request = $4 AND status IN ('SENDING', 'SENT')";
        let query = sqlx::query(query)
            .bind(to.as_str())
            .bind(now)
            .bind(topic.to_owned())
            .bind(unsigned(request, "request")?);
        conflict(query.execute(self.conn()).await?.rows_affected())
    }
}

const fn one(rows: u64) -> Result<(), StoreError> {
    match rows {
        1 => Ok(()),
        _ => Err(StoreError::NotFound(Entity::WalletConnect)),
    }
}

const fn conflict(rows: u64) -> Result<(), StoreError> {
    match rows {
        1 => Ok(()),
        _ => Err(StoreError::Conflict(Entity::WalletConnect)),
    }
}
