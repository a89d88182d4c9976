//! `[security]`: sessions, rate limits, browser origins, approvals and password lockout.

use serde::{Deserialize, Deserializer, de};
use url::Url;

use super::error::Conflict;
use super::value::within;

/// `[security]`. Times are seconds, rates are requests a minute.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Security {
    /// Live sessions one wallet may have.
    #[serde(deserialize_with = "within::<1, 50, _, _>")]
    pub max_sessions_per_wallet: u32,
    /// Life of a session token.
    #[serde(deserialize_with = "within::<300, 2_592_000, _, _>")]
    pub session_ttl: u64,
    /// End of a session whatever its renewals.
    #[serde(deserialize_with = "within::<300, 31_536_000, _, _>")]
    pub session_absolute_lifetime: u64,
    /// Renewals of one session.
    #[serde(deserialize_with = "within::<0, 1_000, _, _>")]
    pub session_max_renewals: u32,
    /// Per client IP address.
    #[serde(deserialize_with = "within::<1, 100_000, _, _>")]
    pub rate_limit_global_ip_rpm: u32,
    /// Per session, all requests.
    #[serde(deserialize_with = "within::<1, 100_000, _, _>")]
    pub rate_limit_session_rpm: u32,
    /// Per session, requests that would move value.
    #[serde(deserialize_with = "within::<1, 10_000, _, _>")]
    pub rate_limit_tx_rpm: u32,
    /// Origins as browsers send them, such as `https://app.example`, beside the daemon's own
    /// ([`crate::config::Config::allowed_origins`]).
    #[serde(deserialize_with = "origins")]
    pub cors_origins: Vec<String>,
    /// Life of an approval request.
    #[serde(deserialize_with = "within::<300, 86_400, _, _>")]
    pub approval_timeout: u64,
    /// Largest request body.
    #[serde(deserialize_with = "within::<1_024, 10_485_760, _, _>")]
    pub max_body_bytes: usize,
    /// Wrong master passwords before waiting begins.
    #[serde(deserialize_with = "within::<1, 20, _, _>")]
    pub master_lockout_failures: u32,
    /// First wait; doubles with each further failure.
    #[serde(deserialize_with = "within::<1, 3_600, _, _>")]
    pub master_lockout_base_seconds: u64,
    /// Longest wait.
    #[serde(deserialize_with = "within::<1, 86_400, _, _>")]
    pub master_lockout_cap_seconds: u64,
}

impl Security {
    pub(super) fn check(&self) -> Result<(), Conflict> {
        if self.session_ttl > self.session_absolute_lifetime {
            let reason =
                format!("must be at most session_absolute_lifetime, {}", self.session_absolute_lifetime);
            return Err(Conflict { key: "security.session_ttl", reason });
        }
        if self.master_lockout_base_seconds > self.master_lockout_cap_seconds {
            let reason =
                format!("must be at most master_lockout_cap_seconds, {}", self.master_lockout_cap_seconds);
            return Err(Conflict { key: "security.master_lockout_base_seconds", reason });
        }
        Ok(())
    }
}

fn origins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let origins = Vec::<String>::deserialize(deserializer)?;
    // What a browser sends is the serialised origin (RFC 6454); anything else would never match.
    let exact = |text: &String| {
        Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == *text
        })
    };
    if origins.iter().all(exact) {
        Ok(origins)
    } else {
        Err(de::Error::custom("must be origins such as https://app.example:8443, without path or wildcard"))
    }
}
