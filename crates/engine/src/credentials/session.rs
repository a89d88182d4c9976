//! The agent: proved by a session token.

use waiaas_core::UnixSeconds;
use waiaas_core::ids::{SessionId, WalletId};
use waiaas_core::wallet::KillSwitch;
use waiaas_store::SessionRow;

use crate::Engine;
use crate::error::{Error, ErrorCode};
use crate::tokens;

/// Proof that the caller holds the current token of a live session.
#[derive(Clone, Debug)]
pub struct Session {
    id: SessionId,
    wallets: Vec<WalletId>,
    token_hash: String,
    issued_at: UnixSeconds,
    expires_at: UnixSeconds,
}

impl Session {
    /// The session's id.
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// The linked wallets, the default first.
    pub fn wallets(&self) -> &[WalletId] {
        &self.wallets
    }

    /// The wallet of read requests that name none: the first at creation, or the one set later.
    pub(crate) fn default_wallet(&self) -> Result<WalletId, Error> {
        self.wallets.first().copied().ok_or_else(|| Error::internal("a session without a wallet"))
    }

    /// The expiry of its token.
    pub const fn expires_at(&self) -> UnixSeconds {
        self.expires_at
    }

    /// The time its token was issued.
    pub(crate) const fn issued_at(&self) -> UnixSeconds {
        self.issued_at
    }

    /// Hash of the token presented.
    pub(crate) fn token_hash(&self) -> &str {
        &self.token_hash
    }
}

impl Engine {
    /// Checks a bearer token: form, signature and expiry; then, against the stored session, its current hash,
    /// revocation, both expiries and the kill switch.
    ///
    /// # Errors
    /// `INVALID_TOKEN`, `TOKEN_EXPIRED`, `SESSION_NOT_FOUND`, `SESSION_REVOKED`,
    /// `SESSION_ABSOLUTE_LIFETIME_EXCEEDED`, `SYSTEM_LOCKED`.
    pub async fn authenticate_session(&self, bearer: &str) -> Result<Session, Error> {
        let now = self.now();
        let genuine = self.tokens().verify(bearer, now)?;
        let token_hash = tokens::hash_text(bearer);
        let row = self.store().session(genuine.session).await?;
        let row = refuse_unless_live(row, &token_hash, now)?;
        if row.replaced_hash.is_some() {
            self.settle_renewal(row.id, token_hash.clone()).await?;
        }
        if self.store().kill_switch().await?.state != KillSwitch::Running {
            return Err(locked());
        }
        Ok(Session {
            id: row.id,
            wallets: row.wallets,
            token_hash,
            issued_at: genuine.issued_at,
            expires_at: row.expires_at.min(genuine.expires_at),
        })
    }
}

impl Engine {
    /// Records that the new token is in use, so that the previous one can no longer fetch it.
    async fn settle_renewal(&self, id: SessionId, token_hash: String) -> Result<(), Error> {
        let settled = self
            .store()
            .write(move |tx| Box::pin(async move { tx.settle_renewal(id, &token_hash).await }))
            .await;
        Ok(settled?)
    }
}

/// The checks against the stored session; repeated when a request is admitted and before a renewal.
pub(crate) fn refuse_unless_live(
    row: Option<SessionRow>,
    token_hash: &str,
    now: UnixSeconds,
) -> Result<SessionRow, Error> {
    let row = row.ok_or_else(|| {
        Error::new(ErrorCode::SessionNotFound, "The session no longer exists.")
            .hint("Ask the operator for a new one.")
    })?;
    if row.revoked_at.is_some() {
        return Err(revoked());
    }
    if row.token_hash != token_hash {
        return Err(Error::new(ErrorCode::InvalidToken, "The token was replaced by a newer one.")
            .hint("Use the token of the last renewal or rotation."));
    }
    if now >= row.expires_at {
        return Err(Error::new(ErrorCode::TokenExpired, "The session token has expired.")
            .hint("Ask the operator for a new session."));
    }
    if row.absolute_expires_at.is_some_and(|end| now >= end) {
        return Err(Error::new(
            ErrorCode::SessionAbsoluteLifetimeExceeded,
            "The session's absolute lifetime is over.",
        )
        .hint("Ask the operator for a new session."));
    }
    Ok(row)
}

/// The error while the kill switch is activated.
pub(crate) fn locked() -> Error {
    Error::new(ErrorCode::SystemLocked, "The kill switch is activated; nothing is signed.").hint(
        "Ask the operator. Until its release every session is refused, dry runs included; nothing is queued.",
    )
}

/// The error for a session that was revoked.
pub(crate) fn revoked() -> Error {
    Error::new(ErrorCode::SessionRevoked, "The session was revoked.").hint("Ask the operator for a new one.")
}
