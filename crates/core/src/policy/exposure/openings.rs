//! The times at which requests could be admitted, and the number of windows that cover them.
//!
//! A rolling window limits the requests in any interval of its length. If `n` such intervals cover the time,
//! `n` times the limit bounds everything in it.

use crate::UnixSeconds;
use crate::policy::rules::TimeRestriction;

/// Seconds of an hour. Opening hours change only on the full hour of their own time zone.
const HOUR_SECONDS: i64 = 3_600;

/// Intervals in ascending order; start inclusive, end exclusive, in seconds.
pub(super) struct Openings(Vec<(UnixSeconds, UnixSeconds)>);

impl Openings {
    /// The times between `start` (inclusive) and `end` (exclusive) when all of `rules` are open.
    pub(super) fn new(rules: &[&TimeRestriction], start: UnixSeconds, end: UnixSeconds) -> Self {
        let mut stretches: Vec<(UnixSeconds, UnixSeconds)> = Vec::new();
        let mut at = start;
        while at < end {
            let next = rules.iter().map(|rule| next_hour(rule, at)).min().unwrap_or(end).clamp(at, end);
            // At the largest time there is no next hour.
            let next = if next == at { end } else { next };
            if rules.iter().all(|rule| rule.is_open(at)) {
                match stretches.last_mut() {
                    Some(last) if last.1 == at => last.1 = next,
                    Some(_) | None => stretches.push((at, next)),
                }
            }
            at = next;
        }
        Self(stretches)
    }

    /// Whether there is no such time.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The minimum number of windows of `length` seconds that cover all of it.
    pub(super) fn windows(&self, length: u64) -> u64 {
        let length = i64::try_from(length).unwrap_or(i64::MAX).max(1);
        let mut covered = UnixSeconds::MIN;
        let mut count: u64 = 0;
        for (start, end) in &self.0 {
            let from = covered.max(*start);
            let open = end.saturating_sub(from);
            if open <= 0 {
                continue;
            }
            let windows = open.saturating_add(length - 1) / length;
            count = count.saturating_add(windows.unsigned_abs());
            covered = from.saturating_add(windows.saturating_mul(length));
        }
        count
    }
}

fn next_hour(rule: &TimeRestriction, at: UnixSeconds) -> UnixSeconds {
    let local = at.saturating_add(rule.offset());
    at.saturating_sub(local.rem_euclid(HOUR_SECONDS)).saturating_add(HOUR_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::rules::AllowedHours;

    fn hours(start: u8, end: u8, zone: &str) -> TimeRestriction {
        TimeRestriction {
            allowed_hours: Some(AllowedHours { start, end }),
            allowed_days: None,
            timezone: zone.parse().ok(),
        }
    }

    #[test]
    fn without_rules_a_stretch_is_covered_from_end_to_end() {
        let open = Openings::new(&[], 10, 10 + 30 * 86_400);
        assert_eq!(open.windows(86_400), 30);
        assert_eq!(open.windows(86_401), 30);
        assert_eq!(open.windows(86_399), 31);
        assert_eq!(open.windows(30 * 86_400), 1);
        assert_eq!(open.windows(1), 30 * 86_400);
        assert_eq!(open.windows(u64::MAX), 1);
        assert_eq!(open.windows(0), 30 * 86_400, "no window is shorter than a second");
        assert_eq!(Openings::new(&[], 10, 10).windows(60), 0);
    }

    #[test]
    fn closed_hours_need_no_window() {
        // Midnight to midnight, two days; open from nine to eleven.
        let rule = hours(9, 11, "UTC");
        let open = Openings::new(&[&rule], 0, 2 * 86_400);
        assert_eq!(open.0, [(9 * 3_600, 11 * 3_600), (33 * 3_600, 35 * 3_600)]);
        assert_eq!(open.windows(3_600), 4);
        assert_eq!(open.windows(7_000), 4, "the second window of a day does not reach the next day");
        assert_eq!(open.windows(24 * 3_600), 2);
        assert_eq!(open.windows(26 * 3_600), 1);
        assert_eq!(Openings::new(&[&rule, &hours(11, 9, "UTC")], 0, 8 * 86_400).windows(60), 0);
    }

    #[test]
    fn zones_shift_the_hours() {
        let (half, utc) = (hours(9, 10, "+05:30"), hours(4, 5, "UTC"));
        let open = Openings::new(&[&half, &utc], 0, 86_400);
        assert_eq!(open.0, [(4 * 3_600, 4 * 3_600 + 1_800)], "03:30 to 04:30 and 04:00 to 05:00 in UTC");
        let inside = Openings::new(&[&half], 3 * 3_600 + 1_900, 86_400);
        assert_eq!(inside.0, [(3 * 3_600 + 1_900, 4 * 3_600 + 1_800)]);
    }

    #[test]
    fn the_ends_of_the_clock_are_survived() {
        let rule = hours(9, 11, "-11:00");
        assert!(Openings::new(&[&rule], i64::MAX - 5, i64::MAX).windows(1) <= 5);
        assert!(Openings::new(&[&rule], i64::MIN, i64::MIN + 7_200).windows(1) <= 7_200);
    }
}
