//! Every policy type reads its own output and refuses rules that it cannot express.

use serde_json::{Value, json};
use waiaas_core::policy::PolicyType;

use crate::world::{USDC_BASE, USDC_MINT, account, evm, parse, refusal};

/// One set of rules per type, and one that is refused.
fn samples() -> Vec<(&'static str, Value, Value)> {
    let mut samples = money_and_calls();
    samples.extend(messages_and_actions());
    samples
}

fn money_and_calls() -> Vec<(&'static str, Value, Value)> {
    vec![
        (
            "SPENDING_LIMIT",
            json!({"delay_max_usd": 5.25, "delay_seconds": 60, "max_slippage_percent": 0.5}),
            json!({}),
        ),
        ("WHITELIST", json!({"allowed_addresses": [evm(2), account(1)]}), json!({"allowed_addresses": []})),
        (
            "TIME_RESTRICTION",
            json!({"allowed_hours": {"start": 9, "end": 17}, "allowed_days": [1, 2], "timezone": "-03:00"}),
            json!({"allowed_days": [7]}),
        ),
        ("RATE_LIMIT", json!({"max_requests": 5, "window_seconds": 60}), json!({"max_requests": 5})),
        (
            "ALLOWED_TOKENS",
            json!({"tokens": [{"address": USDC_MINT, "symbol": "USDC", "chain": "solana"}]}),
            json!({"tokens": []}),
        ),
        (
            "CONTRACT_WHITELIST",
            json!({"contracts": [{"address": evm(1), "name": "router", "chain": "ethereum"}]}),
            json!({"contracts": [{"address": evm(1), "chain": "solana"}]}),
        ),
        (
            "METHOD_WHITELIST",
            json!({"methods": [{"contractAddress": evm(1), "selectors": ["0xa9059cbb"]}]}),
            json!({"methods": [{"contractAddress": evm(1), "selectors": ["a9059cbb"]}]}),
        ),
        (
            "APPROVED_SPENDERS",
            json!({"spenders": [{"address": evm(1), "name": "router", "maxAmount": "100"}]}),
            json!({"spenders": [{"address": evm(1), "maxAmount": "-1"}]}),
        ),
        ("APPROVE_AMOUNT_LIMIT", json!({"maxAmount": "7", "blockUnlimited": false}), json!({"maxAmount": 7})),
        ("APPROVE_TIER_OVERRIDE", json!({"tier": "DELAY"}), json!({"tier": "SOON"})),
        ("ALLOWED_NETWORKS", json!({"networks": [{"network": "base-mainnet"}]}), json!({"networks": []})),
    ]
}

fn messages_and_actions() -> Vec<(&'static str, Value, Value)> {
    vec![
        ("X402_ALLOWED_DOMAINS", json!({"domains": ["*.example.com"]}), json!({"domains": ["*"]})),
        (
            "LENDING_LTV_LIMIT",
            json!({"maxLtv": 0.75, "warningLtv": 0.5}),
            json!({"maxLtv": 1.01, "warningLtv": 0.5}),
        ),
        ("LENDING_ASSET_WHITELIST", json!({"assets": [{"address": USDC_BASE}]}), json!({"assets": [{}]})),
        (
            "PERP_MAX_LEVERAGE",
            json!({"maxLeverage": 10.0, "warningLeverage": 5.5}),
            json!({"maxLeverage": 5, "warningLeverage": 6}),
        ),
        ("PERP_MAX_POSITION_USD", json!({"maxPositionUsd": 1000.5}), json!({"maxPositionUsd": 0})),
        (
            "PERP_ALLOWED_MARKETS",
            json!({"markets": [{"market": "SOL-PERP"}]}),
            json!({"markets": [{"market": ""}]}),
        ),
        (
            "REPUTATION_THRESHOLD",
            json!({"min_score": 50, "below_threshold_tier": "DELAY", "unrated_tier": "APPROVAL", "tag1": "a", "check_counterparty": true}),
            json!({"min_score": 101}),
        ),
        (
            "ERC8128_ALLOWED_DOMAINS",
            json!({"domains": ["example.com"], "rate_limit_rpm": 60}),
            json!({"domains": ["example.com"], "rate_limit_rpm": 0}),
        ),
        ("VENUE_WHITELIST", json!({"venues": [{"id": "hyperliquid"}]}), json!({"venues": []})),
        (
            "ACTION_CATEGORY_LIMIT",
            json!({"category": "swap", "daily_limit_usd": 10.5, "tier_on_exceed": "APPROVAL"}),
            json!({"category": "swap", "daily_limit_usd": 10, "tier_on_exceed": "approval"}),
        ),
    ]
}

