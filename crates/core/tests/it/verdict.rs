//! The parts of the evaluation beyond single policy types: defaults, order, owners, and unknown effects.

use serde_json::json;
use waiaas_core::effect::Effect;
use waiaas_core::money::Usd;
use waiaas_core::network::NetworkId;
use waiaas_core::policy::{DenialCode, PolicySet, PriceFact, Tier, Verdict, evaluate};
use waiaas_core::wallet::OwnerState;

use crate::world::{SOL, USDC_MINT, World, account, parse, wallet};

#[test]
fn with_no_policy_nothing_is_allowed() {
    assert_eq!(World::solana().codes(), [DenialCode::SpendingLimitRequired]);
    assert_eq!(World::solana().fee(1).codes(), [DenialCode::SpendingLimitRequired]);
    let codes = World::solana().native(1).token(USDC_MINT, 1).codes();
    assert_eq!(codes, [DenialCode::TokenNotAllowed, DenialCode::SpendingLimitRequired]);
    let world = World::solana().native(1);
    let verdict = evaluate(&PolicySet::default(), &world.effects, &world.facts);
    assert!(matches!(verdict, Verdict::Denied(_)));
}

#[test]
fn an_unknown_effect_is_denied_under_any_policy() {
    let unknown = Effect::Unknown { target: Some(account(3)), what: "a call to a program".to_owned() };
    let world = World::solana().owned().row("SPENDING_LIMIT", &json!({"instant_max_usd": 1000})).native(1);
    let denials = world.effect(unknown).denials();
    assert_eq!(denials.len(), 1);
    assert_eq!((denials[0].code, denials[0].policy_id), (DenialCode::UnknownEffect, None));
    assert!(denials[0].message.contains("a call to a program"));
}

#[test]
fn assets_without_facts_are_denied() {
    let rules = json!({"instant_max_usd": 1000});
    let mut missing = World::solana().owned().row("SPENDING_LIMIT", &rules).native(1);
    missing.facts.assets.clear();
    assert_eq!(missing.codes(), [DenialCode::UnknownAsset]);
    let mut absurd = World::solana().owned().row("SPENDING_LIMIT", &rules).native(1);
    for facts in absurd.facts.assets.values_mut() {
        facts.decimals = 37;
    }
    assert_eq!(absurd.codes(), [DenialCode::UnknownAsset]);
    let mut fee = World::solana().owned().row("SPENDING_LIMIT", &rules).fee(1);
    fee.facts.assets.clear();
    assert_eq!(fee.codes(), [DenialCode::UnknownAsset]);
}

#[test]
fn approval_without_a_proved_owner_is_a_denial_with_a_way_out() {
    let rules = json!({"instant_max_usd": 5, "delay_max_usd": 10, "daily_limit_usd": 50});
    for owner in [OwnerState::None, OwnerState::Grace] {
        let mut world = World::solana().row("SPENDING_LIMIT", &rules).native(SOL);
        world.facts.owner = owner;
        world.facts.ledger.usd_day = Usd::from_dollars(30);
        let denials = world.denials();
        assert_eq!(denials.len(), 1);
        assert_eq!(denials[0].code, DenialCode::OwnerRequired);
        assert_eq!(denials[0].policy_id, Some(world.rows[0].id));
        let hint = denials[0].hint.as_deref().expect("hint");
        assert!(hint.contains("owner") && hint.contains("up to 10.00 USD per transaction"), "{hint}");
        assert!(hint.contains("20.00 USD is left in the 24 hours"), "{hint}");
    }
}

#[test]
fn the_nearest_amount_in_the_hint_is_indeed_allowed() {
    let rules = json!({"instant_max": "5", "delay_max": "2000000000"});
    let world = |amount| World::solana().row("SPENDING_LIMIT", &rules).native(amount);
    let hint = world(2 * SOL + 1).denials().remove(0).hint.expect("hint");
    assert!(hint.contains("up to 2 SOL per transaction"), "{hint}");
    assert_eq!(world(2 * SOL).tier(), Tier::Delay);
}

