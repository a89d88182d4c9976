//! `[walletconnect]`: the relay over which owners' wallet apps are asked.

use schemars::JsonSchema;
use serde::Deserialize;
use waiaas_channels::walletconnect::RelayConfig;

use super::value::{project_id, relay_url};

/// `[walletconnect]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WalletConnect {
    /// Project id of the relay, 32 hex digits, or empty for no wallet apps.
    #[serde(deserialize_with = "project_id")]
    project_id: String,
    /// Address of the relay.
    #[serde(deserialize_with = "relay_url")]
    relay_url: String,
}

impl WalletConnect {
    /// The relay; none if no project id is set.
    pub fn relay(&self) -> Option<RelayConfig> {
        let config = RelayConfig { url: self.relay_url.clone(), project: self.project_id.clone() };
        (!self.project_id.is_empty()).then_some(config)
    }
}
