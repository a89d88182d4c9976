//! APPROVE_TIER_OVERRIDE.

use serde_json::json;
use waiaas_core::effect::Effect;
use waiaas_core::policy::{DenialCode, PolicyType, Tier};

use crate::world::{SOL, USDC, USDC_BASE, World, evm, nft, refusal};

const BASE: &str = "base-mainnet";

fn world(tier: &str) -> World {
    World::rich(BASE)
        .owned()
        .row_here("ALLOWED_TOKENS", &json!({"tokens": [{"address": USDC_BASE}]}))
        .row_here("CONTRACT_WHITELIST", &json!({"contracts": [{"address": evm(5)}]}))
        .row_here("APPROVED_SPENDERS", &json!({"spenders": [{"address": evm(8)}]}))
        .row("APPROVE_TIER_OVERRIDE", &json!({"tier": tier}))
}

#[test]
fn it_raises_the_tier_of_every_allowance() {
    for (name, tier) in [
        ("INSTANT", Tier::Instant),
        ("NOTIFY", Tier::Notify),
        ("DELAY", Tier::Delay),
        ("APPROVAL", Tier::Approval),
    ] {
        let grant = world(name).allowance(USDC_BASE, evm(8), USDC, USDC).grant();
        assert_eq!(grant.tier, tier);
        assert_eq!(grant.delay_seconds, (tier == Tier::Delay).then_some(900));
        if tier > Tier::Instant {
            assert_eq!(grant.reasons[0].policy_type, Some(PolicyType::ApproveTierOverride));
        }
    }
}

#[test]
fn it_never_lowers_a_tier_and_skips_no_check() {
    let limited = world("INSTANT").row("SPENDING_LIMIT", &json!({"notify_max": "1", "delay_max_usd": 1}));
    let world = limited.allowance(USDC_BASE, evm(8), 2 * USDC, 2 * USDC);
    assert_eq!(world.tier(), Tier::Approval);
    let stranger = self::world("INSTANT").allowance(USDC_BASE, evm(9), USDC, USDC);
    assert_eq!(stranger.codes(), [DenialCode::SpenderNotApproved]);
    let unlimited = self::world("INSTANT").allowance(USDC_BASE, evm(8), USDC + 1, USDC);
    assert_eq!(unlimited.codes(), [DenialCode::UnlimitedApproveBlocked]);
    let one = Effect::NftAllowance { nft: nft(BASE, 5, 1), spender: Some(evm(8)) };
    assert_eq!(self::world("NOTIFY").effect(one).tier(), Tier::Approval);
}

#[test]
fn what_is_no_allowance_is_left_alone() {
    assert_eq!(world("APPROVAL").native(SOL).tier(), Tier::Instant);
    assert_eq!(world("APPROVAL").allowance(USDC_BASE, evm(8), 0, 0).tier(), Tier::Instant, "taken back");
}

#[test]
fn unknown_tiers_are_refused() {
    for rules in [json!({}), json!({"tier": "approval"}), json!({"tier": "DENY"}), json!({"tier": null})] {
        assert!(refusal("APPROVE_TIER_OVERRIDE", &rules, None).starts_with("rules"));
    }
}
