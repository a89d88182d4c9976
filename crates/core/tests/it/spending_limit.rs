//! SPENDING_LIMIT: the thresholds of one transaction.

use serde_json::json;
use waiaas_core::U256;
use waiaas_core::effect::Effect;
use waiaas_core::policy::{DenialCode, PriceFact, Tier};

use crate::world::{DEVNET, SOL, USDC, USDC_MINT, World, account, parse, refusal};

const TIERS: [(u64, Tier); 8] = [
    (0, Tier::Instant),
    (1, Tier::Instant),
    (2, Tier::Notify),
    (3, Tier::Notify),
    (4, Tier::Delay),
    (5, Tier::Delay),
    (6, Tier::Approval),
    (u64::MAX, Tier::Approval),
];

#[test]
fn raw_thresholds_are_inclusive() {
    let rules = json!({"instant_max": "1", "notify_max": "3", "delay_max": "5"});
    for (amount, tier) in TIERS {
        assert_eq!(
            World::solana().owned().row("SPENDING_LIMIT", &rules).native(amount).tier(),
            tier,
            "{amount}"
        );
    }
}

#[test]
fn a_missing_raw_threshold_counts_as_zero() {
    let only_instant = json!({"instant_max": "10"});
    let world = |amount| World::solana().owned().row("SPENDING_LIMIT", &only_instant).native(amount);
    assert_eq!((world(10).tier(), world(11).tier()), (Tier::Instant, Tier::Approval));
    let only_delay = json!({"delay_max": "10"});
    let world = |amount| World::solana().owned().row("SPENDING_LIMIT", &only_delay).native(amount);
    assert_eq!(
        (world(0).tier(), world(1).tier(), world(11).tier()),
        (Tier::Instant, Tier::Delay, Tier::Approval)
    );
}

#[test]
fn dollar_thresholds_are_inclusive_to_the_micro_dollar() {
    let rules = json!({"instant_max_usd": 100, "notify_max_usd": 200, "delay_max_usd": "300.000001"});
    let world = |lamports| World::solana().owned().row("SPENDING_LIMIT", &rules).native(lamports);
    assert_eq!(world(SOL).tier(), Tier::Instant);
    assert_eq!(world(SOL + 1).tier(), Tier::Notify, "one lamport rounds up to a micro-dollar");
    assert_eq!(world(2 * SOL).tier(), Tier::Notify);
    assert_eq!(world(3 * SOL + 10).tier(), Tier::Delay, "ten lamports are a micro-dollar");
    assert_eq!(world(3 * SOL + 11).tier(), Tier::Approval);
}

#[test]
fn a_missing_dollar_threshold_is_skipped() {
    let world =
        |rules, sol: u64| World::solana().owned().row("SPENDING_LIMIT", &rules).native(sol * SOL).tier();
    assert_eq!(world(json!({"delay_max_usd": 100}), 0), Tier::Delay);
    assert_eq!(world(json!({"delay_max_usd": 100}), 1), Tier::Delay);
    assert_eq!(world(json!({"instant_max_usd": 100}), 2), Tier::Approval);
    assert_eq!(world(json!({"instant_max_usd": 100, "delay_max_usd": 300}), 2), Tier::Delay);
}

#[test]
fn token_limits_scale_by_verified_decimals_and_never_up() {
    let key = format!("{DEVNET}/token:{USDC_MINT}");
    let limits = json!({"instant_max": "0.0000019", "notify_max": "0.000003", "delay_max": "0.000005"});
    for (amount, tier) in TIERS {
        let world = World::solana()
            .owned()
            .row("SPENDING_LIMIT", &json!({"token_limits": {&key: limits}}))
            .row("ALLOWED_TOKENS", &json!({"tokens": [{"address": USDC_MINT}]}))
            .token(USDC_MINT, amount);
        assert_eq!(world.tier(), tier, "{amount}");
    }
}

#[test]
fn the_most_specific_key_decides() {
    let limit = |max: &str| json!({"instant_max": max, "notify_max": max, "delay_max": max});
    let rules = json!({"token_limits": {
        "native": limit("1"), "native:solana": limit("2"), format!("{DEVNET}/slip44:501"): limit("3"),
    }});
    let world = |rules, sol| {
        World::solana()
            .owned()
            .row_at("SPENDING_LIMIT", &rules, Some("solana-devnet"))
            .native(sol * SOL)
            .tier()
    };
    assert_eq!((world(rules.clone(), 3), world(rules, 4)), (Tier::Instant, Tier::Approval));
    let rules = json!({"token_limits": {"native": limit("1"), "native:solana": limit("2")}});
    assert_eq!((world(rules.clone(), 2), world(rules, 3)), (Tier::Instant, Tier::Approval));
    let rules = json!({"token_limits": {"native": limit("1")}});
    assert_eq!((world(rules.clone(), 1), world(rules, 2)), (Tier::Instant, Tier::Approval));
}

