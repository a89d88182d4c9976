//! LENDING_ASSET_WHITELIST.

use serde_json::json;
use waiaas_core::action::{ActionCategory, ActionKind};
use waiaas_core::asset::AssetId;
use waiaas_core::network::Networks;
use waiaas_core::policy::{DenialCode, PolicyType, Tier};

use crate::world::{USDC_BASE, World, account, action, evm, refusal};

const BASE: &str = "base-mainnet";
const LENDS: [ActionKind; 4] =
    [ActionKind::Supply, ActionKind::Borrow, ActionKind::Repay, ActionKind::Withdraw];

fn token(network: &str, address: &str) -> AssetId {
    let networks = Networks::builtin();
    let network = networks.find(network).expect("network");
    AssetId::token(&network.caip2, address.parse().expect("token"))
}

fn lend(kind: ActionKind, asset: Option<AssetId>) -> World {
    let mut lending = action(ActionCategory::Lending, kind);
    lending.lending_asset = asset;
    World::rich(BASE).action(lending)
}

#[test]
fn without_a_row_nothing_is_lent() {
    for kind in LENDS {
        let denials = lend(kind, Some(token(BASE, USDC_BASE))).denials();
        assert_eq!(denials.len(), 1, "{kind}");
        assert_eq!((denials[0].code, denials[0].policy_id), (DenialCode::LendingAssetNotAllowed, None));
        assert_eq!(denials[0].policy_type, Some(PolicyType::LendingAssetWhitelist));
        assert_eq!(lend(kind, None).codes(), [DenialCode::LendingAssetNotAllowed]);
    }
    assert_eq!(lend(ActionKind::Other, None).tier(), Tier::Instant);
}

#[test]
fn a_listed_asset_and_no_other() {
    let rules = json!({"assets": [{"address": USDC_BASE, "symbol": "USDC"}, {"address": evm(4)}]});
    for kind in LENDS {
        let row = |asset| lend(kind, asset).row_here("LENDING_ASSET_WHITELIST", &rules);
        assert_eq!(row(Some(token(BASE, USDC_BASE))).tier(), Tier::Instant, "{kind}");
        let stranger = token(BASE, &evm(3).to_string());
        assert_eq!(row(Some(stranger)).codes(), [DenialCode::LendingAssetNotAllowed]);
        let elsewhere = token("optimism-mainnet", USDC_BASE);
        assert_eq!(
            row(Some(elsewhere)).codes(),
            [DenialCode::LendingAssetNotAllowed],
            "another network's token"
        );
        let native = Networks::builtin().find(BASE).expect("network").native();
        assert_eq!(row(Some(native)).codes(), [DenialCode::LendingAssetNotAllowed], "native coin");
        assert_eq!(row(None).codes(), [DenialCode::FactMissing]);
    }
}

#[test]
fn every_row_must_list_the_asset() {
    let world = lend(ActionKind::Supply, Some(token(BASE, USDC_BASE)))
        .row_here("LENDING_ASSET_WHITELIST", &json!({"assets": [{"address": USDC_BASE}]}))
        .row_here("LENDING_ASSET_WHITELIST", &json!({"assets": [{"address": evm(4)}]}));
    assert_eq!(world.codes(), [DenialCode::LendingAssetNotAllowed]);
}

#[test]
fn bad_lists_are_refused() {
    for (rules, network, expected) in [
        (json!({"assets": []}), None, "rules.assets: needs"),
        (json!({"assets": [{"address": "USDC"}]}), None, "rules.assets[0].address"),
        (json!({"assets": [{"address": USDC_BASE}]}), None, "name the policy's network"),
        (json!({"assets": [{"address": account(1)}]}), Some(BASE), "does not belong to ethereum"),
    ] {
        let message = refusal("LENDING_ASSET_WHITELIST", &rules, network);
        assert!(message.contains(expected), "{message}");
    }
}
