//! REPUTATION_THRESHOLD: how well a counterparty must be reputed. Read and checked; not enforced by
//! this build.

use serde::{Deserialize, Serialize};

use crate::policy::Tier;
use crate::policy::rules::{Placement, Rule, RulesError};

/// Rules of REPUTATION_THRESHOLD.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReputationThreshold {
    /// 0 to 100.
    pub min_score: u8,
    /// Tier for a score below it.
    #[serde(default = "approval")]
    pub below_threshold_tier: Tier,
    /// Tier without a score.
    #[serde(default = "approval")]
    pub unrated_tier: Tier,
    /// First tag of the feedback counted; at most 32 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag1: Option<String>,
    /// Second tag; at most 32 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag2: Option<String>,
    /// Whether counterparties are looked up.
    #[serde(default)]
    pub check_counterparty: bool,
}

const fn approval() -> Tier {
    Tier::Approval
}

impl Rule for ReputationThreshold {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        RulesError::unless_within("min_score", u64::from(self.min_score), 0, 100)?;
        for (field, tag) in [("tag1", &self.tag1), ("tag2", &self.tag2)] {
            if let Some(tag) = tag {
                RulesError::unless_named(field, tag, "must have 1 to 32 characters", 32)?;
            }
        }
        Ok(())
    }
}
