//! SPENDING_LIMIT: the windows of a day and a month.

use serde_json::{Value, json};
use waiaas_core::U256;
use waiaas_core::money::Usd;
use waiaas_core::policy::{Tier, Window, WindowWarning};

use crate::world::{DEVNET, SOL, USDC, USDC_MINT, World};

fn spent(day: u64, month: u64, rules: &Value) -> World {
    let mut world = World::solana().owned().row("SPENDING_LIMIT", rules).native(SOL);
    world.facts.ledger.usd_day = Usd::from_dollars(day);
    world.facts.ledger.usd_month = Usd::from_dollars(month);
    world
}

#[test]
fn over_a_dollar_window_the_owner_decides() {
    let daily = json!({"instant_max_usd": 1000, "daily_limit_usd": 500});
    assert_eq!(spent(400, 0, &daily).tier(), Tier::Instant);
    assert_eq!(spent(401, 0, &daily).tier(), Tier::Approval);
    let monthly = json!({"instant_max_usd": 1000, "monthly_limit_usd": 500});
    assert_eq!(spent(400, 400, &monthly).tier(), Tier::Instant);
    let over = spent(0, 401, &monthly).grant();
    assert_eq!(over.tier, Tier::Approval);
    assert_eq!(over.reasons[0].message, "501.00 USD in 30 days, more than monthly_limit_usd (500.00 USD)");
}

#[test]
fn windows_count_fees() {
    let daily = json!({"instant_max_usd": 100, "daily_limit_usd": 500});
    assert_eq!(spent(400, 0, &daily).fee(1).tier(), Tier::Approval);
    let grant = spent(300, 0, &daily).fee(SOL).grant();
    assert_eq!((grant.tier, grant.usd), (Tier::Instant, Some(Usd::from_dollars(100))));
    assert_eq!(grant.warning.map(|warning| warning.spent), Some(Usd::from_dollars(500)));
    assert_eq!(spent(300, 0, &daily).fee(SOL + 1).tier(), Tier::Approval);
}

#[test]
fn from_four_fifths_there_is_a_warning_daily_first() {
    let rules = json!({"instant_max_usd": 1000, "daily_limit_usd": 500, "monthly_limit_usd": 1000});
    assert_eq!(spent(299, 699, &rules).grant().warning, None);
    let monthly = WindowWarning {
        window: Window::Monthly,
        spent: Usd::from_dollars(800),
        limit: Usd::from_dollars(1000),
    };
    assert_eq!(spent(299, 700, &rules).grant().warning, Some(monthly));
    let daily =
        WindowWarning { window: Window::Daily, spent: Usd::from_dollars(400), limit: Usd::from_dollars(500) };
    assert_eq!(spent(300, 700, &rules).grant().warning, Some(daily));
    let tighter = json!({"instant_max_usd": 1000, "daily_limit_usd": 450});
    let fuller = spent(300, 0, &rules).row("SPENDING_LIMIT", &tighter).grant().warning;
    assert_eq!(fuller.map(|warning| warning.limit), Some(Usd::from_dollars(450)));
}

#[test]
fn a_full_ledger_exceeds_every_window() {
    let rules = json!({"instant_max_usd": 1000, "daily_limit_usd": 1_000_000_000});
    let mut world = spent(0, 0, &rules);
    world.facts.ledger.usd_day = Usd::MAX;
    assert_eq!(world.tier(), Tier::Approval);
}

#[test]
fn assets_have_windows_of_their_own() {
    let limit = |window: &str| {
        json!({"token_limits": {
            format!("{DEVNET}/token:{USDC_MINT}"):
                {"instant_max": "100", "notify_max": "100", "delay_max": "100", window: "50.5"}
        }})
    };
    let world = |window: &str, before: u64| {
        let mut world = World::solana()
            .owned()
            .row("SPENDING_LIMIT", &limit(window))
            .row("ALLOWED_TOKENS", &json!({"tokens": [{"address": USDC_MINT}]}))
            .token(USDC_MINT, 10 * USDC);
        let asset = world.facts.assets.keys().find(|asset| !asset.is_native()).expect("token").clone();
        let counted = match window {
            "daily_max" => &mut world.facts.ledger.asset_day,
            _ => &mut world.facts.ledger.asset_month,
        };
        counted.insert(asset, U256::from(before));
        world
    };
    for window in ["daily_max", "monthly_max"] {
        assert_eq!(world(window, 40 * USDC + USDC / 2).tier(), Tier::Instant, "{window}");
        let over = world(window, 40 * USDC + USDC / 2 + 1).grant();
        assert_eq!(over.tier, Tier::Approval, "{window}");
        assert!(over.reasons[0].message.contains(&format!("more than {window} (50.5 USDC)")));
        assert_eq!(world(window, u64::MAX).tier(), Tier::Approval);
    }
}

#[test]
fn fees_count_in_the_window_of_the_native_coin() {
    let rules = json!({"token_limits": {"native:solana":
        {"instant_max": "1", "notify_max": "1", "delay_max": "1", "daily_max": "1.5"}}});
    assert_eq!(
        World::solana().owned().row("SPENDING_LIMIT", &rules).native(SOL).fee(SOL / 2).tier(),
        Tier::Instant
    );
    let over = World::solana().owned().row("SPENDING_LIMIT", &rules).native(SOL).fee(SOL / 2 + 1);
    assert_eq!(over.tier(), Tier::Approval);
}
