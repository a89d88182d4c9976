//! Tests of the fee arithmetic: prices stay within their budgets for all answers of a node.

use super::*;
use proptest::prelude::*;

fn markets() -> impl Strategy<Value = Market> {
    prop_oneof![
        (any::<u128>(), any::<u128>()).prop_map(|(base, priority)| Market::Dynamic { base, priority }),
        (0..10u128.pow(13), 0..10u128.pow(12))
            .prop_map(|(base, priority)| Market::Dynamic { base, priority }),
        any::<u128>().prop_map(|price| Market::Legacy { price }),
    ]
}

proptest! {
    #[test]
    fn no_price_exceeds_its_budget(market in markets(), gas: u64, budget: u128) {
        let budget = U256::from(budget);
        if let Ok(price) = market.price_within(gas, budget, MostPrices::default()) {
            prop_assert!(cost(gas, price.max) <= budget);
            prop_assert!(price.max >= market.lowest());
            prop_assert!(price.priority.unwrap_or_default() <= price.max);
        }
    }

    #[test]
    fn no_price_exceeds_a_condition(
        market in markets(), gas: u64, budget: u128, price: Option<u128>, priority: Option<u128>,
    ) {
        let most = MostPrices { price, priority };
        if let Ok(signed) = market.price_within(gas, U256::from(budget), most) {
            prop_assert!(price.is_none_or(|most| signed.max <= most));
            prop_assert!(priority.is_none_or(|most| signed.priority.is_none_or(|tip| tip <= most)));
            prop_assert!(signed.max >= market.now().price.min(market.lowest()));
            prop_assert!(signed.priority.unwrap_or_default() <= signed.max);
        }
    }

    #[test]
    fn a_replacement_is_never_too_cheap_nor_over_budget(
        market in markets(), max in 0..u128::MAX / 2, tip in 0..u128::MAX / 2, legacy: bool, most: u128,
        gas: u64, budget: [u8; 32],
    ) {
        let old = Price { max: max.max(tip), priority: (!legacy).then_some(tip) };
        let budget = U256::from_be_bytes(budget);
        if let Ok(price) = market.price_over(old, most, gas, budget) {
            let eighth_more = |new: u128, old: u128| {
                U256::from(new) * U256::from(8u8) >= U256::from(old) * U256::from(9u8) && new > old
            };
            prop_assert!(eighth_more(price.max, old.max));
            prop_assert!(eighth_more(price.tip(), old.tip()));
            prop_assert!(price.priority.is_none_or(|tip| tip <= most && tip <= price.max));
            prop_assert!(price.max >= market.lowest() && cost(gas, price.max) <= budget);
        }
    }

    #[test]
    fn a_fresh_budget_is_enough_for_a_replacement(
        market in markets(), old in 0..10u128.pow(13), tip in 0..10u128.pow(12),
        gas in 21_000u64..30_000_000,
    ) {
        let old = Price { max: old.max(tip), priority: Some(tip) };
        let budget = budget(cost(gas, market.comfortable_over(old)));
        prop_assert!(market.price_over(old, u128::MAX, gas, budget).is_ok());
    }

    #[test]
    fn a_fresh_budget_and_the_lowest_cost_are_enough_now(market in markets(), gas in 21_000u64..30_000_000) {
        let all = MostPrices::default();
        let budget = budget(cost(gas, market.comfortable()));
        prop_assert!(market.price_within(gas, budget, all).is_ok());
        let least = cost(gas, market.lowest());
        prop_assert!(market.price_within(gas, least, all).is_ok());
        prop_assert!(least.is_zero() || market.price_within(gas, least - U256::ONE, all).is_err());
    }

    #[test]
    fn a_draft_built_here_offers_no_more_than_the_network_asks(market in markets(), gas: u64) {
        let need = cost(gas, market.comfortable());
        prop_assert!(budget(need) <= asked_here(need) && need <= asked_elsewhere(need));
    }
}

