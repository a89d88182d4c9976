//! Every bound of the worst case with the rule it names, and every reason why there is none.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde_json::{Value, json};
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::money::Usd;
use waiaas_core::policy::exposure::{
    AssetStanding, Destinations, Exposure, Figure, Horizon, HorizonExposure, Horizons, NetworkState, Reason,
    Source, WalletState,
};
use waiaas_core::policy::{AssetFacts, Ledger, PolicySet, PriceFact};

use crate::world::{DEVNET, MONDAY_NOON, NETWORKS, SOL, USDC, World, account, evm, price, wallet};

const TOKEN: u8 = 50;

fn token(byte: u8) -> AssetId {
    AssetId::token(&DEVNET.into(), account(byte))
}

fn held(symbol: &str, decimals: u8, price: PriceFact, balance: u64) -> AssetStanding {
    let facts = AssetFacts { symbol: symbol.to_owned(), decimals, price, sources: None };
    AssetStanding { facts: Some(facts), balance: Some(U256::from(balance)) }
}

/// Ten SOL at 100 dollars and 900 USDC under the rows of `world`.
pub(crate) fn standing(world: &World) -> WalletState {
    let (network, native) = (world.effects.network.clone(), world.effects.native.clone());
    let assets = BTreeMap::from([
        (native.clone(), held("SOL", 9, price("100"), 10 * SOL)),
        (token(TOKEN), held("USDC", 6, price("1"), 900 * USDC)),
    ]);
    WalletState {
        now: MONDAY_NOON,
        stopped: None,
        until: None,
        counted: Horizons::default(),
        networks: vec![NetworkState {
            policies: PolicySet::select(world.rows.clone(), wallet(), &network),
            chain: NETWORKS.get(&network).expect("network").chain,
            network,
            assets,
            native,
            fee_cap: Some(U256::from(5_000u16)),
        }],
    }
}

pub(crate) fn look(standing: &WalletState, horizon: Horizon) -> HorizonExposure {
    Exposure::of(standing).horizons.get(horizon).clone()
}

fn why(reason: &Reason) -> String {
    let rule = match (&reason.policy_type, &reason.field) {
        (Some(policy_type), Some(field)) => format!("{policy_type} {field}"),
        (Some(policy_type), None) => format!("{} {policy_type}", reason.source),
        (None, _) => reason.source.to_string(),
    };
    format!("{rule}: {}", reason.message)
}

/// The bounds of a figure, the smallest first.
pub(crate) fn bounds<T: Display>(figure: &Figure<T>) -> Vec<String> {
    let most = figure.most.as_ref().map_or_else(|| "unbounded".to_owned(), ToString::to_string);
    let others = figure.others.iter().map(|cap| format!("{} by {}", cap.most, why(&cap.because)));
    std::iter::once(format!("{most} by {}", why(&figure.because))).chain(others).collect()
}

pub(crate) fn list(byte: &[u8]) -> Vec<Value> {
    byte.iter().map(|byte| json!({"address": account(*byte)})).collect()
}

fn limits() -> Value {
    let asset = token(TOKEN).to_string();
    json!({
        "instant_max": "1000000000", "notify_max": "1500000000", "delay_max": "2000000000",
        "instant_max_usd": 50, "notify_max_usd": 160, "delay_max_usd": 170,
        "daily_limit_usd": 500, "monthly_limit_usd": 5000, "delay_seconds": 7200,
        "token_limits": {
            "native:solana": {"instant_max": "1.1", "notify_max": "1.4", "delay_max": "1.9", "daily_max": "4", "monthly_max": "50"},
            asset: {"instant_max": "10", "notify_max": "20", "delay_max": "30", "daily_max": "40", "monthly_max": "500"},
        },
    })
}