/// The network of the row. A contract of an EVM network is named by rows of that network alone.
fn network_of(name: &str) -> Option<&'static str> {
    ["CONTRACT_WHITELIST", "METHOD_WHITELIST", "APPROVED_SPENDERS", "LENDING_ASSET_WHITELIST"]
        .contains(&name)
        .then_some("base-mainnet")
}

#[test]
fn every_type_has_a_sample() {
    let named: Vec<_> = samples().iter().map(|(name, ..)| *name).collect();
    let all: Vec<_> = PolicyType::ALL.iter().map(|policy_type| policy_type.as_str()).collect();
    assert_eq!(named, all);
    assert_eq!(all.len(), 21);
}

#[test]
fn every_type_is_put_into_sentences() {
    for (name, rules, _) in samples() {
        let text = parse(name, &rules, network_of(name)).expect(name).sentence();
        assert!(text.ends_with('.') && !text.contains(['{', '_', '[']), "{name}: {text}");
    }
    let sentence = |name: &str, rules: Value| parse(name, &rules, None).expect(name).sentence();
    for (name, rules, expected) in [
        (
            "SPENDING_LIMIT",
            json!({
                "instant_max_usd": 10, "notify_max_usd": 50, "delay_max_usd": 200, "delay_seconds": 900,
                "daily_limit_usd": 200, "monthly_limit_usd": 1000.5, "approval_timeout": 7200,
                "max_slippage_percent": 1.5,
            }),
            "Up to 10.00 USD at once, up to 50.00 USD with notice, up to 200.00 USD after 15 minutes, above with \
             the owner's approval. At most 200.00 USD a day and 1000.50 USD in 30 days. A swap that may bring \
             more than 1.5 % less than it takes needs the owner's approval. The owner has 2 hours to answer.",
        ),
        (
            "RATE_LIMIT",
            json!({"max_requests": 1, "window_seconds": 90}),
            "At most 1 request within 90 seconds.",
        ),
        (
            "RATE_LIMIT",
            json!({"max_requests": 60, "window_seconds": 3600}),
            "At most 60 requests within 1 hour.",
        ),
        (
            "TIME_RESTRICTION",
            json!({"allowed_hours": {"start": 9, "end": 17}, "allowed_days": [1, 5], "timezone": "-03:00"}),
            "Only on Monday, Friday from 9:00 to 17:00 (-03:00).",
        ),
        (
            "LENDING_LTV_LIMIT",
            json!({"maxLtv": 0.755, "warningLtv": 0.5}),
            "Debt may not exceed 75.5 % of the collateral; above 50 % the action is delayed.",
        ),
        (
            "PERP_MAX_LEVERAGE",
            json!({"maxLeverage": 10.0, "warningLeverage": 5.5}),
            "Leverage of at most 10x; above 5.5x the action is delayed.",
        ),
        (
            "VENUE_WHITELIST",
            json!({"venues": [{"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": "d"}, {"id": "e"}, {"id": "f"}]}),
            "Trades only at a, b, c, d, e and 1 more.",
        ),
    ] {
        assert_eq!(sentence(name, rules), expected);
    }
}

#[test]
fn every_type_reads_what_it_writes() {
    for (name, rules, _) in samples() {
        let network = network_of(name);
        let read = parse(name, &rules, network).expect(name);
        assert_eq!(read.policy_type().as_str(), name);
        assert_eq!(parse(name, &read.to_json(), network).expect(name), read);
        // Dollars are written with two decimals, so compare numbers as numbers.
        let written: Value = serde_json::from_str(&read.to_json().to_string()).expect("json");
        assert_eq!(written, rules, "{name}");
    }
}

#[test]
fn every_type_refuses_nonsense_and_unknown_fields() {
    for (name, rules, bad) in samples() {
        let network = network_of(name);
        assert!(!refusal(name, &bad, network).is_empty());
        for shape in [json!(null), json!([]), json!("x"), json!(1)] {
            assert!(refusal(name, &shape, network).starts_with("rules: "), "{name}: {shape}");
        }
        let mut extra = rules;
        extra["surprise"] = json!(1);
        assert!(refusal(name, &extra, network).contains("surprise"), "{name}");
    }
}

#[test]
fn a_contract_of_an_evm_network_is_named_by_rows_of_that_network_alone() {
    for (name, rules, _) in samples() {
        let Some(network) = network_of(name) else { continue };
        assert!(parse(name, &rules, Some(network)).is_ok(), "{name}");
        assert!(parse(name, &rules, Some("optimism-mainnet")).is_ok(), "{name}");
        assert!(refusal(name, &rules, None).contains("name the policy's network"), "{name}");
        assert!(refusal(name, &rules, Some("solana-devnet")).contains("does not belong to solana"), "{name}");
    }
}
