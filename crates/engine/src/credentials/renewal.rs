//! Callers who may renew a session's token.

use waiaas_core::UnixSeconds;
use waiaas_core::ids::SessionId;
use waiaas_core::wallet::KillSwitch;
use waiaas_store::SessionRow;

use crate::Engine;
use crate::credentials::Session;
use crate::credentials::session::{locked, refuse_unless_live};
use crate::error::Error;
use crate::tokens;

/// Seconds for which a replaced token may fetch its renewal again.
const AGAIN_SECONDS: i64 = 60;

/// Proof that the caller may renew.
#[derive(Debug)]
pub enum Renewal {
    /// A live session.
    Live(Session),
    /// The token that the last renewal replaced, while the new one is unused: the answer may have been lost.
    Again(Replaced),
}

/// The holder of a replaced token, who may only fetch the token that replaced it.
#[derive(Debug)]
pub struct Replaced {
    session: SessionId,
    token_hash: String,
}

impl Renewal {
    /// The session's id.
    pub const fn session(&self) -> SessionId {
        match self {
            Self::Live(session) => session.id(),
            Self::Again(replaced) => replaced.session,
        }
    }
}

impl Replaced {
    /// Hash of the token presented.
    pub(crate) fn token_hash(&self) -> &str {
        &self.token_hash
    }
}

impl Engine {
    /// Checks a bearer token, for a renewal only.
    ///
    /// # Errors
    /// As [`Engine::authenticate_session`], except for a token that was replaced a moment ago by one that is unused.
    pub async fn authenticate_renewal(&self, bearer: &str) -> Result<Renewal, Error> {
        let now = self.now();
        let genuine = self.tokens().verify(bearer, now)?;
        let token_hash = tokens::hash_text(bearer);
        let row = self.store().session(genuine.session).await?;
        if row.as_ref().is_none_or(|row| !may_fetch_again(row, &token_hash, now)) {
            return Ok(Renewal::Live(self.authenticate_session(bearer).await?));
        }
        let current = row.as_ref().map(|row| row.token_hash.clone()).unwrap_or_default();
        let row = refuse_unless_live(row, &current, now)?;
        if self.store().kill_switch().await?.state != KillSwitch::Running {
            return Err(locked());
        }
        Ok(Renewal::Again(Replaced { session: row.id, token_hash }))
    }
}

/// Whether the token with this hash was replaced recently by one that is still unused.
pub(crate) fn may_fetch_again(row: &SessionRow, token_hash: &str, now: UnixSeconds) -> bool {
    let replaced = row.replaced_hash.as_deref() == Some(token_hash);
    let since = row.last_renewed_at.map(|renewed| now.saturating_sub(renewed));
    replaced && since.is_some_and(|seconds| (0..AGAIN_SECONDS).contains(&seconds))
}
