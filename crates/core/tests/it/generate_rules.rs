//! Arbitrary rows of every type, over the same pools as the effects and facts of [`crate::generate`].

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::ids::PolicyId;
use waiaas_core::money::{Usd, format_units};
use waiaas_core::network::NetworkId;
use waiaas_core::policy::{Policy, Rules, Scope, Tier};

use crate::generate::{CATEGORIES, DOMAINS, MARKETS, NETWORK, VENUES, native, selector, token};
use crate::world::{evm, parse, wallet};

/// Three figures in ascending order, of which some may be missing.
fn steps(figure: impl Strategy<Value = u64> + Clone) -> impl Strategy<Value = [Option<u64>; 3]> {
    (vec(figure, 3), [any::<bool>(), any::<bool>(), any::<bool>()]).prop_map(|(mut figures, given)| {
        figures.sort_unstable();
        std::array::from_fn(|i| given[i].then(|| figures[i]))
    })
}

const STEPS: [&str; 3] = ["instant_max", "notify_max", "delay_max"];

fn token_limit() -> impl Strategy<Value = Value> {
    let window = || option::of(0u64..5_000);
    (vec(0u64..2_000, 3), 0u8..4, window(), window()).prop_map(|(mut max, scale, daily, monthly)| {
        max.sort_unstable();
        let text = |figure: u64| Value::from(format_units(U256::from(figure), scale));
        let mut limit: Map<_, _> =
            STEPS.iter().zip(max).map(|(key, max)| ((*key).to_owned(), text(max))).collect();
        for (key, window) in [("daily_max", daily), ("monthly_max", monthly)] {
            if let Some(window) = window {
                limit.insert(key.to_owned(), text(window));
            }
        }
        Value::Object(limit)
    })
}

fn spending_limit() -> impl Strategy<Value = Value> {
    let keys =
        ["native:ethereum".to_owned(), native().to_string(), token(50).to_string(), token(51).to_string()];
    let tokens = vec(option::weighted(0.3, token_limit()), 4);
    let usd = steps(0u64..2_000_000_000);
    let raw = steps(prop_oneof![0u64..1_500, 0u64..4_000_000_000]);
    let window = || option::weighted(0.4, 1u64..4_000_000_000);
    let slippage = option::weighted(0.3, 0u64..=10_000);
    let timing = (option::of(60u32..10_000), option::of(300u32..=86_400), slippage);
    (usd, option::weighted(0.4, raw), tokens, window(), window(), timing).prop_filter_map(
        "no limit at all",
        move |(usd, raw, tokens, daily, monthly, (delay, timeout, slippage))| {
            let mut rules = Map::new();
            for (key, figure) in STEPS.iter().zip(usd) {
                figure.map(|micros| rules.insert(format!("{key}_usd"), json!(Usd::from_micros(micros))));
            }
            for (key, figure) in STEPS.iter().zip(raw.unwrap_or_default()) {
                figure.map(|units| rules.insert((*key).to_owned(), json!(units.to_string())));
            }
            let tokens = keys.iter().zip(tokens).filter_map(|(key, limit)| Some((key.clone(), limit?)));
            let tokens: Map<_, _> = tokens.collect();
            if !tokens.is_empty() {
                rules.insert("token_limits".to_owned(), Value::Object(tokens));
            }
            if rules.is_empty() {
                return None;
            }
            for (key, window) in [("daily_limit_usd", daily), ("monthly_limit_usd", monthly)] {
                window.map(|micros| rules.insert(key.to_owned(), json!(Usd::from_micros(micros))));
            }
            delay.map(|seconds| rules.insert("delay_seconds".to_owned(), json!(seconds)));
            timeout.map(|seconds| rules.insert("approval_timeout".to_owned(), json!(seconds)));
            let percent = slippage.map(|hundredths| Usd::from_micros(hundredths * 10_000));
            percent.map(|percent| rules.insert("max_slippage_percent".to_owned(), json!(percent)));
            Some(Value::Object(rules))
        },
    )
}

