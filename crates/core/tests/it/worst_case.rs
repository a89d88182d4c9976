//! The worst case in fixed cases: the figure and the rule it names.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::money::Usd;
use waiaas_core::network::{Chain, NetworkId, Networks};
use waiaas_core::policy::exposure::{
    AssetStanding, Exposure, Horizon, HorizonExposure, Horizons, NetworkState, Reach, Source, WalletState,
};
use waiaas_core::policy::{AssetFacts, Ledger, PolicySet, PolicyType, PriceFact};

use crate::world::{MONDAY_NOON, SOL, World, evm, price, wallet};

/// A wallet with ten coins of 100 dollars each on one network, under the policies of `world`.
fn standing(world: &World, coins: PriceFact) -> WalletState {
    let network = world.effects.network.clone();
    let known = Networks::builtin().get(&network).expect("network").clone();
    let native = world.effects.native.clone();
    let unit = U256::from(10u8).pow(U256::from(known.native_decimals));
    let facts =
        AssetFacts { symbol: "X".to_owned(), decimals: known.native_decimals, price: coins, sources: None };
    let held = AssetStanding { facts: Some(facts), balance: Some(unit * U256::from(10u8)) };
    WalletState {
        now: MONDAY_NOON,
        stopped: None,
        until: None,
        counted: Horizons::default(),
        networks: vec![NetworkState {
            policies: PolicySet::select(world.rows.clone(), wallet(), &network),
            network,
            chain: known.chain,
            assets: BTreeMap::from([(native.clone(), held)]),
            native,
            fee_cap: Some(U256::from(5_000u16)),
        }],
    }
}

fn limited(rules: &Value) -> WalletState {
    standing(&World::solana().row("SPENDING_LIMIT", rules), price("100"))
}

fn look(standing: &WalletState, horizon: Horizon) -> HorizonExposure {
    Exposure::of(standing).horizons.get(horizon).clone()
}

fn usd(standing: &WalletState, horizon: Horizon) -> Option<Usd> {
    look(standing, horizon).usd.most
}

fn native(standing: &WalletState) -> AssetId {
    standing.networks[0].native.clone()
}

#[test]
fn without_a_policy_nothing_can_leave() {
    let found = look(&standing(&World::solana(), price("100")), Horizon::Month);
    assert_eq!(found.usd.most, Some(Usd::ZERO));
    assert_eq!(found.usd.because.source, Source::Default);
    assert_eq!(found.usd.because.policy_type, Some(PolicyType::SpendingLimit));
    assert_eq!(found.networks[0].destinations.recipients, Reach::Only([].into()));
}

#[test]
fn a_daily_window_refills_every_day_until_the_balance_is_gone() {
    let rules = json!({"instant_max_usd": 50, "daily_limit_usd": 20});
    let mut standing = limited(&rules);
    for (horizon, dollars) in [(Horizon::Hour, 20), (Horizon::Day, 20), (Horizon::Month, 600)] {
        let found = look(&standing, horizon);
        assert_eq!(found.usd.most, Some(Usd::from_dollars(dollars)), "{horizon}");
        assert_eq!(found.usd.because.field.as_deref(), Some("daily_limit_usd"));
        assert!(found.usd.because.policy_id.is_some());
        let units = found.networks[0].assets[&native(&standing)].most;
        assert_eq!(units, Some(U256::from(dollars * SOL / 100)), "{horizon}");
    }
    // Seven dollars that settled half a day ago still count in an hour and no longer in a day.
    standing.counted.hour = Ledger { usd_day: Usd::from_dollars(7), ..Ledger::default() };
    assert_eq!(usd(&standing, Horizon::Hour), Some(Usd::from_dollars(13)));
    assert_eq!(usd(&standing, Horizon::Day), Some(Usd::from_dollars(20)));

    let rich = json!({"instant_max_usd": 50, "daily_limit_usd": 200});
    let found = look(&limited(&rich), Horizon::Month);
    assert_eq!(found.usd.most, Some(Usd::from_dollars(1_000)), "no more is held");
    assert_eq!(found.usd.because.source, Source::Assets);
    assert_eq!(found.usd.others[0].most, Usd::from_dollars(6_000));
}

#[test]
fn a_session_that_ends_leaves_less_time() {
    let mut standing = limited(&json!({"instant_max_usd": 50, "daily_limit_usd": 20}));
    standing.until = Some(standing.now + 2 * 86_400 + 1);
    assert_eq!(usd(&standing, Horizon::Month), Some(Usd::from_dollars(60)));
    standing.until = Some(standing.now);
    let found = look(&standing, Horizon::Month);
    assert_eq!((found.usd.most, found.usd.because.source), (Some(Usd::ZERO), Source::Session));
}

#[test]
fn requests_times_threshold_is_a_bound_too() {
    let world = World::solana()
        .row("SPENDING_LIMIT", &json!({"instant_max_usd": 1, "delay_max_usd": 5, "delay_seconds": 3600}))
        .row("RATE_LIMIT", &json!({"max_requests": 3, "window_seconds": 3600}));
    let standing = standing(&world, price("100"));
    // A delay of an hour does not end within the hour; 5000 lamports are worth 500 micro-dollars.
    assert_eq!(usd(&standing, Horizon::Hour), Some(Usd::from_micros(3_001_500)));
    assert_eq!(usd(&standing, Horizon::Day), Some(Usd::from_micros(72 * 5_000_500)));
    let found = look(&standing, Horizon::Day);
    assert_eq!(found.usd.because.policy_type, Some(PolicyType::RateLimit));
}

