//! Swaps: when a router is trusted with one.

use serde_json::json;
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Portion, Swap};
use waiaas_core::policy::{DenialCode, PolicyType, PriceFact, Tier};
use waiaas_core::wallet::OwnerState;

use crate::world::{MONDAY_NOON, USDC, USDC_BASE, World, evm, price};

const BASE: &str = "base-mainnet";
/// One ETH, worth a hundred dollars here.
const ETH: u64 = 1_000_000_000_000_000_000;

fn asset(address: &str) -> AssetId {
    AssetId::token(&World::on(BASE).effects.native.caip2, address.parse().expect("token"))
}

fn portion(asset: AssetId, amount: u64) -> Portion {
    Portion { asset, amount: U256::from(amount) }
}

/// A hundred dollars for at least so much ETH, straight to the wallet.
fn to_eth(least: u64) -> Swap {
    let native = World::on(BASE).effects.native;
    Swap {
        router: evm(5),
        sold: vec![portion(asset(USDC_BASE), 100 * USDC)],
        path: vec![asset(USDC_BASE), native.clone()],
        bought: vec![portion(native, least)],
        to: evm(1),
        wrapper: Some(asset(&evm(6).to_string())),
        spenders: Vec::new(),
        deadline: None,
    }
}

/// A wallet with an owner that may spend dollars and trade them at the router.
fn world(swap: Swap) -> World {
    let contracts = json!({"contracts": [{"address": evm(5)}]});
    let tokens = json!({"tokens": [{"address": USDC_BASE}]});
    let world = World::rich(BASE).owned().row_here("CONTRACT_WHITELIST", &contracts);
    let world = world.row_here("ALLOWED_TOKENS", &tokens).token(USDC_BASE, 100 * USDC);
    world.call(evm(5), [1, 2, 3, 4], true).effect(Effect::Swap(Box::new(swap)))
}

#[test]
fn what_comes_out_is_worth_what_goes_in_less_the_slippage() {
    // Three percent unless a row says otherwise.
    assert_eq!(world(to_eth(ETH)).tier(), Tier::Instant);
    assert_eq!(world(to_eth(ETH / 100 * 97)).tier(), Tier::Instant);
    assert_eq!(world(to_eth(ETH / 100 * 97 - 1)).tier(), Tier::Approval);
    assert_eq!(world(to_eth(0)).tier(), Tier::Approval, "nothing for sure");
    let mut nothing = to_eth(ETH);
    nothing.bought.clear();
    assert_eq!(world(nothing).tier(), Tier::Approval);
    let limit = |percent| json!({"instant_max_usd": 1_000_000, "max_slippage_percent": percent});
    for (percent, least) in [(json!(0.5), ETH / 1000 * 995), (json!(0), ETH), (json!(10), ETH / 10 * 9)] {
        let with = |least| {
            let mut world = world(to_eth(least));
            world.rows.retain(|row| row.rules.policy_type() != PolicyType::SpendingLimit);
            world.row("SPENDING_LIMIT", &limit(percent.clone()))
        };
        assert_eq!(with(least).tier(), Tier::Instant, "{percent}");
        assert_eq!(with(least - 1).tier(), Tier::Approval, "{percent}");
    }
    // Of several rows the strictest counts.
    let narrow = world(to_eth(ETH / 100 * 98)).row_here("SPENDING_LIMIT", &limit(json!(1)));
    assert_eq!(narrow.tier(), Tier::Approval);
}

#[test]
fn a_reason_names_the_row_and_the_figure() {
    let grant = world(to_eth(0)).grant();
    let reason = grant.reasons.iter().find(|reason| reason.tier == Tier::Approval).expect("a reason");
    assert_eq!(reason.policy_type, Some(PolicyType::SpendingLimit));
    assert!(reason.message.contains("max_slippage_percent (3)"), "{}", reason.message);
}

#[test]
fn without_a_price_of_either_side_the_owner_is_asked() {
    for unusable in [PriceFact::Unlisted, PriceFact::Unusable, price("0")] {
        for side in [asset(USDC_BASE), World::on(BASE).effects.native] {
            let mut world = world(to_eth(ETH));
            // So that nothing but the swap needs a price.
            world.rows.retain(|row| row.rules.policy_type() != PolicyType::SpendingLimit);
            let steps = json!({"instant_max": "1000", "notify_max": "1000", "delay_max": "1000"});
            let limits = json!({"token_limits": {(asset(USDC_BASE).to_string()): steps}});
            let mut world = world.row_here("SPENDING_LIMIT", &limits);
            assert_eq!(world.tier(), Tier::Instant);
            world.facts.assets.get_mut(&side).expect("known").price = unusable;
            assert_eq!(world.tier(), Tier::Approval, "{side}");
            world.facts.assets.remove(&World::on(BASE).effects.native);
            assert_eq!(world.tier(), Tier::Approval);
        }
    }
}

