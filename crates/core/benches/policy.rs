//! How long a decision takes: with every enforced type in force, with longer lists, with more rows.
#![expect(clippy::expect_used, reason = "a benchmark may fail on its fixture")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};
use uuid::Uuid;
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::money::Price;
use waiaas_core::network::{NetworkId, Networks};
use waiaas_core::policy::{
    AssetFacts, Facts, Ledger, Policy, PolicySet, PolicyType, PriceFact, Purpose, Rules, Scope, Tier,
    Verdict, evaluate,
};
use waiaas_core::wallet::OwnerState;

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

/// All six types for one wallet (or all), with lists of `entries`.
fn six(first_id: u32, wallet: Option<WalletId>, entries: u32) -> Vec<Arc<Policy>> {
    let accounts: Vec<_> = (0..entries).map(account).collect();
    let tokens: Vec<_> = accounts.iter().map(|address| json!({"address": address})).collect();
    let limits = json!({
        "instant_max": "5000000000", "instant_max_usd": 1000, "daily_limit_usd": 5000, "monthly_limit_usd": 50000,
        "token_limits": {"native:solana":
            {"instant_max": "5", "notify_max": "6", "delay_max": "7", "daily_max": "100.5"}},
    });
    [
        (PolicyType::SpendingLimit, limits),
        (PolicyType::Whitelist, json!({"allowed_addresses": accounts})),
        (
            PolicyType::TimeRestriction,
            json!({"allowed_hours": {"start": 0, "end": 24}, "allowed_days": [0, 1, 2, 3, 4, 5, 6]}),
        ),
        (PolicyType::RateLimit, json!({"max_requests": 100, "window_seconds": 60})),
        (PolicyType::AllowedTokens, json!({"tokens": tokens})),
        (PolicyType::AllowedNetworks, json!({"networks": [{"network": "solana-devnet"}]})),
    ]
    .into_iter()
    .zip(first_id..)
    .map(|((policy_type, rules), id)| row(id, wallet, policy_type, &rules))
    .collect()
}

/// A token and some native coin to a listed account, with its rent and the fee.
fn request() -> (Effects, Facts) {
    let networks = Networks::builtin();
    let devnet = networks.get(&network()).expect("network");
    let token = AssetId::token(&devnet.caip2, account(3));
    let to = account(5);
    let items = vec![
        Effect::NativeOut { to, amount: U256::from(1_000_000_000u64) },
        Effect::AccountRent { owner: to, account: account(9), amount: U256::from(2_039_280u64) },
        Effect::TokenOut { asset: token.clone(), to, amount: U256::from(5_000_000u64) },
        Effect::NetworkFee { max: U256::from(15_000u64) },
    ];
    let effects = Effects { network: network(), native: devnet.native(), from: account(1), items };
    let known = |symbol: &str, decimals, dollars| AssetFacts {
        symbol: symbol.to_owned(),
        decimals,
        price: PriceFact::Known(Price::from_decimal(dollars).expect("price")),
    };
    let facts = Facts {
        now: 1_780_317_000,
        owner: OwnerState::None,
        assets: BTreeMap::from([
            (devnet.native(), known("SOL", 9, "150.25")),
            (token, known("USDC", 6, "1.0001")),
        ]),
        ledger: Ledger { requests: BTreeMap::from([(60, 3)]), ..Ledger::default() },
        default_approval_timeout: 3_600,
        balances: BTreeMap::new(),
        purpose: Purpose::Plain,
        action: None,
        reputation: BTreeMap::new(),
    };
    (effects, facts)
}

fn assert_granted(set: &PolicySet, effects: &Effects, facts: &Facts) {
    let verdict = evaluate(set, effects, facts);
    assert!(matches!(&verdict, Verdict::Granted(grant) if grant.tier == Tier::Instant), "{verdict:?}");
}

fn decisions(c: &mut Criterion) {
    let (effects, facts) = request();

    let mut group = c.benchmark_group("six_types_entries");
    for size in SIZES {
        let set = PolicySet::select(six(1, None, size), wallet(1), &network());
        assert_granted(&set, &effects, &facts);
        group.bench_with_input(BenchmarkId::from_parameter(size), &set, |b, set| {
            b.iter(|| evaluate(black_box(set), black_box(&effects), black_box(&facts)));
        });
    }
    group.finish();

    let mut group = c.benchmark_group("installation_rows");
    for size in SIZES {
        let rows: Vec<_> = (0..size.div_ceil(6)).flat_map(|n| six(n * 6, Some(wallet(n)), 10)).collect();
        let set = PolicySet::select(rows.iter().cloned(), wallet(1), &network());
        assert_granted(&set, &effects, &facts);
        group.bench_function(BenchmarkId::new("evaluate", size), |b| {
            b.iter(|| evaluate(black_box(&set), black_box(&effects), black_box(&facts)));
        });
        group.bench_function(BenchmarkId::new("select_and_evaluate", size), |b| {
            b.iter(|| {
                let set = PolicySet::select(black_box(&rows).iter().cloned(), wallet(1), &network());
                evaluate(&set, black_box(&effects), black_box(&facts))
            });
        });
    }
    group.finish();

    let mut group = c.benchmark_group("rows_all_in_force");
    for size in SIZES {
        let rows = (0..size.div_ceil(6)).flat_map(|n| six(n * 6, None, 10));
        let set = PolicySet::select(rows, wallet(1), &network());
        assert_granted(&set, &effects, &facts);
        group.bench_with_input(BenchmarkId::from_parameter(size), &set, |b, set| {
            b.iter(|| evaluate(black_box(set), black_box(&effects), black_box(&facts)));
        });
    }
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);
