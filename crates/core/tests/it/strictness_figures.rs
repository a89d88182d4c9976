//! The differences, figure by figure and list by list, that the comparison of two rows has to notice.

use serde_json::{Map, Value, json};
use waiaas_core::policy::{Strictness, compare};

use crate::generate::NETWORK;
use crate::strictness::read;
use crate::world::{account, evm, parse};

/// Rules with every figure, and changes of one figure each that allow less.
fn figures() -> Vec<(&'static str, Value, Vec<Value>)> {
    let token = |figures: [u8; 5]| {
        let keys = ["instant_max", "notify_max", "delay_max", "daily_max", "monthly_max"];
        keys.into_iter()
            .zip(figures)
            .map(|(key, figure)| (key.to_owned(), json!(figure.to_string())))
            .collect()
    };
    let limits = |native: [u8; 5], asset: [u8; 5]| {
        let [native, asset]: [Map<String, Value>; 2] = [token(native), token(asset)];
        json!({"native": native, "eip155:8453/erc20:0x3232323232323232323232323232323232323232": asset})
    };
    let wide = [4, 6, 8, 10, 12];
    let narrower = (0..5).map(|figure| {
        let mut narrow = wide;
        narrow[figure] -= 1;
        narrow
    });
    let by_asset = narrower.flat_map(|narrow| [limits(narrow, wide), limits(wide, narrow)]);
    vec![
        (
            "SPENDING_LIMIT",
            json!({ "token_limits": limits(wide, wide) }),
            by_asset.map(|limits| json!({ "token_limits": limits })).collect(),
        ),
        (
            "SPENDING_LIMIT",
            json!({
                "instant_max": "4", "notify_max": "6", "delay_max": "8",
                "instant_max_usd": 4, "notify_max_usd": 6, "delay_max_usd": 8,
                "daily_limit_usd": 10, "monthly_limit_usd": 12, "delay_seconds": 900, "approval_timeout": 600,
                "max_slippage_percent": 1.5,
            }),
            vec![
                json!({"instant_max": "3"}),
                json!({"notify_max": "5"}),
                json!({"delay_max": "7"}),
                json!({"instant_max_usd": 3}),
                json!({"notify_max_usd": 5}),
                json!({"delay_max_usd": 7}),
                json!({"daily_limit_usd": 9}),
                json!({"monthly_limit_usd": 11}),
                json!({"delay_seconds": 901}),
                json!({"approval_timeout": 599}),
                json!({"max_slippage_percent": 1.49}),
            ],
        ),
        (
            "LENDING_LTV_LIMIT",
            json!({"maxLtv": 0.8, "warningLtv": 0.5}),
            vec![json!({"maxLtv": 0.7}), json!({"warningLtv": 0.4})],
        ),
        (
            "PERP_MAX_LEVERAGE",
            json!({"maxLeverage": 10, "warningLeverage": 5}),
            vec![json!({"maxLeverage": 9}), json!({"warningLeverage": 4})],
        ),
        (
            "PERP_MAX_POSITION_USD",
            json!({"maxPositionUsd": 10, "warningPositionUsd": 5}),
            vec![json!({"maxPositionUsd": 9}), json!({"warningPositionUsd": 4})],
        ),
        (
            "APPROVE_AMOUNT_LIMIT",
            json!({"maxAmount": "10", "blockUnlimited": false}),
            vec![json!({"maxAmount": "9"}), json!({"blockUnlimited": true})],
        ),
        (
            "REPUTATION_THRESHOLD",
            json!({
                "min_score": 50, "below_threshold_tier": "NOTIFY", "unrated_tier": "NOTIFY",
                "check_counterparty": true,
            }),
            vec![
                json!({"min_score": 51}),
                json!({"below_threshold_tier": "DELAY"}),
                json!({"unrated_tier": "DELAY"}),
            ],
        ),
        (
            "ERC8128_ALLOWED_DOMAINS",
            json!({"domains": ["a.b", "c.d"], "rate_limit_rpm": 10}),
            vec![json!({"domains": ["c.d"]}), json!({"rate_limit_rpm": 9})],
        ),
        (
            "ACTION_CATEGORY_LIMIT",
            json!({
                "category": "swap", "per_action_limit_usd": 4, "daily_limit_usd": 6, "monthly_limit_usd": 8,
                "tier_on_exceed": "NOTIFY",
            }),
            vec![
                json!({"per_action_limit_usd": 3}),
                json!({"daily_limit_usd": 5}),
                json!({"monthly_limit_usd": 7}),
                json!({"tier_on_exceed": "DELAY"}),
            ],
        ),
        (
            "APPROVED_SPENDERS",
            json!({"spenders": [{"address": evm(8), "maxAmount": "5"}, {"address": evm(9), "maxAmount": "5"}]}),
            vec![
                json!({"spenders": [{"address": evm(8), "maxAmount": "4"}, {"address": evm(9), "maxAmount": "5"}]}),
                json!({"spenders": [{"address": evm(8), "maxAmount": "5"}, {"address": evm(9), "maxAmount": "4"}]}),
            ],
        ),
    ]
}

#[test]
fn every_figure_counts_by_itself() {
    for (name, base, changes) in figures() {
        let with = |change: &Value| {
            let mut rules = base.clone();
            rules.as_object_mut().expect("rules").extend(change.as_object().expect("change").clone());
            read(name, &rules)
        };
        for (i, change) in changes.iter().enumerate() {
            assert_eq!(compare(&read(name, &base), &with(change)), Strictness::Tighter, "{name}: {change}");
            assert_eq!(compare(&with(change), &read(name, &base)), Strictness::Looser, "{name}: {change}");
            for other in changes.iter().skip(i + 1) {
                let said = compare(&with(change), &with(other));
                assert_eq!(said, Strictness::Incomparable, "{name}: {change} and {other}");
            }
        }
    }
}

#[test]
fn a_list_of_others_is_neither_tighter_nor_looser() {
    let entries =
        |key: &str, field: &str, values: [Value; 2]| values.map(|value| json!({ key: [{ field: value }] }));
    let [here, there] = [json!(evm(5)), json!(evm(6))];
    let addresses = |key: &str| entries(key, "address", [here.clone(), there.clone()]);
    let names = |key: &str, field: &str| entries(key, field, [json!("a"), json!("b")]);
    for (name, [old, new]) in [
        ("ALLOWED_TOKENS", addresses("tokens")),
        ("CONTRACT_WHITELIST", addresses("contracts")),
        ("APPROVED_SPENDERS", addresses("spenders")),
        ("LENDING_ASSET_WHITELIST", addresses("assets")),
        ("VENUE_WHITELIST", names("venues", "id")),
        ("PERP_ALLOWED_MARKETS", names("markets", "market")),
        ("ALLOWED_NETWORKS", entries("networks", "network", [json!(NETWORK), json!("solana-devnet")])),
        (
            "REPUTATION_THRESHOLD",
            ["a", "b"].map(|tag| json!({"min_score": 1, "check_counterparty": true, "tag1": tag})),
        ),
        (
            "REPUTATION_THRESHOLD",
            ["a", "b"].map(|tag| json!({"min_score": 1, "check_counterparty": true, "tag2": tag})),
        ),
    ] {
        assert_eq!(compare(&read(name, &old), &read(name, &new)), Strictness::Incomparable, "{name}");
    }
    // A mint means its token on every network.
    let mint = |byte| {
        let rules = json!({"tokens": [{"address": account(byte)}]});
        parse("ALLOWED_TOKENS", &rules, None).expect("rules")
    };
    assert_eq!(compare(&mint(5), &mint(6)), Strictness::Incomparable);
}
