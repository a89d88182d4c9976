//! APPROVE_TIER_OVERRIDE: the tier that any allowance takes at least. It raises and never lowers.

use serde::{Deserialize, Serialize};

use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Placement, Rule, RulesError};
use crate::policy::{Policy, Tier};

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

    fn at_least_as_strict(&self, old: &Self) -> bool {
        self.tier >= old.tier
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        if self.tier > Tier::Instant && !case.permissions.is_empty() {
            findings.ask(row, self.tier, format!("an allowance takes the tier {} at least", self.tier), None);
        }
    }
}