#[test]
fn what_nothing_bounds_is_said_to_be_unbounded() {
    let world = World::solana().row("SPENDING_LIMIT", &json!({"instant_max": "1000"}));
    let mut unpriced = standing(&world, PriceFact::Unlisted);
    let found = look(&unpriced, Horizon::Day);
    assert_eq!((found.usd.most, found.usd.because.source), (None, Source::Price));
    assert_eq!(found.networks[0].assets[&native(&unpriced)].because.source, Source::Balance);
    let asset = native(&unpriced);
    unpriced.networks[0].assets.insert(asset.clone(), AssetStanding::default());
    assert_eq!(look(&unpriced, Horizon::Day).networks[0].assets[&asset].most, None);
}

#[test]
fn an_undecoded_method_is_unbounded_once_it_is_listed() {
    const SEPOLIA: &str = "ethereum-sepolia";
    let limit = json!({"instant_max_usd": 5, "daily_limit_usd": 5});
    let contracts = json!({"contracts": [{"address": evm(8)}]});
    let methods = json!({"methods": [{"contractAddress": evm(8), "selectors": ["0x01020304"]}]});
    let world = World::on(SEPOLIA).row("SPENDING_LIMIT", &limit).row_at(
        "CONTRACT_WHITELIST",
        &contracts,
        Some(SEPOLIA),
    );
    assert_eq!(usd(&standing(&world, price("100")), Horizon::Day), Some(Usd::from_dollars(5)));
    let world = world.row_at("METHOD_WHITELIST", &methods, Some(SEPOLIA));
    let found = look(&standing(&world, price("100")), Horizon::Day);
    assert_eq!(found.usd.most, None);
    assert_eq!(found.usd.because.policy_type, Some(PolicyType::MethodWhitelist));
    assert_eq!(found.networks[0].destinations.recipients, Reach::Any);
    let world = world.row("WHITELIST", &json!({"allowed_addresses": [evm(8)]}));
    let found = look(&standing(&world, price("100")), Horizon::Day);
    assert_eq!(found.networks[0].destinations.recipients, Reach::Any, "its recipients are unknown");
}

#[test]
fn a_method_is_vouched_for_only_where_every_list_says_so() {
    const SEPOLIA: &str = "ethereum-sepolia";
    let method = |contract, selector| json!({"methods": [{"contractAddress": evm(contract), "selectors": [selector]}]});
    let bounded = |rows: &[Value]| {
        let limit = json!({"instant_max_usd": 5, "daily_limit_usd": 5});
        let contracts = json!({"contracts": [{"address": evm(8)}]});
        let world = World::on(SEPOLIA).row("SPENDING_LIMIT", &limit);
        let world = world.row_at("CONTRACT_WHITELIST", &contracts, Some(SEPOLIA));
        let world =
            rows.iter().fold(world, |world, rules| world.row_at("METHOD_WHITELIST", rules, Some(SEPOLIA)));
        usd(&standing(&world, price("100")), Horizon::Day).is_some()
    };
    assert!(!bounded(&[method(8, "0x01020304")]));
    assert!(bounded(&[method(9, "0x01020304")]), "of a contract that may not be called");
    assert!(!bounded(&[method(8, "0x01020304"), method(8, "0x01020304")]));
    assert!(bounded(&[method(8, "0x01020304"), method(8, "0x01020305")]), "another row names another");
}

#[test]
fn what_cannot_leave_needs_no_price() {
    let mut standing = limited(&json!({"instant_max": "1"}));
    let stray = AssetId::token(&native(&standing).caip2, crate::world::account(50));
    let facts = AssetFacts { symbol: "X".to_owned(), decimals: 6, price: PriceFact::Unlisted, sources: None };
    let held = AssetStanding { facts: Some(facts), balance: Some(U256::from(7u8)) };
    standing.networks[0].assets.insert(stray, held);
    assert_eq!(usd(&standing, Horizon::Day), Some(Usd::from_dollars(1_000)));
}

#[test]
fn a_sum_beyond_all_numbers_is_unbounded() {
    let mut rich = limited(&json!({"instant_max": "1"}));
    for networks in [1, 2] {
        let asset = native(&rich);
        let held = AssetStanding {
            facts: Some(AssetFacts {
                symbol: "X".to_owned(),
                decimals: 9,
                price: price("1000000"),
                sources: None,
            }),
            balance: Some(U256::MAX),
        };
        for network in &mut rich.networks {
            network.assets.insert(asset.clone(), held.clone());
        }
        assert_eq!(usd(&rich, Horizon::Day), None, "{networks}");
        let mut other = rich.networks[0].clone();
        other.network = NetworkId::new("solana-testnet");
        rich.networks.push(other);
    }
    // Each network by itself can be counted, and both together cannot.
    let most = U256::from(Usd::MAX.micros()) * U256::from(600u16);
    for network in &mut rich.networks {
        for held in network.assets.values_mut() {
            *held = AssetStanding {
                facts: Some(AssetFacts {
                    symbol: "X".to_owned(),
                    decimals: 9,
                    price: price("1"),
                    sources: None,
                }),
                balance: Some(most),
            };
        }
    }
    rich.networks.truncate(1);
    assert!(usd(&rich, Horizon::Day).is_some());
    let mut other = rich.networks[0].clone();
    other.network = NetworkId::new("solana-testnet");
    rich.networks.push(other);
    assert_eq!(usd(&rich, Horizon::Day), None);
}

#[test]
fn a_dollar_window_is_shared_by_all_networks_of_a_wallet() {
    let mut standing = limited(&json!({"instant_max_usd": 50, "daily_limit_usd": 20}));
    let mut other = standing.networks[0].clone();
    other.network = NetworkId::new("solana-testnet");
    assert_eq!(other.chain, Chain::Solana);
    standing.networks.push(other);
    assert_eq!(usd(&standing, Horizon::Day), Some(Usd::from_dollars(20)), "and not forty");
}
