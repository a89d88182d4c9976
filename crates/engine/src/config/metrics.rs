//! `[metrics]`: the address for monitoring.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};

/// `[metrics]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Loopback address and port that answer `GET /metrics`; none if only the control socket answers it.
    #[serde(deserialize_with = "listen")]
    #[schemars(with = "String")]
    pub listen: Option<SocketAddr>,
}

fn listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    let address: Option<SocketAddr> = text.parse().ok();
    // Metrics need no credential, so they are served on loopback only.
    let fits = |at: &SocketAddr| at.ip().is_loopback() && (at.port() == 0 || at.port() >= 1024);
    let refusal =
        "must be empty, or a loopback address with a port of 1024 to 65535 or 0, such as 127.0.0.1:9464";
    address.filter(fits).map(Some).ok_or_else(|| de::Error::custom(refusal))
}
