//! Fee arithmetic of EVM networks: EIP-1559 where there is a base fee, one gas price where not. Pure.

use alloy_primitives::U256;

use crate::{GasPrices, MostPrices, Refusal};

/// What the network charges now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Market {
    /// EIP-1559: wei per gas.
    Dynamic {
        /// Of the latest block.
        base: u128,
        /// What the node suggests, after the configured cap.
        priority: u128,
    },
    /// No base fee: wei per gas, paid in full.
    Legacy {
        /// What the node suggests.
        price: u128,
    },
}

/// Prices to sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Price {
    /// The most per gas.
    pub(super) max: u128,
    /// Priority fee per gas; absent on legacy networks.
    pub(super) priority: Option<u128>,
}

impl Price {
    /// What the block's producer gets at most, per gas.
    const fn tip(self) -> u128 {
        match self.priority {
            Some(priority) => priority,
            None => self.max,
        }
    }
}

/// Another price, `steps` wei per gas away from `price`: up where `budget` and `most` allow it, else down to
/// `least`. None where there is no room for either. So equal transactions have different bytes.
pub(super) fn varied(
    price: Price,
    steps: u64,
    gas_limit: u64,
    budget: U256,
    (least, most): (u128, Option<u128>),
) -> Option<Price> {
    let steps = u128::from(steps);
    let fits = |max: &u128| cost(gas_limit, *max) <= budget && most.is_none_or(|most| *max <= most);
    let up = price.max.checked_add(steps).filter(fits);
    let down = || price.max.checked_sub(steps).filter(|max| *max >= least);
    up.or_else(down).map(|max| Price { max, ..price })
}

impl Market {
    /// What is paid per gas in the latest block.
    pub(super) const fn now(self) -> GasPrices {
        match self {
            Self::Dynamic { base, priority } => GasPrices { price: base.saturating_add(priority), priority },
            Self::Legacy { price } => GasPrices { price, priority: 0 },
        }
    }

    /// The price that stays includable while the base fee doubles.
    pub(super) const fn comfortable(self) -> u128 {
        match self {
            Self::Dynamic { base, priority } => base.saturating_mul(2).saturating_add(priority),
            Self::Legacy { price } => price.saturating_add(price.div_ceil(4)),
        }
    }

    /// The same as a price to sign.
    pub(super) const fn comfortable_price(self) -> Price {
        let priority = match self {
            Self::Dynamic { priority, .. } => Some(priority),
            Self::Legacy { .. } => None,
        };
        Price { max: self.comfortable(), priority }
    }

    /// The base fee of the latest block, where there is one.
    pub(super) const fn base_fee(self) -> Option<u128> {
        match self {
            Self::Dynamic { base, .. } => Some(base),
            Self::Legacy { .. } => None,
        }
    }

    /// The lowest price the next block takes: the base fee rises by at most an eighth per block.
    pub(super) const fn lowest(self) -> u128 {
        match self {
            Self::Dynamic { base, priority } => {
                base.saturating_add(base.div_ceil(8)).saturating_add(priority)
            }
            Self::Legacy { price } => price,
        }
    }

    /// The price to sign for `gas_limit`, never costing more than `budget` nor exceeding `most`. Prefers
    /// the comfortable price, settles for what the budget and `most` allow, and refuses when the one is
    /// less than the lowest, or the other less than what is paid now.
    pub(super) fn price_within(
        self,
        gas_limit: u64,
        budget: U256,
        most: MostPrices,
    ) -> Result<Price, Refusal> {
        let GasPrices { price, priority } = self.now();
        if most.price.is_some_and(|most| price > most) || most.priority.is_some_and(|most| priority > most) {
            return Err(Refusal::PriceAboveCondition);
        }
        let signed = self.price_from(self.lowest(), gas_limit, budget)?;
        Ok(Price { max: most.price.map_or(signed.max, |most| signed.max.min(most)), ..signed })
    }

    /// The tip per gas of a transaction that offers `price`: what the block's producer gets at most.
    pub(super) const fn tip_of(self, price: Price) -> u128 {
        match (self, price.priority) {
            (_, Some(priority)) => priority,
            (Self::Dynamic { base, .. }, None) => price.max.saturating_sub(base),
            // Where nothing is burnt there are no tips, only the price.
            (Self::Legacy { .. }, None) => 0,
        }
    }

