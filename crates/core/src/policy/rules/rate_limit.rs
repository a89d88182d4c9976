//! RATE_LIMIT: how many requests a wallet may have admitted in a sliding window.

use serde::{Deserialize, Serialize};

use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Placement, Rule, RulesError};
use crate::policy::{DenialCode, Policy};

/// Rules of RATE_LIMIT.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// At least 1.
    pub max_requests: u32,
    /// Length of the window; at least 1.
    pub window_seconds: u32,
}

impl Rule for RateLimit {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        let most = u64::from(u32::MAX);
        RulesError::unless_within("max_requests", u64::from(self.max_requests), 1, most)?;
        RulesError::unless_within("window_seconds", u64::from(self.window_seconds), 1, most)
    }

    /// Counts of two windows cannot be compared.
    fn at_least_as_strict(&self, old: &Self) -> bool {
        self.window_seconds == old.window_seconds && self.max_requests <= old.max_requests
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        let Self { max_requests, window_seconds } = self;
        let Some(count) = case.facts.ledger.requests.get(&u64::from(*window_seconds)) else {
            return findings.lack(row, "the number of requests in the window");
        };
        if count.saturating_add(1) <= u64::from(*max_requests) {
            return;
        }
        let message = format!(
            "{count} requests were admitted in the last {window_seconds} seconds, and {max_requests} are allowed"
        );
        let hint =
            format!("wait until fewer than {max_requests} requests lie in the last {window_seconds} seconds");
        findings.deny(row, DenialCode::RateLimitExceeded, message, Some(hint));
    }
}
