//! PERP_ALLOWED_MARKETS.

use serde_json::json;
use waiaas_core::action::{ActionCategory, ActionKind};
use waiaas_core::policy::{DenialCode, PolicyType, Tier};

use crate::world::{World, action, refusal};

const TRADES: [ActionKind; 5] = [
    ActionKind::OpenPosition,
    ActionKind::ClosePosition,
    ActionKind::ModifyPosition,
    ActionKind::AddMargin,
    ActionKind::WithdrawMargin,
];

fn on(kind: ActionKind, market: Option<&str>) -> World {
    let mut trade = action(ActionCategory::Perp, kind);
    trade.market = market.map(str::to_owned);
    World::rich("solana-devnet").action(trade)
}

#[test]
fn without_a_row_no_market_is_traded() {
    for kind in TRADES {
        let denials = on(kind, Some("SOL-PERP")).denials();
        assert_eq!(denials.len(), 1, "{kind}");
        assert_eq!((denials[0].code, denials[0].policy_id), (DenialCode::MarketNotAllowed, None));
        assert_eq!(denials[0].policy_type, Some(PolicyType::PerpAllowedMarkets));
        assert!(denials[0].hint.as_deref().is_some_and(|hint| hint.contains("SOL-PERP")));
        assert_eq!(on(kind, None).codes(), [DenialCode::MarketNotAllowed]);
    }
}

#[test]
fn a_listed_market_and_no_other() {
    let rules = json!({"markets": [{"market": "SOL-PERP"}, {"market": "BTC-USD", "name": "bitcoin"}]});
    for kind in TRADES {
        let row = |market| on(kind, market).row("PERP_ALLOWED_MARKETS", &rules);
        assert_eq!(row(Some("SOL-PERP")).tier(), Tier::Instant, "{kind}");
        assert_eq!(row(Some("btc-usd")).tier(), Tier::Instant, "{kind}");
        let denials = row(Some("ETH-USD")).denials();
        assert_eq!(denials.len(), 1);
        assert_eq!(denials[0].code, DenialCode::MarketNotAllowed);
        assert_eq!(denials[0].hint.as_deref(), Some("allowed: BTC-USD, SOL-PERP"));
        assert_eq!(row(None).codes(), [DenialCode::FactMissing]);
    }
}

#[test]
fn every_row_must_list_the_market() {
    let world = on(ActionKind::OpenPosition, Some("SOL-PERP"))
        .row("PERP_ALLOWED_MARKETS", &json!({"markets": [{"market": "SOL-PERP"}]}))
        .row("PERP_ALLOWED_MARKETS", &json!({"markets": [{"market": "BTC-USD"}]}));
    assert_eq!(world.codes(), [DenialCode::MarketNotAllowed]);
}

#[test]
fn other_actions_are_left_alone() {
    let rules = json!({"markets": [{"market": "SOL-PERP"}]});
    for row in [false, true] {
        let world = on(ActionKind::Other, None);
        let world = if row { world.row("PERP_ALLOWED_MARKETS", &rules) } else { world };
        assert_eq!(world.tier(), Tier::Instant);
    }
}

#[test]
fn bad_lists_are_refused() {
    for (rules, field) in [
        (json!({"markets": []}), "rules.markets: "),
        (json!({"markets": [{"market": ""}]}), "rules.markets[0].market: "),
        (json!({"markets": [{"market": "x".repeat(101)}]}), "rules.markets[0].market: "),
    ] {
        let message = refusal("PERP_ALLOWED_MARKETS", &rules, None);
        assert!(message.starts_with(field), "{message}");
    }
}
