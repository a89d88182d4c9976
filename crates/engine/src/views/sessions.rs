//! Sessions.

use secrecy::SecretString;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::{SessionId, WalletId};
pub use waiaas_core::session::SessionSource;

use crate::views::Wallet;

/// A session to be made. Absent limits take the configured defaults; none is unlimited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSession {
    /// At least one.
    pub wallets: Vec<WalletId>,
    /// Seconds a token lives, 300 to 31 536 000.
    pub ttl: Option<u32>,
    /// How often it may be renewed.
    pub max_renewals: Option<u32>,
    /// Seconds after which no renewal helps.
    pub absolute_lifetime: Option<u32>,
    /// Who asked.
    pub source: SessionSource,
}

/// A token, shown once.
#[derive(Clone, Debug)]
pub struct IssuedSession {
    /// The session.
    pub id: SessionId,
    /// The bearer token.
    pub token: SecretString,
    /// When the token ends.
    pub expires_at: UnixSeconds,
    /// When the session ends, renewed or not.
    pub absolute_expires_at: UnixSeconds,
    /// What it may use.
    pub wallets: Vec<Wallet>,
    /// Renewals so far.
    pub renewal_count: u32,
    /// Renewals allowed.
    pub max_renewals: u32,
    /// Tokens issued so far.
    pub token_issued_count: u32,
}

/// A session without its token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionView {
    /// The session.
    pub id: SessionId,
    /// What it may use, with names.
    pub wallets: Vec<(WalletId, String)>,
    /// `ACTIVE`, `EXPIRED` or `REVOKED`.
    pub status: &'static str,
    /// Renewals so far.
    pub renewal_count: u32,
    /// Renewals allowed.
    pub max_renewals: u32,
    /// When the token ends.
    pub expires_at: UnixSeconds,
    /// When the session ends.
    pub absolute_expires_at: UnixSeconds,
    /// When it was made.
    pub created_at: UnixSeconds,
    /// When its token was last replaced by its holder.
    pub last_renewed_at: Option<UnixSeconds>,
    /// Tokens issued so far.
    pub token_issued_count: u32,
    /// Who asked for it.
    pub source: SessionSource,
}
