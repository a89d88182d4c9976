//! The worst case is never exceeded: an attack on random wallets under random policies.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::Effect;
use waiaas_core::ids::PolicyId;
use waiaas_core::money::{Price, Usd, format_units};
use waiaas_core::network::{Chain, NetworkId, Networks};
use waiaas_core::policy::exposure::{
    AssetStanding, Exposure, Horizon, Horizons, NetworkState, WalletState, allowed_tokens,
};
use waiaas_core::policy::{AssetFacts, Policy, PolicySet, PriceFact, Rules, Scope};
use waiaas_core::wallet::OwnerState;

use crate::attack::{Attack, Outcome, Place};
use crate::books::{Dice, Entry, State, gains, ledger, worth};
use crate::world::{MONDAY_NOON, evm, parse, wallet};

const NETWORKS: [&str; 2] = ["ethereum-sepolia", "base-sepolia"];

fn native(network: &str) -> AssetId {
    Networks::builtin().find(network).expect("network").native()
}

fn tokens(network: &str) -> Vec<AssetId> {
    let caip2 = Networks::builtin().find(network).expect("network").caip2.clone();
    [50, 51].map(|byte| AssetId::token(&caip2, evm(byte))).to_vec()
}

fn row(rows: &mut Vec<Policy>, policy_type: &str, rules: &Value, network: Option<&str>) {
    let rules: Rules = parse(policy_type, rules, network).expect("rules");
    let id = PolicyId::new(Uuid::from_u128(rows.len() as u128 + 1));
    let scope = Scope { wallet: None, network: network.map(NetworkId::new) };
    rows.push(Policy { id, scope, priority: 0, rules });
}

fn ascending(dice: &mut Dice, digits: u32) -> [u64; 3] {
    let mut steps = [dice.figure(digits), dice.figure(digits), dice.figure(digits)];
    steps.sort_unstable();
    steps
}

const STEPS: [&str; 3] = ["instant_max", "notify_max", "delay_max"];

fn spending_limit(dice: &mut Dice, network: Option<&str>) -> Option<Value> {
    let mut rules = Map::new();
    if dice.percent(60) {
        for (key, micros) in STEPS.iter().zip(ascending(dice, 10)) {
            if dice.percent(80) {
                rules.insert(format!("{key}_usd"), json!(Usd::from_micros(micros)));
            }
        }
    }
    if dice.percent(30) {
        for (key, units) in STEPS.iter().zip(ascending(dice, 11)) {
            if dice.percent(70) {
                rules.insert((*key).to_owned(), json!(units.to_string()));
            }
        }
    }
    let mut limits = Map::new();
    let of: Vec<&str> = network.map_or(NETWORKS.to_vec(), |network| vec![network]);
    for asset in of.iter().flat_map(|network| tokens(network).into_iter().chain([native(network)])) {
        if dice.percent(35) {
            let mut limit: Map<String, Value> = STEPS
                .iter()
                .zip(ascending(dice, 9))
                .map(|(key, units)| ((*key).to_owned(), json!(format_units(U256::from(units), 3))))
                .collect();
            for key in ["daily_max", "monthly_max"] {
                if dice.percent(40) {
                    limit.insert(key.to_owned(), json!(format_units(U256::from(dice.figure(10)), 3)));
                }
            }
            limits.insert(asset.to_string(), Value::Object(limit));
        }
    }
    if !limits.is_empty() {
        rules.insert("token_limits".to_owned(), Value::Object(limits));
    }
    if rules.is_empty() {
        return None;
    }
    for (key, most) in [("daily_limit_usd", 1_000_000_000u64), ("monthly_limit_usd", 20_000_000_000)] {
        if dice.percent(45) {
            rules.insert(key.to_owned(), json!(Usd::from_micros(dice.within(1_000, most))));
        }
    }
    let delay = dice.one(&[60u32, 900, 4_000, 90_000, 3_000_000]);
    rules.insert("delay_seconds".to_owned(), json!(delay));
    Some(Value::Object(rules))
}

