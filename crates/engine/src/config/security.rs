//! `[security]`: sessions, rate limits, browser origins, approvals and password lockout.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};
use url::Url;

use super::error::Conflict;

/// `[security]`. Times are seconds, rates are requests a minute.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Security {
    /// Live sessions per wallet.
    #[schemars(range(min = 1, max = 50))]
    pub max_sessions_per_wallet: u32,
    /// Lifetime of a session token.
    #[schemars(range(min = 300, max = 2_592_000), extend("x-unit" = "seconds"))]
    pub session_ttl: u64,
    /// Absolute lifetime of a session, whatever its renewals.
    #[schemars(range(min = 300, max = 31_536_000), extend("x-unit" = "seconds"))]
    pub session_absolute_lifetime: u64,
    /// Renewals per session.
    #[schemars(range(min = 0, max = 1_000))]
    pub session_max_renewals: u32,
    /// Requests per client IP address.
    #[schemars(range(min = 1, max = 100_000))]
    pub rate_limit_global_ip_rpm: u32,
    /// Requests per session.
    #[schemars(range(min = 1, max = 100_000))]
    pub rate_limit_session_rpm: u32,
    /// Requests per session that would move value.
    #[schemars(range(min = 1, max = 10_000))]
    pub rate_limit_tx_rpm: u32,
    /// Origins as browsers send them, such as `https://app.example`, in addition to the daemon's own
    /// ([`crate::config::Config::allowed_origins`]).
    #[serde(deserialize_with = "origins")]
    pub cors_origins: Vec<String>,
    /// The approval window.
    #[schemars(range(min = 300, max = 86_400), extend("x-unit" = "seconds"))]
    pub approval_timeout: u64,
    /// Largest request body.
    #[schemars(range(min = 1_024, max = 10_485_760), extend("x-unit" = "bytes"))]
    pub max_body_bytes: usize,
    /// Wrong master passwords before the first wait.
    #[schemars(range(min = 1, max = 20))]
    pub master_lockout_failures: u32,
    /// First wait; doubles with each further failure.
    #[schemars(range(min = 1, max = 3_600), extend("x-unit" = "seconds"))]
    pub master_lockout_base_seconds: u64,
    /// Longest wait.
    #[schemars(range(min = 1, max = 86_400), extend("x-unit" = "seconds"))]
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
    // Browsers send the serialised origin (RFC 6454); any other form would never match.
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
