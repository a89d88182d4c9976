//! Bytes that die while they wait.

use serde_json::{Value, json};
use waiaas_core::policy::{DenialCode, Tier};

use crate::world::{SOL, World};

/// A payment of this many SOL, at 100 dollars each, whose bytes can land for a minute.
fn dying(rules: &Value, sol: u64) -> World {
    let mut world = World::solana().owned().row("SPENDING_LIMIT", rules).native(sol * SOL);
    world.facts.lifetime = Some(60);
    world
}

fn rules(delay_seconds: u32) -> Value {
    json!({
        "instant_max_usd": "100", "notify_max_usd": "200", "delay_max_usd": "1000",
        "delay_seconds": delay_seconds,
    })
}

#[test]
fn what_goes_at_once_and_what_waits_shorter_than_it_lives_is_granted() {
    assert_eq!(dying(&rules(60), 1).tier(), Tier::Instant);
    assert_eq!(dying(&rules(60), 2).tier(), Tier::Notify);
    let limit = World::solana().row("SPENDING_LIMIT", &rules(60)).native(3 * SOL);
    assert_eq!(limit.tier(), Tier::Delay, "bytes without an end may wait");
}

#[test]
fn a_delay_that_outlasts_the_bytes_is_refused_with_the_way_out() {
    let denials = dying(&rules(60), 3).denials();
    let [denial] = denials.as_slice() else { panic!("{denials:?}") };
    assert_eq!(denial.code, DenialCode::TransactionExpires);
    let hint = denial.hint.as_deref().unwrap_or_default();
    assert!(hint.contains("instructions") && hint.contains("ask for less"), "{hint}");
    let mut longer = dying(&rules(60), 3);
    longer.facts.lifetime = Some(61);
    assert_eq!(longer.tier(), Tier::Delay, "over before they die");
}

#[test]
fn an_approval_ends_no_later_than_the_bytes() {
    let granted = dying(&rules(60), 11).grant();
    assert_eq!((granted.tier, granted.approval_timeout), (Tier::Approval, Some(60)));
    let mut longer = dying(&rules(60), 11);
    longer.facts.lifetime = Some(86_400);
    assert_eq!(longer.grant().approval_timeout, Some(3_600), "the usual time");
}
