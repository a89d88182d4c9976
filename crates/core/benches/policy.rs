//! How long a decision takes: with all 21 types in force, with longer lists, with more rows; medians by
//! criterion, and percentiles of single decisions.
#![expect(clippy::expect_used, reason = "a benchmark may fail on its fixture")]
#![expect(clippy::print_stdout, reason = "a benchmark prints what it found")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};
use uuid::Uuid;
use waiaas_core::U256;
use waiaas_core::action::{ActionCategory, ActionFacts, ActionKind, LendingPosition};
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::money::{Price, Usd};
use waiaas_core::network::{NetworkId, Networks};
use waiaas_core::policy::{
    AssetFacts, CategorySums, Facts, Ledger, Policy, PolicySet, PolicyType, PriceFact, Purpose, Reputation,
    Rules, Scope, Tier, Verdict, evaluate,
};
use waiaas_core::selector::Selector;
use waiaas_core::wallet::OwnerState;
use waiaas_core::witness::{Unwitnessed, WitnessFact};

const SIZES: [u32; 3] = [10, 100, 1_000];

fn account(number: u32) -> Address {
    let mut bytes = [7u8; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Address::Solana(bytes)
}

fn wallet(number: u32) -> WalletId {
    WalletId::new(Uuid::from_u128(u128::from(number)))
}

fn network() -> NetworkId {
    NetworkId::new("solana-devnet")
}

fn row(id: u32, wallet: Option<WalletId>, policy_type: PolicyType, rules: &Value) -> Arc<Policy> {
    let rules = Rules::parse(policy_type, rules, &Networks::builtin(), None).expect("rules");
    let scope = Scope { wallet, network: None };
    Arc::new(Policy { id: PolicyId::new(Uuid::from_u128(u128::from(id))), scope, priority: 0, rules })
}

/// All 21 types for one wallet (or all), with lists of `entries`.
fn all_types(first_id: u32, wallet: Option<WalletId>, entries: u32) -> Vec<Arc<Policy>> {
    let accounts: Vec<_> = (0..entries).map(account).collect();
    let tokens: Vec<_> = accounts.iter().map(|address| json!({"address": address})).collect();
    let limits = json!({
        "instant_max": "5000000000", "instant_max_usd": 1000, "daily_limit_usd": 5000, "monthly_limit_usd": 50000,
        "token_limits": {"native:solana":
            {"instant_max": "5", "notify_max": "6", "delay_max": "7", "daily_max": "100.5"}},
    });
    let listing = |key: &str| json!({ key: tokens });
    let names: Vec<_> = (0..entries).map(|n| format!("name-{n}")).collect();
    let named = |list: &str, key: &str| json!({ list: names.iter().map(|name| json!({ key: name })).collect::<Vec<_>>() });
    let domains: Vec<_> = names.iter().map(|name| format!("{name}.example.com")).collect();
    let methods =
        accounts.iter().map(|address| json!({"contractAddress": address, "selectors": ["0x01", "0x02"]}));
    let methods: Vec<_> = methods.collect();
    let rules = [
        limits,
        json!({"allowed_addresses": accounts}),
        json!({"allowed_hours": {"start": 0, "end": 24}, "allowed_days": [0, 1, 2, 3, 4, 5, 6]}),
        json!({"max_requests": 100, "window_seconds": 60}),
        listing("tokens"),
        listing("contracts"),
        json!({ "methods": methods }),
        listing("spenders"),
        json!({"maxAmount": "5000000"}),
        json!({"tier": "INSTANT"}),
        json!({"networks": [{"network": "solana-devnet"}]}),
        json!({ "domains": domains }),
        json!({"maxLtv": 0.75, "warningLtv": 0.5}),
        listing("assets"),
        json!({"maxLeverage": 10, "warningLeverage": 5}),
        json!({"maxPositionUsd": 1000, "warningPositionUsd": 500}),
        named("markets", "market"),
        json!({"min_score": 50, "check_counterparty": true}),
        json!({ "domains": domains }),
        named("venues", "id"),
        json!({"category": "lending", "per_action_limit_usd": 1000, "daily_limit_usd": 5000}),
    ];
    PolicyType::ALL
        .iter()
        .copied()
        .zip(rules)
        .zip(first_id..)
        .map(|((policy_type, rules), id)| row(id, wallet, policy_type, &rules))
        .collect()
}

/// A borrowing action for which an HTTP resource is paid: coin and a token to a listed account, its
/// rent, an allowance, a call, and the fee.
fn request() -> (Effects, Facts) {
    let networks = Networks::builtin();
    let devnet = networks.get(&network()).expect("network");
    let token = AssetId::token(&devnet.caip2, account(3));
    let to = account(5);
    let items = vec![
        Effect::NativeOut { to, amount: U256::from(1_000_000_000u64) },
        Effect::AccountRent { owner: to, account: account(9), amount: U256::from(2_039_280u64) },
        Effect::TokenOut { asset: token.clone(), to, amount: U256::from(5_000_000u64) },
        Effect::Allowance { asset: token.clone(), spender: to, amount: U256::from(5_000_000u64) },
        Effect::ContractCall { target: account(4), selector: Selector::new(&[1, 7]), decoded: true },
        Effect::NetworkFee { max: U256::from(15_000u64) },
    ];
    let effects = Effects { network: network(), native: devnet.native(), from: account(1), items };
    (effects, facts(&devnet.native(), &token))
}

fn facts(native: &AssetId, token: &AssetId) -> Facts {
    let known = |symbol: &str, decimals, dollars| AssetFacts {
        symbol: symbol.to_owned(),
        decimals,
        price: PriceFact::Known(Price::from_decimal(dollars).expect("price")),
    };
    let borrow = ActionFacts {
        provider: "bench".to_owned(),
        trusted: Vec::new(),
        category: ActionCategory::Lending,
        kind: ActionKind::Borrow,
        venue: Some("name-7".to_owned()),
        market: None,
        leverage_millionths: None,
        position_usd: None,
        notional_usd: Some(Usd::from_dollars(100)),
        lending_asset: Some(token.clone()),
        lending: Some(LendingPosition {
            collateral_usd: Usd::from_dollars(1_000),
            debt_usd: Usd::from_dollars(300),
        }),
    };
    let ledger = Ledger {
        requests: BTreeMap::from([(60, 3)]),
        categories: BTreeMap::from([(ActionCategory::Lending, CategorySums::default())]),
        ..Ledger::default()
    };
    Facts {
        now: 1_780_317_000,
        owner: OwnerState::None,
        assets: BTreeMap::from([
            (native.clone(), known("SOL", 9, "150.25")),
            (token.clone(), known("USDC", 6, "1.0001")),
        ]),
        ledger,
        default_approval_timeout: 3_600,
        balances: BTreeMap::from([(token.clone(), U256::from(9_000_000u64))]),
        purpose: Purpose::HttpPayment { domain: "name-7.example.com".to_owned() },
        action: Some(borrow),
        reputation: BTreeMap::from([
            (account(4), Reputation::Score(80)),
            (account(5), Reputation::Score(80)),
        ]),
        witness: WitnessFact::Agrees,
        unwitnessed: Unwitnessed::Deny,
    }
}

/// Single decisions, timed one by one: what criterion's mean hides.
fn percentiles(name: &str, set: &PolicySet, effects: &Effects, facts: &Facts) {
    const TURNS: usize = 50_000;
    let mut times: Vec<_> = (0..TURNS)
        .map(|_| {
            let start = Instant::now();
            black_box(evaluate(black_box(set), black_box(effects), black_box(facts)));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |percent: usize| times[(TURNS - 1) * percent / 100];
    println!("{name}: p50 {:?}, p99 {:?}, longest {:?}", at(50), at(99), times[TURNS - 1]);
}

fn assert_granted(set: &PolicySet, effects: &Effects, facts: &Facts) {
    let verdict = evaluate(set, effects, facts);
    assert!(matches!(&verdict, Verdict::Granted(grant) if grant.tier == Tier::Instant), "{verdict:?}");
}

fn decisions(c: &mut Criterion) {
    let (effects, facts) = request();

    let mut group = c.benchmark_group("all_types_entries");
    for size in SIZES {
        let set = PolicySet::select(all_types(1, None, size), wallet(1), &network());
        assert_granted(&set, &effects, &facts);
        percentiles(&format!("all_types_entries/{size}"), &set, &effects, &facts);
        group.bench_with_input(BenchmarkId::from_parameter(size), &set, |b, set| {
            b.iter(|| evaluate(black_box(set), black_box(&effects), black_box(&facts)));
        });
    }
    group.finish();

    let mut group = c.benchmark_group("installation_rows");
    for size in SIZES {
        let rows: Vec<_> =
            (0..size.div_ceil(21)).flat_map(|n| all_types(n * 21, Some(wallet(n)), 10)).collect();
        let set = PolicySet::select(rows.iter().cloned(), wallet(0), &network());
        assert_granted(&set, &effects, &facts);
        group.bench_function(BenchmarkId::new("evaluate", size), |b| {
            b.iter(|| evaluate(black_box(&set), black_box(&effects), black_box(&facts)));
        });
        group.bench_function(BenchmarkId::new("select_and_evaluate", size), |b| {
            b.iter(|| {
                let set = PolicySet::select(black_box(&rows).iter().cloned(), wallet(0), &network());
                evaluate(&set, black_box(&effects), black_box(&facts))
            });
        });
    }
    group.finish();

    let mut group = c.benchmark_group("rows_all_in_force");
    for size in SIZES {
        let rows = (0..size.div_ceil(21)).flat_map(|n| all_types(n * 21, None, 10));
        let set = PolicySet::select(rows, wallet(1), &network());
        assert_granted(&set, &effects, &facts);
        percentiles(&format!("rows_all_in_force/{size}"), &set, &effects, &facts);
        group.bench_with_input(BenchmarkId::from_parameter(size), &set, |b, set| {
            b.iter(|| evaluate(black_box(set), black_box(&effects), black_box(&facts)));
        });
    }
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);