fn time_restriction() -> impl Strategy<Value = Value> {
    let hours =
        option::of((0u8..24, 1u8..=24)).prop_filter("empty hours", |hours| hours.is_none_or(|(s, e)| s != e));
    let days = option::of(btree_set(0u8..7, 1..=7));
    let zone = option::of(select(vec!["UTC", "+05:30", "-11:00", "+14:00"]));
    (hours, days, zone).prop_filter_map("no restriction", |(hours, days, zone)| {
        let mut rules = Map::new();
        hours.map(|(start, end)| {
            rules.insert("allowed_hours".to_owned(), json!({"start": start, "end": end}))
        });
        days.map(|days| rules.insert("allowed_days".to_owned(), json!(days)));
        if rules.is_empty() {
            return None;
        }
        zone.map(|zone| rules.insert("timezone".to_owned(), json!(zone)));
        Some(Value::Object(rules))
    })
}

fn addresses(range: std::ops::Range<u8>) -> impl Strategy<Value = Vec<Address>> {
    let most = range.len();
    btree_set(range, 1..=most).prop_map(|set| set.into_iter().map(evm).collect())
}

/// Rows of the types that name addresses.
fn lists_of_addresses() -> impl Strategy<Value = (&'static str, Value)> {
    let entries = |key: &'static str, found: Vec<Address>| {
        let entries: Vec<_> = found.into_iter().map(|address| json!({"address": address})).collect();
        json!({ key: entries })
    };
    let spender = (any::<bool>(), 0u64..3_000).prop_map(|(capped, max)| capped.then_some(max));
    let spenders = (addresses(8..11), vec(spender, 3)).prop_map(|(found, caps)| {
        let entries = found.into_iter().zip(caps).map(|(address, cap)| match cap {
            Some(max) => json!({"address": address, "maxAmount": max.to_string()}),
            None => json!({"address": address}),
        });
        json!({"spenders": entries.collect::<Vec<_>>()})
    });
    let selectors = || btree_set(selector(), 1..=3);
    let methods = (addresses(5..7), selectors(), selectors()).prop_map(|(found, first, second)| {
        let entries = found.into_iter().zip([first, second]);
        let entries = entries.map(|(address, found)| json!({"contractAddress": address, "selectors": found}));
        json!({"methods": entries.collect::<Vec<_>>()})
    });
    prop_oneof![
        2 => addresses(5..11).prop_map(|found| ("WHITELIST", json!({"allowed_addresses": found}))),
        2 => addresses(50..52).prop_map(move |found| ("ALLOWED_TOKENS", entries("tokens", found))),
        2 => addresses(5..7).prop_map(move |found| ("CONTRACT_WHITELIST", entries("contracts", found))),
        3 => methods.prop_map(|rules| ("METHOD_WHITELIST", rules)),
        2 => spenders.prop_map(|rules| ("APPROVED_SPENDERS", rules)),
        1 => addresses(50..52).prop_map(move |found| ("LENDING_ASSET_WHITELIST", entries("assets", found))),
    ]
}

fn tier() -> impl Strategy<Value = Tier> {
    select(Tier::ALL.to_vec())
}

