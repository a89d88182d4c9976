//! Sessions: create, list, renew, rotate, revoke, link wallets, rotate the signing key.

use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::ids::{SessionId, WalletId};
use waiaas_store::{AuditEntry, Entity, NewSession as NewRow, SessionRow, StoreError, TokenReason};

use crate::credentials::session::{refuse_unless_live, revoked};
use crate::error::{Error, ErrorCode, Remedy};
use crate::ids;
use crate::operator::Operator;
use crate::session_keys::{key_ring, new_session_key};
use crate::tokens::{self, PREVIOUS_KEY_SECONDS};
use crate::views::{IssuedSession, NewSession, Page, Paged, SessionView};
use crate::wallets::refuse_unless_active;

/// Bounds of a token's lifetime, in seconds.
const TTL: std::ops::RangeInclusive<i64> = 300..=31_536_000;

impl Operator<'_> {
    /// Creates a session; its token is shown once.
    ///
    /// # Errors
    /// `SESSION_REQUIRES_WALLET`, `SESSION_LIMIT_EXCEEDED`, `WALLET_NOT_FOUND`, `WALLET_TERMINATED`, `SYSTEM_LOCKED`.
    pub async fn create_session(&self, new: NewSession) -> Result<IssuedSession, Error> {
        let security = &self.engine.config().security;
        let ttl = new.ttl.map_or(security.session_ttl, u64::from);
        let ttl = i64::try_from(ttl).ok().filter(|ttl| TTL.contains(ttl));
        let ttl = ttl.ok_or_else(|| Error::invalid("ttl", "300 to 31536000 seconds"))?;
        let lifetime = new.absolute_lifetime.map_or(security.session_absolute_lifetime, u64::from);
        let lifetime = i64::try_from(lifetime).unwrap_or(i64::MAX);
        if lifetime < ttl {
            return Err(Error::invalid("absoluteLifetime", "not shorter than the token's ttl"));
        }
        let max_renewals = new.max_renewals.unwrap_or(security.session_max_renewals);
        let mut wallets: Vec<WalletId> = Vec::new();
        for id in new.wallets {
            if !wallets.contains(&id) {
                wallets.push(id);
            }
        }
        if wallets.is_empty() {
            return Err(Error::new(ErrorCode::SessionRequiresWallet, "A session needs at least one wallet.")
                .hint(Remedy::NameWalletsOfSession));
        }
        let now = self.engine.now();
        let id = SessionId::new(ids::ordered());
        let (expires_at, absolute) = (now.saturating_add(ttl), now.saturating_add(lifetime));
        let token = self.engine.tokens().issue(id, now, expires_at)?;
        let row = NewRow {
            id,
            token_hash: tokens::hash(&token),
            expires_at,
            absolute_expires_at: Some(absolute),
            ttl_seconds: ttl,
            max_renewals: Some(max_renewals),
            source: new.source,
            wallets: wallets.clone(),
        };
        let limit = u64::from(security.max_sessions_per_wallet);
        let created = AuditEvent::SessionCreated { wallets: wallets.clone(), expires_at, max_renewals };
        let audit = AuditEntry::new(created, Actor::Master, now).session(id);
        self.engine
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    for wallet in &wallets {
                        refuse_full(tx, *wallet, limit, now).await?;
                    }
                    Ok::<_, Error>(tx.insert_session(row, audit).await?)
                })
            })
            .await?;
        self.engine.issued(id, token).await
    }

    /// The wallets a session may use.
    ///
    /// # Errors
    /// `SESSION_NOT_FOUND`.
    pub async fn session_wallets(&self, id: SessionId) -> Result<Vec<crate::Wallet>, Error> {
        let mut wallets = Vec::new();
        for wallet in self.engine.session_by_id(id).await?.wallets {
            wallets.push(self.engine.wallet_by_id(wallet).await?);
        }
        Ok(wallets)
    }

    /// Sessions, newest first.
    ///
    /// # Errors
    /// Only storage errors.
    pub async fn sessions(&self, wallet: Option<WalletId>, page: Page) -> Result<Paged<SessionView>, Error> {
        let before = page.cursor.map(|text| text.parse()).transpose();
        let before = before.map_err(|_| Error::invalid("cursor", "not a cursor of this list"))?;
        let found = self.engine.store().sessions_page(wallet, before, page.limit).await?;
        let now = self.engine.now();
        let mut items = Vec::new();
        for row in found.items {
            let mut wallets = Vec::new();
            for id in &row.wallets {
                wallets.push((*id, self.engine.wallet_by_id(*id).await?.name));
            }
            items.push(view(row, wallets, now));
        }
        Ok(Paged { items, next_cursor: found.next.map(|id| id.to_string()), total: None })
    }

    /// Revokes a session at once, also for its unsigned requests. Idempotent.
    ///
    /// # Errors
    /// `SESSION_NOT_FOUND`.
    pub async fn revoke_session(&self, id: SessionId) -> Result<(), Error> {
        self.engine.session_by_id(id).await?;
        let revoked = AuditEvent::SessionRevoked { reason: None };
        let audit = AuditEntry::new(revoked, Actor::Master, self.engine.now()).session(id);
        self.engine
            .store()
            .write(move |tx| Box::pin(async move { tx.revoke_session(id, audit).await }))
            .await?;
        Ok(())
    }

    /// Gives a session a new token with the same expiry. The old one is invalid at once.
    ///
    /// # Errors
    /// `SESSION_NOT_FOUND`, `SESSION_REVOKED`, `SESSION_ABSOLUTE_LIFETIME_EXCEEDED`, `TOKEN_EXPIRED`.
    pub async fn rotate_session(&self, id: SessionId) -> Result<IssuedSession, Error> {
        let row = self.engine.session_by_id(id).await?;
        let now = self.engine.now();
        let row = refuse_unless_live(Some(row.clone()), &row.token_hash, now)?;
        let change = (row.expires_at, TokenReason::Rotation, Actor::Master);
        self.engine.replace_token(&row, now, change).await
    }

    /// Links one more wallet to a session.
    ///
    /// # Errors
    /// `SESSION_NOT_FOUND`, `SESSION_REVOKED`, `SESSION_LIMIT_EXCEEDED`, `WALLET_ALREADY_LINKED`, `WALLET_NOT_FOUND`,
    /// `WALLET_TERMINATED`.
    pub async fn add_session_wallet(&self, id: SessionId, wallet: WalletId) -> Result<(), Error> {
        self.engine.session_by_id(id).await?;
        let limit = u64::from(self.engine.config().security.max_sessions_per_wallet);
        let now = self.engine.now();
        let audit =
            AuditEntry::new(AuditEvent::SessionWalletAdded, Actor::Master, now).session(id).wallet(wallet);
        let added = self.engine.store().write(move |tx| {
            Box::pin(async move {
                refuse_full(tx, wallet, limit, now).await?;
                tx.add_session_wallet(id, wallet, audit).await.map_err(unlinkable)
            })
        });
        added.await
    }

    /// Sets the default wallet of a session for read requests.
    ///
    /// # Errors
    /// `SESSION_NOT_FOUND`, `SESSION_REVOKED`, `WALLET_NOT_FOUND`.
    pub async fn set_default_wallet(&self, id: SessionId, wallet: WalletId) -> Result<(), Error> {
        if !self.engine.session_by_id(id).await?.wallets.contains(&wallet) {
            return Err(not_linked().hint(Remedy::LinkWallet));
        }
        let audit = AuditEntry::new(AuditEvent::SessionDefaultSet, Actor::Master, self.engine.now())
            .session(id)
            .wallet(wallet);
        self.engine
            .store()
            .write(move |tx| Box::pin(async move { tx.set_default_wallet(id, wallet, audit).await }))
            .await
            .map_err(unlinkable)
    }

    /// Unlinks a wallet from a session; the last one stays.
    ///
    /// # Errors
    /// `SESSION_NOT_FOUND`, `SESSION_REVOKED`, `SESSION_REQUIRES_WALLET`, `WALLET_NOT_FOUND`.
    pub async fn remove_session_wallet(&self, id: SessionId, wallet: WalletId) -> Result<(), Error> {
        self.engine.session_by_id(id).await?;
        let audit = AuditEntry::new(AuditEvent::SessionWalletRemoved, Actor::Master, self.engine.now())
            .session(id)
            .wallet(wallet);
        self.engine
            .store()
            .write(move |tx| Box::pin(async move { tx.remove_session_wallet(id, wallet, audit).await }))
            .await
            .map_err(unlinkable)
    }

    /// Replaces the key that signs tokens; tokens of the old one verify for five more minutes.
    ///
    /// # Errors
    /// `ROTATION_TOO_RECENT`.
    pub async fn rotate_session_secret(&self) -> Result<UnixSeconds, Error> {
        let now = self.engine.now();
        let keys = self.engine.store().session_keys().await?;
        let current = keys.current;
        let next_allowed = current.created_at.saturating_add(PREVIOUS_KEY_SECONDS);
        // Rotating the first key is always allowed: its tokens stay valid for the overlap.
        if keys.previous.is_some() && now < next_allowed {
            return Err(rotated_before(u64::try_from(next_allowed.saturating_sub(now)).unwrap_or(0)));
        }
        let row = new_session_key(&self.engine.vault(), now)?;
        let rotated = AuditEvent::SecretRotated { kid: row.kid.clone() };
        let audit = AuditEntry::new(rotated, Actor::Master, now);
        self.engine
            .store()
            .write(move |tx| Box::pin(async move { tx.rotate_session_key(&current.kid, &row, audit).await }))
            .await
            .map_err(|error| match error {
                // Another rotation came first.
                StoreError::Conflict(Entity::SessionKey) => {
                    rotated_before(u64::try_from(PREVIOUS_KEY_SECONDS).unwrap_or(0))
                }
                other => other.into(),
            })?;
        self.engine
            .tokens()
            .replace(key_ring(self.engine.store(), &self.engine.vault()).await.map_err(Error::internal)?);
        Ok(now)
    }
}

