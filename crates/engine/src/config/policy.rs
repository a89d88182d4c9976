//! `[policy]`: what the judgement takes from the operator besides policies.

use schemars::JsonSchema;
use serde::Deserialize;
use waiaas_core::witness::Unwitnessed;

/// `[policy]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What a transaction gets that no node can run without signing.
    pub unsimulated: Unsimulated,
    /// Denials that are kept of one session in a day; beyond it they are answered and only counted.
    #[schemars(range(min = 1, max = 100_000))]
    pub denials_kept_per_day: u32,
}

/// What to do about a transaction that no node can run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unsimulated {
    /// Refuse it.
    Deny,
    /// Ask the owner.
    Approval,
}

impl From<Unsimulated> for Unwitnessed {
    fn from(unsimulated: Unsimulated) -> Self {
        match unsimulated {
            Unsimulated::Deny => Self::Deny,
            Unsimulated::Approval => Self::Approval,
        }
    }
}
