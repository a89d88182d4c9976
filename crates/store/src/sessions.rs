//! Sessions and their wallets. Only a hash of the token is stored.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::{SessionId, WalletId};
use waiaas_core::session::SessionSource;

use crate::audit::AuditEntry;
use crate::columns::Columns;
use crate::error::{Entity, StoreError};
use crate::page::{Page, clamp};
use crate::reads::reads;
use crate::writer::WriteTx;

/// A session to create, with at least one wallet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// SHA-256 of the token, lower-case hex.
    pub token_hash: String,
    /// Expiry of the token.
    pub expires_at: UnixSeconds,
    /// End of the session, whatever its renewals; none only if requested explicitly.
    pub absolute_expires_at: Option<UnixSeconds>,
    /// Lifetime of a token in seconds.
    pub ttl_seconds: i64,
    /// Maximum number of renewals; none only if requested explicitly.
    pub max_renewals: Option<u32>,
    /// How it was created, for people: `api`, `cli`, `mcp`, …
    pub source: SessionSource,
    /// Its wallets; the first one is the default.
    pub wallets: Vec<WalletId>,
}

/// A session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// SHA-256 of the only token that is accepted now.
    pub token_hash: String,
    /// SHA-256 of the token that the last renewal replaced; none once the new one has been used.
    pub replaced_hash: Option<String>,
    /// Time of the creation.
    pub created_at: UnixSeconds,
    /// Expiry of the token.
    pub expires_at: UnixSeconds,
    /// End of the session; none = never.
    pub absolute_expires_at: Option<UnixSeconds>,
    /// Lifetime of a token in seconds.
    pub ttl_seconds: i64,
    /// Number of renewals so far.
    pub renewal_count: u32,
    /// Maximum number of renewals; none = unlimited.
    pub max_renewals: Option<u32>,
    /// Time of the last renewal.
    pub last_renewed_at: Option<UnixSeconds>,
    /// Time of the revocation.
    pub revoked_at: Option<UnixSeconds>,
    /// Number of tokens issued so far, including the first.
    pub token_issued_count: u32,
    /// How it was created.
    pub source: SessionSource,
    /// Its wallets: the default first, then oldest first.
    pub wallets: Vec<WalletId>,
}

/// Why a token is replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenReason {
    /// By its holder; counts as a renewal.
    Renewal,
    /// By the operator; does not count as a renewal.
    Rotation,
}

/// A session's next token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenChange {
    /// SHA-256 of the next token, lower-case hex.
    pub token_hash: String,
    /// Its expiry.
    pub expires_at: UnixSeconds,
    /// Why.
    pub reason: TokenReason,
}

reads! {
    /// One session with its wallets.
    session(id: SessionId) -> Option<SessionRow>;
    /// Sessions older than the cursor, newest first; with `wallet` only those linked to it.
    sessions_page(wallet: Option<WalletId>, before: Option<SessionId>, limit: u32) -> Page<SessionRow, SessionId>;
    /// Number of sessions linked to a wallet that are neither revoked nor expired at `now`.
    live_sessions(wallet: WalletId, now: UnixSeconds) -> u64;
}

/// Wallet ids are read as one text in the same statement, so that they are consistent with the row.
const COLUMNS: &str = "SELECT s.*, (SELECT STRING_AGG(w.wallet_id, ',') FROM session_wallets w \
    WHERE w.session_id = s.id) AS wallets FROM sessions s";

impl SessionRow {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        let wallets = row.opt_text("wallets")?.unwrap_or_default();
        let ids = wallets.split(',').filter(|id| !id.is_empty()).map(str::parse);
        let mut wallets: Vec<WalletId> =
            ids.collect::<Result<_, _>>().map_err(|_| StoreError::Corrupt("wallet_id"))?;
        let default: Option<WalletId> = row.opt_parsed("default_wallet")?;
        wallets.sort_unstable_by_key(|id| (Some(*id) != default, *id));
        Ok(Self {
            id: row.parsed("id")?,
            token_hash: row.text("token_hash")?,
            replaced_hash: row.opt_text("replaced_hash")?,
            created_at: row.int("created_at")?,
            expires_at: row.int("expires_at")?,
            absolute_expires_at: row.opt_int("absolute_expires_at")?,
            ttl_seconds: row.int("ttl_seconds")?,
            renewal_count: row.number("renewal_count")?,
            max_renewals: row.opt_number("max_renewals")?,
            last_renewed_at: row.opt_int("last_renewed_at")?,
            revoked_at: row.opt_int("revoked_at")?,
            token_issued_count: row.number("token_issued_count")?,
            source: row.named("source", SessionSource::parse)?,
            wallets,
        })
    }
}

async fn session(conn: &mut AnyConnection, id: SessionId) -> Result<Option<SessionRow>, StoreError> {
    let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE s.id = $1"));
    let row = sqlx::query(query).bind(id.to_string()).fetch_optional(conn).await?;
    row.as_ref().map(SessionRow::read).transpose()
}

