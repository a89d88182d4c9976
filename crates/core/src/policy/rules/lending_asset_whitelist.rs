//! LENDING_ASSET_WHITELIST: which assets may be lent and borrowed. Read and checked; not enforced by
//! this build.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::policy::rules::{Placement, Rule, RulesError};

/// Rules of LENDING_ASSET_WHITELIST.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LendingAssetWhitelist {
    /// At least one.
    pub assets: Vec<LendingAsset>,
}

/// One asset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LendingAsset {
    /// Token contract or mint.
    pub address: Address,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
}

impl Rule for LendingAssetWhitelist {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("assets", self.assets.is_empty())
    }
}
