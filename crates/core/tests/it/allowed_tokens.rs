//! ALLOWED_TOKENS.

use serde_json::json;
use waiaas_core::policy::{DenialCode, Tier};

use crate::world::{DEVNET, SOL, USDC, USDC_BASE, USDC_MINT, World, account, evm, parse, refusal};

fn rich(network: &str) -> World {
    World::on(network).row("SPENDING_LIMIT", &json!({"instant_max_usd": 1000}))
}

#[test]
fn without_a_row_no_token_leaves_but_native_coin_does() {
    let denials = rich("solana-devnet").token(USDC_MINT, USDC).denials();
    assert_eq!(denials[0].code, DenialCode::TokenNotAllowed);
    assert_eq!(denials[0].policy_id, None);
    assert!(denials[0].hint.as_deref().is_some_and(|hint| hint.contains(USDC_MINT)));
    assert_eq!(rich("solana-devnet").native(SOL).tier(), Tier::Instant);
}

#[test]
fn a_mint_is_the_same_token_on_every_cluster() {
    let rules = json!({"tokens": [{"address": account(5)}, {"address": USDC_MINT, "symbol": "USDC", "chain": "solana"}]});
    for network in ["solana-devnet", "solana-mainnet"] {
        assert_eq!(rich(network).row("ALLOWED_TOKENS", &rules).token(USDC_MINT, USDC).tier(), Tier::Instant);
    }
    let other = rich("solana-devnet").row("ALLOWED_TOKENS", &rules).token(&account(6).to_string(), USDC);
    assert_eq!(other.codes(), [DenialCode::TokenNotAllowed]);
}

#[test]
fn an_asset_id_decides_alone() {
    let asset = format!("{DEVNET}/token:{USDC_MINT}");
    let rules = json!({"tokens": [{"address": USDC_MINT, "assetId": asset}]});
    assert_eq!(rich("solana-devnet").row("ALLOWED_TOKENS", &rules).token(USDC_MINT, 1).tier(), Tier::Instant);
    let mainnet = rich("solana-mainnet").row("ALLOWED_TOKENS", &rules).token(USDC_MINT, 1);
    assert_eq!(mainnet.codes(), [DenialCode::TokenNotAllowed]);
}

#[test]
fn a_contract_address_means_one_network() {
    let message = refusal("ALLOWED_TOKENS", &json!({"tokens": [{"address": USDC_BASE}]}), None);
    assert!(message.starts_with("rules.tokens[0].address: name the policy's network"), "{message}");

    let rules = json!({"tokens": [{"address": USDC_BASE}]});
    let there = rich("base-mainnet").row_at("ALLOWED_TOKENS", &rules, Some("base-mainnet"));
    assert_eq!(there.token(USDC_BASE, USDC).tier(), Tier::Instant);
    let kept = parse("ALLOWED_TOKENS", &rules, Some("base-mainnet")).expect("rules").to_json();
    assert_eq!(kept["tokens"][0]["assetId"], format!("eip155:8453/erc20:{}", USDC_BASE.to_lowercase()));

    let global = json!({"tokens": [
        {"address": USDC_BASE, "assetId": format!("eip155:8453/erc20:{USDC_BASE}")},
        {"address": USDC_BASE, "assetId": format!("eip155:1/erc20:{USDC_BASE}")},
    ]});
    assert_eq!(rich("base-mainnet").row("ALLOWED_TOKENS", &global).token(USDC_BASE, 1).tier(), Tier::Instant);
    assert_eq!(
        rich("ethereum-mainnet").row("ALLOWED_TOKENS", &global).token(USDC_BASE, 1).tier(),
        Tier::Instant
    );
    let optimism = rich("optimism-mainnet").row("ALLOWED_TOKENS", &global).token(USDC_BASE, 1);
    assert_eq!(optimism.codes(), [DenialCode::TokenNotAllowed]);
}

#[test]
fn every_row_must_list_the_token() {
    let world = rich("solana-devnet")
        .row("ALLOWED_TOKENS", &json!({"tokens": [{"address": USDC_MINT}]}))
        .row("ALLOWED_TOKENS", &json!({"tokens": [{"address": account(5)}]}));
    assert_eq!(world.token(USDC_MINT, 1).codes(), [DenialCode::TokenNotAllowed]);
}

#[test]
fn entries_that_contradict_themselves_are_refused() {
    for (entry, network, expected) in [
        (json!({"address": "x"}), None, "rules.tokens[0].address"),
        (json!({"address": USDC_MINT, "chain": "ethereum"}), None, "rules.tokens[0].address"),
        (json!({"address": USDC_MINT, "chain": "ripple"}), None, "rules.tokens[0].chain"),
        (json!({"address": USDC_MINT}), Some("base-mainnet"), "rules.tokens[0].address"),
        (json!({"address": USDC_MINT, "symbol": ""}), None, "rules.tokens[0].symbol"),
        (json!({"address": USDC_MINT, "symbol": "ABCDEFGHIJK"}), None, "rules.tokens[0].symbol"),
        (json!({"address": USDC_MINT, "assetId": "x"}), None, "rules.tokens[0].assetId"),
        (
            json!({"address": account(5), "assetId": format!("{DEVNET}/token:{USDC_MINT}")}),
            None,
            "another token",
        ),
        (json!({"address": account(5), "assetId": format!("{DEVNET}/slip44:501")}), None, "another token"),
        (
            json!({"address": USDC_MINT, "assetId": format!("{DEVNET}/token:{USDC_MINT}")}),
            Some("solana-mainnet"),
            "another network",
        ),
        (
            json!({"address": evm(1), "assetId": format!("eip155:5/erc20:{}", evm(1))}),
            None,
            "no network 'eip155:5'",
        ),
        (json!({"address": USDC_MINT, "decimals": 6}), None, "decimals"),
    ] {
        let message = refusal("ALLOWED_TOKENS", &json!({"tokens": [entry]}), network);
        assert!(message.contains(expected), "{message}");
    }
    assert!(refusal("ALLOWED_TOKENS", &json!({"tokens": []}), None).starts_with("rules.tokens: "));
}

#[test]
fn no_part_of_a_rule_is_read_from_an_array_of_its_values() {
    let token = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
    for (policy_type, rules, at) in [
        ("ALLOWED_TOKENS", json!({"tokens": [{"address": token}, [token]]}), "rules.tokens[1]"),
        ("CONTRACT_WHITELIST", json!({"contracts": [[token]]}), "rules.contracts[0]"),
        ("METHOD_WHITELIST", json!({"methods": [[token, ["0xa9059cbb"]]]}), "rules.methods[0]"),
        ("SPENDING_LIMIT", json!({"token_limits": {"native": ["1", "1", "1"]}}), "rules.token_limits.native"),
    ] {
        let told = refusal(policy_type, &rules, Some("base-mainnet"));
        assert_eq!(told, format!("{at}: expected an object"));
    }
    let hidden = refusal("ALLOWED_TOKENS", &json!({"tokens": [], "a\u{202e}b": 1}), None);
    assert!(hidden.starts_with("rules.a\\u{202e}b: ") && hidden.is_ascii(), "{hidden}");
}
