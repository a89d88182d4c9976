//! `[keystore]`: the cost of each guess at the master password.

use schemars::JsonSchema;
use serde::Deserialize;

/// `[keystore]`: Argon2id parameters (RFC 9106) for newly set master passwords.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keystore {
    /// Memory in KiB.
    #[schemars(range(min = 65_536, max = 1_048_576), extend("x-unit" = "KiB"))]
    pub argon2_memory: u32,
    /// Passes.
    #[schemars(range(min = 3, max = 20))]
    pub argon2_time: u32,
    /// Lanes.
    #[schemars(range(min = 1, max = 16))]
    pub argon2_parallelism: u32,
}
