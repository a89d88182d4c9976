//! PERP_MAX_LEVERAGE: how much leverage a position may take, by opening it, by changing it, or by
//! taking its margin away.

use serde::{Deserialize, Serialize};

use crate::action::ActionKind;
use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Millionths, Placement, Rule, RulesError, at_most};
use crate::policy::{DenialCode, Policy, Tier};

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

/// Whether the leverage of a position may be higher afterwards.
const fn changes_leverage(kind: ActionKind) -> bool {
    match kind {
        ActionKind::OpenPosition | ActionKind::ModifyPosition | ActionKind::WithdrawMargin => true,
        ActionKind::Supply
        | ActionKind::Borrow
        | ActionKind::Repay
        | ActionKind::Withdraw
        | ActionKind::ClosePosition
        | ActionKind::AddMargin
        | ActionKind::Other => false,
    }
}

impl Rule for PerpMaxLeverage {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::unless_within("maxLeverage", self.max_leverage.get().div_ceil(1_000_000), 1, 1_000)?;
        RulesError::unless_ascending(
            "",
            &[("warningLeverage", self.warning_leverage), ("maxLeverage", Some(self.max_leverage))],
        )
    }

    fn at_least_as_strict(&self, old: &Self) -> bool {
        self.max_leverage <= old.max_leverage && at_most(self.warning_leverage, old.warning_leverage)
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        let Some(action) = case.facts.action.as_ref().filter(|action| changes_leverage(action.kind)) else {
            return;
        };
        let Some(leverage) = action.leverage_millionths.map(Millionths::new) else {
            return findings.lack(row, "the leverage of the position");
        };
        let max = self.max_leverage;
        if leverage > max {
            let message = format!("leverage {leverage} is more than maxLeverage ({max})");
            let hint = Some(format!("use a leverage of at most {max}"));
            findings.deny(row, DenialCode::LeverageLimitExceeded, message, hint);
        } else if let Some(warning) = self.warning_leverage.filter(|warning| leverage > *warning) {
            let message = format!("leverage {leverage} is more than warningLeverage ({warning})");
            findings.ask(row, Tier::Delay, message, None);
        }
    }
}
