//! Issuing a new token of a session: the row, the token and the answer.

use secrecy::SecretString;
use waiaas_core::UnixSeconds;
use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::ids::SessionId;
use waiaas_store::{AuditEntry, SessionRow, StoreError, TokenChange, TokenReason};

use crate::Engine;
use crate::error::{Error, ErrorCode};
use crate::tokens;
use crate::views::IssuedSession;

impl Engine {
    pub(crate) async fn session_by_id(&self, id: SessionId) -> Result<SessionRow, Error> {
        self.store().session(id).await?.ok_or_else(not_found)
    }

    pub(crate) async fn issued(&self, id: SessionId, token: SecretString) -> Result<IssuedSession, Error> {
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

    /// Gives a session a new token; the old one is invalid at once.
    pub(crate) async fn replace_token(
        &self,
        row: &SessionRow,
        now: UnixSeconds,
        (expires_at, reason, actor): (UnixSeconds, TokenReason, Actor),
    ) -> Result<IssuedSession, Error> {
        let id = row.id;
        let token = match reason {
            TokenReason::Renewal => self.tokens().successor(id, &row.token_hash, now, expires_at)?,
            TokenReason::Rotation => self.tokens().issue(id, now, expires_at)?,
        };
        let change = TokenChange { token_hash: tokens::hash(&token), expires_at, reason };
        let from = row.token_hash.clone();
        let event = match reason {
            TokenReason::Renewal => AuditEvent::SessionRenewed { expires_at },
            TokenReason::Rotation => AuditEvent::SessionRotated { expires_at },
        };
        let audit = AuditEntry::new(event, actor, now).session(id);
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
}

fn not_found() -> Error {
    Error::new(ErrorCode::SessionNotFound, "There is no such session.")
}