/// Rows of the types that name something else, or a figure.
fn figures_and_names() -> impl Strategy<Value = (&'static str, Value)> {
    let networks = btree_set(select(vec![NETWORK, "solana-mainnet", "optimism-mainnet"]), 1..=3).prop_map(
        |set| json!({"networks": set.into_iter().map(|n| json!({"network": n})).collect::<Vec<_>>()}),
    );
    let rate = (1u32..6, select(vec![60u32, 3_600]))
        .prop_map(|(max, window)| json!({"max_requests": max, "window_seconds": window}));
    let amount = (option::of(0u64..3_000), any::<bool>()).prop_map(|(max, block)| {
        let mut rules = json!({"blockUnlimited": block});
        if let Some(max) = max {
            rules["maxAmount"] = json!(max.to_string());
        }
        rules
    });
    let domains = || {
        let pool =
            vec!["example.com", "a.example.com", "b.a.example.com", "*.example.com", "*.a.example.com"];
        btree_set(select(pool), 1..=4)
    };
    let messages = (domains(), option::of(1u32..8)).prop_map(|(domains, rpm)| {
        let mut rules = json!({"domains": domains});
        if let Some(rpm) = rpm {
            rules["rate_limit_rpm"] = json!(rpm);
        }
        rules
    });
    let reputation = (0u8..=100, tier(), tier(), option::of(select(vec!["a", "b"])), any::<bool>()).prop_map(
        |(min_score, below, unrated, tag, check)| {
            let mut rules = json!({
                "min_score": min_score, "below_threshold_tier": below, "unrated_tier": unrated,
                "check_counterparty": check,
            });
            if let Some(tag) = tag {
                rules["tag1"] = json!(tag);
            }
            rules
        },
    );
    prop_oneof![
        1 => networks.prop_map(|rules| ("ALLOWED_NETWORKS", rules)),
        1 => rate.prop_map(|rules| ("RATE_LIMIT", rules)),
        1 => time_restriction().prop_map(|rules| ("TIME_RESTRICTION", rules)),
        2 => amount.prop_map(|rules| ("APPROVE_AMOUNT_LIMIT", rules)),
        1 => tier().prop_map(|tier| ("APPROVE_TIER_OVERRIDE", json!({"tier": tier}))),
        1 => domains().prop_map(|domains| ("X402_ALLOWED_DOMAINS", json!({"domains": domains}))),
        1 => messages.prop_map(|rules| ("ERC8128_ALLOWED_DOMAINS", rules)),
        1 => reputation.prop_map(|rules| ("REPUTATION_THRESHOLD", rules)),
    ]
}

/// Rows of the types that judge actions.
fn for_actions() -> impl Strategy<Value = (&'static str, Value)> {
    let two = |most: u64| (0..=most, 1..=most).prop_map(|(a, b)| (a.min(b), a.max(b)));
    let millionths = |figure: u64| json!(Usd::from_micros(figure));
    let ltv = two(1_000_000)
        .prop_map(move |(low, high)| json!({"warningLtv": millionths(low), "maxLtv": millionths(high)}));
    let warned = |warning: &'static str, max: &'static str, most| {
        (two(most), any::<bool>()).prop_map(move |((low, high), with_warning)| {
            let mut rules = json!({ max: millionths(high) });
            if with_warning {
                rules[warning] = millionths(low);
            }
            rules
        })
    };
    let named = |pool: [&'static str; 2], list: &'static str, key: &'static str| {
        btree_set(select(pool.to_vec()), 1..=2).prop_map(
            move |set| json!({ list: set.into_iter().map(|name| json!({ key: name })).collect::<Vec<_>>() }),
        )
    };
    let limit = || option::of(1u64..2_000_000_000);
    let category = (select(CATEGORIES.to_vec()), [limit(), limit(), limit()], tier()).prop_filter_map(
        "no limit",
        |(category, limits, tier)| {
            let mut rules = json!({"category": category, "tier_on_exceed": tier});
            let keys = ["per_action_limit_usd", "daily_limit_usd", "monthly_limit_usd"];
            for (key, limit) in keys.into_iter().zip(limits) {
                if let Some(micros) = limit {
                    rules[key] = json!(Usd::from_micros(micros));
                }
            }
            limits.iter().any(Option::is_some).then_some(rules)
        },
    );
    prop_oneof![
        ltv.prop_map(|rules| ("LENDING_LTV_LIMIT", rules)),
        warned("warningLeverage", "maxLeverage", 30_000_000).prop_map(|rules| ("PERP_MAX_LEVERAGE", rules)),
        warned("warningPositionUsd", "maxPositionUsd", 2_000_000_000)
            .prop_map(|rules| ("PERP_MAX_POSITION_USD", rules)),
        named(MARKETS, "markets", "market").prop_map(|rules| ("PERP_ALLOWED_MARKETS", rules)),
        named(VENUES, "venues", "id").prop_map(|rules| ("VENUE_WHITELIST", rules)),
        category.prop_map(|rules| ("ACTION_CATEGORY_LIMIT", rules)),
    ]
}

