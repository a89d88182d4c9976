//! VENUE_WHITELIST.

use serde_json::json;
use waiaas_core::action::{ActionCategory, ActionKind};
use waiaas_core::policy::{DenialCode, Tier};

use crate::world::{World, action, refusal};

fn at(venue: Option<&str>) -> World {
    let mut swap = action(ActionCategory::Swap, ActionKind::Other);
    swap.venue = venue.map(str::to_owned);
    World::rich("solana-devnet").native(1).action(swap)
}

#[test]
fn without_a_row_any_venue_will_do() {
    assert_eq!(at(Some("anywhere")).tier(), Tier::Instant);
    assert_eq!(at(None).tier(), Tier::Instant);
}

#[test]
fn a_listed_venue_and_no_other() {
    let rules = json!({"venues": [{"id": "hyperliquid", "name": "HL"}, {"id": "Drift"}]});
    for venue in ["hyperliquid", "HyperLiquid", "drift"] {
        assert_eq!(at(Some(venue)).row("VENUE_WHITELIST", &rules).tier(), Tier::Instant, "{venue}");
    }
    for venue in ["hyperliquid2", "hyper", ""] {
        let denials = at(Some(venue)).row("VENUE_WHITELIST", &rules).denials();
        assert_eq!(denials.len(), 1);
        assert_eq!(denials[0].code, DenialCode::VenueNotAllowed, "{venue}");
        assert_eq!(denials[0].hint.as_deref(), Some("allowed: Drift, hyperliquid"));
    }
    let both = at(Some("drift")).row("VENUE_WHITELIST", &rules);
    let both = both.row("VENUE_WHITELIST", &json!({"venues": [{"id": "hyperliquid"}]}));
    assert_eq!(both.codes(), [DenialCode::VenueNotAllowed], "every row must list it");
}

#[test]
fn an_action_without_a_venue_is_refused_and_a_plain_request_is_not() {
    let rules = json!({"venues": [{"id": "drift"}]});
    let denials = at(None).row("VENUE_WHITELIST", &rules).denials();
    assert_eq!(denials[0].code, DenialCode::FactMissing);
    assert!(denials[0].message.contains("venue") && denials[0].message.contains("VENUE_WHITELIST"));
    let plain = World::rich("solana-devnet").native(1).row("VENUE_WHITELIST", &rules);
    assert_eq!(plain.tier(), Tier::Instant);
}

#[test]
fn bad_lists_are_refused() {
    for (rules, field) in [
        (json!({"venues": []}), "rules.venues: "),
        (json!({"venues": [{"id": ""}]}), "rules.venues[0].id: "),
        (json!({"venues": [{"id": "x".repeat(101)}]}), "rules.venues[0].id: "),
        (json!({"venues": ["drift"]}), "rules.venues[0]: "),
    ] {
        let message = refusal("VENUE_WHITELIST", &rules, None);
        assert!(message.starts_with(field), "{message}");
    }
}