/// One generous row with a window or two: here the figures should be reached to the last cent.
fn plain(dice: &mut Dice) -> Vec<Policy> {
    let mut rules = json!({"instant_max_usd": 1_000, "delay_seconds": 900});
    for (key, percent, most) in [("daily_limit_usd", 80, 10_000_000), ("monthly_limit_usd", 40, 90_000_000)] {
        if dice.percent(percent) {
            rules[key] = json!(Usd::from_micros(dice.within(1_000, most)));
        }
    }
    let mut rows = Vec::new();
    row(&mut rows, "SPENDING_LIMIT", &rules, None);
    rows
}

fn policies(dice: &mut Dice) -> Vec<Policy> {
    if dice.percent(25) {
        return plain(dice);
    }
    let mut rows = Vec::new();
    for _ in 0..dice.one(&[1, 1, 2, 3]) {
        let network = dice.one(&[None, None, None, Some(NETWORKS[0]), Some(NETWORKS[1])]);
        if let Some(rules) = spending_limit(dice, network) {
            row(&mut rows, "SPENDING_LIMIT", &rules, network);
        }
    }
    if dice.percent(80) {
        for network in NETWORKS {
            let listed = if dice.percent(80) { vec![50, 51] } else { vec![50] };
            let listed: Vec<_> = listed.into_iter().map(|byte| json!({"address": evm(byte)})).collect();
            row(&mut rows, "ALLOWED_TOKENS", &json!({"tokens": listed}), Some(network));
        }
    }
    if dice.percent(25) {
        let listed: Vec<_> =
            (8..=dice.within(8, 10)).map(|byte| evm(u8::try_from(byte).expect("byte"))).collect();
        row(&mut rows, "WHITELIST", &json!({"allowed_addresses": listed}), None);
    }
    for _ in 0..2 {
        if dice.percent(30) {
            let window = dice.one(&[1u32, 60, 3_600, 7_000, 86_400, 1_000_000, 4_000_000]);
            let network = dice.one(&[None, Some(NETWORKS[0])]);
            let rules = json!({"max_requests": dice.within(1, 6), "window_seconds": window});
            row(&mut rows, "RATE_LIMIT", &rules, network);
        }
    }
    if dice.percent(20) {
        let (start, end) = (dice.below(24), dice.within(1, 24));
        let mut rules = json!({"timezone": dice.one(&["UTC", "+05:30", "-11:00"])});
        if start != end && dice.percent(70) {
            rules["allowed_hours"] = json!({"start": start, "end": end});
        } else {
            rules["allowed_days"] = json!([dice.below(7), dice.below(7)]);
        }
        row(&mut rows, "TIME_RESTRICTION", &rules, None);
    }
    for network in NETWORKS {
        if dice.percent(40) {
            let rules =
                json!({"spenders": [{"address": evm(8)}, {"address": evm(9), "maxAmount": "5000000"}]});
            row(&mut rows, "APPROVED_SPENDERS", &rules, Some(network));
        }
        if dice.percent(20) {
            let rules = json!({"contracts": [{"address": evm(8)}, {"address": evm(9)}]});
            row(&mut rows, "CONTRACT_WHITELIST", &rules, Some(network));
            if dice.percent(40) {
                let rules = json!({"methods": [{"contractAddress": evm(8), "selectors": ["0x07070701"]}]});
                row(&mut rows, "METHOD_WHITELIST", &rules, Some(network));
            }
        }
    }
    if dice.percent(20) {
        row(&mut rows, "APPROVE_AMOUNT_LIMIT", &json!({"blockUnlimited": dice.percent(50)}), None);
    }
    if dice.percent(15) {
        let tier = dice.one(&["NOTIFY", "DELAY", "APPROVAL"]);
        row(&mut rows, "APPROVE_TIER_OVERRIDE", &json!({"tier": tier}), None);
    }
    if dice.percent(10) {
        row(&mut rows, "ALLOWED_NETWORKS", &json!({"networks": [{"network": NETWORKS[0]}]}), None);
    }
    rows
}

