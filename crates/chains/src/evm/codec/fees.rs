//! Fee arithmetic of EVM networks: EIP-1559 on networks with a base fee, else a single gas price. Pure.

use alloy_primitives::U256;

use crate::{GasPrices, Lane, MostPrices, Refusal};

/// The network's current fee prices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::evm) enum Market {
    /// EIP-1559: wei per gas.
    Dynamic {
        /// Base fee of the latest block.
        base: u128,
        /// Priority fee that the node suggests, after the configured cap.
        priority: u128,
    },
    /// No base fee: wei per gas, paid in full.
    Legacy {
        /// Gas price that the node suggests.
        price: u128,
    },
}

/// The fee prices of a transaction to sign, in wei per gas.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::evm) struct Price {
    /// Highest price, the priority fee included.
    pub(in crate::evm) max: u128,
    /// Priority fee; absent on legacy networks.
    pub(in crate::evm) priority: Option<u128>,
}

impl Price {
    /// Returns the most that the block's producer gets, per gas.
    const fn tip(self) -> u128 {
        match self.priority {
            Some(priority) => priority,
            None => self.max,
        }
    }
}

/// Returns a price `steps` wei per gas above `price` if `budget` and `most` allow it, else below, down to
/// `least`. Returns `None` if neither fits. Equal transactions thus get different bytes.
pub(in crate::evm) fn varied(
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
    /// Returns the price paid per gas in the latest block.
    pub(in crate::evm) const fn now(self) -> GasPrices {
        match self {
            Self::Dynamic { base, priority } => GasPrices { price: base.saturating_add(priority), priority },
            Self::Legacy { price } => GasPrices { price, priority: 0 },
        }
    }

    /// Returns the price per gas that remains includable while the base fee doubles.
    pub(in crate::evm) const fn comfortable(self) -> u128 {
        match self {
            Self::Dynamic { base, priority } => base.saturating_mul(2).saturating_add(priority),
            Self::Legacy { price } => price.saturating_add(price.div_ceil(4)),
        }
    }

    /// Returns the comfortable price as a price to sign.
    pub(in crate::evm) const fn comfortable_price(self) -> Price {
        let priority = match self {
            Self::Dynamic { priority, .. } => Some(priority),
            Self::Legacy { .. } => None,
        };
        Price { max: self.comfortable(), priority }
    }

    /// Returns the base fee of the latest block, if the network has one.
    pub(in crate::evm) const fn base_fee(self) -> Option<u128> {
        match self {
            Self::Dynamic { base, .. } => Some(base),
            Self::Legacy { .. } => None,
        }
    }

    /// Returns the lowest price that the next block accepts: the base fee rises by at most an eighth per block.
    pub(in crate::evm) const fn lowest(self) -> u128 {
        match self {
            Self::Dynamic { base, priority } => {
                base.saturating_add(base.div_ceil(8)).saturating_add(priority)
            }
            Self::Legacy { price } => price,
        }
    }

    /// Returns the price to sign for `gas_limit`: the comfortable price, or less where `budget` or `most` limits
    /// it. Refuses if `budget` allows less than the lowest price, or `most` less than the price paid now.
    pub(in crate::evm) fn price_within(
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

    /// Returns the tip per gas of a transaction that offers `price`: the most that the block's producer gets.
    pub(in crate::evm) const fn tip_of(self, price: Price) -> u128 {
        match (self, price.priority) {
            (_, Some(priority)) => priority,
            (Self::Dynamic { base, .. }, None) => price.max.saturating_sub(base),
            // Without a burnt base fee there is only the price and no tip.
            (Self::Legacy { .. }, None) => 0,
        }
    }

    /// Returns the price to sign within `budget` and at or above `least`.
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

    /// Returns the price to sign for the replacement of a transaction signed at `old`: enough for the market,
    /// and enough above `old` for nodes to accept the replacement. Refuses if that costs more than `budget` or
    /// needs a priority fee per gas above `most_priority`.
    pub(in crate::evm) fn price_over(
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

    /// Returns the price to sign for a draft built here, which replaces a transaction signed at `old` if there is
    /// one. It costs at most `for_gas` and differs for each variation of the lane.
    pub(in crate::evm) fn price_to_sign(
        self,
        old: Option<Price>,
        most_priority: u128,
        gas_limit: u64,
        for_gas: U256,
        lane: &Lane,
    ) -> Result<Price, Refusal> {
        let price = match old {
            Some(old) => self.price_over(old, most_priority, gas_limit, for_gas)?,
            None => self.price_within(gas_limit, for_gas, lane.most)?,
        };
        // A replacement never offers less than nodes accept for it.
        let least = if old.is_some() { price.max } else { self.lowest() };
        let bounds = (least, lane.most.price);
        varied(price, lane.variation, gas_limit, for_gas, bounds).ok_or_else(|| {
            let text = "the same bytes have been signed already, and the fee limits allow no other price";
            Refusal::Unsupported(text.to_owned())
        })
    }

    /// Returns the comfortable price of the replacement of a transaction signed at `old`.
    pub(in crate::evm) fn comfortable_over(self, old: Price) -> u128 {
        self.over(old).comfortable().max(raised(old.max))
    }

    /// Returns this market with the prices raised as the replacement of a transaction signed at `old` needs.
    fn over(self, old: Price) -> Self {
        match self {
            Self::Dynamic { base, priority } => {
                Self::Dynamic { base, priority: priority.max(raised(old.tip())) }
            }
            Self::Legacy { price } => Self::Legacy { price: price.max(raised(old.max)) },
        }
    }
}

/// Returns the price per gas at which nodes accept a replacement: an eighth more, rounded up, and at least 1 wei
/// more. Most nodes require a tenth more of both EIP-1559 prices, some an eighth.
fn raised(price: u128) -> u128 {
    price.saturating_add(price.div_ceil(8).max(1))
}

/// Returns gas times price, in wei; 64 and 128 bits give at most 192, so the product fits.
pub(in crate::evm) fn cost(gas: u64, price: u128) -> U256 {
    U256::from(gas).saturating_mul(U256::from(price))
}

/// Returns the fee budget of a new draft: twice the fee needed now, so that it suffices after a delay or an
/// approval.
pub(in crate::evm) fn budget(need_now: U256) -> U256 {
    need_now.saturating_mul(U256::from(2u8))
}

/// Returns the highest fee that counts as the network's own for a draft built here that needs `need_now`: its
/// budget, and the same amount again to outbid a transaction that it replaces.
pub(in crate::evm) fn asked_here(need_now: U256) -> U256 {
    budget(need_now).saturating_mul(U256::from(2u8))
}

/// Returns the same for data that is signed as it is: a quarter more than `need_now`, the cost at the
/// comfortable price.
pub(in crate::evm) fn asked_elsewhere(need_now: U256) -> U256 {
    need_now.saturating_add(need_now.div_ceil(U256::from(4u8)))
}

/// Returns `percent` percent of `estimate` (120 = a fifth more), rounded up, and at least the estimate.
pub(in crate::evm) fn with_margin(estimate: u64, percent: u64) -> Option<u64> {
    let scaled = u128::from(estimate).checked_mul(u128::from(percent))?.div_ceil(100);
    u64::try_from(scaled).ok().map(|limit| limit.max(estimate))
}

#[cfg(test)]
mod tests;