#[test]
fn a_replacement_pays_an_eighth_more_of_both_prices() {
    let old = Price { max: 207, priority: Some(7) };
    let over = |market: Market, budget: u64| market.price_over(old, 50, 1000, U256::from(budget));
    // The market is unchanged, so the rule decides. 207 plus an eighth is 232.875, 7 plus an eighth 7.875.
    let still = Market::Dynamic { base: 100, priority: 7 };
    assert_eq!(still.comfortable_over(old), 233);
    assert_eq!(over(still, 10_000_000), Ok(Price { max: 233, priority: Some(8) }));
    assert_eq!(over(still, 233_000), Ok(Price { max: 233, priority: Some(8) }));
    let short = Refusal::FeeAboveCap { fee: U256::from(233_000), cap: U256::from(232_999) };
    assert_eq!(over(still, 232_999), Err(short));
    // The market is above the old price, so the market decides.
    let risen = Market::Dynamic { base: 1000, priority: 20 };
    assert_eq!(risen.comfortable_over(old), 2020);
    assert_eq!(over(risen, 10_000_000), Ok(Price { max: 2020, priority: Some(20) }));
    assert_eq!(over(risen, 1_500_000), Ok(Price { max: 1500, priority: Some(20) }));
    // The market has fallen, but the node still holds the old transaction.
    let fallen = Market::Dynamic { base: 1, priority: 1 };
    assert_eq!(over(fallen, 10_000_000), Ok(Price { max: 233, priority: Some(8) }));
    let greedy = Refusal::FeeAboveCap { fee: U256::from(8_000), cap: U256::from(7_000) };
    assert_eq!(fallen.price_over(old, 7, 1000, U256::MAX), Err(greedy), "above the operator's cap");

    let free = Price { max: 0, priority: Some(0) };
    let nothing = Market::Dynamic { base: 0, priority: 0 };
    let paid = nothing.price_over(free, 50, 1000, U256::from(10_000u64));
    assert_eq!(paid, Ok(Price { max: 1, priority: Some(1) }), "at least 1 wei more");

    let legacy = Price { max: 10, priority: None };
    let price = |now| Market::Legacy { price: now }.price_over(legacy, 50, 1000, U256::from(50_000u64));
    assert_eq!(price(10), Ok(Price { max: 12, priority: None }));
    assert_eq!(price(40), Ok(Price { max: 40, priority: None }));
    assert!(price(51).is_err());
}

#[test]
fn prices_by_the_market() {
    let market = Market::Dynamic { base: 100, priority: 7 };
    let all = MostPrices::default();
    let price = |budget: u64| market.price_within(1000, U256::from(budget), all);
    assert_eq!(price(10_000_000), Ok(Price { max: 207, priority: Some(7) }));
    assert_eq!(price(150_000), Ok(Price { max: 150, priority: Some(7) }));
    assert_eq!(
        price(119_999),
        Err(Refusal::FeeAboveCap { fee: U256::from(120_000), cap: U256::from(119_999) })
    );
    let legacy = Market::Legacy { price: 10 }.price_within(1000, U256::from(50_000u64), all);
    assert_eq!(legacy, Ok(Price { max: 10, priority: None }));
    assert!(market.price_within(0, U256::ZERO, all).is_err(), "no price without gas");
}

#[test]
fn a_gas_condition_bounds_the_signed_price() {
    let market = Market::Dynamic { base: 100, priority: 7 };
    let price = |price, priority| {
        market.price_within(1000, U256::from(10_000_000u64), MostPrices { price, priority })
    };
    assert_eq!(price(None, None), Ok(Price { max: 207, priority: Some(7) }));
    assert_eq!(price(Some(150), Some(7)), Ok(Price { max: 150, priority: Some(7) }));
    assert_eq!(
        price(Some(107), None),
        Ok(Price { max: 107, priority: Some(7) }),
        "exactly the price paid now"
    );
    assert_eq!(price(Some(106), None), Err(Refusal::PriceAboveCondition));
    assert_eq!(price(None, Some(6)), Err(Refusal::PriceAboveCondition));
    let legacy = |most| {
        let most = MostPrices { price: Some(most), priority: None };
        Market::Legacy { price: 10 }.price_within(1000, U256::from(50_000u64), most)
    };
    assert_eq!(legacy(10), Ok(Price { max: 10, priority: None }));
    assert_eq!(legacy(9), Err(Refusal::PriceAboveCondition));
}