/// A random wallet with a past, and an attacker in front of it.
fn attack(seed: u64) -> Attack {
    let mut dice = Dice::new(seed);
    let rows = policies(&mut dice);
    // Mostly figures of one order, so that rules and amounts meet; sometimes of any.
    let extreme = dice.percent(20);
    let now = MONDAY_NOON + i64::try_from(dice.below(7 * 86_400)).expect("time");
    let places = NETWORKS.map(|name| Place {
        network: NetworkId::new(name),
        native: native(name),
        tokens: tokens(name),
        policies: PolicySet::select(rows.clone(), wallet(), &NetworkId::new(name)),
        fee_cap: U256::from(dice.figure(if extreme { 8 } else { 5 })),
    });
    let mut attack = Attack::new(Dice::new(seed ^ 0x5555), places.to_vec(), now);
    attack.owner = dice.one(&[OwnerState::Locked, OwnerState::None]);
    for asset in NETWORKS.iter().flat_map(|name| tokens(name).into_iter().chain([native(name)])) {
        let picos = if extreme { dice.figure(14) } else { dice.within(10_000_000_000, 100_000_000_000_000) };
        let price = match dice.below(25) {
            0 => PriceFact::Unlisted,
            1 => PriceFact::Unusable,
            _ => PriceFact::Known(Price::from_picos(u128::from(picos))),
        };
        let decimals = u8::try_from(dice.within(if extreme { 0 } else { 7 }, 9)).expect("decimals");
        attack
            .assets
            .insert(asset.clone(), AssetFacts { symbol: "X".to_owned(), decimals, price, sources: None });
        let balance = if dice.percent(15) { 0 } else { dice.figure(14) };
        attack.balances.insert(asset.clone(), U256::from(balance));
        for _ in 0..dice.below(3) {
            let age = dice.figure(7).min(31 * 86_400);
            let amount = U256::from(dice.figure(if extreme { 8 } else { 6 }));
            let usd = worth(&attack.assets, &asset, amount);
            let state = if dice.percent(20) {
                State::Held
            } else {
                State::Settled(now - i64::try_from(age).expect("age"))
            };
            attack.entries.push(Entry { asset: asset.clone(), amount, usd, fee: false, state });
            if state == State::Held {
                let at = now + i64::try_from(dice.figure(7)).expect("time");
                let outcome = dice.one(&[Outcome::Dropped, Outcome::Confirmed]);
                attack.ends(attack.entries.len() - 1, at, outcome);
            }
        }
    }
    attack.requests = (0..dice.below(4)).map(|_| now - i64::try_from(dice.figure(7)).expect("age")).collect();
    attack.until = dice.percent(30).then(|| now + i64::try_from(dice.figure(7)).expect("time"));
    attack
}

/// How the wallet in front of the attacker stands.
fn standing(attack: &Attack) -> WalletState {
    let windows = attack.windows();
    let counted = Horizons::each(|horizon| {
        let end = attack.now + horizon.seconds();
        let end = attack.until.map_or(end, |until| end.min(until));
        ledger(&attack.entries, &attack.requests, end - 1, &windows, false)
    });
    let networks = attack.places.iter().map(|place| {
        let mut assets = BTreeMap::new();
        let allowed = allowed_tokens(&place.policies, &place.native.caip2, Chain::Ethereum);
        for asset in allowed.into_iter().chain([place.native.clone()]) {
            let facts = attack.assets.get(&asset).cloned();
            let balance = attack.balances.get(&asset).copied();
            assets.insert(asset, AssetStanding { facts, balance });
        }
        NetworkState {
            network: place.network.clone(),
            chain: Chain::Ethereum,
            native: place.native.clone(),
            policies: place.policies.clone(),
            assets,
            fee_cap: Some(place.fee_cap),
        }
    });
    let networks = networks.collect();
    WalletState { now: attack.now, stopped: None, until: attack.until, counted, networks }
}

/// The result of the attack in one horizon, against the figure stated before.
#[derive(Default)]
struct Score {
    attacks: u64,
    granted: u64,
    usd_reached: u64,
    asset_reached: u64,
    unbounded: u64,
}

