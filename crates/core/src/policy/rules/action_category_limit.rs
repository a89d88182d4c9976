//! ACTION_CATEGORY_LIMIT: how much one category of action may move. Read and checked; not enforced by
//! this build.

use serde::{Deserialize, Serialize};

use crate::money::Usd;
use crate::policy::Tier;
use crate::policy::rules::{Placement, Rule, RulesError};

/// Rules of ACTION_CATEGORY_LIMIT.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionCategoryLimit {
    /// Such as `swap` or `lending`.
    pub category: String,
    /// Per action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_action_limit_usd: Option<Usd>,
    /// Rolling 24 hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_limit_usd: Option<Usd>,
    /// Rolling 30 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_limit_usd: Option<Usd>,
    /// Tier of what exceeds a limit.
    #[serde(default = "delay")]
    pub tier_on_exceed: Tier,
}

const fn delay() -> Tier {
    Tier::Delay
}

impl Rule for ActionCategoryLimit {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::unless_named("category", &self.category, "must have 1 to 100 characters", 100)?;
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
}
