//! RATE_LIMIT.

use serde_json::json;
use waiaas_core::policy::{DenialCode, PolicySet, Tier};

use crate::world::{SOL, World, refusal, wallet};

fn after(requests: u64) -> World {
    let mut world = World::solana()
        .row("SPENDING_LIMIT", &json!({"instant_max_usd": 1000}))
        .row("RATE_LIMIT", &json!({"max_requests": 3, "window_seconds": 60}))
        .native(SOL);
    world.facts.ledger.requests.insert(60, requests);
    world
}

#[test]
fn this_request_counts() {
    assert_eq!(after(2).tier(), Tier::Instant);
    assert_eq!(after(3).codes(), [DenialCode::RateLimitExceeded]);
    assert_eq!(after(u64::MAX).codes(), [DenialCode::RateLimitExceeded]);
}

#[test]
fn uncounted_requests_are_refused() {
    let mut world = after(0);
    world.facts.ledger.requests.clear();
    assert_eq!(world.codes(), [DenialCode::FactMissing]);
}

#[test]
fn the_set_says_which_windows_to_count() {
    let world = after(0).row("RATE_LIMIT", &json!({"max_requests": 9, "window_seconds": 3600}));
    let world = world.row("RATE_LIMIT", &json!({"max_requests": 9, "window_seconds": 60}));
    let set = PolicySet::select(world.rows, wallet(), &world.effects.network);
    assert_eq!(set.rate_windows(), [60, 3600]);
}

#[test]
fn a_window_and_a_number_are_needed() {
    for (rules, field) in [
        (json!({"max_requests": 0, "window_seconds": 60}), "rules.max_requests"),
        (json!({"max_requests": 1, "window_seconds": 0}), "rules.window_seconds"),
        (json!({"max_requests": 1.5, "window_seconds": 60}), "rules.max_requests"),
        (json!({"max_requests": "1", "window_seconds": 60}), "rules.max_requests"),
        (json!({"window_seconds": 60}), "max_requests"),
    ] {
        let message = refusal("RATE_LIMIT", &rules, None);
        assert!(message.contains(field), "{message}");
    }
}
