//! APPROVE_AMOUNT_LIMIT: how large an allowance may be. Without one, an allowance that is as good as
//! unlimited is refused.

use alloy_primitives::U256;
use serde::{Deserialize, Serialize};

use crate::policy::case::{Evaluation, Permission};
use crate::policy::findings::Findings;
use crate::policy::rules::{BaseUnits, Placement, Rule, RulesError, at_most};
use crate::policy::{DenialCode, Policy};

/// Rules of APPROVE_AMOUNT_LIMIT.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ApproveAmountLimit {
    /// Largest allowance, in base units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_amount: Option<BaseUnits>,
    /// Whether allowances are refused that are as good as unlimited: more than the wallet holds, half
    /// the number range or more, or a whole collection.
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

    fn at_least_as_strict(&self, old: &Self) -> bool {
        (self.block_unlimited || !old.block_unlimited) && at_most(self.max_amount, old.max_amount)
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        for (spender, permission) in &case.permissions {
            if self.block_unlimited
                && let Some((message, hint)) = permission.unlimited(case, spender)
            {
                findings.deny(row, DenialCode::UnlimitedApproveBlocked, message, Some(hint));
            }
            let Some(max) = self.max_amount.map(|max| max.0) else { continue };
            let within = match permission {
                Permission::Amount { amount, .. } => amount.within(max),
                Permission::OneNft => max >= U256::from(1u8),
                Permission::WholeCollection => false,
            };
            if !within {
                let message = format!("an allowance may be at most {}", permission.shown(case, max));
                let hint = Some(format!("ask for at most {max}"));
                findings.deny(row, DenialCode::ApproveAmountExceeded, message, hint);
            }
        }
    }
}