#[test]
fn the_strictest_part_and_the_strictest_row_decide() {
    let parts = json!({"instant_max_usd": 1000, "instant_max": "1", "notify_max": "2000000000"});
    assert_eq!(World::solana().owned().row("SPENDING_LIMIT", &parts).native(SOL).tier(), Tier::Notify);
    let rows = World::solana()
        .owned()
        .row("SPENDING_LIMIT", &json!({"instant_max_usd": 1000}))
        .row_at(
            "SPENDING_LIMIT",
            &json!({"delay_max": "1000000000", "delay_seconds": 60}),
            Some("solana-devnet"),
        )
        .native(SOL)
        .grant();
    assert_eq!((rows.tier, rows.delay_seconds), (Tier::Delay, Some(60)));
    assert_eq!(rows.reasons.len(), 1);
    assert_eq!(rows.reasons[0].message, "1 SOL is more than notify_max (0 SOL)");
}

#[test]
fn splitting_inside_one_transaction_changes_nothing() {
    let rules = json!({"instant_max_usd": 100, "notify_max_usd": 200});
    let whole = World::solana().owned().row("SPENDING_LIMIT", &rules).native(2 * SOL);
    let split =
        World::solana().owned().row("SPENDING_LIMIT", &rules).native(SOL).native(SOL / 2).native(SOL / 2);
    assert_eq!(whole.tier(), Tier::Notify);
    assert_eq!(whole.grant(), split.grant());
}

#[test]
fn rent_is_spent_and_fees_are_not() {
    let rules = json!({"instant_max": "1000000000"});
    let rent =
        |amount| Effect::AccountRent { owner: account(9), account: account(8), amount: U256::from(amount) };
    let world = || World::solana().owned().row("SPENDING_LIMIT", &rules).native(SOL - 10);
    assert_eq!(world().effect(rent(10u64)).fee(SOL).tier(), Tier::Instant);
    assert_eq!(world().effect(rent(11u64)).tier(), Tier::Approval);
}

#[test]
fn what_no_row_covers_is_denied() {
    assert_eq!(World::solana().native(0).codes(), [DenialCode::SpendingLimitRequired]);
    let tokens = json!({"tokens": [{"address": USDC_MINT}]});
    let native_only = || {
        World::solana()
            .row("SPENDING_LIMIT", &json!({"instant_max": "100"}))
            .row("ALLOWED_TOKENS", &tokens)
            .fee(5_000)
    };
    let denials = native_only().token(USDC_MINT, 0).denials();
    assert_eq!(denials.len(), 1);
    assert_eq!(denials[0].code, DenialCode::SpendingLimitRequired);
    assert!(denials[0].message.contains(USDC_MINT), "{}", denials[0].message);
    let covered = native_only().row("SPENDING_LIMIT", &json!({"instant_max_usd": 10}));
    assert_eq!(covered.token(USDC_MINT, USDC).tier(), Tier::Instant);
}

#[test]
fn no_price_needs_the_owner_where_a_dollar_rule_is_in_force() {
    for price in [PriceFact::Unlisted, PriceFact::Unusable, crate::world::price("0")] {
        for rules in [
            json!({"instant_max_usd": 1000}),
            json!({"instant_max": "9000000000", "daily_limit_usd": 1000}),
            json!({"instant_max": "9000000000", "monthly_limit_usd": 1000}),
        ] {
            let world = World::solana().owned().row("SPENDING_LIMIT", &rules).native(1).price_of_all(price);
            assert_eq!(world.tier(), Tier::Approval, "{rules}");
            let grant = world.grant();
            assert_eq!(grant.usd, None);
            assert!(grant.reasons[0].message.starts_with("SOL has no usable price"), "{grant:?}");
        }
        let raw = json!({"instant_max": "9000000000"});
        let world = World::solana().owned().row("SPENDING_LIMIT", &raw).native(1).price_of_all(price);
        assert_eq!(world.tier(), Tier::Instant);
    }
}

#[test]
fn delay_and_timeout_come_from_the_rows() {
    let rows = |tier_maker: u64| {
        World::solana()
            .owned()
            .row("SPENDING_LIMIT", &json!({"notify_max_usd": 50, "delay_max_usd": 300, "approval_timeout": 7200}))
            .row_at(
                "SPENDING_LIMIT",
                &json!({"instant_max_usd": 200, "delay_max_usd": 250, "delay_seconds": 3600, "approval_timeout": 600}),
                Some("solana-devnet"),
            )
            .native(tier_maker * SOL)
            .grant()
    };
    assert_eq!(rows(1).delay_seconds, Some(900), "only the first row asks for a delay");
    assert_eq!(rows(0).delay_seconds, None);
    let approval = rows(3);
    assert_eq!((approval.tier, approval.approval_timeout), (Tier::Approval, Some(600)));
    assert_eq!(approval.delay_seconds, None);
    let plain = World::solana().owned().row("SPENDING_LIMIT", &json!({"instant_max": "0"})).native(1).grant();
    assert_eq!(plain.approval_timeout, Some(3_600), "the daemon's default");
}