fn check(seed: u64, attack: &Attack, start: i64, exposure: &Exposure, horizon: Horizon, score: &mut Score) {
    let end = start + horizon.seconds();
    let said = exposure.horizons.get(horizon);
    let mut lost: BTreeMap<AssetId, U256> = BTreeMap::new();
    for loss in attack.losses.iter().filter(|loss| loss.at < end) {
        *lost.entry(loss.asset.clone()).or_default() += loss.amount;
    }
    let mut total = Usd::ZERO;
    for network in &said.networks {
        let mut here = Usd::ZERO;
        for place in attack.places.iter().filter(|place| place.network == network.network) {
            for asset in place.tokens.iter().chain([&place.native]) {
                let Some(amount) = lost.get(asset).filter(|amount| !amount.is_zero()) else { continue };
                match network.assets.get(asset) {
                    Some(figure) => {
                        let most = figure.most.unwrap_or(U256::MAX);
                        assert!(
                            *amount <= most,
                            "seed {seed}, {horizon}: {amount} of {asset}, but {figure:#?}"
                        );
                        score.asset_reached += u64::from(*amount == most && !most.is_zero());
                    }
                    None => {
                        assert!(network.usd.most.is_none(), "seed {seed}, {horizon}: {asset} is not named")
                    }
                }
                match worth(&attack.assets, asset, *amount) {
                    Some(usd) => here = here.plus(usd),
                    None => assert!(
                        network.usd.most.is_none_or(|most| most == Usd::MAX),
                        "seed {seed}, {horizon}: {asset} has no price, but {:#?}",
                        network.usd
                    ),
                }
            }
        }
        assert!(
            here <= network.usd.most.unwrap_or(Usd::MAX),
            "seed {seed}, {horizon}: {here} USD on {}, but {:#?}",
            network.network,
            network.usd
        );
        total = total.plus(here);
    }
    assert!(
        total <= said.usd.most.unwrap_or(Usd::MAX),
        "seed {seed}, {horizon}: {total} USD, but {:#?}",
        said.usd
    );
    score.unbounded += u64::from(said.usd.most.is_none());
    score.usd_reached += u64::from(said.usd.most == Some(total) && total > Usd::ZERO);
    for granted in attack.granted.iter().filter(|granted| granted.leaves < end && granted.at < end) {
        let network =
            said.networks.iter().find(|network| network.network == granted.network).expect("network");
        for effect in &granted.items {
            let Some(who) = gains(effect) else { continue };
            let reach = match effect {
                Effect::Allowance { .. } => &network.destinations.spenders,
                Effect::ContractCall { .. } => &network.destinations.contracts,
                _ => &network.destinations.recipients,
            };
            assert!(reach.contains(&who), "seed {seed}, {horizon}: {effect:?}, but {reach:?}");
        }
        score.granted += 1;
    }
}

fn assault(seed: u64, score: &mut Score) {
    let mut attack = attack(seed);
    let start = attack.now;
    let exposure = Exposure::of(&standing(&attack));
    attack.run(40, start + Horizon::Month.seconds());
    score.attacks += 1;
    for horizon in Horizon::ALL {
        check(seed, &attack, start, &exposure, *horizon, score);
    }
}

/// `EXPOSURE_ATTACKS` sets how many; the same seeds every time.
#[test]
fn no_attack_gets_more_than_the_worst_case() {
    let attacks = std::env::var("EXPOSURE_ATTACKS").ok().and_then(|text| text.parse().ok()).unwrap_or(300);
    let mut score = Score::default();
    for seed in 0..attacks {
        assault(seed, &mut score);
    }
    println!(
        "{} attacks, {} grants counted, a dollar figure reached exactly {} times, an asset figure {} times, unbounded {} times",
        score.attacks, score.granted, score.usd_reached, score.asset_reached, score.unbounded
    );
    // Bounds that nothing ever comes near would be true and useless.
    assert!(score.granted > 4 * attacks, "hardly anything was granted");
    assert!(score.usd_reached * 25 > attacks, "dollar figures are far from the truth");
    assert!(score.asset_reached * 4 > attacks, "asset figures are far from the truth");
}
