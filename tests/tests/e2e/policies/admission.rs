//! Rows that are refused as policies: unknown types, rules that do not make sense, and a second row for the
//! same scope. No node is needed for any of it.

use anyhow::{Context as _, Result};
use e2e::Api;
use serde_json::{Value, json};

use crate::world::daemon_without_nodes;

async fn wallet(operator: &Api, name: &str) -> Result<String> {
    let body = json!({ "name": name, "chain": "solana", "environment": "local" });
    let made = operator.post("/v1/wallets", body).await?.expect(201)?;
    Ok(made["id"].as_str().context("an id")?.to_owned())
}

async fn count(operator: &Api) -> Result<usize> {
    let listed = operator.get("/v1/policies?limit=200").await?.expect(200)?;
    Ok(listed["data"].as_array().context("data")?.len())
}

#[tokio::test]
async fn unknown_types_are_refused() -> Result<()> {
    let daemon = daemon_without_nodes()?;
    let operator = daemon.operator();
    for policy_type in ["SPENDING_LIMITS", "spending_limit", " ", "ALLOW_ALL"] {
        let body = json!({ "type": policy_type, "rules": { "instant_max_usd": 1 } });
        let refused = operator.post("/v1/policies", body).await?.expect(400)?;
        assert_eq!(refused["code"], "POLICY_TYPE_UNKNOWN", "{policy_type}");
        let hint = refused["hint"].as_str().context("a hint")?;
        assert!(hint.contains("SPENDING_LIMIT") && hint.contains("VENUE_WHITELIST"), "{hint}");
    }
    assert_eq!(count(&operator).await?, 0);
    Ok(())
}

