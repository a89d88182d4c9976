//! ALLOWED_NETWORKS.

use serde_json::json;
use waiaas_core::policy::{DenialCode, Tier};

use crate::world::{SOL, World, parse, refusal};

fn rich() -> World {
    World::solana().row("SPENDING_LIMIT", &json!({"instant_max_usd": 1000}))
}

#[test]
fn every_list_must_name_the_network() {
    let here =
        json!({"networks": [{"network": "base-mainnet"}, {"network": "solana-devnet", "name": "play"}]});
    let there = json!({"networks": [{"network": "solana-mainnet"}]});
    assert_eq!(rich().row("ALLOWED_NETWORKS", &here).native(SOL).tier(), Tier::Instant);
    let denials = rich().row("ALLOWED_NETWORKS", &here).row("ALLOWED_NETWORKS", &there).native(SOL).denials();
    assert_eq!(denials.len(), 1);
    assert_eq!(denials[0].code, DenialCode::NetworkNotAllowed);
    assert_eq!(denials[0].hint.as_deref(), Some("allowed: solana-mainnet"));
}

#[test]
fn any_spelling_of_a_network_is_kept_as_its_name() {
    let rules = json!({"networks": [
        {"network": "devnet"},
        {"network": "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"},
        {"network": "eip155:8453"},
    ]});
    let read = parse("ALLOWED_NETWORKS", &rules, None).expect("rules");
    assert_eq!(
        read.to_json(),
        json!({"networks": [{"network": "base-mainnet"}, {"network": "solana-devnet"}]})
    );
}

#[test]
fn unknown_networks_and_empty_lists_are_refused() {
    let message = refusal("ALLOWED_NETWORKS", &json!({"networks": [{"network": "base"}]}), None);
    assert_eq!(message, "rules.networks[0].network: there is no network 'base'");
    assert!(refusal("ALLOWED_NETWORKS", &json!({"networks": []}), None).starts_with("rules.networks: "));
    assert!(
        refusal("ALLOWED_NETWORKS", &json!({"networks": ["devnet"]}), None)
            .starts_with("rules.networks[0]: ")
    );
}