/// The error for a wallet that cannot be linked to a session or unlinked from it.
fn unlinkable(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(Entity::Session) => revoked(),
        StoreError::Conflict(Entity::SessionWallet) => {
            Error::new(ErrorCode::SessionRequiresWallet, "A session keeps at least one wallet.")
                .hint("Revoke the session instead.")
        }
        StoreError::Duplicate(Entity::SessionWallet) => {
            Error::new(ErrorCode::WalletAlreadyLinked, "The session has this wallet already.")
        }
        StoreError::NotFound(Entity::SessionWallet) => not_linked(),
        other => other.into(),
    }
}

fn not_linked() -> Error {
    Error::new(ErrorCode::WalletNotFound, "The session does not have this wallet.")
}

fn rotated_before(wait: u64) -> Error {
    Error::new(ErrorCode::RotationTooRecent, "The session key was rotated moments ago.")
        .hint("Rotating twice would cut off every agent at once; wait, or revoke the sessions.")
        .retry_after(wait)
}

async fn refuse_full(
    tx: &mut waiaas_store::WriteTx,
    wallet: WalletId,
    limit: u64,
    now: UnixSeconds,
) -> Result<(), Error> {
    let row = tx.wallet(wallet).await?;
    let row = row.ok_or_else(|| Error::new(ErrorCode::WalletNotFound, "There is no such wallet."))?;
    refuse_unless_active(row.status)?;
    if tx.live_sessions(wallet, now).await? >= limit {
        return Err(Error::new(
            ErrorCode::SessionLimitExceeded,
            format!("The wallet {} has {limit} live sessions already.", row.name),
        )
        .hint("Revoke one, or raise security.max_sessions_per_wallet."));
    }
    Ok(())
}

fn view(row: SessionRow, wallets: Vec<(WalletId, String)>, now: UnixSeconds) -> SessionView {
    let over = now >= row.expires_at || row.absolute_expires_at.is_some_and(|end| now >= end);
    let status = match (row.revoked_at, over) {
        (Some(_), _) => "REVOKED",
        (None, true) => "EXPIRED",
        (None, false) => "ACTIVE",
    };
    SessionView {
        id: row.id,
        wallets,
        status,
        renewal_count: row.renewal_count,
        max_renewals: row.max_renewals.unwrap_or(u32::MAX),
        expires_at: row.expires_at,
        absolute_expires_at: row.absolute_expires_at.unwrap_or(row.expires_at),
        created_at: row.created_at,
        last_renewed_at: row.last_renewed_at,
        token_issued_count: row.token_issued_count,
        source: row.source,
    }
}
