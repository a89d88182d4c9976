//! APPROVED_SPENDERS: who may be given an allowance. Read and checked; not enforced by this build.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::policy::rules::BaseUnits;
use crate::policy::rules::{Placement, Rule, RulesError};

/// Rules of APPROVED_SPENDERS.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovedSpenders {
    /// At least one.
    pub spenders: Vec<ApprovedSpender>,
}

/// One spender.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ApprovedSpender {
    /// Contract or account.
    pub address: Address,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Largest allowance, in base units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_amount: Option<BaseUnits>,
}

impl Rule for ApprovedSpenders {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("spenders", self.spenders.is_empty())
    }
}
