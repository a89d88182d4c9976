//! `[policy]`: settings of the evaluation other than policies.

use schemars::JsonSchema;
use serde::Deserialize;
use waiaas_core::simulation;

/// `[policy]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The consequence if no node can simulate a transaction.
    pub unsimulated: Unsimulated,
    /// Denials stored per session and day; further ones are answered and only counted.
    #[schemars(range(min = 1, max = 100_000))]
    pub denials_kept_per_day: u32,
}

/// The consequence if no node can simulate a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unsimulated {
    /// Deny it.
    Deny,
    /// Require the owner's approval.
    Approval,
}

impl From<Unsimulated> for simulation::Unsimulated {
    fn from(unsimulated: Unsimulated) -> Self {
        match unsimulated {
            Unsimulated::Deny => Self::Deny,
            Unsimulated::Approval => Self::Approval,
        }
    }
}
