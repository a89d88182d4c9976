//! PERP_MAX_LEVERAGE: how much leverage a position may take. Read and checked; not enforced by this
//! build.

use serde::{Deserialize, Serialize};

use crate::policy::rules::{Millionths, Placement, Rule, RulesError};

/// Rules of PERP_MAX_LEVERAGE.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PerpMaxLeverage {
    /// Above it: denied. More than 0, at most 1000.
    pub max_leverage: Millionths,
    /// Above it: delayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_leverage: Option<Millionths>,
}

impl Rule for PerpMaxLeverage {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::unless_within("maxLeverage", self.max_leverage.get().div_ceil(1_000_000), 1, 1_000)?;
        RulesError::unless_ascending(
            "",
            &[("warningLeverage", self.warning_leverage), ("maxLeverage", Some(self.max_leverage))],
        )
    }
}
