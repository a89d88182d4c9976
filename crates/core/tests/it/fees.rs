//! Fees: the fee that the network asks is a fee, a higher offer is spent.

use serde_json::json;
use waiaas_core::U256;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::policy::{DenialCode, FeeFacts, Spending, Tier};

use crate::world::{World, evm};

const NETWORK: &str = "base-mainnet";
/// A thousandth of a coin, worth ten cents here.
const MILLI: u64 = 1_000_000_000_000_000;

/// A wallet that may spend nothing without the owner, and pays a fee of 10 for which the network asks 4.
fn greedy() -> World {
    let mut world = World::on(NETWORK).row("SPENDING_LIMIT", &json!({"instant_max_usd": 0})).owned();
    world.facts.fee.asked = U256::from(4 * MILLI);
    world.fee(10 * MILLI)
}

#[test]
fn a_fee_that_the_network_asks_for_is_only_a_fee() {
    let mut world = greedy();
    world.facts.fee.asked = U256::from(10 * MILLI);
    assert_eq!(world.tier(), Tier::Instant);
    world.facts.fee.asked = U256::from(10 * MILLI - 1);
    assert_eq!(world.tier(), Tier::Approval, "one base unit more");
}

#[test]
fn what_is_offered_beyond_counts_into_thresholds_and_windows_alike() {
    let world = greedy();
    let spending = Spending::of(&world.effects, &world.facts);
    let (_, native) = spending.assets().next().expect("the coin");
    assert_eq!(native.spent.expect("spent").saturated(), U256::from(6 * MILLI));
    assert_eq!(native.counted.saturated(), U256::from(10 * MILLI), "nothing counts twice");
    assert_eq!(world.tier(), Tier::Approval);
    // Worth 0.60 of a dollar.
    let limit = |usd: f64| {
        let mut world = greedy();
        world.rows.clear();
        world.row("SPENDING_LIMIT", &json!({"instant_max_usd": usd})).tier()
    };
    assert_eq!((limit(0.6), limit(0.599_999)), (Tier::Instant, Tier::Approval));
}

/// A transaction that fails on chain gives back all but its fee.
#[test]
fn the_whole_budget_is_held_as_a_fee() {
    for asked in [0, 4 * MILLI, 10 * MILLI - 1, 10 * MILLI, u64::MAX] {
        let mut world = greedy().native(MILLI);
        world.facts.fee.asked = U256::from(asked);
        let spending = Spending::of(&world.effects, &world.facts);
        let (_, native) = spending.assets().next().expect("the coin");
        let held = native.held();
        assert_eq!((held.moved, held.fee), (U256::from(MILLI), U256::from(10 * MILLI)), "{asked}");
    }
}

#[test]
fn it_adds_to_what_the_request_sends() {
    let mut world = greedy().native(MILLI);
    world.rows.clear();
    let world = world.row("SPENDING_LIMIT", &json!({"instant_max": (7 * MILLI).to_string()}));
    assert_eq!(world.tier(), Tier::Instant);
    assert_eq!(world.native(1).tier(), Tier::Approval);
}

#[test]
fn it_goes_to_strangers_whom_no_list_names() {
    let list = json!({"allowed_addresses": [evm(9)]});
    let mut world = greedy().native(MILLI).row("WHITELIST", &list);
    assert_eq!(world.codes(), [DenialCode::WhitelistDenied]);
    world.facts.fee.asked = U256::from(10 * MILLI);
    assert_eq!(world.tier(), Tier::Approval, "the payment itself");
}

#[test]
fn several_fees_are_one_sum() {
    let mut world = greedy().fee(1);
    world.facts.fee.asked = U256::from(10 * MILLI);
    let spending = Spending::of(&world.effects, &world.facts);
    let (_, native) = spending.assets().next().expect("the coin");
    assert_eq!(native.spent.expect("spent").saturated(), U256::ONE);
}

#[test]
fn a_fee_that_no_cap_was_held_against_takes_the_owner() {
    let mut world = greedy();
    world.facts.fee = FeeFacts { asked: U256::MAX, uncapped: Some("no price".to_owned()) };
    assert_eq!(world.tier(), Tier::Approval);
    world.facts.fee.uncapped = None;
    assert_eq!(world.tier(), Tier::Instant);
}

#[test]
fn nothing_that_is_signed_is_without_an_effect() {
    let of = |items: Vec<Effect>| {
        let Effects { network, native, from, .. } = World::on(NETWORK).effects;
        Effects::new(network, native, from, items)
    };
    let fee = Effect::NetworkFee { max: U256::from(MILLI) };
    let nothing = Effect::NativeOut { to: evm(1), amount: U256::ZERO };
    assert_eq!(of(vec![]).items, std::slice::from_ref(&nothing));
    assert_eq!(of(vec![fee.clone()]).items, [fee.clone(), nothing]);
    let out = Effect::NativeOut { to: evm(9), amount: U256::ONE };
    assert_eq!(of(vec![out.clone(), fee.clone()]).items, [out, fee]);
}

#[test]
fn a_transfer_of_nothing_to_itself_takes_nothing_but_its_fee() {
    let mut world = World::on(NETWORK)
        .row("SPENDING_LIMIT", &json!({"token_limits": {}, "instant_max_usd": 0}))
        .row("WHITELIST", &json!({"allowed_addresses": [evm(9)]}));
    world.effects = Effects::new(
        world.effects.network.clone(),
        world.effects.native.clone(),
        world.effects.from,
        vec![Effect::NetworkFee { max: U256::from(MILLI) }],
    );
    assert!(world.effects.is_plain_transfer());
    assert_eq!(world.tier(), Tier::Instant);
    let to_itself = Effect::NativeOut { to: evm(1), amount: U256::ONE };
    assert_eq!(world.effect(to_itself).codes().first(), Some(&DenialCode::WhitelistDenied));
}
