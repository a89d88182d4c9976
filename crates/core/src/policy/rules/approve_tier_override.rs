//! APPROVE_TIER_OVERRIDE: which tier an allowance takes. Read and checked; not enforced by this build.

use serde::{Deserialize, Serialize};

use crate::policy::Tier;
use crate::policy::rules::{Placement, Rule, RulesError};

/// Rules of APPROVE_TIER_OVERRIDE.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApproveTierOverride {
    /// The tier of every allowance.
    pub tier: Tier,
}

impl Rule for ApproveTierOverride {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        Ok(())
    }
}
