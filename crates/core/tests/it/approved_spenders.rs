//! APPROVED_SPENDERS.

use serde_json::{Value, json};
use waiaas_core::effect::Effect;
use waiaas_core::policy::{DenialCode, PolicyType, Tier};

use crate::world::{USDC, USDC_BASE, World, account, evm, nft, refusal};

const BASE: &str = "base-mainnet";

fn world() -> World {
    let tokens = json!({"tokens": [{"address": USDC_BASE}]});
    let contracts = json!({"contracts": [{"address": evm(5)}]});
    World::rich(BASE).owned().row_here("ALLOWED_TOKENS", &tokens).row_here("CONTRACT_WHITELIST", &contracts)
}

fn listing(entries: &[(u8, Option<&str>)]) -> Value {
    let entries = entries.iter().map(|(spender, max)| match max {
        Some(max) => json!({"address": evm(*spender), "maxAmount": max}),
        None => json!({"address": evm(*spender)}),
    });
    json!({"spenders": entries.collect::<Vec<_>>()})
}

#[test]
fn without_a_row_no_allowance_is_given() {
    let denials = world().allowance(USDC_BASE, evm(8), 1, USDC).denials();
    assert_eq!(denials.len(), 1);
    assert_eq!((denials[0].code, denials[0].policy_id), (DenialCode::SpenderNotApproved, None));
    assert_eq!(denials[0].policy_type, Some(PolicyType::ApprovedSpenders));
}

#[test]
fn a_listed_spender_and_no_other() {
    let world = || world().row_here("APPROVED_SPENDERS", &listing(&[(8, None), (7, None)]));
    assert_eq!(world().allowance(USDC_BASE, evm(8), USDC, USDC).tier(), Tier::Instant);
    let denials = world().allowance(USDC_BASE, evm(9), 1, USDC).denials();
    assert_eq!(denials.len(), 1);
    assert_eq!(denials[0].code, DenialCode::SpenderNotApproved);
    assert!(denials[0].policy_id.is_some() && denials[0].message.contains(&evm(9).to_string()));
    let narrowed = world().row_here("APPROVED_SPENDERS", &listing(&[(7, None)]));
    assert_eq!(narrowed.allowance(USDC_BASE, evm(8), 1, USDC).codes(), [DenialCode::SpenderNotApproved]);
}

#[test]
fn a_maximum_holds_for_the_sum_of_one_request() {
    let world = || world().row_here("APPROVED_SPENDERS", &listing(&[(8, Some("1000000"))]));
    let allow = |world: World, amount| world.allowance(USDC_BASE, evm(8), amount, 10 * USDC);
    assert_eq!(allow(world(), USDC).tier(), Tier::Instant);
    assert_eq!(allow(world(), USDC + 1).codes(), [DenialCode::ApproveAmountExceeded]);
    assert_eq!(allow(allow(world(), USDC / 2), USDC / 2).tier(), Tier::Instant);
    assert_eq!(allow(allow(world(), USDC / 2), USDC / 2 + 1).codes(), [DenialCode::ApproveAmountExceeded]);
}

#[test]
fn taking_a_permission_back_needs_no_spender_listed() {
    assert_eq!(world().allowance(USDC_BASE, evm(8), 0, 0).tier(), Tier::Instant);
    let back = Effect::NftAllowance { nft: nft(BASE, 5, 1), spender: None };
    assert_eq!(world().effect(back).tier(), Tier::Instant);
    let back = Effect::OperatorApproval { collection: evm(5), operator: evm(8), granted: false };
    assert_eq!(world().effect(back).tier(), Tier::Instant);
}

#[test]
fn spenders_of_nfts_are_spenders() {
    let one = || Effect::NftAllowance { nft: nft(BASE, 5, 1), spender: Some(evm(8)) };
    let all = || Effect::OperatorApproval { collection: evm(5), operator: evm(8), granted: true };
    assert_eq!(world().effect(one()).codes(), [DenialCode::SpenderNotApproved]);
    let listed = |max| world().row_here("APPROVED_SPENDERS", &listing(&[(8, max)]));
    assert_eq!(listed(None).effect(one()).tier(), Tier::Approval);
    assert_eq!(listed(Some("1")).effect(one()).tier(), Tier::Approval);
    assert_eq!(listed(Some("0")).effect(one()).codes(), [DenialCode::ApproveAmountExceeded]);
    let unlimited = json!({"blockUnlimited": false});
    let all_of = |max| listed(max).row("APPROVE_AMOUNT_LIMIT", &unlimited).effect(all());
    assert_eq!(all_of(None).tier(), Tier::Approval);
    assert_eq!(all_of(Some("1000")).codes(), [DenialCode::ApproveAmountExceeded]);
}

#[test]
fn an_allowance_counts_as_spent() {
    let spend = |limit| {
        let limit = json!({"instant_max_usd": limit, "daily_limit_usd": 5});
        world()
            .row("SPENDING_LIMIT", &limit)
            .row_here("APPROVED_SPENDERS", &listing(&[(8, None)]))
            .allowance(USDC_BASE, evm(8), 2 * USDC, 10 * USDC)
            .allowance(USDC_BASE, evm(8), USDC, 10 * USDC)
    };
    assert_eq!(spend(3).tier(), Tier::Instant);
    assert_eq!(spend(2).tier(), Tier::Approval);
    assert_eq!(
        spend(3).allowance(USDC_BASE, evm(8), 3 * USDC, 10 * USDC).tier(),
        Tier::Approval,
        "the window"
    );
}

#[test]
fn the_token_has_to_be_allowed_as_well() {
    let world = World::rich(BASE).row_here("APPROVED_SPENDERS", &listing(&[(8, None)]));
    assert_eq!(world.allowance(USDC_BASE, evm(8), 1, USDC).codes(), [DenialCode::TokenNotAllowed]);
    let zero = World::rich(BASE).allowance(USDC_BASE, evm(8), 0, 0);
    assert_eq!(zero.codes(), [DenialCode::TokenNotAllowed]);
}

#[test]
fn entries_that_contradict_themselves_are_refused() {
    for (rules, expected) in [
        (json!({"spenders": []}), "rules.spenders: "),
        (json!({"spenders": [{"address": "x"}]}), "rules.spenders[0].address"),
        (json!({"spenders": [{"address": account(1)}]}), "rules.spenders[0].address"),
        (json!({"spenders": [{"address": evm(1), "maxAmount": "1.5"}]}), "rules.spenders[0].maxAmount"),
        (json!({"spenders": [{"address": evm(1), "maxAmount": 5}]}), "rules.spenders[0].maxAmount"),
        (listing(&[(1, None), (2, None), (1, Some("5"))]), "names one spender twice"),
    ] {
        let message = refusal("APPROVED_SPENDERS", &rules, Some(BASE));
        assert!(message.contains(expected), "{message}");
    }
}
