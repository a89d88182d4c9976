//! LENDING_ASSET_WHITELIST: which assets may be supplied, borrowed, repaid and withdrawn. Without one,
//! none may.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::asset::AssetId;
use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Placement, Rule, RulesError, listed};
use crate::policy::{DenialCode, Policy};

/// Rules of LENDING_ASSET_WHITELIST.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LendingAssetWhitelist {
    /// At least one, sorted by address.
    pub assets: BTreeSet<LendingAsset>,
}

/// One asset.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LendingAsset {
    /// Token contract or mint. Native coin is lent as its wrapped token, so it has no entry.
    pub address: Address,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
}

impl LendingAssetWhitelist {
    fn lists(&self, address: Address) -> bool {
        // The first entry that an address can have.
        let first = LendingAsset { address, symbol: None };
        self.assets.range(first..).next().is_some_and(|entry| entry.address == address)
    }

    /// Entries name a token of the network that is judged, whatever network the asset is of.
    fn allows(&self, asset: &AssetId, case: &Evaluation<'_>) -> bool {
        asset.caip2 == case.effects.native.caip2
            && asset.token_address().is_some_and(|address| self.lists(address))
    }
}

impl Rule for LendingAssetWhitelist {
    fn check(&mut self, placement: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("assets", self.assets.is_empty())?;
        for asset in &self.assets {
            placement.require_one_contract(&format!("assets: {}", asset.address), asset.address)?;
        }
        Ok(())
    }

    fn at_least_as_strict(&self, old: &Self) -> bool {
        self.assets.iter().all(|entry| old.lists(entry.address))
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        let Some(action) = case.facts.action.as_ref().filter(|action| action.kind.is_lending()) else {
            return;
        };
        match &action.lending_asset {
            None => findings.lack(row, "the asset that is lent or borrowed"),
            Some(asset) if !self.allows(asset, case) => {
                let message = format!("not an asset that may be lent or borrowed: {asset}");
                let hint = format!("allowed: {}", listed(self.assets.iter().map(|entry| entry.address)));
                findings.deny(row, DenialCode::LendingAssetNotAllowed, message, Some(hint));
            }
            Some(_) => {}
        }
    }
}
