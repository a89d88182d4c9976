//! Sessions: create, list, renew, rotate, revoke, link wallets, rotate the signing key.

use secrecy::ExposeSecret as _;
use serde_json::json;
use uuid::Uuid;
use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::ids::{SessionId, WalletId};
use waiaas_keys::{Purpose, SecretSlice};
use waiaas_store::{
    AuditEntry, Entity, NewSession as NewRow, SessionKeyRow, SessionRow, StoreError, TokenChange, TokenReason,
};

use crate::Engine;
use crate::credentials::renewal::may_fetch_again;
use crate::credentials::session::refuse_unless_live;
use crate::credentials::token::{self, PREVIOUS_KEY_SECONDS};
use crate::credentials::{Master, Renewal, Replaced, Session};
use crate::engine::key_ring;
use crate::error::{Error, ErrorCode};
use crate::pipeline::s2_authorize::refuse_unless_active;
use crate::views::{IssuedSession, NewSession, Page, Paged, SessionView};

/// Bounds of a token's life, in seconds.
const TTL: std::ops::RangeInclusive<i64> = 300..=31_536_000;

impl Engine {
    /// Creates a session; its token is shown once.
    pub async fn create_session(&self, _: &Master, new: NewSession) -> Result<IssuedSession, Error> {
        let security = &self.config().security;
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
                .hint("Set \"walletId\" or \"walletIds\"."));
        }
        let now = self.now();
        let id = SessionId::new(Uuid::now_v7());
        let (expires_at, absolute) = (now.saturating_add(ttl), now.saturating_add(lifetime));
        let token = self.tokens().issue(id, now, expires_at)?;
        let row = NewRow {
            id,
            token_hash: token::hash(&token),
            expires_at,
            absolute_expires_at: Some(absolute),
            ttl_seconds: ttl,
            max_renewals: Some(max_renewals),
            source: new.source.as_str().to_owned(),
            wallets: wallets.clone(),
        };
        let limit = u64::from(security.max_sessions_per_wallet);
        let audit = AuditEntry::new(AuditEvent::SessionCreated, Actor::Master, now)
            .session(id)
            .details(json!({ "wallets": wallets, "expiresAt": expires_at, "maxRenewals": max_renewals }));
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    for wallet in &wallets {
                        refuse_full(tx, *wallet, limit, now).await?;
                    }
                    Ok::<_, Error>(tx.insert_session(row, audit).await?)
                })
            })
            .await?;
        self.issued(id, token).await
    }

    async fn issued(&self, id: SessionId, token: secrecy::SecretString) -> Result<IssuedSession, Error> {
        let row = self.session_by_id(id).await?;
        let mut wallets = Vec::new();
        for wallet in &row.wallets {
            wallets.push(self.wallet_by_id(*wallet).await?);
        }
        Ok(IssuedSession {
            id,
            token,
            expires_at: row.expires_at,
            absolute_expires_at: row.absolute_expires_at.unwrap_or(row.expires_at),
            wallets,
            renewal_count: row.renewal_count,
            max_renewals: row.max_renewals.unwrap_or(u32::MAX),
            token_issued_count: row.token_issued_count,
        })
    }

    /// The wallets a session may use.
    pub async fn wallets_of_session(&self, _: &Master, id: SessionId) -> Result<Vec<crate::Wallet>, Error> {
        let mut wallets = Vec::new();
        for wallet in self.session_by_id(id).await?.wallets {
            wallets.push(self.wallet_by_id(wallet).await?);
        }
        Ok(wallets)
    }

    async fn session_by_id(&self, id: SessionId) -> Result<SessionRow, Error> {
        self.store().session(id).await?.ok_or_else(not_found)
    }

    /// Sessions, newest first.
    pub async fn list_sessions(
        &self,
        _: &Master,
        wallet: Option<WalletId>,
        page: Page,
    ) -> Result<Paged<SessionView>, Error> {
        let before = page.cursor.map(|text| text.parse()).transpose();
        let before = before.map_err(|_| Error::invalid("cursor", "not a cursor of this list"))?;
        let found = self.store().sessions_page(wallet, before, page.limit).await?;
        let now = self.now();
        let mut items = Vec::new();
        for row in found.items {
            let mut wallets = Vec::new();
            for id in &row.wallets {
                wallets.push((*id, self.wallet_by_id(*id).await?.name));
            }
            items.push(view(row, wallets, now));
        }
        Ok(Paged { items, next_cursor: found.next.map(|id| id.to_string()), total: None })
    }

    /// Ends a session; effective on its next request and on requests not yet signed. Idempotent.
    pub async fn revoke_session(&self, _: &Master, id: SessionId) -> Result<(), Error> {
        self.session_by_id(id).await?;
        let audit = AuditEntry::new(AuditEvent::SessionRevoked, Actor::Master, self.now()).session(id);
        self.store().write(move |tx| Box::pin(async move { tx.revoke_session(id, audit).await })).await?;
        Ok(())
    }

    /// Gives a session a new token of the same expiry; the old one is dead at once.
    pub async fn rotate_session(&self, _: &Master, id: SessionId) -> Result<IssuedSession, Error> {
        let row = self.session_by_id(id).await?;
        let now = self.now();
        let row = refuse_unless_live(Some(row.clone()), &row.token_hash, now)?;
        let change = (row.expires_at, TokenReason::Rotation, Actor::Master, AuditEvent::SessionRotated);
        self.replace_token(&row, now, change).await
    }

    /// Renews, or answers with the last renewal again where its answer may have been lost.
    pub async fn renew(&self, renewal: &Renewal, id: SessionId) -> Result<IssuedSession, Error> {
        match renewal {
            Renewal::Live(session) => self.renew_session(session, id).await,
            Renewal::Again(_) if renewal.session() != id => Err(of_another()),
            Renewal::Again(replaced) => self.fetch_again(id, replaced).await,
        }
    }

    async fn fetch_again(&self, id: SessionId, replaced: &Replaced) -> Result<IssuedSession, Error> {
        let row = self.session_by_id(id).await?;
        let now = self.now();
        let used = || {
            Error::new(ErrorCode::InvalidToken, "The token was replaced by a newer one.")
                .hint("Use the token of the last renewal or rotation.")
        };
        let row = refuse_unless_live(Some(row.clone()), &row.token_hash, now)?;
        if !may_fetch_again(&row, replaced.token_hash(), now) {
            return Err(used());
        }
        let renewed_at = row.last_renewed_at.unwrap_or(now);
        let token = self.tokens().successor(id, replaced.token_hash(), renewed_at, row.expires_at)?;
        // Another one where the key that signs tokens was rotated since.
        if token::hash(&token) != row.token_hash {
            return Err(used());
        }
        self.issued(id, token).await
    }

    /// Gives the caller's session a new token, if its limits allow; the old one is dead at once, but for
    /// [`Self::renew`].
    pub async fn renew_session(&self, session: &Session, id: SessionId) -> Result<IssuedSession, Error> {
        if session.id() != id {
            return Err(of_another());
        }
        let now = self.now();
        let row = refuse_unless_live(self.store().session(id).await?, session.token_hash(), now)?;
        if row.max_renewals.is_some_and(|max| row.renewal_count >= max) {
            return Err(Error::new(ErrorCode::RenewalLimitReached, "The session may not be renewed again.")
                .hint("Ask the operator for a new session."));
        }
        let (issued, expires) = (session.issued_at(), session.expires_at());
        let half = issued.saturating_add(expires.saturating_sub(issued) / 2);
        if now < half {
            let wait = u64::try_from(half.saturating_sub(now)).unwrap_or(0);
            return Err(Error::new(
                ErrorCode::RenewalTooEarly,
                "Less than half of the token's life is over.",
            )
            .hint(format!("Renew in {wait} seconds or later."))
            .retry_after(wait));
        }
        // The row's own ttl, not what was left of the last token: a short last stretch stays the last.
        let end = now.saturating_add(row.ttl_seconds);
        let end = row.absolute_expires_at.map_or(end, |absolute| end.min(absolute));
        let actor = Actor::Session(id);
        self.replace_token(&row, now, (end, TokenReason::Renewal, actor, AuditEvent::SessionRenewed)).await
    }

    async fn replace_token(
        &self,
        row: &SessionRow,
        now: UnixSeconds,
        (expires_at, reason, actor, event): (UnixSeconds, TokenReason, Actor, AuditEvent),
    ) -> Result<IssuedSession, Error> {
        let id = row.id;
        let token = match reason {
            TokenReason::Renewal => self.tokens().successor(id, &row.token_hash, now, expires_at)?,
            TokenReason::Rotation => self.tokens().issue(id, now, expires_at)?,
        };
        let change = TokenChange { token_hash: token::hash(&token), expires_at, reason };
        let from = row.token_hash.clone();
        let audit =
            AuditEntry::new(event, actor, now).session(id).details(json!({ "expiresAt": expires_at }));
        let replaced = self
            .store()
            .write(move |tx| Box::pin(async move { tx.replace_token(id, &from, change, audit).await }))
            .await;
        match replaced {
            Ok(()) => self.issued(id, token).await,
            Err(StoreError::Conflict(_)) => {
                Err(Error::new(ErrorCode::SessionRenewalMismatch, "The token was replaced meanwhile.")
                    .hint("Use the newer token."))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Lets a session use one more wallet.
    pub async fn add_session_wallet(&self, _: &Master, id: SessionId, wallet: WalletId) -> Result<(), Error> {
        self.session_by_id(id).await?;
        let limit = u64::from(self.config().security.max_sessions_per_wallet);
        let now = self.now();
        let audit =
            AuditEntry::new(AuditEvent::SessionWalletAdded, Actor::Master, now).session(id).wallet(wallet);
        let added = self.store().write(move |tx| {
            Box::pin(async move {
                refuse_full(tx, wallet, limit, now).await?;
                match tx.add_session_wallet(id, wallet, audit).await {
                    Err(StoreError::Duplicate(Entity::SessionWallet)) => Err(Error::new(
                        ErrorCode::WalletAlreadyLinked,
                        "The session has this wallet already.",
                    )),
                    other => Ok(other?),
                }
            })
        });
        added.await
    }

    /// Sets the wallet that a session means to read where it names none.
    pub async fn set_default_wallet(&self, _: &Master, id: SessionId, wallet: WalletId) -> Result<(), Error> {
        if !self.session_by_id(id).await?.wallets.contains(&wallet) {
            return Err(Error::new(ErrorCode::WalletNotFound, "The session does not have this wallet.")
                .hint("Link it first with POST /v1/sessions/{id}/wallets."));
        }
        let audit = AuditEntry::new(AuditEvent::SessionDefaultSet, Actor::Master, self.now())
            .session(id)
            .wallet(wallet);
        self.store()
            .write(move |tx| Box::pin(async move { tx.set_default_wallet(id, wallet, audit).await }))
            .await?;
        Ok(())
    }

    /// Takes a wallet from a session; the last one stays.
    pub async fn remove_session_wallet(
        &self,
        _: &Master,
        id: SessionId,
        wallet: WalletId,
    ) -> Result<(), Error> {
        let row = self.session_by_id(id).await?;
        if row.wallets == [wallet] {
            return Err(Error::new(ErrorCode::SessionRequiresWallet, "A session keeps at least one wallet.")
                .hint("Revoke the session instead."));
        }
        if !row.wallets.contains(&wallet) {
            return Err(Error::new(ErrorCode::WalletNotFound, "The session does not have this wallet."));
        }
        let audit = AuditEntry::new(AuditEvent::SessionWalletRemoved, Actor::Master, self.now())
            .session(id)
            .wallet(wallet);
        self.store()
            .write(move |tx| Box::pin(async move { tx.remove_session_wallet(id, wallet, audit).await }))
            .await?;
        Ok(())
    }

    /// Replaces the key that signs tokens; tokens of the old one verify for five more minutes.
    pub async fn rotate_session_secret(&self, _: &Master) -> Result<UnixSeconds, Error> {
        let now = self.now();
        let keys = self.store().session_keys().await?;
        let current = keys.current;
        let next_allowed = current.created_at.saturating_add(PREVIOUS_KEY_SECONDS);
        // The first key ever cuts nobody off: its own tokens stay valid for the window.
        if keys.previous.is_some() && now < next_allowed {
            let wait = u64::try_from(next_allowed.saturating_sub(now)).unwrap_or(0);
            return Err(Error::new(ErrorCode::RotationTooRecent, "The session key was rotated moments ago.")
                .hint("Rotating twice would cut off every agent at once; wait, or revoke the sessions.")
                .retry_after(wait));
        }
        let row = new_session_key(&self.vault(), now)?;
        let audit =
            AuditEntry::new(AuditEvent::SecretRotated, Actor::Master, now).details(json!({ "kid": row.kid }));
        self.store()
            .write(move |tx| Box::pin(async move { tx.rotate_session_key(&current.kid, &row, audit).await }))
            .await?;
        self.tokens().replace(key_ring(self.store(), &self.vault()).await.map_err(Error::internal)?);
        Ok(now)
    }
}

/// A fresh sealed session key.
pub(crate) fn new_session_key(vault: &waiaas_keys::Vault, now: UnixSeconds) -> Result<SessionKeyRow, Error> {
    let kid = Uuid::new_v4().simple().to_string();
    let secret = waiaas_keys::generate_recovery_password().map_err(Error::internal)?;
    let secret = SecretSlice::from(secret.expose_secret().as_bytes().to_vec());
    let sealed = vault.seal_secret(Purpose::SessionSigning, &kid, &secret).map_err(Error::internal)?;
    Ok(SessionKeyRow { kid, sealed, created_at: now })
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

fn of_another() -> Error {
    Error::new(ErrorCode::SessionRenewalMismatch, "The token belongs to another session.")
        .hint("Renew the session named in your own token.")
}

fn not_found() -> Error {
    Error::new(ErrorCode::SessionNotFound, "There is no such session.")
}
