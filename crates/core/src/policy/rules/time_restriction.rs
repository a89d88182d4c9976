//! TIME_RESTRICTION: when requests are allowed. Outside, they are refused rather than kept waiting.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::UnixSeconds;
use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Placement, Rule, RulesError, Timezone};
use crate::policy::{DAY_SECONDS, DenialCode, Policy};

const HOUR_SECONDS: i64 = 3_600;

/// Rules of TIME_RESTRICTION. At least one of hours and days; with both, both must hold.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeRestriction {
    /// Hours of the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_hours: Option<AllowedHours>,
    /// Days of the week, 0 = Sunday to 6 = Saturday. The day that counts is the one the moment
    /// falls on, also in hours that wrap past midnight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_days: Option<BTreeSet<u8>>,
    /// Where hours and days are read; UTC if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<Timezone>,
}

/// From `start` until just before `end`; past midnight when `start` is the later one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowedHours {
    /// 0 to 23, inclusive.
    pub start: u8,
    /// 1 to 24, exclusive; not equal to `start`.
    pub end: u8,
}

impl AllowedHours {
    fn contains(self, hour: i64) -> bool {
        let (start, end) = (i64::from(self.start), i64::from(self.end));
        if start < end { (start..end).contains(&hour) } else { hour >= start || hour < end }
    }
}

impl TimeRestriction {
    /// Seconds to add to UTC for local time.
    pub(crate) fn offset(&self) -> i64 {
        self.timezone.unwrap_or_default().offset_seconds()
    }

    /// Whether requests are allowed at this moment.
    pub(crate) fn is_open(&self, at: UnixSeconds) -> bool {
        let local = at.saturating_add(self.offset());
        let hour = local.rem_euclid(DAY_SECONDS) / HOUR_SECONDS;
        // The epoch was a Thursday, day 4.
        let weekday = (local.div_euclid(DAY_SECONDS) + 4).rem_euclid(7);
        let day_ok = |days: &BTreeSet<u8>| days.iter().any(|day| i64::from(*day) == weekday);
        self.allowed_hours.is_none_or(|hours| hours.contains(hour))
            && self.allowed_days.as_ref().is_none_or(day_ok)
    }

    /// The next full local hour that is allowed. Every restriction opens within eight days.
    fn next_opening(&self, after: UnixSeconds) -> Option<UnixSeconds> {
        let local = after.saturating_add(self.offset());
        let this_hour = after.saturating_sub(local.rem_euclid(HOUR_SECONDS));
        (1..=8 * 24).map(|hours| this_hour.saturating_add(hours * HOUR_SECONDS)).find(|at| self.is_open(*at))
    }
}

impl Rule for TimeRestriction {
    fn check(&mut self, _: &Placement<'_>) -> Result<(), RulesError> {
        if self.allowed_hours.is_none() && self.allowed_days.is_none() {
            return Err(RulesError::Missing { one_of: "allowed_hours, allowed_days" });
        }
        if let Some(AllowedHours { start, end }) = self.allowed_hours {
            RulesError::unless_within("allowed_hours.start", u64::from(start), 0, 23)?;
            RulesError::unless_within("allowed_hours.end", u64::from(end), 1, 24)?;
            if start == end {
                let problem = "must differ from start; for a whole day use 0 and 24";
                return Err(RulesError::Contradiction { field: "allowed_hours.end".to_owned(), problem });
            }
        }
        if let Some(days) = &self.allowed_days {
            RulesError::if_empty("allowed_days", days.is_empty())?;
            for day in days {
                RulesError::unless_within("allowed_days", u64::from(*day), 0, 6)?;
            }
        }
        Ok(())
    }

    /// Whether every minute of a week that is open now was open before.
    fn at_least_as_strict(&self, old: &Self) -> bool {
        (0..7 * DAY_SECONDS / 60).map(|minute| minute * 60).all(|at| !self.is_open(at) || old.is_open(at))
    }

    fn judge(&self, row: &Policy, case: &Evaluation<'_>, findings: &mut Findings) {
        let now = case.facts.now;
        if self.is_open(now) {
            return;
        }
        let zone = self.timezone.unwrap_or_default();
        let message = format!("requests are not allowed at this hour or on this day ({zone})");
        let opening = self.next_opening(now).and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
        let hint =
            opening.and_then(|at| at.format(&Rfc3339).ok()).map(|at| format!("allowed again from {at}"));
        findings.deny(row, DenialCode::TimeNotAllowed, message, hint);
    }
}