/// Rules that are refused, and the words that the message must contain.
fn bad_rules() -> Vec<(&'static str, Value, &'static str)> {
    let limit = |value: Value| ("SPENDING_LIMIT", value);
    let token_limit = |key: &str, entry: Value| limit(json!({ "token_limits": { key: entry } }));
    let figures = json!({ "instant_max": "1", "notify_max": "2", "delay_max": "3" });
    let mut bad = vec![
        (limit(json!({})), "rules"),
        (limit(json!({ "daily_limit_usd": 5 })), "token_limits"),
        (limit(json!({ "instant_max_usd": 1, "instantMaxUsd": 2 })), "instantMaxUsd"),
        (limit(json!({ "instant_max_usd": -1 })), "rules.instant_max_usd"),
        (limit(json!({ "instant_max_usd": 0.0000001 })), "rules.instant_max_usd"),
        (limit(json!({ "instant_max_usd": "ten" })), "rules.instant_max_usd"),
        (limit(json!({ "instant_max_usd": 1, "daily_limit_usd": -0.5 })), "rules.daily_limit_usd"),
        (limit(json!({ "instant_max_usd": 1, "daily_limit_usd": 0 })), "rules.daily_limit_usd"),
        (limit(json!({ "instant_max_usd": 1, "monthly_limit_usd": 0 })), "rules.monthly_limit_usd"),
        (limit(json!({ "instant_max_usd": 1_000_000_001_u64 })), "rules.instant_max_usd"),
        (limit(json!({ "instant_max_usd": 2, "notify_max_usd": 1 })), "rules.instant_max_usd"),
        (limit(json!({ "notify_max_usd": 2, "delay_max_usd": 1.999999 })), "rules.notify_max_usd"),
        (limit(json!({ "instant_max": "2", "delay_max": "1" })), "rules.instant_max"),
        (limit(json!({ "instant_max": 1 })), "rules.instant_max"),
        (limit(json!({ "instant_max": "1.5" })), "rules.instant_max"),
        (limit(json!({ "instant_max": "-1" })), "rules.instant_max"),
        (limit(json!({ "instant_max_usd": 1, "delay_seconds": 59 })), "rules.delay_seconds"),
        (limit(json!({ "instant_max_usd": 1, "delay_seconds": 60.5 })), "rules.delay_seconds"),
        (limit(json!({ "instant_max_usd": 1, "approval_timeout": 299 })), "rules.approval_timeout"),
        (limit(json!({ "instant_max_usd": 1, "approval_timeout": 86_401 })), "rules.approval_timeout"),
        (token_limit("USDC", figures.clone()), "rules.token_limits"),
        (token_limit("native", figures.clone()), "rules.token_limits.native"),
        (
            token_limit("eip155:424242/slip44:60", figures.clone()),
            "rules.token_limits.eip155:424242/slip44:60",
        ),
        (token_limit("native:solana", json!({ "instant_max": "1" })), "notify_max"),
        (
            token_limit("native:solana", json!({ "instant_max": "3", "notify_max": "2", "delay_max": "3" })),
            "rules.token_limits.native:solana.instant_max",
        ),
        (
            token_limit("native:solana", json!({ "instant_max": 1, "notify_max": "2", "delay_max": "3" })),
            "rules.token_limits",
        ),
    ];
    bad.extend([
        (("WHITELIST", json!({ "allowed_addresses": [] })), "rules.allowed_addresses"),
        (("WHITELIST", json!({ "allowed_addresses": ["not-an-address"] })), "rules.allowed_addresses[0]"),
        (
            // The checksum is of another address.
            ("WHITELIST", json!({ "allowed_addresses": ["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"] })),
            "rules.allowed_addresses[0]",
        ),
        (("TIME_RESTRICTION", json!({})), "allowed_hours"),
        (
            ("TIME_RESTRICTION", json!({ "allowed_hours": { "start": 24, "end": 1 } })),
            "rules.allowed_hours.start",
        ),
        (
            ("TIME_RESTRICTION", json!({ "allowed_hours": { "start": 0, "end": 25 } })),
            "rules.allowed_hours.end",
        ),
        (
            ("TIME_RESTRICTION", json!({ "allowed_hours": { "start": 9, "end": 9 } })),
            "rules.allowed_hours.end",
        ),
        (("TIME_RESTRICTION", json!({ "allowed_days": [] })), "rules.allowed_days"),
        (("TIME_RESTRICTION", json!({ "allowed_days": [7] })), "rules.allowed_days"),
        (("TIME_RESTRICTION", json!({ "allowed_days": [1], "timezone": "Europe/Paris" })), "rules.timezone"),
        (("RATE_LIMIT", json!({ "max_requests": 0, "window_seconds": 1 })), "rules.max_requests"),
        (("RATE_LIMIT", json!({ "max_requests": 1, "window_seconds": 0 })), "rules.window_seconds"),
        (("RATE_LIMIT", json!({ "max_requests": 1 })), "window_seconds"),
        (("RATE_LIMIT", json!({ "max_requests": -1, "window_seconds": 1 })), "rules.max_requests"),
        (("ALLOWED_TOKENS", json!({ "tokens": [] })), "rules.tokens"),
        (("ALLOWED_TOKENS", json!({ "tokens": [{ "symbol": "USDC" }] })), "address"),
        (
            ("ALLOWED_TOKENS", json!({ "tokens": [{ "address": USDC, "chain": "ethereum" }] })),
            "rules.tokens[0].address",
        ),
        (("ALLOWED_TOKENS", json!({ "tokens": [{ "address": USDC, "asset_id": "x" }] })), "asset_id"),
        (("ALLOWED_NETWORKS", json!({ "networks": [] })), "rules.networks"),
        (("ALLOWED_NETWORKS", json!({ "networks": [{ "network": "moon" }] })), "rules.networks[0].network"),
        (("CONTRACT_WHITELIST", json!({ "contracts": [] })), "rules.contracts"),
        (("CONTRACT_WHITELIST", json!({ "contracts": [{ "address": EVM }] })), "name the policy's network"),
        (
            ("METHOD_WHITELIST", json!({ "methods": [{ "contractAddress": USDC, "selectors": [] }] })),
            "rules.methods[0].selectors",
        ),
        (
            ("APPROVED_SPENDERS", json!({ "spenders": [{ "address": USDC, "maxAmount": "-1" }] })),
            "rules.spenders[0].maxAmount",
        ),
        (("APPROVE_AMOUNT_LIMIT", json!({ "maxAmount": 7 })), "rules.maxAmount"),
        (("APPROVE_TIER_OVERRIDE", json!({ "tier": "SOON" })), "rules.tier"),
        (("X402_ALLOWED_DOMAINS", json!({ "domains": ["*"] })), "rules.domains[0]"),
        (("LENDING_LTV_LIMIT", json!({ "maxLtv": 1.01, "warningLtv": 0.5 })), "rules.maxLtv"),
        (("LENDING_ASSET_WHITELIST", json!({ "assets": [] })), "rules.assets"),
        (("PERP_MAX_LEVERAGE", json!({ "maxLeverage": 5, "warningLeverage": 6 })), "rules.warningLeverage"),
        (("PERP_MAX_POSITION_USD", json!({ "maxPositionUsd": 0 })), "rules.maxPositionUsd"),
        (("PERP_ALLOWED_MARKETS", json!({ "markets": [{ "market": "" }] })), "rules.markets[0].market"),
        (("REPUTATION_THRESHOLD", json!({ "min_score": 101 })), "rules.min_score"),
        (("ERC8128_ALLOWED_DOMAINS", json!({ "domains": [] })), "rules.domains"),
        (("VENUE_WHITELIST", json!({ "venues": [] })), "rules.venues"),
        (
            ("ACTION_CATEGORY_LIMIT", json!({ "category": "gambling", "daily_limit_usd": 1 })),
            "rules.category",
        ),
    ]);
    bad.into_iter().map(|((policy_type, rules), field)| (policy_type, rules, field)).collect()
}

