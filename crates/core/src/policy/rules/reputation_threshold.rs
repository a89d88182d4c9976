//! REPUTATION_THRESHOLD: how well counterparties must be reputed. It raises the tier, and never denies.

use serde::{Deserialize, Serialize};

use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Placement, Rule, RulesError};
use crate::policy::{Policy, Reputation, Tier};

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
    /// First tag of the feedback counted, any without one; at most 32 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag1: Option<String>,
    /// Second tag, the same way; at most 32 characters.
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
    fn at_least_as_strict(&self, old: &Self) -> bool {
        let stricter = self.check_counterparty
            && self.min_score >= old.min_score
            && self.below_threshold_tier >= old.below_threshold_tier
            && self.unrated_tier >= old.unrated_tier
            && (&self.tag1, &self.tag2) == (&old.tag1, &old.tag2);
        !old.check_counterparty || stricter
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        if !self.check_counterparty {
            return;
        }
        let (tag1, tag2) = (self.tag1.as_deref(), self.tag2.as_deref());
        for counterparty in case.counterparties() {
            let (tier, message) = match case.facts.reputation.get(counterparty, tag1, tag2) {
                Reputation::Score(score) if score >= self.min_score => continue,
                Reputation::Score(score) => (
                    self.below_threshold_tier,
                    format!(
                        "{counterparty} has a reputation of {score}, less than min_score ({})",
                        self.min_score
                    ),
                ),
                Reputation::Unrated => (self.unrated_tier, format!("{counterparty} has no reputation")),
            };
            findings.ask(row, tier, message, None);
        }
    }
}
