//! AutoStop: suspends a wallet whose requests look wrong, before the next one is carried out.
//!
//! Belongs here: the rules. Does not belong here: counting (the store), and suspending (the engine).

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::wallet::wire_enum;

wire_enum!(
    /// A rule.
    AutoStopRule {
        /// Transactions in a row that failed.
        ConsecutiveFailures = "CONSECUTIVE_FAILURES",
        /// Requests that a policy granted, within the window.
        UnusualActivity = "UNUSUAL_ACTIVITY",
        /// Different requests that a policy denied, within the window.
        DenialBurst = "DENIAL_BURST",
        /// Accounts that no earlier transaction names, within the window.
        NewRecipients = "NEW_RECIPIENTS",
    }
);

/// The limits. Zero means that the rule is off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// Seconds that the counts below look back, other than those of failures.
    pub window: u32,
    /// Failed transactions in a row.
    pub failures: u32,
    /// Granted requests.
    pub requests: u32,
    /// Different denied requests.
    pub denials: u32,
    /// New recipients.
    pub new_recipients: u32,
}

/// What a wallet did, from its last resumption on at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Activity {
    /// Its newest ended transactions that failed, without a confirmed one among them.
    pub failures: u32,
    /// Granted requests within the window.
    pub requests: u32,
    /// Different denied requests within the window.
    pub denials: u32,
    /// New recipients within the window.
    pub new_recipients: u32,
}

/// A rule that stops a wallet, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trigger {
    /// The rule.
    pub rule: AutoStopRule,
    /// The count that reached the limit.
    pub count: u32,
    /// Seconds in which they were counted; none for failures in a row.
    pub window: Option<u32>,
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.rule {
            AutoStopRule::ConsecutiveFailures => "transactions in a row have failed",
            AutoStopRule::UnusualActivity => "requests were granted",
            AutoStopRule::DenialBurst => "different requests were denied",
            AutoStopRule::NewRecipients => "accounts were named that no earlier transaction names",
        };
        write!(f, "{} {what}", self.count)?;
        self.window.map_or(Ok(()), |window| write!(f, " within {window} seconds"))
    }
}

impl Limits {
    /// The first rule whose limit is reached. A request then is not carried out.
    pub fn reached(&self, activity: &Activity) -> Option<Trigger> {
        let within = Some(self.window);
        let rules = [
            (AutoStopRule::ConsecutiveFailures, activity.failures, self.failures, None),
            (AutoStopRule::UnusualActivity, activity.requests, self.requests, within),
            (AutoStopRule::DenialBurst, activity.denials, self.denials, within),
            (AutoStopRule::NewRecipients, activity.new_recipients, self.new_recipients, within),
        ];
        let reached = rules.into_iter().find(|(_, count, limit, _)| *limit > 0 && count >= limit);
        reached.map(|(rule, count, _, window)| Trigger { rule, count, window })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_stops_at_its_limit_and_zero_is_off() {
        let limits = Limits { window: 300, failures: 3, requests: 0, denials: 5, new_recipients: 2 };
        let quiet = Activity { failures: 2, requests: 9_999, denials: 4, new_recipients: 1 };
        assert_eq!(limits.reached(&quiet), None);
        for (activity, text) in [
            (Activity { failures: 3, ..quiet }, "3 transactions in a row have failed"),
            (Activity { denials: 6, ..quiet }, "6 different requests were denied within 300 seconds"),
            (
                Activity { new_recipients: 2, ..quiet },
                "2 accounts were named that no earlier transaction names within 300 seconds",
            ),
        ] {
            assert_eq!(limits.reached(&activity).expect("a trigger").to_string(), text);
        }
        let busy = Limits { requests: 20, ..Limits::default() };
        let reached = busy.reached(&Activity { requests: 20, ..Activity::default() });
        assert_eq!(reached.map(|trigger| trigger.rule), Some(AutoStopRule::UnusualActivity));
        assert_eq!(Limits::default().reached(&quiet), None);
    }
}