#[test]
fn every_token_of_the_path_is_listed() {
    let through = |stranger: AssetId| {
        let mut swap = to_eth(ETH);
        swap.path.insert(1, stranger);
        world(swap)
    };
    assert_eq!(through(asset(&evm(6).to_string())).tier(), Tier::Instant, "the wrapper of the coin");
    let grant = through(asset(&evm(7).to_string())).grant();
    assert_eq!(grant.tier, Tier::Approval);
    assert_eq!(grant.reasons[0].policy_type, Some(PolicyType::AllowedTokens));
    // Each row has to list it.
    let other = json!({"tokens": [{"address": USDC_BASE}, {"address": evm(7)}]});
    assert_eq!(
        through(asset(&evm(7).to_string())).row("ALLOWED_TOKENS", &other_network(&other)).tier(),
        Tier::Approval
    );
    // Without any row no token is listed, also where only coin goes in.
    let mut swap = to_eth(0);
    swap.sold = vec![portion(World::on(BASE).effects.native, ETH)];
    swap.bought = vec![portion(asset(USDC_BASE), 100 * USDC)];
    let contracts = json!({"contracts": [{"address": evm(5)}]});
    let bare = World::rich(BASE).owned().row_here("CONTRACT_WHITELIST", &contracts).knows(USDC_BASE);
    let bare = bare.native(ETH).call(evm(5), [1, 2, 3, 4], true).effect(Effect::Swap(Box::new(swap)));
    assert_eq!(bare.tier(), Tier::Approval);
    let tokens = json!({"tokens": [{"address": USDC_BASE}]});
    assert_eq!(bare.row_here("ALLOWED_TOKENS", &tokens).tier(), Tier::Instant);
}

/// Entries for every network need their asset by name.
fn other_network(rules: &serde_json::Value) -> serde_json::Value {
    let mut rules = rules.clone();
    for entry in rules["tokens"].as_array_mut().expect("tokens") {
        let id = asset(entry["address"].as_str().expect("an address")).to_string();
        entry["assetId"] = json!(id);
    }
    rules
}

#[test]
fn the_proceeds_are_the_wallets() {
    let mut gift = to_eth(ETH);
    gift.to = evm(9);
    assert_eq!(world(gift.clone()).tier(), Tier::Approval);
    // The recipient has to be listed where a list is in force; the wallet itself need not.
    let listed = json!({"allowed_addresses": [evm(5), evm(9).to_string()]});
    let only_router = json!({"allowed_addresses": [evm(5)]});
    let sends_to_router = |swap: Swap| {
        let mut world = world(swap);
        for effect in &mut world.effects.items {
            if let Effect::TokenOut { to, .. } = effect {
                *to = evm(5);
            }
        }
        world
    };
    assert_eq!(sends_to_router(to_eth(ETH)).row_here("WHITELIST", &only_router).tier(), Tier::Instant);
    assert_eq!(
        sends_to_router(gift.clone()).row_here("WHITELIST", &only_router).codes(),
        [DenialCode::WhitelistDenied]
    );
    assert_eq!(sends_to_router(gift).row_here("WHITELIST", &listed).tier(), Tier::Approval);
}

/// Listing a method says nothing about the proceeds of its swaps.
#[test]
fn naming_the_method_does_not_replace_the_terms() {
    let methods = json!({"methods": [{"contractAddress": evm(5), "selectors": ["0x01020304"]}]});
    assert_eq!(world(to_eth(0)).row_here("METHOD_WHITELIST", &methods).tier(), Tier::Approval);
}

