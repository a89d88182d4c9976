//! PERP_MAX_POSITION_USD: how large a position may become, by opening it or by changing it.

use serde::{Deserialize, Serialize};

use crate::action::ActionKind;
use crate::money::Usd;
use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Placement, Rule, RulesError, at_most};
use crate::policy::{DenialCode, Policy, Tier};

/// Rules of PERP_MAX_POSITION_USD.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PerpMaxPositionUsd {
    /// Above it: denied. More than zero.
    pub max_position_usd: Usd,
    /// Above it: delayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_position_usd: Option<Usd>,
}

/// Whether a position may be larger afterwards.
const fn changes_size(kind: ActionKind) -> bool {
    match kind {
        ActionKind::OpenPosition | ActionKind::ModifyPosition => true,
        ActionKind::Supply
        | ActionKind::Borrow
        | ActionKind::Repay
        | ActionKind::Withdraw
        | ActionKind::ClosePosition
        | ActionKind::AddMargin
        | ActionKind::WithdrawMargin
        | ActionKind::Other => false,
    }
}

impl Rule for PerpMaxPositionUsd {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::if_zero("maxPositionUsd", self.max_position_usd == Usd::ZERO)?;
        RulesError::unless_representable("maxPositionUsd", Some(self.max_position_usd))?;
        RulesError::unless_ascending(
            "",
            &[
                ("warningPositionUsd", self.warning_position_usd),
                ("maxPositionUsd", Some(self.max_position_usd)),
            ],
        )
    }

    fn at_least_as_strict(&self, old: &Self) -> bool {
        self.max_position_usd <= old.max_position_usd
            && at_most(self.warning_position_usd, old.warning_position_usd)
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        let Some(action) = case.facts.action.as_ref().filter(|action| changes_size(action.kind)) else {
            return;
        };
        let Some(size) = action.position_usd else {
            return findings.lack(row, "the size of the position");
        };
        let max = self.max_position_usd;
        if size > max {
            let message = format!("a position of {size} USD is more than maxPositionUsd ({max} USD)");
            let hint = Some(format!("keep the position within {max} USD"));
            findings.deny(row, DenialCode::PositionLimitExceeded, message, hint);
        } else if let Some(warning) = self.warning_position_usd.filter(|warning| size > *warning) {
            let message = format!("a position of {size} USD is more than warningPositionUsd ({warning} USD)");
            findings.ask(row, Tier::Delay, message, None);
        }
    }
}