#[test]
fn sums_beyond_256_bits_exceed_every_limit() {
    let max = Effect::NativeOut { to: account(9), amount: U256::MAX };
    let rules = json!({"instant_max": U256::MAX.to_string()});
    let world = World::solana().owned().row("SPENDING_LIMIT", &rules).effect(max.clone());
    assert_eq!(world.tier(), Tier::Instant);
    assert_eq!(world.effect(max).tier(), Tier::Approval);
}

#[test]
fn rules_that_mean_nothing_are_refused() {
    let limit = |a: &str, b: &str, c: &str| json!({"instant_max": a, "notify_max": b, "delay_max": c});
    for (rules, network, expected) in [
        (json!({}), None, "at least one of"),
        (json!({"daily_limit_usd": 5}), None, "at least one of"),
        (json!({"token_limits": {}}), None, "at least one of"),
        (json!({"token_limits": 1}), None, "limits by asset"),
        (json!({"instant_max": 5}), None, "rules.instant_max"),
        (json!({"instant_max": "0.5"}), None, "rules.instant_max: base units are a string of digits"),
        (
            json!({"instant_max": "2", "delay_max": "1"}),
            None,
            "rules.instant_max must not be greater than rules.delay_max",
        ),
        (json!({"notify_max_usd": 2, "delay_max_usd": 1}), None, "rules.notify_max_usd must not be"),
        (json!({"instant_max_usd": -1}), None, "rules.instant_max_usd"),
        (json!({"instant_max_usd": 1_000_000_001}), None, "one billion"),
        (json!({"instant_max_usd": 1, "daily_limit_usd": 0}), None, "rules.daily_limit_usd"),
        (json!({"instant_max_usd": 1, "monthly_limit_usd": 0}), None, "rules.monthly_limit_usd"),
        (json!({"instant_max_usd": 1, "delay_seconds": 59}), None, "rules.delay_seconds"),
        (json!({"instant_max_usd": 1, "approval_timeout": 299}), None, "rules.approval_timeout"),
        (json!({"instant_max_usd": 1, "approval_timeout": 86_401}), None, "rules.approval_timeout"),
        (json!({"instant_max_usd": 1, "dayly_limit_usd": 5}), None, "dayly_limit_usd"),
        (
            json!({"token_limits": {"native": limit("1", "2", "3")}}),
            None,
            "rules.token_limits.native: name the policy's network",
        ),
        (json!({"token_limits": {"native:ethereum": limit("1", "2", "3")}}), Some("solana-devnet"), "solana"),
        (json!({"token_limits": {"native:ripple": limit("1", "2", "3")}}), None, "native:solana"),
        (
            json!({"token_limits": {"native:solana": limit("3", "2", "4")}}),
            None,
            "rules.token_limits.native:solana.instant_max",
        ),
        (json!({"token_limits": {"native:solana": {"instant_max": "1"}}}), None, "notify_max"),
        (json!({"token_limits": {"native:solana": limit("1", "2", "-3")}}), None, "delay_max"),
        (json!({"token_limits": {format!("{DEVNET}/slip44:60"): limit("1", "2", "3")}}), None, "native coin"),
        (json!({"token_limits": {"eip155:5/slip44:60": limit("1", "2", "3")}}), None, "eip155:5"),
        (
            json!({"token_limits": {"eip155:1/slip44:60": limit("1", "2", "3")}}),
            Some("base-mainnet"),
            "another network",
        ),
        (
            json!({"token_limits": {
                "eip155:1/erc20:0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913": limit("1", "2", "3"),
                "eip155:1/erc20:0x833589fcd6edb6e08f4c7c32d4f71b54bda02913": limit("4", "5", "6"),
            }}),
            None,
            "two limits",
        ),
    ] {
        let message = refusal("SPENDING_LIMIT", &rules, network);
        assert!(message.contains(expected), "{message}");
    }
    assert!(parse("SPENDING_LIMIT", &json!({"instant_max_usd": 1_000_000_000}), None).is_ok());
    assert!(parse("SPENDING_LIMIT", &json!({"delay_max_usd": 1}), Some("nowhere")).is_err());
}

/// Symbols are optional (EIP-20), and some tokens have an empty one.
#[test]
fn a_token_without_a_symbol_is_named_by_its_id() {
    const TOKEN: &str = "0x52908400098527886E0F7030069857D2E4169EE7";
    let tokens = json!({ "tokens": [{ "address": TOKEN }] });
    let limits = json!({ "instant_max_usd": 1 });
    let mut world = World::on("base-mainnet")
        .row_here("ALLOWED_TOKENS", &tokens)
        .row("SPENDING_LIMIT", &limits)
        .token(TOKEN, 5)
        .price_of_all(PriceFact::Unlisted);
    for known in world.facts.assets.values_mut() {
        known.symbol.clear();
    }
    let denials = world.denials();
    assert_eq!(denials[0].code, DenialCode::OwnerRequired, "{denials:?}");
    let named = format!("eip155:8453/erc20:{} has no usable price", TOKEN.to_lowercase());
    assert!(denials[0].message.contains(&named), "{denials:?}");
}
