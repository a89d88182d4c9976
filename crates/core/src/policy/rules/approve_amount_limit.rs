//! APPROVE_AMOUNT_LIMIT: how large an allowance may be. Read and checked; not enforced by this build.

use serde::{Deserialize, Serialize};

use crate::policy::rules::BaseUnits;
use crate::policy::rules::{Placement, Rule, RulesError};

/// Rules of APPROVE_AMOUNT_LIMIT.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ApproveAmountLimit {
    /// Largest allowance, in base units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_amount: Option<BaseUnits>,
    /// Whether allowances of half the number range or more are refused.
    #[serde(default = "yes")]
    pub block_unlimited: bool,
}

const fn yes() -> bool {
    true
}

impl Rule for ApproveAmountLimit {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        Ok(())
    }
}
