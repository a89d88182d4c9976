//! Money in whole numbers, against fractions that lose nothing.

use alloy_primitives::{U256, U512};
use proptest::prelude::*;
use serde_json::json;
use waiaas_core::effect::Effect;
use waiaas_core::money::{Price, Usd, format_units};
use waiaas_core::policy::rules::Decimal;
use waiaas_core::policy::{PriceFact, Tier, Verdict};

use super::cases;
use crate::world::{World, evm};

fn ten(exponent: u32) -> U512 {
    U512::from(10u8).pow(U512::from(exponent))
}

fn wide(amount: U256) -> U512 {
    U512::from(amount)
}

/// Full words, short ones, and the ends.
fn amounts() -> impl Strategy<Value = U256> {
    prop_oneof![
        3 => any::<u64>().prop_map(U256::from),
        6 => (any::<[u64; 4]>(), 0usize..256).prop_map(|(limbs, shift)| U256::from_limbs(limbs) >> shift),
        1 => Just(U256::MAX),
        1 => Just(U256::ZERO),
    ]
}

/// Pico-dollars: of anything between dust and gold.
fn prices() -> impl Strategy<Value = u128> {
    (any::<u128>(), 0u32..128).prop_map(|(price, shift)| price >> shift)
}

/// Whether `amount` at `price` is worth at most so many micro-dollars, exactly.
fn worth_at_most(amount: U256, price: Price, decimals: u8, micros: u64) -> bool {
    // Price in 10⁻¹² dollars of 10^decimals units; a micro-dollar is 10⁶ of those.
    wide(amount) * U512::from(price.picos()) <= U512::from(micros) * ten(u32::from(decimals) + 6)
}

/// A wallet on EVM whose coin has this price, with dollar limits.
fn limited(price: Price, threshold: u64, daily: Option<u64>) -> World {
    let mut rules = json!({ "instant_max_usd": Usd::from_micros(threshold) });
    if let Some(daily) = daily {
        rules["daily_limit_usd"] = json!(Usd::from_micros(daily));
    }
    World::on("base-mainnet").owned().row("SPENDING_LIMIT", &rules).price_of_all(PriceFact::Known(price))
}

fn tier(verdict: &Verdict) -> Option<Tier> {
    match verdict {
        Verdict::Granted(grant) => Some(grant.tier),
        Verdict::Denied(_) => None,
    }
}

/// The greatest amount worth no more than so much, and its neighbours: that is where rounding shows.
fn near(micros: u64, price: u64, decimals: u8, off: i8) -> U256 {
    let most = U512::from(micros) * ten(u32::from(decimals) + 6) / U512::from(price);
    let most = most.to_string().parse::<U256>().unwrap_or(U256::MAX);
    let by = U256::from(off.unsigned_abs());
    if off < 0 { most.saturating_sub(by) } else { most.saturating_add(by) }
}

proptest! {
    #![proptest_config(cases(1_500))]

    /// Invariant 13: a value is the exact one, rounded up to the next micro-dollar, or more than anything.
    #[test]
    fn values_are_rounded_up_from_the_exact_one(amount in amounts(), picos in prices(), decimals in 0u8..=36) {
        let value = Price::from_picos(picos).value_of(amount, decimals);
        let price = Price::from_picos(picos);
        prop_assert!(value == Usd::MAX || worth_at_most(amount, price, decimals, value.micros()));
        if let Some(less) = value.micros().checked_sub(1) {
            prop_assert!(!worth_at_most(amount, price, decimals, less));
        }
    }

    /// Invariant 13: a limit written in human units is rounded down.
    #[test]
    fn limits_are_rounded_down_from_the_exact_one(digits in amounts(), scale in 0u8..=36, decimals in 0u8..=36) {
        let Ok(limit) = format_units(digits, scale).parse::<Decimal>() else { return Ok(()) };
        let units = limit.base_units(decimals);
        let exact = |units: U256| (wide(units) * ten(scale.into())).cmp(&(wide(digits) * ten(decimals.into())));
        prop_assert!(exact(units).is_le());
        if let Some(more) = units.checked_add(U256::from(1u8)) {
            prop_assert!(exact(more).is_gt());
        }
    }

    /// Invariant 13: at a dollar limit, a payment in any number of pieces passes exactly when its exact
    /// value does.
    #[test]
    fn a_limit_holds_to_the_last_unit(
        threshold in 1u64..2_000_000_000, price in 1u64.., off in -3i8..=3, pieces in 1u64..4,
    ) {
        let amount = near(threshold, price, 18, off);
        let price = Price::from_picos(u128::from(price));
        let mut world = limited(price, threshold, None);
        let piece = amount / U256::from(pieces);
        for number in 1..=pieces {
            let amount = if number == pieces { amount - piece * U256::from(pieces - 1) } else { piece };
            world = world.effect(Effect::NativeOut { to: evm(9), amount });
        }
        let fits = worth_at_most(amount, price, 18, threshold);
        prop_assert_eq!(tier(&world.verdict()) == Some(Tier::Instant), fits, "{}", amount);
    }

    /// Invariant 13: in a window, earlier spending, the payment and its fee together pass exactly when
    /// their exact value does; spending is known in whole micro-dollars, which were rounded up.
    #[test]
    fn a_window_holds_to_the_last_unit(
        limit in 1u64..2_000_000_000, spent in 0u64..2_000_000_000, price in 1u64.., off in -3i8..=3,
        share in 0u64..=100,
    ) {
        let room = limit.saturating_sub(spent);
        let amount = near(room, price, 18, off);
        let price = Price::from_picos(u128::from(price));
        let mut world = limited(price, 900_000_000_000_000, Some(limit));
        world.facts.ledger.usd_day = Usd::from_micros(spent);
        let fee = amount / U256::from(100u8) * U256::from(share);
        world = world
            .effect(Effect::NativeOut { to: evm(9), amount: amount - fee })
            .effect(Effect::NetworkFee { max: fee });
        let fits = spent <= limit && worth_at_most(amount, price, 18, room);
        prop_assert_eq!(tier(&world.verdict()) == Some(Tier::Instant), fits, "{}", amount);
    }
}
