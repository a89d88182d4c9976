//! Sessions.

use secrecy::SecretString;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::{SessionId, WalletId};
pub use waiaas_core::session::SessionSource;

use crate::views::Wallet;

/// A session to create. Absent limits have the configured defaults; none is unlimited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSession {
    /// Its wallets; at least one.
    pub wallets: Vec<WalletId>,
    /// Lifetime of a token in seconds, 300 to 31 536 000.
    pub ttl: Option<u32>,
    /// The most renewals.
    pub max_renewals: Option<u32>,
    /// Seconds after which the session ends, whatever its renewals.
    pub absolute_lifetime: Option<u32>,
    /// The source of the request.
    pub source: SessionSource,
}

/// A new token, which is shown once.
#[derive(Clone, Debug)]
pub struct IssuedSession {
    /// The id of the session.
    pub id: SessionId,
    /// The bearer token.
    pub token: SecretString,
    /// The expiry of the token.
    pub expires_at: UnixSeconds,
    /// The end of the session, whatever its renewals.
    pub absolute_expires_at: UnixSeconds,
    /// Its wallets.
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
    /// Its id.
    pub id: SessionId,
    /// Its wallets, with their names.
    pub wallets: Vec<(WalletId, String)>,
    /// `ACTIVE`, `EXPIRED` or `REVOKED`.
    pub status: &'static str,
    /// Renewals so far.
    pub renewal_count: u32,
    /// Renewals allowed.
    pub max_renewals: u32,
    /// The expiry of the token.
    pub expires_at: UnixSeconds,
    /// The end of the session, whatever its renewals.
    pub absolute_expires_at: UnixSeconds,
    /// The time of its creation.
    pub created_at: UnixSeconds,
    /// The time of the last renewal.
    pub last_renewed_at: Option<UnixSeconds>,
    /// Tokens issued so far.
    pub token_issued_count: u32,
    /// The source of the request.
    pub source: SessionSource,
}
