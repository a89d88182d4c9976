//! APPROVED_SPENDERS: who may be given an allowance, and how large. Without one, nobody may.

use alloy_primitives::U256;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::policy::case::{Evaluation, Permission};
use crate::policy::findings::Findings;
use crate::policy::rules::{BaseUnits, Placement, Rule, RulesError, at_most, listed};
use crate::policy::{DenialCode, Policy};

/// Rules of APPROVED_SPENDERS.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovedSpenders {
    /// At least one.
    pub spenders: Vec<ApprovedSpender>,
}

/// One spender.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
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

impl ApprovedSpenders {
    fn of(&self, spender: &Address) -> Option<&ApprovedSpender> {
        let start = self.spenders.partition_point(|entry| entry.address < *spender);
        self.spenders.get(start).filter(|entry| entry.address == *spender)
    }
}

impl Rule for ApprovedSpenders {
    fn check(&mut self, placement: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_empty("spenders", self.spenders.is_empty())?;
        for (i, spender) in self.spenders.iter().enumerate() {
            placement.require_one_contract(&format!("spenders[{i}].address"), spender.address)?;
        }
        self.spenders.sort();
        self.spenders.dedup();
        if self.spenders.windows(2).any(|pair| matches!(pair, [a, b] if a.address == b.address)) {
            let problem = "names one spender twice";
            return Err(RulesError::Contradiction { field: "spenders".to_owned(), problem });
        }
        Ok(())
    }

    fn at_least_as_strict(&self, old: &Self) -> bool {
        self.spenders.iter().all(|entry| {
            old.of(&entry.address).is_some_and(|known| at_most(entry.max_amount, known.max_amount))
        })
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        for (spender, permission) in &case.permissions {
            let Some(entry) = self.of(spender) else {
                let message = format!("not an approved spender: {spender}");
                let hint = format!("allowed: {}", listed(self.spenders.iter().map(|entry| entry.address)));
                findings.deny(row, DenialCode::SpenderNotApproved, message, Some(hint));
                continue;
            };
            let Some(max) = entry.max_amount.map(|max| max.0) else { continue };
            let within = match permission {
                Permission::Amount { amount, .. } => amount.within(max),
                Permission::OneNft => max >= U256::from(1u8),
                Permission::WholeCollection => false,
            };
            if !within {
                let message = format!("{spender} may be allowed at most {}", permission.shown(case, max));
                let hint = Some(format!("ask for at most {max}"));
                findings.deny(row, DenialCode::ApproveAmountExceeded, message, hint);
            }
        }
    }
}
