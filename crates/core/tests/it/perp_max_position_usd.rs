//! PERP_MAX_POSITION_USD.

use serde_json::{Value, json};
use waiaas_core::action::{ActionCategory, ActionKind};
use waiaas_core::money::Usd;
use waiaas_core::policy::{DenialCode, PolicyType, Tier};

use crate::world::{World, action, refusal};

fn trade(kind: ActionKind, size: Option<Usd>, rules: &Value) -> World {
    let mut trade = action(ActionCategory::Perp, kind);
    trade.market = Some("SOL-PERP".to_owned());
    trade.position_usd = size;
    let markets = json!({"markets": [{"market": "SOL-PERP"}]});
    let world = World::rich("solana-devnet").action(trade).row("PERP_ALLOWED_MARKETS", &markets);
    world.row("PERP_MAX_POSITION_USD", rules)
}

#[test]
fn up_to_the_warning_up_to_the_maximum_and_above() {
    let rules = json!({"maxPositionUsd": 1000, "warningPositionUsd": 250.5});
    for kind in [ActionKind::OpenPosition, ActionKind::ModifyPosition] {
        let at = |micros| trade(kind, Some(Usd::from_micros(micros)), &rules);
        assert_eq!(at(250_500_000).tier(), Tier::Instant, "{kind}");
        let grant = at(250_500_001).grant();
        assert_eq!(grant.tier, Tier::Delay);
        assert_eq!(grant.reasons[0].policy_type, Some(PolicyType::PerpMaxPositionUsd));
        assert_eq!(at(1_000_000_000).tier(), Tier::Delay);
        let denials = at(1_000_000_001).denials();
        assert_eq!(denials.len(), 1);
        assert_eq!(denials[0].code, DenialCode::PositionLimitExceeded);
        assert!(denials[0].message.contains("1000.000001 USD"), "{}", denials[0].message);
        assert_eq!(at(u64::MAX).codes(), [DenialCode::PositionLimitExceeded]);
        assert_eq!(trade(kind, None, &rules).codes(), [DenialCode::FactMissing], "{kind}");
    }
}

#[test]
fn what_cannot_enlarge_a_position_is_left_alone() {
    let rules = json!({"maxPositionUsd": 1});
    for kind in
        [ActionKind::ClosePosition, ActionKind::AddMargin, ActionKind::WithdrawMargin, ActionKind::Other]
    {
        assert_eq!(trade(kind, Some(Usd::from_dollars(5)), &rules).tier(), Tier::Instant, "{kind}");
        assert_eq!(trade(kind, None, &rules).tier(), Tier::Instant, "{kind}");
    }
}

#[test]
fn bad_figures_are_refused() {
    for (rules, field) in [
        (json!({"maxPositionUsd": 0}), "rules.maxPositionUsd: "),
        (json!({"maxPositionUsd": 1_000_000_001u64}), "rules.maxPositionUsd: "),
        (
            json!({"maxPositionUsd": 5, "warningPositionUsd": 6}),
            "rules.warningPositionUsd must not be greater",
        ),
        (json!({"warningPositionUsd": 6}), "rules.maxPositionUsd: this field is required"),
    ] {
        let message = refusal("PERP_MAX_POSITION_USD", &rules, None);
        assert!(message.starts_with(field), "{message}");
    }
}
