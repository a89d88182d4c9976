//! `[auto_stop]`: when a wallet is suspended without anyone asking for it.

use schemars::JsonSchema;
use serde::Deserialize;
use waiaas_core::auto_stop::Limits;

/// `[auto_stop]`. Zero turns a rule off.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AutoStop {
    /// Failed transactions in a row.
    #[schemars(range(min = 0, max = 1_000))]
    consecutive_failures: u32,
    /// The time in which the following are counted.
    #[schemars(range(min = 10, max = 86_400), extend("x-unit" = "seconds"))]
    window_seconds: u32,
    /// Requests that a policy granted.
    #[schemars(range(min = 0, max = 100_000))]
    requests: u32,
    /// Different requests that a policy denied.
    #[schemars(range(min = 0, max = 100_000))]
    denials: u32,
    /// Accounts that no earlier transaction names.
    #[schemars(range(min = 0, max = 100_000))]
    new_recipients: u32,
}

impl AutoStop {
    /// The limits.
    pub const fn limits(&self) -> Limits {
        Limits {
            window: self.window_seconds,
            failures: self.consecutive_failures,
            requests: self.requests,
            denials: self.denials,
            new_recipients: self.new_recipients,
        }
    }
}
