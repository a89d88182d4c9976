//! APPROVE_AMOUNT_LIMIT, and the default without one.

use serde_json::json;
use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::Effect;
use waiaas_core::policy::{DenialCode, PolicyType, Tier};

use crate::world::{USDC, USDC_BASE, World, evm, nft, refusal};

const BASE: &str = "base-mainnet";

/// Everything but the amount of an allowance is settled.
fn world() -> World {
    World::rich(BASE)
        .owned()
        .row_here("ALLOWED_TOKENS", &json!({"tokens": [{"address": USDC_BASE}]}))
        .row_here("CONTRACT_WHITELIST", &json!({"contracts": [{"address": evm(5)}]}))
        .row_here("APPROVED_SPENDERS", &json!({"spenders": [{"address": evm(8)}, {"address": evm(9)}]}))
}

/// An allowance of any size, with any balance.
fn vast(world: World, amount: U256, held: U256) -> World {
    let mut world = world.allowance(USDC_BASE, evm(8), 1, 0);
    let asset = AssetId::token(&world.effects.native.caip2, USDC_BASE.parse().expect("token"));
    world.facts.balances.insert(asset, held);
    for effect in &mut world.effects.items {
        if let Effect::Allowance { amount: asked, .. } = effect {
            *asked = amount;
        }
    }
    world
}

#[test]
fn without_a_row_an_allowance_is_bounded_by_what_is_held() {
    let allow = |amount, held| world().allowance(USDC_BASE, evm(8), amount, held);
    assert_eq!(allow(USDC, USDC).tier(), Tier::Instant);
    let denials = allow(USDC + 1, USDC).denials();
    assert_eq!(denials.len(), 1);
    assert_eq!((denials[0].code, denials[0].policy_id), (DenialCode::UnlimitedApproveBlocked, None));
    assert_eq!(denials[0].policy_type, Some(PolicyType::ApproveAmountLimit));
    assert_eq!(denials[0].hint.as_deref(), Some("set an allowance of at most 1 USDC"));
    let twice = allow(USDC, USDC).allowance(USDC_BASE, evm(8), 1, USDC);
    assert_eq!(twice.codes(), [DenialCode::UnlimitedApproveBlocked], "the sum counts");
    let mut unknown = allow(1, USDC);
    unknown.facts.balances.clear();
    assert_eq!(unknown.codes(), [DenialCode::UnlimitedApproveBlocked], "nothing known is nothing held");
}

#[test]
fn half_of_all_numbers_is_unlimited_at_any_balance() {
    let half = U256::MAX >> 1;
    assert_eq!(vast(world(), half, U256::MAX).codes(), [DenialCode::UnlimitedApproveBlocked]);
    assert_eq!(vast(world(), U256::MAX, U256::MAX).codes(), [DenialCode::UnlimitedApproveBlocked]);
    let message = |amount| vast(world(), amount, U256::from(USDC)).denials().remove(0).message;
    assert!(
        message(U256::MAX).ends_with("without limit, and the wallet holds 1 USDC"),
        "{}",
        message(U256::MAX)
    );
    assert!(message(half).ends_with("more than the wallet holds (1 USDC)"), "{}", message(half));
    let below = vast(world(), half - U256::ONE, U256::MAX);
    assert_eq!(below.tier(), Tier::Approval, "more dollars than any limit");
}

#[test]
fn a_row_may_allow_what_is_as_good_as_unlimited() {
    let allow = |rules| {
        let world = world().row("APPROVE_AMOUNT_LIMIT", &rules);
        world.allowance(USDC_BASE, evm(8), USDC + 1, USDC)
    };
    assert_eq!(allow(json!({"blockUnlimited": false})).tier(), Tier::Instant);
    assert_eq!(allow(json!({})).codes(), [DenialCode::UnlimitedApproveBlocked]);
    assert_eq!(allow(json!({"blockUnlimited": true})).codes(), [DenialCode::UnlimitedApproveBlocked]);
    let two = world()
        .row("APPROVE_AMOUNT_LIMIT", &json!({"blockUnlimited": false}))
        .row("APPROVE_AMOUNT_LIMIT", &json!({"blockUnlimited": true}));
    let two = two.allowance(USDC_BASE, evm(8), USDC + 1, USDC);
    assert_eq!(two.codes(), [DenialCode::UnlimitedApproveBlocked], "every row must agree");
}

#[test]
fn the_maximum_is_inclusive_and_per_spender_and_token() {
    let world = || world().row("APPROVE_AMOUNT_LIMIT", &json!({"maxAmount": "1000000"}));
    let allow = |world: World, spender, amount| world.allowance(USDC_BASE, evm(spender), amount, 9 * USDC);
    assert_eq!(allow(world(), 8, USDC).tier(), Tier::Instant);
    let denials = allow(world(), 8, USDC + 1).denials();
    assert_eq!(denials.len(), 1);
    assert_eq!(denials[0].code, DenialCode::ApproveAmountExceeded);
    assert_eq!(denials[0].hint.as_deref(), Some("ask for at most 1000000"));
    assert_eq!(allow(allow(world(), 8, USDC), 9, USDC).tier(), Tier::Instant);
    assert_eq!(allow(allow(world(), 8, USDC), 8, 1).codes(), [DenialCode::ApproveAmountExceeded]);
}

#[test]
fn an_nft_is_one_and_a_collection_is_unlimited() {
    let one = || Effect::NftAllowance { nft: nft(BASE, 5, 1), spender: Some(evm(8)) };
    let all = || Effect::OperatorApproval { collection: evm(5), operator: evm(8), granted: true };
    assert_eq!(world().effect(one()).tier(), Tier::Approval);
    assert_eq!(world().effect(all()).codes(), [DenialCode::UnlimitedApproveBlocked]);
    let capped =
        |max| world().row("APPROVE_AMOUNT_LIMIT", &json!({"maxAmount": max, "blockUnlimited": false}));
    assert_eq!(capped("1").effect(one()).tier(), Tier::Approval);
    assert_eq!(capped("0").effect(one()).codes(), [DenialCode::ApproveAmountExceeded]);
    assert_eq!(capped("1000").effect(all()).codes(), [DenialCode::ApproveAmountExceeded]);
    let open = world().row("APPROVE_AMOUNT_LIMIT", &json!({"blockUnlimited": false}));
    assert_eq!(open.effect(all()).tier(), Tier::Approval);
}

#[test]
fn taking_back_is_never_too_much() {
    let rules = json!({"maxAmount": "0"});
    let world = world().row("APPROVE_AMOUNT_LIMIT", &rules).allowance(USDC_BASE, evm(8), 0, 0);
    assert_eq!(world.tier(), Tier::Instant);
}

#[test]
fn bad_figures_are_refused() {
    for rules in [json!({"maxAmount": "x"}), json!({"maxAmount": 1}), json!({"blockUnlimited": "no"})] {
        assert!(refusal("APPROVE_AMOUNT_LIMIT", &rules, None).starts_with("rules."));
    }
}