#[test]
fn tips_are_read_from_every_kind_of_price() {
    let market = Market::Dynamic { base: 100, priority: 7 };
    assert_eq!(market.tip_of(Price { max: 1000, priority: Some(9) }), 9);
    assert_eq!(market.tip_of(Price { max: 1000, priority: None }), 900, "the part that is not burnt");
    assert_eq!(market.tip_of(Price { max: 99, priority: None }), 0);
    assert_eq!(Market::Legacy { price: 7 }.tip_of(Price { max: 1000, priority: None }), 0);
}

#[test]
fn budgets_double_and_margins_are_rounded_up() {
    assert_eq!(budget(U256::from(10)), U256::from(20));
    assert_eq!((budget(U256::MAX), asked_here(U256::from(10))), (U256::MAX, U256::from(40)));
    assert_eq!((asked_elsewhere(U256::from(10)), asked_elsewhere(U256::MAX)), (U256::from(13), U256::MAX));
    assert_eq!(with_margin(21_000, 120), Some(25_200));
    assert_eq!(with_margin(21_001, 120), Some(25_202));
    assert_eq!(with_margin(u64::MAX, 120), None);
    assert_eq!(with_margin(21_000, 50), Some(21_000), "never below the estimate");
}

#[test]
fn equal_transactions_differ_in_their_price() {
    let price = |max| Price { max, priority: Some(7) };
    let budget = U256::from(50_000u64 * 100);
    let vary = |max, steps, most| varied(price(max), steps, 50_000, budget, (90, most));
    assert_eq!(vary(95, 0, None), Some(price(95)), "the first is at the market's price");
    assert_eq!(vary(95, 3, None), Some(price(98)));
    assert_eq!(vary(95, 6, None), None, "no price is within bounds");
    assert_eq!(vary(98, 4, None), Some(price(94)), "down where the budget ends");
    assert_eq!(vary(98, 1, Some(98)), Some(price(97)), "down where the condition ends");
    assert_eq!(vary(92, 3, Some(92)), None, "not below the least");
    let all: std::collections::HashSet<_> =
        (0..64).filter_map(|steps| vary(92, steps, None)).map(|p| p.max).collect();
    assert!(all.iter().all(|max| (90..=100).contains(max)) && all.len() > 8, "{all:?}");
}

#[test]
fn signed_prices_stay_within_budget_and_bounds() {
    let market = Market::Dynamic { base: 100, priority: 10 };
    let signed = |old: Option<Price>, for_gas: u64, lane: &Lane| {
        market.price_to_sign(old, 50, 1_000, U256::from(for_gas), lane)
    };
    let price = |max, priority| Price { max, priority: Some(priority) };
    let lane = |variation| Lane { variation, ..Lane::default() };
    assert_eq!(signed(None, 1_000_000, &lane(0)), Ok(price(210, 10)));
    assert_eq!(signed(None, 1_000_000, &lane(2)), Ok(price(212, 10)));
    assert_eq!(signed(None, 150_000, &lane(2)), Ok(price(148, 10)), "down where the budget ends");
    let cheap = Refusal::FeeAboveCap { fee: U256::from(123_000u32), cap: U256::from(122_999u32) };
    assert_eq!(signed(None, 122_999, &lane(0)), Err(cheap));
    assert_eq!(signed(Some(price(400, 20)), 1_000_000, &lane(0)), Ok(price(450, 23)));
    assert!(signed(Some(price(400, 50)), 1_000_000, &lane(0)).is_err(), "above the cap of the priority fee");
    let no_room = signed(None, 123_000, &lane(9)).expect_err("no other price");
    assert!(no_room.to_string().contains("signed already"), "{no_room}");
}