/// Rules of any type.
pub(crate) fn rules() -> impl Strategy<Value = Rules> {
    let any = prop_oneof![
        8 => spending_limit().prop_map(|rules| ("SPENDING_LIMIT", rules)),
        6 => lists_of_addresses(),
        5 => figures_and_names(),
        5 => for_actions(),
    ];
    any.prop_map(|(name, rules)| parse(name, &rules, Some(NETWORK)).expect("generated rules"))
}

/// A row whose scope covers the request: global, network, wallet, or both.
pub(crate) fn row() -> impl Strategy<Value = Policy> {
    let scope = (any::<bool>(), any::<bool>()).prop_map(|(of_wallet, of_network)| Scope {
        wallet: of_wallet.then(wallet),
        network: of_network.then(|| NetworkId::new(NETWORK)),
    });
    (any::<u128>(), scope, -2i32..3, rules()).prop_map(|(id, scope, priority, rules)| Policy {
        id: PolicyId::new(Uuid::from_u128(id)),
        scope,
        priority,
        rules,
    })
}

/// A generous row of every type without which something is forbidden. All it allows
/// takes the tier of `threshold`.
fn generous(threshold: &str) -> Vec<Policy> {
    let everyone =
        |bytes: std::ops::Range<u8>| -> Vec<_> { bytes.map(|byte| json!({"address": evm(byte)})).collect() };
    let names =
        |key: &str, names: &[&str]| -> Vec<_> { names.iter().map(|name| json!({ key: name })).collect() };
    let limit = json!({ threshold: 900_000_000, "daily_limit_usd": 950_000_000 });
    let rules = [
        ("SPENDING_LIMIT", limit),
        ("ALLOWED_TOKENS", json!({"tokens": everyone(50..52)})),
        ("CONTRACT_WHITELIST", json!({"contracts": everyone(5..7)})),
        ("APPROVED_SPENDERS", json!({"spenders": everyone(8..11)})),
        ("X402_ALLOWED_DOMAINS", json!({"domains": DOMAINS})),
        ("ERC8128_ALLOWED_DOMAINS", json!({"domains": DOMAINS})),
        ("LENDING_ASSET_WHITELIST", json!({"assets": everyone(50..52)})),
        ("PERP_ALLOWED_MARKETS", json!({"markets": names("market", &MARKETS)})),
    ];
    let rows = rules.iter().zip(1u128..).map(|((name, rules), id)| Policy {
        id: PolicyId::new(Uuid::from_u128(id)),
        scope: Scope { wallet: None, network: Some(NetworkId::new(NETWORK)) },
        priority: 0,
        rules: parse(name, rules, Some(NETWORK)).expect("rules"),
    });
    rows.collect()
}

/// Any rows, among them often the generous ones, or most of them, so that enough is let through to be
/// worth testing.
pub(crate) fn rows() -> impl Strategy<Value = Vec<Policy>> {
    let all = ["instant_max_usd", "notify_max_usd", "delay_max_usd"].map(generous).to_vec();
    let generous =
        (select(all), vec(any::<u8>(), 8), select(vec![0, 0, 40, 255])).prop_map(|(rows, dice, least)| {
            let dealt = rows.into_iter().zip(dice);
            dealt.filter_map(|(row, die)| (die >= least).then_some(row)).collect::<Vec<_>>()
        });
    (vec(row(), 0..4), generous).prop_map(|(mut rows, generous)| {
        rows.extend(generous);
        rows
    })
}
