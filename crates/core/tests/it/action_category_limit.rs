//! ACTION_CATEGORY_LIMIT.

use serde_json::{Value, json};
use waiaas_core::action::{ActionCategory, ActionKind};
use waiaas_core::money::Usd;
use waiaas_core::policy::{CategorySums, DenialCode, PolicyType, Tier};

use crate::world::{World, action, refusal};

fn swap(notional: Option<u64>) -> World {
    let mut swap = action(ActionCategory::Swap, ActionKind::Other);
    swap.notional_usd = notional.map(Usd::from_micros);
    let mut world = World::rich("solana-devnet").owned().action(swap);
    world.facts.ledger.categories.insert(ActionCategory::Swap, CategorySums::default());
    world
}

fn limited(notional: Option<u64>, rules: &Value) -> World {
    swap(notional).row("ACTION_CATEGORY_LIMIT", rules)
}

#[test]
fn what_exceeds_a_limit_takes_the_tier_of_the_row() {
    let rules = json!({"category": "swap", "per_action_limit_usd": 10});
    assert_eq!(limited(Some(10_000_000), &rules).tier(), Tier::Instant);
    let grant = limited(Some(10_000_001), &rules).grant();
    assert_eq!(
        (grant.tier, grant.delay_seconds),
        (Tier::Delay, Some(900)),
        "DELAY where the row does not say"
    );
    assert_eq!(grant.reasons[0].policy_type, Some(PolicyType::ActionCategoryLimit));
    for (name, tier) in [("NOTIFY", Tier::Notify), ("DELAY", Tier::Delay), ("APPROVAL", Tier::Approval)] {
        let rules = json!({"category": "swap", "per_action_limit_usd": 10, "tier_on_exceed": name});
        assert_eq!(limited(Some(10_000_001), &rules).tier(), tier);
        assert_eq!(limited(Some(u64::MAX), &rules).tier(), tier);
    }
}

#[test]
fn sums_of_a_day_and_of_a_month_count_what_was_before() {
    for (field, day, month) in [("daily_limit_usd", 6, 0), ("monthly_limit_usd", 0, 6)] {
        let rules = json!({"category": "swap", field: 10, "tier_on_exceed": "APPROVAL"});
        let after = |notional| {
            let mut world = limited(Some(notional), &rules);
            let sums = CategorySums { usd_day: Usd::from_dollars(day), usd_month: Usd::from_dollars(month) };
            world.facts.ledger.categories.insert(ActionCategory::Swap, sums);
            world
        };
        assert_eq!(after(4_000_000).tier(), Tier::Instant, "{field}");
        let grant = after(4_000_001).grant();
        assert_eq!(grant.tier, Tier::Approval, "{field}");
        assert!(grant.reasons[0].message.contains(field), "{}", grant.reasons[0].message);
        let mut full = after(0);
        let sums = CategorySums { usd_day: Usd::MAX, usd_month: Usd::MAX };
        full.facts.ledger.categories.insert(ActionCategory::Swap, sums);
        assert_eq!(full.tier(), Tier::Approval);
    }
}

#[test]
fn what_is_not_known_is_refused() {
    let daily = json!({"category": "swap", "daily_limit_usd": 10});
    assert_eq!(limited(None, &daily).codes(), [DenialCode::FactMissing]);
    let mut uncounted = limited(Some(1), &daily);
    uncounted.facts.ledger.categories.clear();
    assert_eq!(uncounted.codes(), [DenialCode::FactMissing]);
    let mut single = limited(Some(1), &json!({"category": "swap", "per_action_limit_usd": 10}));
    single.facts.ledger.categories.clear();
    assert_eq!(single.tier(), Tier::Instant, "a limit per action needs no sums");
}

#[test]
fn each_category_has_its_own_limits() {
    let perp = json!({"category": "perp", "per_action_limit_usd": 1, "daily_limit_usd": 1});
    assert_eq!(limited(Some(50_000_000), &perp).tier(), Tier::Instant);
    assert_eq!(limited(None, &perp).tier(), Tier::Instant);
    let tight = json!({"category": "swap", "per_action_limit_usd": 1, "tier_on_exceed": "APPROVAL"});
    let both = limited(Some(50_000_000), &perp).row("ACTION_CATEGORY_LIMIT", &tight);
    assert_eq!(both.tier(), Tier::Approval);
    let plain = World::rich("solana-devnet").row("ACTION_CATEGORY_LIMIT", &tight).native(1);
    assert_eq!(plain.tier(), Tier::Instant);
}

#[test]
fn bad_rules_are_refused() {
    for (rules, expected) in [
        (json!({"category": "gambling", "daily_limit_usd": 1}), "rules.category: "),
        (json!({"category": "Swap", "daily_limit_usd": 1}), "rules.category: "),
        (json!({"category": "swap"}), "rules: give at least one of per_action_limit_usd"),
        (json!({"category": "swap", "daily_limit_usd": 0}), "rules.daily_limit_usd: "),
        (json!({"category": "swap", "monthly_limit_usd": 1_000_000_001u64}), "rules.monthly_limit_usd: "),
        (json!({"category": "swap", "per_action_limit_usd": -1}), "rules.per_action_limit_usd: "),
        (
            json!({"category": "swap", "daily_limit_usd": 1, "tier_on_exceed": "DENY"}),
            "rules.tier_on_exceed: ",
        ),
    ] {
        let message = refusal("ACTION_CATEGORY_LIMIT", &rules, None);
        assert!(message.starts_with(expected), "{message}");
    }
}