#[test]
fn what_comes_back_as_it_went_in_needs_no_price() {
    let (native, weth) = (World::on(BASE).effects.native, asset(&evm(6).to_string()));
    let unwrap = |least| Swap {
        router: evm(6),
        sold: vec![portion(weth.clone(), 5)],
        path: vec![weth.clone(), native.clone()],
        bought: vec![portion(native.clone(), least)],
        to: evm(1),
        wrapper: Some(weth.clone()),
        spenders: Vec::new(),
        deadline: None,
    };
    let tier = |least| {
        let world = World::rich(BASE).owned().effect(Effect::Swap(Box::new(unwrap(least))));
        world.price_of_all(PriceFact::Unlisted).tier()
    };
    assert_eq!(tier(5), Tier::Instant);
    assert_eq!(tier(4), Tier::Approval);
}

/// The least proceeds are compared with present prices, and the holder of the signature decides when the swap
/// happens.
#[test]
fn what_is_handed_out_ends_soon_or_takes_the_owner() {
    let handed_out = |deadline| {
        let mut swap = to_eth(ETH);
        swap.deadline = deadline;
        let mut world = world(swap);
        world.facts.handed_out = true;
        world
    };
    let grant = handed_out(None).grant();
    assert_eq!(grant.tier, Tier::Approval);
    assert!(grant.reasons[0].message.contains("no deadline within 20 minutes"), "{:?}", grant.reasons);
    let last = MONDAY_NOON + 20 * 60;
    for (deadline, tier) in [
        (i64::MIN, Tier::Instant),
        (MONDAY_NOON - 1, Tier::Instant),
        (last, Tier::Instant),
        (last + 1, Tier::Approval),
        (i64::MAX, Tier::Approval),
    ] {
        assert_eq!(handed_out(Some(deadline)).tier(), tier, "{deadline}");
    }
    let mut late = handed_out(Some(last));
    late.facts.now = i64::MAX;
    assert_eq!(late.tier(), Tier::Instant);
    // Only the owner can approve it.
    let methods = json!({"methods": [{"contractAddress": evm(5), "selectors": ["0x01020304"]}]});
    let vouched = handed_out(None).row_here("METHOD_WHITELIST", &methods);
    assert_eq!(vouched.tier(), Tier::Approval);
    let mut ownerless = handed_out(None);
    ownerless.facts.owner = OwnerState::None;
    assert_eq!(ownerless.codes(), [DenialCode::OwnerRequired]);
    // The daemon sends its own transactions at once.
    assert_eq!(world(to_eth(ETH)).tier(), Tier::Instant);
}

/// By the end of a long delay the prices are others. The owner approves of the terms as they are.
#[test]
fn a_swap_that_waits_longer_than_prices_hold_takes_the_owner() {
    let waits = |seconds: u32| {
        let mut world = world(to_eth(ETH));
        world.rows.retain(|row| row.rules.policy_type() != PolicyType::SpendingLimit);
        world.row("SPENDING_LIMIT", &json!({
            "instant_max_usd": 1, "notify_max_usd": 1, "delay_max_usd": 1_000_000, "delay_seconds": seconds,
        }))
    };
    assert_eq!(waits(20 * 60).tier(), Tier::Delay);
    let grant = waits(20 * 60 + 1).grant();
    assert_eq!((grant.tier, grant.delay_seconds), (Tier::Approval, None));
    assert!(grant.reasons[0].message.contains("has to wait 1201 seconds"), "{:?}", grant.reasons);
    let mut ownerless = waits(86_400);
    ownerless.facts.owner = OwnerState::None;
    assert_eq!(ownerless.codes(), [DenialCode::OwnerRequired]);
    let mut plain = waits(86_400);
    plain.effects.items.retain(|effect| effect.swap().is_none());
    assert_eq!(plain.tier(), Tier::Delay, "what is no swap waits");
}

/// Unwrapping the coin brings the same whenever it happens.
#[test]
fn what_has_no_price_to_be_compared_by_needs_no_end() {
    let (native, weth) = (World::on(BASE).effects.native, asset(&evm(6).to_string()));
    let unwrap = |least| {
        let swap = Swap {
            router: evm(6),
            sold: vec![portion(weth.clone(), 5)],
            path: vec![weth.clone(), native.clone()],
            bought: vec![portion(native.clone(), least)],
            to: evm(1),
            wrapper: Some(weth.clone()),
            spenders: Vec::new(),
            deadline: None,
        };
        let mut world = World::rich(BASE).owned().effect(Effect::Swap(Box::new(swap)));
        world.facts.handed_out = true;
        world
    };
    assert_eq!(unwrap(5).tier(), Tier::Instant);
    assert_eq!(unwrap(4).tier(), Tier::Approval);
}