#[test]
fn every_bound_is_listed_with_its_rule() {
    let world = World::solana()
        .row("SPENDING_LIMIT", &limits())
        .row("RATE_LIMIT", &json!({"max_requests": 4, "window_seconds": 3600}))
        .row("RATE_LIMIT", &json!({"max_requests": 200, "window_seconds": 86400}))
        .row("ALLOWED_TOKENS", &json!({"tokens": list(&[TOKEN, 51])}));
    let mut standing = standing(&world);
    let native = standing.networks[0].native.clone();
    standing.counted.hour = Ledger {
        usd_day: Usd::from_dollars(100),
        usd_month: Usd::from_dollars(1_000),
        asset_day: BTreeMap::from([(native.clone(), U256::from(SOL))]),
        asset_month: BTreeMap::from([
            (native.clone(), U256::from(2 * SOL)),
            (token(TOKEN), U256::from(USDC)),
        ]),
        requests: BTreeMap::from([(3_600, 1)]),
        ..Ledger::default()
    };
    let spoken = |horizon| {
        let found = look(&standing, horizon);
        let network = &found.networks[0];
        assert_eq!(found.usd, network.usd, "one network's own figures say it all");
        [bounds(&network.usd), bounds(&network.assets[&native]), bounds(&network.assets[&token(TOKEN)])]
    };
    // Within the hour a delay of two ends nothing, one request was made, and some of the past still counts.
    let hour = [
        vec![
            "400.00 by SPENDING_LIMIT daily_limit_usd: 1 × 500.00 USD, less 100.00 USD that still count at its end",
            "480.0015 by RATE_LIMIT max_requests: 3 requests, at most 160.00 USD per request, and up to 0.0005 USD for each fee",
            "4000.00 by SPENDING_LIMIT monthly_limit_usd: 1 × 5000.00 USD, less 1000.00 USD that still count at its end",
        ],
        vec![
            "3000000000 by SPENDING_LIMIT token_limits.daily_max: 1 × 4000000000 base units, less 1000000000 that still count at its end",
            "4000000000 by SPENDING_LIMIT daily_limit_usd: 1 × 500.00 USD, less 100.00 USD that still count at its end",
            "4200015000 by RATE_LIMIT max_requests: 3 requests, at most 1400000000 base units per request, and up to 5000 for each fee",
            "10000000000 by BALANCE: the current balance; later income is not counted",
            "40000000000 by SPENDING_LIMIT monthly_limit_usd: 1 × 5000.00 USD, less 1000.00 USD that still count at its end",
            "48000000000 by SPENDING_LIMIT token_limits.monthly_max: 1 × 50000000000 base units, less 2000000000 that still count at its end",
        ],
        vec![
            "40000000 by SPENDING_LIMIT token_limits.daily_max: 1 × 40000000 base units, less 0 that still count at its end",
            "60000000 by RATE_LIMIT max_requests: 3 requests, at most 20000000 base units per request, and up to 0 for each fee",
            "400000000 by SPENDING_LIMIT daily_limit_usd: 1 × 500.00 USD, less 100.00 USD that still count at its end",
            "499000000 by SPENDING_LIMIT token_limits.monthly_max: 1 × 500000000 base units, less 1000000 that still count at its end",
            "900000000 by BALANCE: the current balance; later income is not counted",
            "4000000000 by SPENDING_LIMIT monthly_limit_usd: 1 × 5000.00 USD, less 1000.00 USD that still count at its end",
        ],
    ];
    assert_eq!(spoken(Horizon::Hour), hour);
    let month = [
        vec![
            "5000.00 by SPENDING_LIMIT monthly_limit_usd: 1 × 5000.00 USD, less 0.00 USD that still count at its end",
            "15000.00 by SPENDING_LIMIT daily_limit_usd: 30 × 500.00 USD, less 0.00 USD that still count at its end",
            "489601.44 by RATE_LIMIT max_requests: 2880 requests, at most 170.00 USD per request, and up to 0.0005 USD for each fee",
        ],
        vec![
            "10000000000 by BALANCE: the current balance; later income is not counted",
            "50000000000 by SPENDING_LIMIT token_limits.monthly_max: 1 × 50000000000 base units, less 0 that still count at its end",
            "50000000000 by SPENDING_LIMIT monthly_limit_usd: 1 × 5000.00 USD, less 0.00 USD that still count at its end",
            "120000000000 by SPENDING_LIMIT token_limits.daily_max: 30 × 4000000000 base units, less 0 that still count at its end",
            "150000000000 by SPENDING_LIMIT daily_limit_usd: 30 × 500.00 USD, less 0.00 USD that still count at its end",
            "4896014400000 by RATE_LIMIT max_requests: 2880 requests, at most 170.00 USD per request, and up to 5000 for each fee",
        ],
        vec![
            "500000000 by SPENDING_LIMIT token_limits.monthly_max: 1 × 500000000 base units, less 0 that still count at its end",
            "900000000 by BALANCE: the current balance; later income is not counted",
            "1200000000 by SPENDING_LIMIT token_limits.daily_max: 30 × 40000000 base units, less 0 that still count at its end",
            "5000000000 by SPENDING_LIMIT monthly_limit_usd: 1 × 5000.00 USD, less 0.00 USD that still count at its end",
            "15000000000 by SPENDING_LIMIT daily_limit_usd: 30 × 500.00 USD, less 0.00 USD that still count at its end",
            "86400000000 by RATE_LIMIT max_requests: 2880 requests, at most 30000000 base units per request, and up to 0 for each fee",
        ],
    ];
    assert_eq!(spoken(Horizon::Month), month);
}

/// The bounds of the coin within a day.
fn coin(standing: &WalletState) -> Vec<String> {
    bounds(&look(standing, Horizon::Day).networks[0].assets[&standing.networks[0].native])
}

