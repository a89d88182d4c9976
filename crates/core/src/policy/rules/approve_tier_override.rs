//! APPROVE_TIER_OVERRIDE: the minimum tier of every allowance. It raises the tier and never lowers it.

use serde::{Deserialize, Serialize};

use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Placement, Rule, RulesError};
use crate::policy::{Policy, Tier};

/// Rules of APPROVE_TIER_OVERRIDE.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApproveTierOverride {
    /// The minimum tier of every allowance.
    pub tier: Tier,
}

impl Rule for ApproveTierOverride {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        Ok(())
    }

    fn at_least_as_strict(&self, old: &Self) -> bool {
        self.tier >= old.tier
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        if self.tier > Tier::Instant && !case.permissions.is_empty() {
            findings.ask(row, self.tier, format!("an allowance needs at least the tier {}", self.tier), None);
        }
    }
}
