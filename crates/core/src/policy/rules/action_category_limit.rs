//! ACTION_CATEGORY_LIMIT: the most that one category of action may move, per action and per window.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::action::{ActionCategory, ActionFacts};
use crate::money::Usd;
use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Placement, Rule, RulesError, at_most};
use crate::policy::{Policy, PolicyType, Tier};

/// Rules of ACTION_CATEGORY_LIMIT.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionCategoryLimit {
    /// The category.
    pub category: ActionCategory,
    /// Limit per action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_action_limit_usd: Option<Usd>,
    /// Rolling 24 hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_limit_usd: Option<Usd>,
    /// Rolling 30 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_limit_usd: Option<Usd>,
    /// Tier of an action that exceeds a limit.
    #[serde(default = "delay")]
    pub tier_on_exceed: Tier,
}

/// The category in the rules of a policy; none if its type has no category, or the rules have no valid one.
pub fn category(policy_type: PolicyType, rules: &Value) -> Option<ActionCategory> {
    #[derive(Deserialize)]
    struct Categorised {
        category: ActionCategory,
    }
    match policy_type {
        PolicyType::ActionCategoryLimit => Categorised::deserialize(rules).ok().map(|found| found.category),
        _ => None,
    }
}

const fn delay() -> Tier {
    Tier::Delay
}

impl Rule for ActionCategoryLimit {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        let limits = [
            ("per_action_limit_usd", self.per_action_limit_usd),
            ("daily_limit_usd", self.daily_limit_usd),
            ("monthly_limit_usd", self.monthly_limit_usd),
        ];
        if limits.iter().all(|(_, limit)| limit.is_none()) {
            return Err(RulesError::Missing {
                one_of: "per_action_limit_usd, daily_limit_usd, monthly_limit_usd",
            });
        }
        for (field, limit) in limits {
            RulesError::if_zero(field, limit == Some(Usd::ZERO))?;
            RulesError::unless_representable(field, limit)?;
        }
        Ok(())
    }
    fn at_least_as_strict(&self, old: &Self) -> bool {
        self.category == old.category
            && at_most(self.per_action_limit_usd, old.per_action_limit_usd)
            && at_most(self.daily_limit_usd, old.daily_limit_usd)
            && at_most(self.monthly_limit_usd, old.monthly_limit_usd)
            && self.tier_on_exceed >= old.tier_on_exceed
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        let of_category = |action: &&ActionFacts| action.category == self.category;
        let Some(action) = case.facts.action.as_ref().filter(of_category) else { return };
        let Some(notional) = action.notional_usd else {
            return findings.lack(row, "the value that the action moves");
        };
        let mut compare = |total: Usd, name: &str, limit: Option<Usd>, length: &str| {
            if let Some(limit) = limit.filter(|limit| total > *limit) {
                let message = format!(
                    "actions of category {} move {total} USD{length}, more than {name} ({limit} USD)",
                    self.category
                );
                findings.ask(row, self.tier_on_exceed, message, None);
            }
        };
        compare(notional, "per_action_limit_usd", self.per_action_limit_usd, "");
        if self.daily_limit_usd.is_none() && self.monthly_limit_usd.is_none() {
            return;
        }
        let Some(before) = case.facts.ledger.categories.get(&self.category) else {
            return findings.lack(row, "the value moved by earlier actions of this category");
        };
        compare(before.usd_day.plus(notional), "daily_limit_usd", self.daily_limit_usd, " in 24 hours");
        compare(before.usd_month.plus(notional), "monthly_limit_usd", self.monthly_limit_usd, " in 30 days");
    }
}