#[test]
fn thresholds_of_each_kind_bound_a_request() {
    let with = |limit: &Value| {
        let world = World::solana()
            .row("SPENDING_LIMIT", limit)
            .row("RATE_LIMIT", &json!({"max_requests": 2, "window_seconds": 86400}));
        coin(&standing(&world)).remove(0)
    };
    let said = |most: &str, each: &str| {
        format!(
            "{most} by RATE_LIMIT max_requests: 2 requests, at most {each} per request, and up to 5000 for each fee"
        )
    };
    assert_eq!(with(&json!({"instant_max": "70", "delay_seconds": 60})), said("10140", "70 base units"));
    assert_eq!(with(&json!({"notify_max": "71", "delay_seconds": 60})), said("10142", "71 base units"));
    assert_eq!(with(&json!({"delay_max": "72", "delay_seconds": 60})), said("10144", "72 base units"));
    assert_eq!(with(&json!({"instant_max_usd": 1, "delay_seconds": 60})), said("20010000", "1.00 USD"));
    assert_eq!(with(&json!({"notify_max_usd": 2, "delay_seconds": 60})), said("40010000", "2.00 USD"));
    assert_eq!(with(&json!({"delay_max_usd": 3, "delay_seconds": 60})), said("60010000", "3.00 USD"));
    let token_limits =
        json!({"native:solana": {"instant_max": "0.1", "notify_max": "0.2", "delay_max": "0.3"}});
    assert_eq!(
        with(&json!({"token_limits": token_limits, "delay_seconds": 60})),
        said("600010000", "300000000 base units")
    );
    // As long as the horizon is as good as for ever.
    assert_eq!(
        with(&json!({"instant_max": "70", "delay_max": "72", "delay_seconds": 86_399})),
        said("10144", "72 base units")
    );
    assert_eq!(
        with(&json!({"instant_max": "70", "delay_max": "72", "delay_seconds": 86_400})),
        said("10140", "70 base units")
    );
}

#[test]
fn without_a_price_dollar_limits_let_nothing_pass() {
    let with = |limit: &Value, known: PriceFact| {
        let mut standing = standing(&World::solana().row("SPENDING_LIMIT", limit));
        let native = standing.networks[0].native.clone();
        standing.networks[0].assets.insert(native, held("SOL", 9, known, 10 * SOL));
        coin(&standing).remove(0)
    };
    let balance = "10000000000 by BALANCE: the current balance; later income is not counted";
    let owner = "without a price, dollar limits need the owner's approval";
    for known in [PriceFact::Unlisted, price("0")] {
        // A threshold counts spending, a window the fee too.
        for threshold in ["instant_max_usd", "notify_max_usd", "delay_max_usd"] {
            assert_eq!(
                with(&json!({ threshold: 5 }), known),
                balance,
                "{threshold}: fees are paid all the same"
            );
        }
        for window in ["daily_limit_usd", "monthly_limit_usd"] {
            let rules = json!({"instant_max": "5", window: 5});
            assert_eq!(with(&rules, known), format!("0 by SPENDING_LIMIT *_limit_usd: {owner}"), "{window}");
        }
        assert_eq!(with(&json!({"instant_max": "5"}), known), balance);
        let mut free = standing(&World::solana().row("SPENDING_LIMIT", &json!({"instant_max": "5"})));
        let native = free.networks[0].native.clone();
        free.networks[0].assets.insert(native.clone(), held("SOL", 9, known, 10 * SOL));
        let said =
            format!("unbounded by PRICE: {native} has no price, and up to 10000000000 of it may leave");
        assert_eq!(bounds(&look(&free, Horizon::Day).usd), [said]);
    }
    // It may be back in a second.
    assert_eq!(with(&json!({"instant_max": "5", "daily_limit_usd": 5}), PriceFact::Unusable), balance);

    // A token pays no fees.
    let rules = json!({"instant_max_usd": 5});
    let allowed = json!({"tokens": list(&[TOKEN])});
    let world = World::solana().row("SPENDING_LIMIT", &rules).row("ALLOWED_TOKENS", &allowed);
    let mut standing = standing(&world);
    standing.networks[0].assets.insert(token(TOKEN), held("X", 6, PriceFact::Unlisted, 7));
    let found = look(&standing, Horizon::Day);
    let expected = format!("0 by SPENDING_LIMIT *_usd: {owner}");
    assert_eq!(bounds(&found.networks[0].assets[&token(TOKEN)]), [expected]);
}

