//! LENDING_LTV_LIMIT: how far collateral may be borrowed against, by taking a loan or by taking
//! collateral back.

use serde::{Deserialize, Serialize};

use crate::action::{ActionKind, LendingPosition};
use crate::money::Usd;
use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Millionths, Placement, Rule, RulesError};
use crate::policy::{DenialCode, Policy, Tier};

/// Rules of LENDING_LTV_LIMIT. Ratios between 0 and 1.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LendingLtvLimit {
    /// Above it: denied.
    pub max_ltv: Millionths,
    /// Above it: delayed.
    pub warning_ltv: Millionths,
}

/// Whether the share borrowed may be higher afterwards.
const fn changes_ratio(kind: ActionKind) -> bool {
    match kind {
        ActionKind::Borrow | ActionKind::Withdraw => true,
        ActionKind::Supply
        | ActionKind::Repay
        | ActionKind::OpenPosition
        | ActionKind::ModifyPosition
        | ActionKind::ClosePosition
        | ActionKind::AddMargin
        | ActionKind::WithdrawMargin
        | ActionKind::Other => false,
    }
}

/// Whether more is owed than `ratio` of the collateral. Any debt exceeds every ratio of no collateral,
/// and a debt beyond what can be counted exceeds every ratio of anything.
fn exceeds(position: LendingPosition, ratio: Millionths) -> bool {
    let owed = u128::from(position.debt_usd.micros()) * 1_000_000;
    let allowed = u128::from(position.collateral_usd.micros()) * u128::from(ratio.get());
    position.debt_usd == Usd::MAX || owed > allowed
}

impl Rule for LendingLtvLimit {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::unless_within("maxLtv", self.max_ltv.get().div_ceil(1_000_000), 0, 1)?;
        RulesError::unless_ascending(
            "",
            &[("warningLtv", Some(self.warning_ltv)), ("maxLtv", Some(self.max_ltv))],
        )
    }

    fn at_least_as_strict(&self, old: &Self) -> bool {
        self.max_ltv <= old.max_ltv && self.warning_ltv <= old.warning_ltv
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        let Some(action) = case.facts.action.as_ref().filter(|action| changes_ratio(action.kind)) else {
            return;
        };
        let Some(position) = action.lending else {
            return findings.lack(row, "the lending position");
        };
        let LendingPosition { debt_usd, collateral_usd } = position;
        let so = || format!("a debt of {debt_usd} USD on collateral of {collateral_usd} USD");
        if exceeds(position, self.max_ltv) {
            let message = format!("{} is more than maxLtv ({})", so(), self.max_ltv);
            let hint = Some("borrow less, or supply collateral first".to_owned());
            findings.deny(row, DenialCode::LtvLimitExceeded, message, hint);
        } else if exceeds(position, self.warning_ltv) {
            let message = format!("{} is more than warningLtv ({})", so(), self.warning_ltv);
            findings.ask(row, Tier::Delay, message, None);
        }
    }
}
