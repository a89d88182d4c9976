//! `[policy]`: settings of the evaluation beside policies.

use schemars::JsonSchema;
use serde::Deserialize;
use waiaas_core::simulation;

/// `[policy]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What is required of a transaction that no node can simulate.
    pub unsimulated: Unsimulated,
    /// Denials that are kept of one session in a day; beyond it they are answered and only counted.
    #[schemars(range(min = 1, max = 100_000))]
    pub denials_kept_per_day: u32,
}

/// What is required of a transaction that no node can simulate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unsimulated {
    /// Denial.
    Deny,
    /// The owner's approval.
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