    /// The same with another least price.
    fn price_from(self, least: u128, gas_limit: u64, budget: U256) -> Result<Price, Refusal> {
        let affordable = budget.checked_div(U256::from(gas_limit)).unwrap_or_default();
        let affordable = u128::try_from(affordable).unwrap_or(u128::MAX);
        if affordable < least {
            return Err(Refusal::FeeAboveCap { fee: cost(gas_limit, least), cap: budget });
        }
        Ok(match self {
            Self::Dynamic { priority, .. } => {
                Price { max: self.comfortable().max(least).min(affordable), priority: Some(priority) }
            }
            Self::Legacy { .. } => Price { max: least, priority: None },
        })
    }

    /// The price to sign in the place of a transaction signed at `old`: enough for the market, and
    /// enough more than `old` for nodes to take the exchange. Refuses what costs more than `budget`, or
    /// offers more than `most_priority` as priority fee per gas.
    pub(super) fn price_over(
        self,
        old: Price,
        most_priority: u128,
        gas_limit: u64,
        budget: U256,
    ) -> Result<Price, Refusal> {
        let market = self.over(old);
        if let Self::Dynamic { priority, .. } = market
            && priority > most_priority
        {
            return Err(Refusal::FeeAboveCap {
                fee: cost(gas_limit, priority),
                cap: cost(gas_limit, most_priority),
            });
        }
        market.price_from(market.lowest().max(raised(old.max)), gas_limit, budget)
    }

    /// The comfortable price of a transaction in the place of one signed at `old`.
    pub(super) fn comfortable_over(self, old: Price) -> u128 {
        self.over(old).comfortable().max(raised(old.max))
    }

    /// This market as it is for a transaction in the place of one signed at `old`.
    fn over(self, old: Price) -> Self {
        match self {
            Self::Dynamic { base, priority } => {
                Self::Dynamic { base, priority: priority.max(raised(old.tip())) }
            }
            Self::Legacy { price } => Self::Legacy { price: price.max(raised(old.max)) },
        }
    }
}

/// What a node wants, per gas, before it gives up a transaction it has: an eighth more, rounded up, and
/// never nothing. Most nodes ask for a tenth, of both prices of EIP-1559, and some for an eighth.
fn raised(price: u128) -> u128 {
    price.saturating_add(price.div_ceil(8).max(1))
}

/// Gas times price; both fit, for 64 and 128 bits make at most 192.
pub(super) fn cost(gas: u64, price: u128) -> U256 {
    U256::from(gas).saturating_mul(U256::from(price))
}

/// The fee budget of a new draft: twice what is needed now, so that it lasts through a delay or an
/// approval.
pub(super) fn budget(need_now: U256) -> U256 {
    need_now.saturating_mul(U256::from(2u8))
}

/// What the network asks for at most where a draft built here needs `need_now`: its budget, and as much
/// again to outbid a transaction that it replaces.
pub(super) fn asked_here(need_now: U256) -> U256 {
    budget(need_now).saturating_mul(U256::from(2u8))
}

/// The same for what is signed as it is: a quarter more than a comfortable price costs.
pub(super) fn asked_elsewhere(need_now: U256) -> U256 {
    need_now.saturating_add(need_now.div_ceil(U256::from(4u8)))
}

/// `estimate` with a margin in percent of it (120 = a fifth more), rounded up.
pub(super) fn with_margin(estimate: u64, percent: u64) -> Option<u64> {
    let scaled = u128::from(estimate).checked_mul(u128::from(percent))?.div_ceil(100);
    u64::try_from(scaled).ok().map(|limit| limit.max(estimate))
}

#[cfg(test)]
mod tests {
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
        fn a_fresh_budget_is_enough_now_and_so_is_the_least(market in markets(), gas in 21_000u64..30_000_000) {
            let all = MostPrices::default();
            let budget = budget(cost(gas, market.comfortable()));
            prop_assert!(market.price_within(gas, budget, all).is_ok());
            let least = cost(gas, market.lowest());
            prop_assert!(market.price_within(gas, least, all).is_ok());
            prop_assert!(least.is_zero() || market.price_within(gas, least - U256::ONE, all).is_err());
        }