async fn sessions_page(
    conn: &mut AnyConnection,
    wallet: Option<WalletId>,
    before: Option<SessionId>,
    limit: u32,
) -> Result<Page<SessionRow, SessionId>, StoreError> {
    let limit = clamp(limit);
    let query = format!(
        "{COLUMNS} WHERE ($1 = '' OR s.id IN (SELECT session_id FROM session_wallets WHERE wallet_id = $1)) \
         AND ($2 = '' OR s.id < $2) ORDER BY s.id DESC LIMIT $3"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(wallet.map(|id| id.to_string()).unwrap_or_default())
        .bind(before.map(|id| id.to_string()).unwrap_or_default())
        .bind(i64::from(limit) + 1)
        .fetch_all(conn)
        .await?;
    let items = rows.iter().map(SessionRow::read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(items, limit, |row| row.id))
}

async fn live_sessions(
    conn: &mut AnyConnection,
    wallet: WalletId,
    now: UnixSeconds,
) -> Result<u64, StoreError> {
    let query = "SELECT COUNT(*) AS live FROM sessions s JOIN session_wallets w ON w.session_id = s.id \
                 WHERE w.wallet_id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 \
                 AND COALESCE(s.absolute_expires_at, s.expires_at) > $2";
    let query = sqlx::query(query).bind(wallet.to_string()).bind(now);
    query.fetch_one(conn).await?.number("live")
}

async fn link(
    conn: &mut AnyConnection,
    session: SessionId,
    wallet: WalletId,
    at: UnixSeconds,
) -> Result<(), StoreError> {
    let query = "INSERT INTO session_wallets (session_id, wallet_id, created_at) VALUES ($1, $2, $3)";
    let query = sqlx::query(query).bind(session.to_string()).bind(wallet.to_string()).bind(at);
    let done = query.execute(conn).await;
    done.map(|_| ()).map_err(|error| StoreError::duplicate(error, Entity::SessionWallet))
}

impl WriteTx {
    /// Creates a session.
    ///
    /// # Errors
    ///
    /// [`StoreError::Inconsistent`] without a wallet; [`StoreError::Duplicate`] if the id or token hash
    /// exists, or a wallet is named twice.
    pub async fn insert_session(&mut self, new: NewSession, audit: AuditEntry) -> Result<(), StoreError> {
        if new.wallets.is_empty() {
            return Err(StoreError::Inconsistent(Entity::Session, "it has no wallet"));
        }
        let query = "INSERT INTO sessions (id, token_hash, created_at, expires_at, absolute_expires_at, \
                     ttl_seconds, renewal_count, max_renewals, token_issued_count, source, default_wallet) \
                     VALUES ($1, $2, $3, $4, $5, $6, 0, $7, 1, $8, $9)";
        let query = sqlx::query(query)
            .bind(new.id.to_string())
            .bind(new.token_hash)
            .bind(audit.at)
            .bind(new.expires_at)
            .bind(new.absolute_expires_at)
            .bind(new.ttl_seconds)
            .bind(new.max_renewals.map(i64::from))
            .bind(new.source.as_str())
            .bind(new.wallets.first().map(|id| id.to_string()));
        let done = query.execute(self.conn()).await;
        done.map_err(|error| StoreError::duplicate(error, Entity::Session))?;
        for wallet in new.wallets {
            link(self.conn(), new.id, wallet, audit.at).await?;
        }
        self.record(audit).await?;
        Ok(())
    }

    /// Replaces the token of a session that is not revoked, if its hash still is `from_hash`. The old token
    /// is void at once; its hash is kept after a renewal until [`Self::settle_renewal`].
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such session; [`StoreError::Conflict`] if it is revoked, has
    /// another token, or no renewal is left; [`StoreError::Duplicate`] if the new hash exists.
    pub async fn replace_token(
        &mut self,
        id: SessionId,
        from_hash: &str,
        change: TokenChange,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let (renewals, renewed_at, replaced) = match change.reason {
            TokenReason::Renewal => (1i64, Some(audit.at), Some(from_hash.to_owned())),
            TokenReason::Rotation => (0, None, None),
        };
        let query = "UPDATE sessions SET token_hash = $1, expires_at = $2, \
                     renewal_count = renewal_count + $3, last_renewed_at = COALESCE($4, last_renewed_at), \
                     token_issued_count = token_issued_count + 1, replaced_hash = $7 \
                     WHERE id = $5 AND token_hash = $6 AND revoked_at IS NULL \
                     AND ($3 = 0 OR renewal_count < COALESCE(max_renewals, renewal_count + 1))";
        let query = sqlx::query(query)
            .bind(change.token_hash)
            .bind(change.expires_at)
            .bind(renewals)
            .bind(renewed_at)
            .bind(id.to_string())
            .bind(from_hash.to_owned())
            .bind(replaced);
        let done = query.execute(self.conn()).await;
        let done = done.map_err(|error| StoreError::duplicate(error, Entity::Session))?;
        if done.rows_affected() != 1 {
            return Err(self.missing_session(id).await?);
        }
        self.record(audit).await?;
        Ok(())
    }

    /// Deletes the hash of the replaced token, once the token with `token_hash` is in use.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails.
    pub async fn settle_renewal(&mut self, id: SessionId, token_hash: &str) -> Result<(), StoreError> {
        let query = "UPDATE sessions SET replaced_hash = NULL WHERE id = $1 AND token_hash = $2";
        let query = sqlx::query(query).bind(id.to_string()).bind(token_hash.to_owned());
        query.execute(self.conn()).await?;
        Ok(())
    }

    /// Revokes a session. Revoking it again changes nothing and returns `false`.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such session.
    pub async fn revoke_session(&mut self, id: SessionId, audit: AuditEntry) -> Result<bool, StoreError> {
        let query = "UPDATE sessions SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL";
        let query = sqlx::query(query).bind(audit.at).bind(id.to_string());
        if query.execute(self.conn()).await?.rows_affected() == 1 {
            self.record(audit).await?;
            return Ok(true);
        }
        match self.missing_session(id).await? {
            StoreError::Conflict(_) => Ok(false),
            other => Err(other),
        }
    }

    /// Revokes every session that is not revoked, under one entry. Returns their number.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the database fails.
    pub async fn revoke_all_sessions(&mut self, audit: AuditEntry) -> Result<u64, StoreError> {
        let query = "UPDATE sessions SET revoked_at = $1 WHERE revoked_at IS NULL";
        let count = sqlx::query(query).bind(audit.at).execute(self.conn()).await?.rows_affected();
        self.record(audit).await?;
        Ok(count)
    }

    /// Links one more wallet to a session that is not revoked.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such session; [`StoreError::Conflict`] if it is revoked;
    /// [`StoreError::Duplicate`] if the wallet is linked already.
    pub async fn add_session_wallet(
        &mut self,
        id: SessionId,
        wallet: WalletId,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        match session(self.conn(), id).await? {
            None => return Err(StoreError::NotFound(Entity::Session)),
            Some(row) if row.revoked_at.is_some() => return Err(StoreError::Conflict(Entity::Session)),
            Some(_) => {}
        }
        link(self.conn(), id, wallet, audit.at).await?;
        self.record(audit).await?;
        Ok(())
    }

    /// Sets the default wallet of a session to one of its wallets.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such session or link; [`StoreError::Conflict`] if the session
    /// is revoked.
    pub async fn set_default_wallet(
        &mut self,
        id: SessionId,
        wallet: WalletId,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let row = session(self.conn(), id).await?.ok_or(StoreError::NotFound(Entity::Session))?;
        if !row.wallets.contains(&wallet) {
            return Err(StoreError::NotFound(Entity::SessionWallet));
        }
        let query = "UPDATE sessions SET default_wallet = $1 WHERE id = $2 AND revoked_at IS NULL";
        let query = sqlx::query(query).bind(wallet.to_string()).bind(id.to_string());
        if query.execute(self.conn()).await?.rows_affected() != 1 {
            return Err(StoreError::Conflict(Entity::Session));
        }
        self.record(audit).await?;
        Ok(())
    }

    /// Unlinks a wallet from a session.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no such session or link; [`StoreError::Conflict`] of the session
    /// if it is revoked, of the link for the last wallet (revoke the session instead).
    pub async fn remove_session_wallet(
        &mut self,
        id: SessionId,
        wallet: WalletId,
        audit: AuditEntry,
    ) -> Result<(), StoreError> {
        let row = session(self.conn(), id).await?.ok_or(StoreError::NotFound(Entity::Session))?;
        if row.revoked_at.is_some() {
            return Err(StoreError::Conflict(Entity::Session));
        }
        if !row.wallets.contains(&wallet) {
            return Err(StoreError::NotFound(Entity::SessionWallet));
        }
        if row.wallets.len() == 1 {
            return Err(StoreError::Conflict(Entity::SessionWallet));
        }
        let query = "DELETE FROM session_wallets WHERE session_id = $1 AND wallet_id = $2";
        sqlx::query(query).bind(id.to_string()).bind(wallet.to_string()).execute(self.conn()).await?;
        self.record(audit).await?;
        Ok(())
    }

    async fn missing_session(&mut self, id: SessionId) -> Result<StoreError, StoreError> {
        let found = session(self.conn(), id).await?.is_some();
        let entity = Entity::Session;
        Ok(if found { StoreError::Conflict(entity) } else { StoreError::NotFound(entity) })
    }
}