#[test]
fn a_token_that_cannot_be_spent_says_why() {
    let usd = json!({"instant_max_usd": 5});
    let allowed = json!({"tokens": list(&[TOKEN])});
    let of = |world: World, asset: AssetStanding| {
        let mut standing = standing(&world);
        standing.networks[0].assets.insert(token(TOKEN), asset);
        bounds(&look(&standing, Horizon::Day).networks[0].assets[&token(TOKEN)]).remove(0)
    };
    let usdc = || held("USDC", 6, price("1"), 7);
    let base = || World::solana().row("SPENDING_LIMIT", &usd);
    let open = || base().row("ALLOWED_TOKENS", &allowed);
    let balance = "7 by BALANCE: the current balance; later income is not counted";
    assert_eq!(of(open(), usdc()), balance);
    assert_eq!(of(base(), usdc()), "0 by DEFAULT ALLOWED_TOKENS: the token is not allowed");
    let others = base().row("ALLOWED_TOKENS", &json!({"tokens": list(&[51])}));
    assert_eq!(of(others, usdc()), "0 by ALLOWED_TOKENS tokens: the token is not allowed");
    let both = open().row("ALLOWED_TOKENS", &json!({"tokens": list(&[51])}));
    assert_eq!(of(both, usdc()), "0 by ALLOWED_TOKENS tokens: the token is not allowed");
    // 36 decimals are the most that is judged at all.
    let long = |decimals| held("X", decimals, price("1"), 7);
    assert_eq!(of(open(), long(36)), balance);
    assert_eq!(of(open(), long(37)), "0 by DEFAULT: assets with so many decimals are denied");
    let uncovered =
        World::solana().row("SPENDING_LIMIT", &json!({"instant_max": "5"})).row("ALLOWED_TOKENS", &allowed);
    let missing = "0 by DEFAULT SPENDING_LIMIT: no SPENDING_LIMIT policy covers the asset";
    assert_eq!(of(uncovered, usdc()), missing);
    let elsewhere = open().row("WHITELIST", &json!({"allowed_addresses": [evm(9)]}));
    assert_eq!(
        of(elsewhere, usdc()),
        "0 by WHITELIST allowed_addresses: the whitelist names no account of this chain"
    );
    let here = open().row("WHITELIST", &json!({"allowed_addresses": [evm(9), account(9)]}));
    assert_eq!(of(here, usdc()), balance);
    let zero = json!({"token_limits": {token(TOKEN).to_string(): {"instant_max": "0", "notify_max": "0", "delay_max": "0"}}});
    let zero = World::solana().row("SPENDING_LIMIT", &zero).row("ALLOWED_TOKENS", &allowed);
    let said = "0 by SPENDING_LIMIT token_limits.delay_max: at most 0 base units per request";
    assert_eq!(of(zero, usdc()), said);
    let blind = AssetStanding { facts: None, balance: None };
    assert_eq!(
        of(open(), blind),
        format!(
            "unbounded by DEFAULT: its balance could not be read, and its decimals and price could not be read, \
             and no policy bounds what may leave of {}",
            token(TOKEN)
        )
    );
}

#[test]
fn what_stops_everything_is_said_of_everything() {
    let limit = json!({"instant_max_usd": 5});
    let base = || World::solana().row("SPENDING_LIMIT", &limit);
    let said = |standing: &WalletState| {
        let found = look(standing, Horizon::Day);
        assert_eq!(found.networks[0].destinations, Destinations::default());
        let coin = bounds(&found.networks[0].assets[&standing.networks[0].native]);
        assert_eq!(bounds(&found.usd), [coin[0].replacen('0', "0.00", 1)]);
        coin
    };
    let networks = json!({"networks": [{"network": "solana-testnet"}]});
    let of = |world: World| said(&standing(&world));
    assert_eq!(
        of(base().row("ALLOWED_NETWORKS", &networks)),
        ["0 by ALLOWED_NETWORKS networks: the network is not allowed"]
    );
    // It is half past twelve on a Monday.
    let closed = json!({"allowed_days": [3]});
    assert_eq!(
        of(base().row("TIME_RESTRICTION", &closed)),
        ["0 by TIME_RESTRICTION allowed_hours: no request is allowed in this time"]
    );
    assert_eq!(
        of(World::solana()),
        ["0 by DEFAULT SPENDING_LIMIT: no SPENDING_LIMIT policy is in force, so nothing may be spent"]
    );
    let mut used = standing(&base().row("RATE_LIMIT", &json!({"max_requests": 2, "window_seconds": 86400})));
    used.counted.day.requests = BTreeMap::from([(86_400, 2)]);
    assert_eq!(
        said(&used),
        ["0 by RATE_LIMIT max_requests: 1 × 2 requests, less 2 that still count at its end"]
    );
    let mut activated = standing(&base());
    activated.stopped = Some(Reason::new(Source::KillSwitch, "activated"));
    assert_eq!(said(&activated), ["0 by KILL_SWITCH: activated"]);
    let mut over = standing(&base());
    over.until = Some(over.now);
    assert_eq!(said(&over), ["0 by SESSION: no session is live"]);
}
