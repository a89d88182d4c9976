//! Arbitrary effects, facts and policies. Small pools of addresses and assets, so that rules and
//! effects meet often; amounts crowd around the limits and at the ends of the range.

use std::collections::BTreeMap;

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::ids::PolicyId;
use waiaas_core::money::{Price, Usd, format_units};
use waiaas_core::network::{NetworkId, Networks};
use waiaas_core::policy::{AssetFacts, Facts, Ledger, Policy, PriceFact, Rules, Scope};
use waiaas_core::wallet::OwnerState;

use crate::world::{account, parse, wallet};

pub(crate) const NETWORK: &str = "solana-devnet";

fn caip2() -> std::sync::Arc<str> {
    Networks::builtin().find(NETWORK).expect("network").caip2.clone()
}

pub(crate) fn native() -> AssetId {
    Networks::builtin().find(NETWORK).expect("network").native()
}

fn token(byte: u8) -> AssetId {
    AssetId::token(&caip2(), account(byte))
}

fn assets() -> Vec<AssetId> {
    vec![native(), token(50), token(51)]
}

pub(crate) fn amount() -> impl Strategy<Value = U256> {
    prop_oneof![
        6 => (0u64..1_000).prop_map(U256::from),
        3 => (0u64..3_000_000_000).prop_map(U256::from),
        1 => any::<[u64; 4]>().prop_map(U256::from_limbs),
        1 => Just(U256::MAX),
    ]
}

pub(crate) fn known_effect() -> impl Strategy<Value = Effect> {
    let to = || (8u8..11).prop_map(account);
    prop_oneof![
        3 => (to(), amount()).prop_map(|(to, amount)| Effect::NativeOut { to, amount }),
        2 => (50u8..52, to(), amount()).prop_map(|(t, to, amount)| Effect::TokenOut { asset: token(t), to, amount }),
        1 => (to(), amount())
            .prop_map(|(owner, amount)| Effect::AccountRent { owner, account: account(99), amount }),
        2 => amount().prop_map(|max| Effect::NetworkFee { max }),
    ]
}

pub(crate) fn unknown_effect() -> impl Strategy<Value = Effect> {
    (option::of(8u8..11), ".{0,20}")
        .prop_map(|(target, what)| Effect::Unknown { target: target.map(account), what })
}

pub(crate) fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![12 => known_effect(), 1 => unknown_effect()]
}

pub(crate) fn effects(items: Vec<Effect>) -> Effects {
    Effects { network: NetworkId::new(NETWORK), native: native(), from: account(1), items }
}

fn price() -> impl Strategy<Value = PriceFact> {
    prop_oneof![
        8 => (1u128..1_000_000_000_000_000).prop_map(|picos| PriceFact::Known(Price::from_picos(picos))),
        1 => any::<u128>().prop_map(|picos| PriceFact::Known(Price::from_picos(picos))),
        1 => Just(PriceFact::Unlisted),
        1 => Just(PriceFact::Unusable),
    ]
}

fn asset_facts() -> impl Strategy<Value = AssetFacts> {
    let decimals = prop_oneof![9 => 0u8..=36, 1 => any::<u8>()];
    (decimals, price()).prop_map(|(decimals, price)| AssetFacts { symbol: "X".to_owned(), decimals, price })
}

fn ledger() -> impl Strategy<Value = Ledger> {
    let usd = || prop_oneof![4 => 0u64..2_000_000_000, 1 => any::<u64>()].prop_map(Usd::from_micros);
    let counted = || vec(amount(), 0..=3).prop_map(|amounts| assets().into_iter().zip(amounts).collect());
    let requests = || prop_oneof![6 => 0u64..4, 1 => any::<u64>()];
    let window = || option::weighted(0.9, requests());
    (usd(), usd(), counted(), counted(), window(), window()).prop_map(
        |(usd_day, usd_month, day, month, a, b)| {
            let requests = [(60, a), (3_600, b)];
            let requests =
                requests.into_iter().filter_map(|(window, count)| Some((window, count?))).collect();
            Ledger { usd_day, usd_month, asset_day: day, asset_month: month, requests }
        },
    )
}

