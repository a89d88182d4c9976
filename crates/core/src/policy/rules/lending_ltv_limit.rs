//! LENDING_LTV_LIMIT: how far collateral may be borrowed against. Read and checked; not enforced by
//! this build.

use serde::{Deserialize, Serialize};

use crate::policy::rules::{Millionths, Placement, Rule, RulesError};

/// Rules of LENDING_LTV_LIMIT. Ratios between 0 and 1.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LendingLtvLimit {
    /// Above it: denied.
    pub max_ltv: Millionths,
    /// Above it: delayed.
    pub warning_ltv: Millionths,
}

impl Rule for LendingLtvLimit {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::unless_within("maxLtv", self.max_ltv.get().div_ceil(1_000_000), 0, 1)?;
        RulesError::unless_ascending(
            "",
            &[("warningLtv", Some(self.warning_ltv)), ("maxLtv", Some(self.max_ltv))],
        )
    }
}
