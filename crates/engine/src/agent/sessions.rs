//! Renewing a session's token.

use waiaas_core::audit::Actor;
use waiaas_core::ids::SessionId;
use waiaas_store::TokenReason;

use crate::Engine;
use crate::agent::Agent;
use crate::credentials::renewal::may_fetch_again;
use crate::credentials::session::refuse_unless_live;
use crate::credentials::{Renewal, Replaced};
use crate::error::{Error, ErrorCode};
use crate::tokens;
use crate::views::IssuedSession;

impl Agent<'_> {
    /// Gives the caller's session a new token, if its limits allow. The old token is invalid at once, except for
    /// [`Engine::renew`].
    ///
    /// # Errors
    /// `SESSION_RENEWAL_MISMATCH`, `RENEWAL_LIMIT_REACHED`, `RENEWAL_TOO_EARLY`,
    /// `SESSION_ABSOLUTE_LIFETIME_EXCEEDED`.
    pub async fn renew(&self, id: SessionId) -> Result<IssuedSession, Error> {
        if self.session.id() != id {
            return Err(of_another());
        }
        let now = self.engine.now();
        let row = refuse_unless_live(self.engine.store().session(id).await?, self.session.token_hash(), now)?;
        if row.max_renewals.is_some_and(|max| row.renewal_count >= max) {
            return Err(Error::new(ErrorCode::RenewalLimitReached, "The session may not be renewed again.")
                .hint("Ask the operator for a new session."));
        }
        let (issued, expires) = (self.session.issued_at(), self.session.expires_at());
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
        // The full ttl of the row, so that the last renewal may be shorter.
        let end = now.saturating_add(row.ttl_seconds);
        let end = row.absolute_expires_at.map_or(end, |absolute| end.min(absolute));
        let actor = Actor::Session(id);
        self.engine.replace_token(&row, now, (end, TokenReason::Renewal, actor)).await
    }
}

impl Engine {
    /// Renews the token, or repeats the last renewal if its answer may have been lost.
    ///
    /// # Errors
    /// `SESSION_RENEWAL_MISMATCH`, `RENEWAL_LIMIT_REACHED`, `RENEWAL_TOO_EARLY`,
    /// `SESSION_ABSOLUTE_LIFETIME_EXCEEDED`.
    pub async fn renew(&self, renewal: &Renewal, id: SessionId) -> Result<IssuedSession, Error> {
        match renewal {
            Renewal::Live(session) => self.agent(session).renew(id).await,
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
        // A different token if the signing key was rotated since.
        if tokens::hash(&token) != row.token_hash {
            return Err(used());
        }
        self.issued(id, token).await
    }
}

fn of_another() -> Error {
    Error::new(ErrorCode::SessionRenewalMismatch, "The token belongs to another session.")
        .hint("Renew the session named in your own token.")
}
