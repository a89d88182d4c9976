//! `[keystore]`: the cost of guessing the master password.

use serde::Deserialize;

use super::value::within;

/// `[keystore]`: Argon2id parameters (RFC 9106) for newly set master passwords.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keystore {
    /// Memory in KiB.
    #[serde(deserialize_with = "within::<65_536, 1_048_576, _, _>")]
    pub argon2_memory: u32,
    /// Passes.
    #[serde(deserialize_with = "within::<3, 20, _, _>")]
    pub argon2_time: u32,
    /// Lanes.
    #[serde(deserialize_with = "within::<1, 16, _, _>")]
    pub argon2_parallelism: u32,
}
