//! TIME_RESTRICTION. The fixture's time is Monday 2026-06-01 12:30 UTC.

use serde_json::{Value, json};
use waiaas_core::policy::{DenialCode, Tier, Verdict};

use crate::world::{MONDAY_NOON, SOL, World, refusal};

const HOUR: i64 = 3_600;

fn at(now: i64, rules: &Value) -> World {
    let mut world = World::solana()
        .row("SPENDING_LIMIT", &json!({"instant_max_usd": 1000}))
        .row("TIME_RESTRICTION", rules)
        .native(SOL);
    world.facts.now = now;
    world
}

fn open(now: i64, rules: &Value) -> bool {
    match at(now, rules).verdict() {
        Verdict::Granted(grant) => grant.tier == Tier::Instant,
        Verdict::Denied(denials) => {
            assert_eq!(denials[0].code, DenialCode::TimeNotAllowed);
            false
        }
    }
}

#[test]
fn start_is_included_and_end_is_not() {
    let hours = json!({"allowed_hours": {"start": 9, "end": 17}});
    let midnight = MONDAY_NOON - 12 * HOUR - HOUR / 2;
    for (second, expected) in
        [(9 * HOUR - 1, false), (9 * HOUR, true), (17 * HOUR - 1, true), (17 * HOUR, false)]
    {
        assert_eq!(open(midnight + second, &hours), expected, "{second}");
    }
    let whole_day = json!({"allowed_hours": {"start": 0, "end": 24}});
    assert!(open(midnight, &whole_day) && open(midnight + 24 * HOUR - 1, &whole_day));
}

#[test]
fn hours_may_wrap_and_the_day_is_that_of_the_moment() {
    let night = json!({"allowed_hours": {"start": 22, "end": 6}, "allowed_days": [1]});
    let midnight = MONDAY_NOON - 12 * HOUR - HOUR / 2;
    assert!(open(midnight + 5 * HOUR, &night), "Monday early");
    assert!(!open(midnight + 6 * HOUR, &night), "Monday at six");
    assert!(open(midnight + 23 * HOUR, &night), "Monday late");
    assert!(!open(midnight + 25 * HOUR, &night), "Tuesday at one is Tuesday");
}

#[test]
fn zero_is_sunday() {
    let midnight = MONDAY_NOON - 12 * HOUR - HOUR / 2;
    let sunday = json!({"allowed_days": [0]});
    assert!(open(midnight - 1, &sunday));
    assert!(!open(midnight, &sunday));
    assert!(open(midnight, &json!({"allowed_days": [1]})));
    // 1969-12-31 was a Wednesday.
    assert!(open(-1, &json!({"allowed_days": [3]})));
}

#[test]
fn a_fixed_offset_moves_hours_and_days() {
    // 12:30 UTC is 23:30 Monday at +11:00 and 00:30 Tuesday at +12:00.
    let rules =
        |zone: &str| json!({"allowed_days": [2], "allowed_hours": {"start": 0, "end": 1}, "timezone": zone});
    assert!(open(MONDAY_NOON, &rules("+12:00")));
    assert!(!open(MONDAY_NOON, &rules("+11:00")));
    assert!(!open(MONDAY_NOON, &rules("UTC")));
}

#[test]
fn the_hint_says_when_it_opens() {
    let weekend = json!({"allowed_days": [6], "allowed_hours": {"start": 10, "end": 12}});
    let hint = at(MONDAY_NOON, &weekend).denials().remove(0).hint;
    assert_eq!(hint.as_deref(), Some("allowed again from 2026-06-06T10:00:00Z"));
    let half = json!({"allowed_hours": {"start": 9, "end": 10}, "timezone": "+05:30"});
    let hint = at(MONDAY_NOON, &half).denials().remove(0).hint;
    assert_eq!(hint.as_deref(), Some("allowed again from 2026-06-02T03:30:00Z"));
    // Closed since an hour ago today, and today is the only day: a week from now.
    let today = json!({"allowed_days": [1], "allowed_hours": {"start": 11, "end": 12}});
    let hint = at(MONDAY_NOON, &today).denials().remove(0).hint;
    assert_eq!(hint.as_deref(), Some("allowed again from 2026-06-08T11:00:00Z"));
}

#[test]
fn extreme_times_are_answered() {
    for now in [i64::MIN, i64::MAX] {
        at(now, &json!({"allowed_days": [2], "timezone": "-14:00"})).verdict();
    }
}

#[test]
fn impossible_restrictions_are_refused() {
    for (rules, field) in [
        (json!({}), "allowed_hours, allowed_days"),
        (json!({"timezone": "UTC"}), "allowed_hours, allowed_days"),
        (json!({"allowed_days": []}), "rules.allowed_days"),
        (json!({"allowed_days": [7]}), "rules.allowed_days"),
        (json!({"allowed_hours": {"start": 24, "end": 1}}), "rules.allowed_hours.start"),
        (json!({"allowed_hours": {"start": 1, "end": 25}}), "rules.allowed_hours.end"),
        (json!({"allowed_hours": {"start": 5, "end": 5}}), "rules.allowed_hours.end"),
        (json!({"allowed_hours": {"start": -1, "end": 5}}), "rules.allowed_hours.start"),
        (json!({"allowed_days": [1], "timezone": "Europe/Paris"}), "rules.timezone"),
    ] {
        let message = refusal("TIME_RESTRICTION", &rules, None);
        assert!(message.contains(field), "{message}");
    }
}
