//! PERP_MAX_LEVERAGE.

use serde_json::{Value, json};
use waiaas_core::action::{ActionCategory, ActionKind};
use waiaas_core::policy::{DenialCode, PolicyType, Tier};

use crate::world::{World, action, refusal};

fn trade(kind: ActionKind, millionths: Option<u64>, rules: &Value) -> World {
    let mut trade = action(ActionCategory::Perp, kind);
    trade.market = Some("SOL-PERP".to_owned());
    trade.leverage_millionths = millionths;
    let markets = json!({"markets": [{"market": "SOL-PERP"}]});
    let world = World::rich("solana-devnet").action(trade).row("PERP_ALLOWED_MARKETS", &markets);
    world.row("PERP_MAX_LEVERAGE", rules)
}

#[test]
fn up_to_the_warning_up_to_the_maximum_and_above() {
    let rules = json!({"maxLeverage": 10, "warningLeverage": 5.5});
    for kind in [ActionKind::OpenPosition, ActionKind::ModifyPosition, ActionKind::WithdrawMargin] {
        let at = |millionths| trade(kind, Some(millionths), &rules);
        assert_eq!(at(0).tier(), Tier::Instant);
        assert_eq!(at(5_500_000).tier(), Tier::Instant, "{kind}");
        let grant = at(5_500_001).grant();
        assert_eq!((grant.tier, grant.delay_seconds), (Tier::Delay, Some(900)));
        assert_eq!(grant.reasons[0].policy_type, Some(PolicyType::PerpMaxLeverage));
        assert_eq!(at(10_000_000).tier(), Tier::Delay);
        let denials = at(10_000_001).denials();
        assert_eq!(denials.len(), 1);
        assert_eq!(denials[0].code, DenialCode::LeverageLimitExceeded);
        assert_eq!(denials[0].message, "leverage 10.000001 is more than maxLeverage (10)");
        assert_eq!(at(u64::MAX).codes(), [DenialCode::LeverageLimitExceeded]);
        assert_eq!(trade(kind, None, &rules).codes(), [DenialCode::FactMissing], "{kind}");
    }
}

#[test]
fn without_a_warning_there_is_none() {
    let rules = json!({"maxLeverage": 10});
    assert_eq!(trade(ActionKind::OpenPosition, Some(10_000_000), &rules).tier(), Tier::Instant);
}

#[test]
fn what_cannot_raise_leverage_is_left_alone() {
    let rules = json!({"maxLeverage": 10});
    for kind in [ActionKind::ClosePosition, ActionKind::AddMargin, ActionKind::Other] {
        assert_eq!(trade(kind, None, &rules).tier(), Tier::Instant, "{kind}");
        assert_eq!(trade(kind, Some(99_000_000), &rules).tier(), Tier::Instant, "{kind}");
    }
    assert_eq!(World::rich("solana-devnet").row("PERP_MAX_LEVERAGE", &rules).native(1).tier(), Tier::Instant);
}

#[test]
fn bad_figures_are_refused() {
    for (rules, field) in [
        (json!({"maxLeverage": 0}), "rules.maxLeverage: "),
        (json!({"maxLeverage": 1000.000001}), "rules.maxLeverage: "),
        (json!({"maxLeverage": -1}), "rules.maxLeverage: "),
        (json!({"maxLeverage": 5, "warningLeverage": 6}), "rules.warningLeverage must not be greater"),
        (json!({"warningLeverage": 6}), "rules.maxLeverage: this field is required"),
    ] {
        let message = refusal("PERP_MAX_LEVERAGE", &rules, None);
        assert!(message.starts_with(field), "{message}");
    }
}
