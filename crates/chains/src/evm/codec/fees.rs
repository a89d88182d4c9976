//! Fee arithmetic of EVM networks: EIP-1559 where there is a base fee, one gas price where not. Pure.

use alloy_primitives::U256;

use crate::{GasPrices, Lane, MostPrices, Refusal};

/// What the network charges now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::evm) enum Market {
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
pub(in crate::evm) struct Price {
    /// The most per gas.
    pub(in crate::evm) max: u128,
    /// Priority fee per gas; absent on legacy networks.
    pub(in crate::evm) priority: Option<u128>,
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
    /// What is paid per gas in the latest block.
    pub(in crate::evm) const fn now(self) -> GasPrices {
        match self {
            Self::Dynamic { base, priority } => GasPrices { price: base.saturating_add(priority), priority },
            Self::Legacy { price } => GasPrices { price, priority: 0 },
        }
    }

    /// The price that stays includable while the base fee doubles.
    pub(in crate::evm) const fn comfortable(self) -> u128 {
        match self {
            Self::Dynamic { base, priority } => base.saturating_mul(2).saturating_add(priority),
            Self::Legacy { price } => price.saturating_add(price.div_ceil(4)),
        }
    }

    /// The same as a price to sign.
    pub(in crate::evm) const fn comfortable_price(self) -> Price {
        let priority = match self {
            Self::Dynamic { priority, .. } => Some(priority),
            Self::Legacy { .. } => None,
        };
        Price { max: self.comfortable(), priority }
    }

    /// The base fee of the latest block, where there is one.
    pub(in crate::evm) const fn base_fee(self) -> Option<u128> {
        match self {
            Self::Dynamic { base, .. } => Some(base),
            Self::Legacy { .. } => None,
        }
    }

    /// The lowest price the next block takes: the base fee rises by at most an eighth per block.
    pub(in crate::evm) const fn lowest(self) -> u128 {
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

    /// The tip per gas of a transaction that offers `price`: what the block's producer gets at most.
    pub(in crate::evm) const fn tip_of(self, price: Price) -> u128 {
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

    /// The price to sign for a draft built here, in the place of a transaction signed at `old` if there is one:
    /// never costing more than `for_gas`, and another one for each variation of the lane.
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
        // What takes a place over never offers less than that takes.
        let least = if old.is_some() { price.max } else { self.lowest() };
        let bounds = (least, lane.most.price);
        varied(price, lane.variation, gas_limit, for_gas, bounds).ok_or_else(|| {
            let text = "these very bytes have been signed already, and the fee leaves no room for others";
            Refusal::Unsupported(text.to_owned())
        })
    }

    /// The comfortable price of a transaction in the place of one signed at `old`.
    pub(in crate::evm) fn comfortable_over(self, old: Price) -> u128 {
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
pub(in crate::evm) fn cost(gas: u64, price: u128) -> U256 {
    U256::from(gas).saturating_mul(U256::from(price))
}

/// The fee budget of a new draft: twice what is needed now, so that it lasts through a delay or an
/// approval.
pub(in crate::evm) fn budget(need_now: U256) -> U256 {
    need_now.saturating_mul(U256::from(2u8))
}

/// What the network asks for at most where a draft built here needs `need_now`: its budget, and as much
/// again to outbid a transaction that it replaces.
pub(in crate::evm) fn asked_here(need_now: U256) -> U256 {
    budget(need_now).saturating_mul(U256::from(2u8))
}

/// The same for what is signed as it is: a quarter more than a comfortable price costs.
pub(in crate::evm) fn asked_elsewhere(need_now: U256) -> U256 {
    need_now.saturating_add(need_now.div_ceil(U256::from(4u8)))
}

/// `estimate` with a margin in percent of it (120 = a fifth more), rounded up.
pub(in crate::evm) fn with_margin(estimate: u64, percent: u64) -> Option<u64> {
    let scaled = u128::from(estimate).checked_mul(u128::from(percent))?.div_ceil(100);
    u64::try_from(scaled).ok().map(|limit| limit.max(estimate))
}

#[cfg(test)]
mod tests;