const EVM: &str = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
const USDC: &str = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";

/// Valid rules of each type, in the form they are kept in.
fn good_rules() -> [(&'static str, Value); 21] {
    [
        ("SPENDING_LIMIT", json!({ "instant_max_usd": 1.0, "delay_seconds": 60 })),
        ("WHITELIST", json!({ "allowed_addresses": [USDC] })),
        ("TIME_RESTRICTION", json!({ "allowed_days": [0, 6] })),
        ("RATE_LIMIT", json!({ "max_requests": 1, "window_seconds": 1 })),
        ("ALLOWED_TOKENS", json!({ "tokens": [{ "address": USDC }] })),
        ("CONTRACT_WHITELIST", json!({ "contracts": [{ "address": USDC }] })),
        ("METHOD_WHITELIST", json!({ "methods": [{ "contractAddress": USDC, "selectors": ["0x01"] }] })),
        ("APPROVED_SPENDERS", json!({ "spenders": [{ "address": USDC, "maxAmount": "5" }] })),
        ("APPROVE_AMOUNT_LIMIT", json!({ "maxAmount": "5", "blockUnlimited": true })),
        ("APPROVE_TIER_OVERRIDE", json!({ "tier": "APPROVAL" })),
        ("ALLOWED_NETWORKS", json!({ "networks": [{ "network": "solana-localnet" }] })),
        ("X402_ALLOWED_DOMAINS", json!({ "domains": ["*.example.com"] })),
        ("LENDING_LTV_LIMIT", json!({ "maxLtv": 0.75, "warningLtv": 0.5 })),
        ("LENDING_ASSET_WHITELIST", json!({ "assets": [{ "address": USDC }] })),
        ("PERP_MAX_LEVERAGE", json!({ "maxLeverage": 5.5 })),
        ("PERP_MAX_POSITION_USD", json!({ "maxPositionUsd": 1000.5 })),
        ("PERP_ALLOWED_MARKETS", json!({ "markets": [{ "market": "SOL-PERP" }] })),
        (
            "REPUTATION_THRESHOLD",
            json!({
                "min_score": 50, "below_threshold_tier": "APPROVAL", "unrated_tier": "DELAY",
                "check_counterparty": true,
            }),
        ),
        ("ERC8128_ALLOWED_DOMAINS", json!({ "domains": ["example.com"], "rate_limit_rpm": 5 })),
        ("VENUE_WHITELIST", json!({ "venues": [{ "id": "drift" }] })),
        (
            "ACTION_CATEGORY_LIMIT",
            json!({ "category": "swap", "daily_limit_usd": 10.5, "tier_on_exceed": "APPROVAL" }),
        ),
    ]
}

#[tokio::test]
async fn bad_rules_are_refused_by_field_when_created_and_when_changed() -> Result<()> {
    let daemon = daemon_without_nodes()?;
    let operator = daemon.operator();
    let mut rows = std::collections::BTreeMap::new();
    for (policy_type, rules) in good_rules() {
        let body = json!({ "type": policy_type, "rules": rules });
        let made = operator.post("/v1/policies", body).await?.expect(201)?;
        assert_eq!(made["rules"], rules);
        rows.insert(policy_type, (format!("/v1/policies/{}", made["id"].as_str().context("an id")?), made));
    }
    let wallet = wallet(&operator, "w").await?;
    for (policy_type, rules, field) in bad_rules() {
        let body = json!({ "walletId": wallet, "type": policy_type, "rules": rules });
        let (path, before) = &rows[policy_type];
        let refusals = [
            operator.post("/v1/policies", body).await?,
            operator.put(path, json!({ "rules": rules })).await?,
        ];
        for refused in refusals {
            let refused = refused.expect(400)?;
            assert_eq!(refused["code"], "POLICY_RULES_INVALID", "{policy_type} {rules}");
            let message = refused["message"].as_str().context("a message")?;
            assert!(message.contains(field), "{field} is not named: {message}");
        }
        assert_eq!(&operator.get(path).await?.expect(200)?, before, "a refused update changes nothing");
    }
    assert_eq!(count(&operator).await?, good_rules().len());
    Ok(())
}

#[tokio::test]
async fn a_body_with_a_stray_field_is_not_a_policy() -> Result<()> {
    let daemon = daemon_without_nodes()?;
    let operator = daemon.operator();
    let rules = json!({ "instant_max_usd": 1 });
    for (body, path) in [
        (json!({ "wallet_id": null, "type": "SPENDING_LIMIT", "rules": rules }), "wallet_id"),
        (json!({ "type": "SPENDING_LIMIT", "rules": [1] }), "rules"),
        (json!({ "type": "SPENDING_LIMIT" }), "rules"),
        (json!({ "rules": rules }), "type"),
        (json!({ "type": "SPENDING_LIMIT", "rules": rules, "enabled": "yes" }), "enabled"),
    ] {
        let refused = operator.post("/v1/policies", body.clone()).await?.expect(400)?;
        assert_eq!(refused["code"], "ACTION_VALIDATION_FAILED", "{body}");
        assert!(refused["details"]["issues"].to_string().contains(path), "{path} is not named: {refused}");
    }
    let body = json!({ "type": "SPENDING_LIMIT", "rules": rules, "network": "moon" });
    assert_eq!(operator.post("/v1/policies", body).await?.refused(400)?, "NETWORK_NOT_FOUND");
    let missing = "018f3a4e-0000-7000-8000-000000000001";
    let body = json!({ "type": "SPENDING_LIMIT", "rules": rules, "walletId": missing });
    assert_eq!(operator.post("/v1/policies", body).await?.refused(404)?, "WALLET_NOT_FOUND");
    assert_eq!(count(&operator).await?, 0);
    Ok(())
}

#[tokio::test]
async fn one_row_for_each_type_and_scope() -> Result<()> {
    let daemon = daemon_without_nodes()?;
    let operator = daemon.operator();
    let (first, second) = (wallet(&operator, "first").await?, wallet(&operator, "second").await?);
    let scopes = [
        (None, None),
        (None, Some("solana-localnet")),
        (Some(&first), None),
        (Some(&first), Some("solana-localnet")),
        (Some(&first), Some("solana-devnet")),
        (Some(&second), None),
    ];
    for (policy_type, rules) in good_rules() {
        for (wallet, network) in &scopes {
            let body = json!({ "walletId": wallet, "network": network, "type": policy_type, "rules": rules });
            let made = operator.post("/v1/policies", body.clone()).await?.expect(201)?;
            assert_eq!((&made["walletId"], &made["network"]), (&body["walletId"], &body["network"]));
            let again = operator.post("/v1/policies", body.clone()).await?;
            assert_eq!(again.refused(409)?, "POLICY_ALREADY_EXISTS", "{body}");
            let mut asleep = body;
            asleep["enabled"] = json!(false);
            let again = operator.post("/v1/policies", asleep).await?;
            assert_eq!(again.refused(409)?, "POLICY_ALREADY_EXISTS", "a disabled row is a row");
        }
    }
    assert_eq!(count(&operator).await?, good_rules().len() * scopes.len());
    // A network by its other name is the same scope.
    let body = json!({
        "walletId": first, "network": "solana:localnet", "type": "RATE_LIMIT",
        "rules": { "max_requests": 1, "window_seconds": 1 },
    });
    assert_eq!(operator.post("/v1/policies", body.clone()).await?.refused(409)?, "POLICY_ALREADY_EXISTS");
    // A deleted row makes room.
    let listed = operator.get(&format!("/v1/policies?walletId={first}&limit=200")).await?.expect(200)?;
    let rows = listed["data"].as_array().context("data")?;
    let row = rows.iter().find(|row| {
        row["type"] == "RATE_LIMIT" && row["walletId"] == json!(first) && row["network"] == "solana-localnet"
    });
    let id = row.and_then(|row| row["id"].as_str()).context("the row")?;
    operator.delete(&format!("/v1/policies/{id}")).await?.expect(200)?;
    operator.post("/v1/policies", body).await?.expect(201)?;
    Ok(())
}
