//! LENDING_LTV_LIMIT.

use serde_json::{Value, json};
use waiaas_core::action::{ActionCategory, ActionKind, LendingPosition};
use waiaas_core::asset::AssetId;
use waiaas_core::money::Usd;
use waiaas_core::policy::{DenialCode, PolicyType, Tier};

use crate::world::{USDC_MINT, World, action, refusal};

fn lend(kind: ActionKind, position: Option<(Usd, Usd)>, rules: &Value) -> World {
    let world = World::rich("solana-devnet");
    let mut lending = action(ActionCategory::Lending, kind);
    lending.lending_asset =
        Some(AssetId::token(&world.effects.native.caip2, USDC_MINT.parse().expect("mint")));
    lending.lending = position.map(|(debt_usd, collateral_usd)| LendingPosition { collateral_usd, debt_usd });
    let assets = json!({"assets": [{"address": USDC_MINT}]});
    world.action(lending).row("LENDING_ASSET_WHITELIST", &assets).row("LENDING_LTV_LIMIT", rules)
}

fn usd(debt: u64, collateral: u64) -> Option<(Usd, Usd)> {
    Some((Usd::from_micros(debt), Usd::from_micros(collateral)))
}

#[test]
fn up_to_the_warning_up_to_the_maximum_and_above() {
    let rules = json!({"maxLtv": 0.75, "warningLtv": 0.5});
    for kind in [ActionKind::Borrow, ActionKind::Withdraw] {
        let at = |debt, collateral| lend(kind, usd(debt, collateral), &rules);
        assert_eq!(at(500_000, 1_000_000).tier(), Tier::Instant, "{kind}");
        let grant = at(500_001, 1_000_000).grant();
        assert_eq!(grant.tier, Tier::Delay);
        assert_eq!(grant.reasons[0].policy_type, Some(PolicyType::LendingLtvLimit));
        assert_eq!(at(750_000, 1_000_000).tier(), Tier::Delay);
        let denials = at(750_001, 1_000_000).denials();
        assert_eq!(denials.len(), 1);
        assert_eq!(denials[0].code, DenialCode::LtvLimitExceeded);
        assert!(denials[0].message.ends_with("is more than maxLtv (0.75)"), "{}", denials[0].message);
        assert_eq!(lend(kind, None, &rules).codes(), [DenialCode::FactMissing], "{kind}");
    }
}

#[test]
fn the_ends_of_the_range_are_judged_exactly() {
    let at = |debt, collateral, max: &str| {
        let rules = json!({"maxLtv": max, "warningLtv": max});
        lend(ActionKind::Borrow, usd(debt, collateral), &rules)
    };
    assert_eq!(at(0, 0, "0").tier(), Tier::Instant, "no debt, no collateral");
    assert_eq!(at(1, 0, "1").codes(), [DenialCode::LtvLimitExceeded], "debt on nothing");
    assert_eq!(at(1, u64::MAX, "0").codes(), [DenialCode::LtvLimitExceeded], "no debt is allowed at all");
    assert_eq!(at(1_000_000, 1_000_000, "1").tier(), Tier::Instant);
    assert_eq!(at(1_000_001, 1_000_000, "1").codes(), [DenialCode::LtvLimitExceeded]);
    // A quotient in doubles would be the same for both.
    let (debt, collateral) = (9_000_000_000_000_000_000, 9_000_000_000_000_000_001);
    assert_eq!(at(debt, collateral, "1").tier(), Tier::Instant);
    assert_eq!(at(collateral, debt, "1").codes(), [DenialCode::LtvLimitExceeded]);
    let uncountable = at(u64::MAX, u64::MAX, "1");
    assert_eq!(uncountable.codes(), [DenialCode::LtvLimitExceeded], "a debt beyond all counting");
}

#[test]
fn what_cannot_raise_the_ratio_is_left_alone() {
    let rules = json!({"maxLtv": 0, "warningLtv": 0});
    for kind in [ActionKind::Supply, ActionKind::Repay, ActionKind::Other] {
        assert_eq!(lend(kind, usd(5, 1), &rules).tier(), Tier::Instant, "{kind}");
        assert_eq!(lend(kind, None, &rules).tier(), Tier::Instant, "{kind}");
    }
}

#[test]
fn bad_ratios_are_refused() {
    for (rules, field) in [
        (json!({"maxLtv": 1.000001, "warningLtv": 0.5}), "rules.maxLtv: "),
        (json!({"maxLtv": 0.5, "warningLtv": 0.6}), "rules.warningLtv must not be greater"),
        (json!({"maxLtv": -0.5, "warningLtv": 0.6}), "rules.maxLtv: "),
        (json!({"maxLtv": 0.5}), "rules.warningLtv: this field is required"),
        (json!({"maxLtv": 0.0000001, "warningLtv": 0}), "rules.maxLtv: "),
    ] {
        let message = refusal("LENDING_LTV_LIMIT", &rules, None);
        assert!(message.starts_with(field), "{message}");
    }
}