        #[test]
        fn what_is_built_here_never_offers_more_than_is_asked(market in markets(), gas: u64) {
            let need = cost(gas, market.comfortable());
            prop_assert!(budget(need) <= asked_here(need) && need <= asked_elsewhere(need));
        }
    }

    #[test]
    fn a_replacement_pays_an_eighth_more_of_both_prices() {
        let old = Price { max: 207, priority: Some(7) };
        let over = |market: Market, budget: u64| market.price_over(old, 50, 1000, U256::from(budget));
        // The market stands still: the rule decides. 207 and an eighth are 232.875, 7 and an eighth 7.875.
        let still = Market::Dynamic { base: 100, priority: 7 };
        assert_eq!(still.comfortable_over(old), 233);
        assert_eq!(over(still, 10_000_000), Ok(Price { max: 233, priority: Some(8) }));
        assert_eq!(over(still, 233_000), Ok(Price { max: 233, priority: Some(8) }));
        let short = Refusal::FeeAboveCap { fee: U256::from(233_000), cap: U256::from(232_999) };
        assert_eq!(over(still, 232_999), Err(short));
        // The market has outgrown it: the market decides.
        let risen = Market::Dynamic { base: 1000, priority: 20 };
        assert_eq!(risen.comfortable_over(old), 2020);
        assert_eq!(over(risen, 10_000_000), Ok(Price { max: 2020, priority: Some(20) }));
        assert_eq!(over(risen, 1_500_000), Ok(Price { max: 1500, priority: Some(20) }));
        // The market has fallen, but the node still holds the old one.
        let fallen = Market::Dynamic { base: 1, priority: 1 };
        assert_eq!(over(fallen, 10_000_000), Ok(Price { max: 233, priority: Some(8) }));
        let greedy = Refusal::FeeAboveCap { fee: U256::from(8_000), cap: U256::from(7_000) };
        assert_eq!(fallen.price_over(old, 7, 1000, U256::MAX), Err(greedy), "the operator's cap holds");

        let free = Price { max: 0, priority: Some(0) };
        let nothing = Market::Dynamic { base: 0, priority: 0 };
        let paid = nothing.price_over(free, 50, 1000, U256::from(10_000u64));
        assert_eq!(paid, Ok(Price { max: 1, priority: Some(1) }), "more than nothing");

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
        assert!(market.price_within(0, U256::ZERO, all).is_err(), "no gas, no price");
    }

    #[test]
    fn a_condition_bounds_what_is_signed_and_not_only_when() {
        let market = Market::Dynamic { base: 100, priority: 7 };
        let price = |price, priority| {
            market.price_within(1000, U256::from(10_000_000u64), MostPrices { price, priority })
        };
        assert_eq!(price(None, None), Ok(Price { max: 207, priority: Some(7) }));
        assert_eq!(price(Some(150), Some(7)), Ok(Price { max: 150, priority: Some(7) }));
        assert_eq!(price(Some(107), None), Ok(Price { max: 107, priority: Some(7) }), "what is paid now");
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
        assert_eq!(market.tip_of(Price { max: 1000, priority: None }), 900, "all that is not burnt");
        assert_eq!(market.tip_of(Price { max: 99, priority: None }), 0);
        assert_eq!(Market::Legacy { price: 7 }.tip_of(Price { max: 1000, priority: None }), 0);
    }

    #[test]
    fn budgets_double_and_margins_are_rounded_up() {
        assert_eq!(budget(U256::from(10)), U256::from(20));
        assert_eq!((budget(U256::MAX), asked_here(U256::from(10))), (U256::MAX, U256::from(40)));
        assert_eq!(
            (asked_elsewhere(U256::from(10)), asked_elsewhere(U256::MAX)),
            (U256::from(13), U256::MAX)
        );
        assert_eq!(with_margin(21_000, 120), Some(25_200));
        assert_eq!(with_margin(21_001, 120), Some(25_202));
        assert_eq!(with_margin(u64::MAX, 120), None);
        assert_eq!(with_margin(21_000, 50), Some(21_000), "never below the estimate");
    }
}