#[test]
fn all_denials_are_reported_by_priority() {
    let mut world = World::solana()
        .row("WHITELIST", &json!({"allowed_addresses": [account(2)]}))
        .row("ALLOWED_NETWORKS", &json!({"networks": [{"network": "solana-mainnet"}]}))
        .row("TIME_RESTRICTION", &json!({"allowed_days": [0]}))
        .row("RATE_LIMIT", &json!({"max_requests": 1, "window_seconds": 1}))
        .row("ALLOWED_TOKENS", &json!({"tokens": [{"address": account(4)}]}))
        .token(USDC_MINT, 1);
    world.facts.ledger.requests.insert(1, 1);
    world.rows[3].priority = 10;
    world.rows[0].priority = -10;
    let expected = [
        DenialCode::RateLimitExceeded,
        DenialCode::NetworkNotAllowed,
        DenialCode::TimeNotAllowed,
        DenialCode::TokenNotAllowed,
        DenialCode::WhitelistDenied,
        DenialCode::SpendingLimitRequired,
    ];
    assert_eq!(world.codes(), expected);
    assert!(world.denials().iter().all(|denial| !denial.message.is_empty() && denial.hint.is_some()));
}

#[test]
fn reasons_come_strictest_first() {
    let grant = World::solana()
        .owned()
        .row("SPENDING_LIMIT", &json!({"notify_max_usd": 100}))
        .row("SPENDING_LIMIT", &json!({"instant_max": "1"}))
        .row("SPENDING_LIMIT", &json!({"delay_max": "1000000000"}))
        .native(SOL)
        .grant();
    let tiers: Vec<_> = grant.reasons.iter().map(|reason| reason.tier).collect();
    assert_eq!(tiers, [Tier::Approval, Tier::Delay, Tier::Notify]);
}

#[test]
fn policies_of_another_network_never_judge() {
    let world = World::solana().row("SPENDING_LIMIT", &json!({"instant_max_usd": 1000})).native(1);
    let set = PolicySet::select(world.rows.clone(), wallet(), &NetworkId::new("solana-mainnet"));
    let Verdict::Denied(denials) = evaluate(&set, &world.effects, &world.facts) else { panic!("granted") };
    assert_eq!(denials[0].code, DenialCode::PolicyDenied);

    let elsewhere =
        World::solana().row_at("SPENDING_LIMIT", &json!({"instant_max_usd": 1000}), Some("solana-mainnet"));
    assert_eq!(elsewhere.native(1).codes(), [DenialCode::SpendingLimitRequired]);
}

#[test]
fn rows_of_another_wallet_never_judge() {
    let mut world = World::solana().row("SPENDING_LIMIT", &json!({"instant_max_usd": 1000})).native(1);
    world.rows[0].scope.wallet = Some(wallet());
    assert_eq!(world.tier(), Tier::Instant);
    world.rows[0].scope.wallet = Some(waiaas_core::ids::WalletId::new(uuid::Uuid::from_u128(7)));
    assert_eq!(world.codes(), [DenialCode::SpendingLimitRequired]);
}

#[test]
fn the_example_of_the_introduction_reads_as_written() {
    let rules = json!({
        "instant_max_usd": 10, "notify_max_usd": 100, "delay_max_usd": 1000, "delay_seconds": 900,
        "daily_limit_usd": 5000,
    });
    assert!(parse("SPENDING_LIMIT", &rules, None).is_ok());
}

#[test]
fn no_amount_is_offered_where_no_amount_would_do() {
    let rules = json!({"instant_max": "5", "daily_limit_usd": 50});
    let world = World::solana().row("SPENDING_LIMIT", &rules).native(SOL).price_of_all(PriceFact::Unlisted);
    let denial = world.denials().remove(0);
    assert_eq!(denial.code, DenialCode::OwnerRequired);
    assert!(denial.hint.as_deref().is_some_and(|hint| !hint.contains("ask for less")), "{denial:?}");
}

#[test]
fn a_delay_without_a_time_of_its_own_lasts_as_long_as_any_row_says() {
    let short = json!({"instant_max_usd": 50, "delay_max_usd": 1000, "delay_seconds": 60});
    let long = json!({"instant_max_usd": 1000, "delay_seconds": 700});
    let world = || World::solana().row("SPENDING_LIMIT", &short).row("SPENDING_LIMIT", &long).native(SOL);
    assert_eq!(world().grant().delay_seconds, Some(60), "the row that asks says how long");
    let rules = json!({
        "check_counterparty": true, "min_score": 1, "unrated_tier": "DELAY", "below_threshold_tier": "DELAY",
    });
    assert_eq!(world().row("REPUTATION_THRESHOLD", &rules).grant().delay_seconds, Some(700));
}
