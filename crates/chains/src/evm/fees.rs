//! Fee arithmetic of EVM networks: EIP-1559 where there is a base fee, one gas price where not. Pure.

use alloy_primitives::U256;

use crate::Refusal;

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

impl Market {
    /// The price that stays includable while the base fee doubles.
    pub(super) const fn comfortable(self) -> u128 {
        match self {
            Self::Dynamic { base, priority } => base.saturating_mul(2).saturating_add(priority),
            Self::Legacy { price } => price.saturating_add(price.div_ceil(4)),
        }
    }

    /// The lowest price the next block takes: the base fee rises by at most an eighth per block.
    const fn lowest(self) -> u128 {
        match self {
            Self::Dynamic { base, priority } => {
                base.saturating_add(base.div_ceil(8)).saturating_add(priority)
            }
            Self::Legacy { price } => price,
        }
    }

    /// The price to sign for `gas_limit`, never costing more than `budget`. Prefers the comfortable
    /// price, settles for what the budget allows, and refuses when that is less than the lowest.
    pub(super) fn price_within(self, gas_limit: u64, budget: U256) -> Result<Price, Refusal> {
        let affordable = budget.checked_div(U256::from(gas_limit)).unwrap_or_default();
        let affordable = u128::try_from(affordable).unwrap_or(u128::MAX);
        if affordable < self.lowest() {
            return Err(Refusal::FeeAboveCap { fee: cost(gas_limit, self.lowest()), cap: budget });
        }
        Ok(match self {
            Self::Dynamic { priority, .. } => {
                Price { max: self.comfortable().min(affordable), priority: Some(priority) }
            }
            Self::Legacy { price } => Price { max: price, priority: None },
        })
    }
}

/// Gas times price; both fit, for 64 and 128 bits make at most 192.
pub(super) fn cost(gas: u64, price: u128) -> U256 {
    U256::from(gas).saturating_mul(U256::from(price))
}

/// The fee budget of a new draft: twice what is needed now, so that it lasts through a delay or an
/// approval, but never above `cap`.
pub(super) fn budget(need_now: U256, cap: U256) -> Result<U256, Refusal> {
    if need_now > cap {
        return Err(Refusal::FeeAboveCap { fee: need_now, cap });
    }
    Ok(need_now.saturating_mul(U256::from(2u8)).min(cap))
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
            if let Ok(price) = market.price_within(gas, budget) {
                prop_assert!(cost(gas, price.max) <= budget);
                prop_assert!(price.max >= market.lowest());
                prop_assert!(price.priority.unwrap_or_default() <= price.max);
            }
        }

        #[test]
        fn a_fresh_budget_is_enough_now(market in markets(), gas in 21_000u64..30_000_000, cap: u128) {
            let need = cost(gas, market.comfortable());
            if let Ok(budget) = budget(need, U256::from(cap)) {
                prop_assert!(budget <= U256::from(cap));
                prop_assert!(market.price_within(gas, budget).is_ok());
            }
        }
    }

    #[test]
    fn prices_by_the_market() {
        let market = Market::Dynamic { base: 100, priority: 7 };
        let price = |budget: u64| market.price_within(1000, U256::from(budget));
        assert_eq!(price(10_000_000), Ok(Price { max: 207, priority: Some(7) }));
        assert_eq!(price(150_000), Ok(Price { max: 150, priority: Some(7) }));
        assert_eq!(
            price(119_999),
            Err(Refusal::FeeAboveCap { fee: U256::from(120_000), cap: U256::from(119_999) })
        );
        let legacy = Market::Legacy { price: 10 }.price_within(1000, U256::from(50_000u64));
        assert_eq!(legacy, Ok(Price { max: 10, priority: None }));
        assert!(market.price_within(0, U256::ZERO).is_err(), "no gas, no price");
    }

    #[test]
    fn budgets_double_up_to_the_cap() {
        let of = |need: u64, cap: u64| budget(U256::from(need), U256::from(cap));
        assert_eq!(of(10, 100), Ok(U256::from(20)));
        assert_eq!(of(80, 100), Ok(U256::from(100)));
        assert_eq!(of(101, 100), Err(Refusal::FeeAboveCap { fee: U256::from(101), cap: U256::from(100) }));
        assert_eq!(with_margin(21_000, 120), Some(25_200));
        assert_eq!(with_margin(21_001, 120), Some(25_202));
        assert_eq!(with_margin(u64::MAX, 120), None);
        assert_eq!(with_margin(21_000, 50), Some(21_000), "never below the estimate");
    }
}