pub(crate) fn facts() -> impl Strategy<Value = Facts> {
    let owner = select(vec![OwnerState::None, OwnerState::Grace, OwnerState::Locked, OwnerState::Locked]);
    let now = prop_oneof![4 => 1_780_000_000i64..1_781_000_000, 1 => any::<i64>()];
    let known = vec(option::weighted(0.95, asset_facts()), 3);
    (now, owner, known, ledger(), 300u32..86_400).prop_map(|(now, owner, known, ledger, timeout)| {
        let known = assets().into_iter().zip(known).filter_map(|(asset, facts)| Some((asset, facts?)));
        let assets: BTreeMap<_, _> = known.collect();
        Facts { now, owner, assets, ledger, default_approval_timeout: timeout }
    })
}

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
        ["native:solana".to_owned(), native().to_string(), token(50).to_string(), token(51).to_string()];
    let tokens = vec(option::weighted(0.3, token_limit()), 4);
    let usd = steps(0u64..2_000_000_000);
    let raw = steps(prop_oneof![0u64..1_500, 0u64..4_000_000_000]);
    let window = || option::weighted(0.4, 1u64..4_000_000_000);
    let timing = (option::of(60u32..10_000), option::of(300u32..=86_400));
    (usd, option::weighted(0.4, raw), tokens, window(), window(), timing).prop_filter_map(
        "no limit at all",
        move |(usd, raw, tokens, daily, monthly, (delay, timeout))| {
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

pub(crate) fn rules() -> impl Strategy<Value = Rules> {
    let read = |name: &'static str| move |rules: Value| parse(name, &rules, None).expect("generated rules");
    let recipients = btree_set(8u8..11, 1..=3)
        .prop_map(|set| json!({"allowed_addresses": set.into_iter().map(account).collect::<Vec<_>>()}));
    let tokens = btree_set(50u8..52, 1..=2).prop_map(
        |set| json!({"tokens": set.into_iter().map(|t| json!({"address": account(t)})).collect::<Vec<_>>()}),
    );
    let networks = btree_set(select(vec![NETWORK, "solana-mainnet", "base-mainnet"]), 1..=3).prop_map(
        |set| json!({"networks": set.into_iter().map(|n| json!({"network": n})).collect::<Vec<_>>()}),
    );
    let rate = (1u32..6, select(vec![60u32, 3_600]))
        .prop_map(|(max, window)| json!({"max_requests": max, "window_seconds": window}));
    prop_oneof![
        12 => spending_limit().prop_map(read("SPENDING_LIMIT")),
        2 => recipients.prop_map(read("WHITELIST")),
        3 => tokens.prop_map(read("ALLOWED_TOKENS")),
        1 => networks.prop_map(read("ALLOWED_NETWORKS")),
        1 => rate.prop_map(read("RATE_LIMIT")),
        1 => time_restriction().prop_map(read("TIME_RESTRICTION")),
        1 => Just(json!({"venues": [{"id": "x"}]})).prop_map(read("VENUE_WHITELIST")),
    ]
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

/// Rows that let something through often enough to be worth testing: a generous limit and a token
/// list may be among them.
pub(crate) fn rows() -> impl Strategy<Value = Vec<Policy>> {
    let generous = json!({"instant_max_usd": 900_000_000, "daily_limit_usd": 950_000_000});
    let tokens = json!({"tokens": [{"address": account(50)}, {"address": account(51)}]});
    let base = [("SPENDING_LIMIT", generous), ("ALLOWED_TOKENS", tokens)].map(|(name, rules)| Policy {
        id: PolicyId::new(Uuid::from_u128(u128::from(name.len() as u64))),
        scope: Scope { wallet: None, network: None },
        priority: 0,
        rules: parse(name, &rules, None).expect("rules"),
    });
    (vec(row(), 0..4), any::<bool>()).prop_map(move |(mut rows, with_base)| {
        if with_base {
            rows.extend(base.clone());
        }
        rows
    })
}
