//! The value that one request takes out of the wallet, added up per asset and in dollars.
//!
//! The evaluator and the ledger must use the same sums, so both take them from here. Because amounts are
//! added up first, splitting a payment inside one transaction changes nothing. Does not belong here: limits.

use std::collections::BTreeMap;

use alloy_primitives::U256;

use crate::address::Address;
use crate::asset::AssetId;
use crate::effect::Effects;
use crate::money::{MAX_DECIMALS, Price, Usd};
use crate::policy::{AssetFacts, PolicyFacts, PriceFact, UsedUp, used_up, without_limit};

/// A sum of base units. Beyond 256 bits it is not a number but "more than any limit".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sum(Option<U256>);

impl Sum {
    /// Nothing.
    pub const ZERO: Self = Self(Some(U256::ZERO));

    /// The sum with `amount` added.
    #[must_use]
    pub fn plus(self, amount: U256) -> Self {
        Self(self.0.and_then(|sum| sum.checked_add(amount)))
    }

    /// Whether the sum does not exceed `limit`.
    pub fn within(self, limit: U256) -> bool {
        self.0.is_some_and(|sum| sum <= limit)
    }

    /// The number, or the largest 256-bit number if the sum is beyond it.
    pub fn saturated(self) -> U256 {
        self.0.unwrap_or(U256::MAX)
    }

    fn less(self, amount: U256) -> Self {
        Self(self.0.map(|sum| sum.saturating_sub(amount)))
    }

    fn value(self, price: Price, decimals: u8) -> Usd {
        self.0.map_or(Usd::MAX, |sum| price.value_of(sum, decimals))
    }
}

/// The value that leaves the wallet in one asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AssetSpending<'a> {
    /// Facts about the asset; none if they are not sufficient to judge it.
    pub facts: Option<&'a AssetFacts>,
    /// Base units spent; none if the asset only pays a fee.
    pub spent: Option<Sum>,
    /// Base units spent, and those that may be paid as a fee. Windows count these.
    pub counted: Sum,
    /// Base units that may be paid as a fee, including those beyond what the network asks for.
    pub fee: Sum,
    /// Base units that leave at once, without the fee.
    moved: Sum,
    /// Base units that each spender may take, less the amount that the request itself uses up of it.
    allowed: BTreeMap<&'a Address, U256>,
    /// Base units that spenders may take without limit.
    unlimited: Sum,
}

/// The counted amount of one asset, in parts that add up to it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Held {
    /// Leaves at once if the transaction succeeds.
    pub moved: U256,
    /// What each spender may take afterwards.
    pub allowed: Vec<(Address, U256)>,
    /// What spenders may take without limit.
    pub unlimited: U256,
    /// May be paid as a fee, also if the transaction fails on chain.
    pub fee: U256,
}

impl AssetSpending<'_> {
    /// The counted amount, in parts that add up to it.
    pub fn held(&self) -> Held {
        let allowed = self.allowed.iter().filter(|(_, amount)| !amount.is_zero());
        Held {
            moved: self.moved.saturated(),
            allowed: allowed.map(|(spender, amount)| (**spender, *amount)).collect(),
            unlimited: self.unlimited.saturated(),
            fee: self.fee.saturated(),
        }
    }

    /// The price and decimals. A price of zero would let any amount pass every dollar limit, so it counts as
    /// none.
    fn price(&self) -> Option<(Price, u8)> {
        let facts = self.facts?;
        match facts.price {
            PriceFact::Known(price) if price.picos() > 0 => Some((price, facts.decimals)),
            PriceFact::Known(_) | PriceFact::Unlisted | PriceFact::Unusable | PriceFact::NotAsked => None,
        }
    }
}

/// The fee that a request offers beyond what its network asks for, in base units of the native coin.
pub fn beyond_asked(effects: &Effects, facts: &PolicyFacts) -> U256 {
    effects.fee().saturating_sub(facts.fee.asked)
}

/// Everything one request takes out of the wallet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spending<'a> {
    assets: BTreeMap<&'a AssetId, AssetSpending<'a>>,
}

impl<'a> Spending<'a> {
    /// Adds up the outflows of `effects`. The part of the fee that the network does not ask for counts as
    /// spent. An allowance that the request gives and uses up itself counts once.
    pub fn of(effects: &'a Effects, facts: &'a PolicyFacts) -> Self {
        Self::with(effects, facts, &used_up(effects, &facts.ledger.allowances))
    }

    /// The same, with the used-up allowances given.
    pub(crate) fn with(effects: &'a Effects, facts: &'a PolicyFacts, used: &UsedUp<'a>) -> Self {
        let mut assets: BTreeMap<&AssetId, AssetSpending<'_>> = BTreeMap::new();
        for outflow in effects.outflows() {
            let entry = assets.entry(outflow.asset).or_insert_with(|| AssetSpending {
                facts: facts.assets.get(outflow.asset).filter(|known| known.decimals <= MAX_DECIMALS),
                spent: None,
                counted: Sum::ZERO,
                fee: Sum::ZERO,
                moved: Sum::ZERO,
                allowed: BTreeMap::new(),
                unlimited: Sum::ZERO,
            });
            entry.counted = entry.counted.plus(outflow.amount);
            if outflow.fee {
                entry.fee = entry.fee.plus(outflow.amount);
                continue;
            }
            entry.spent = Some(entry.spent.unwrap_or(Sum::ZERO).plus(outflow.amount));
            match outflow.allowed {
                None => entry.moved = entry.moved.plus(outflow.amount),
                Some(_) if without_limit(outflow.amount, effects.from.chain()) => {
                    entry.unlimited = entry.unlimited.plus(outflow.amount);
                }
                Some(spender) => {
                    let sum = entry.allowed.entry(spender).or_default();
                    *sum = sum.saturating_add(outflow.amount);
                }
            }
        }
        for ((asset, spender), amount) in &used.own {
            let Some(entry) = assets.get_mut(asset) else { continue };
            entry.counted = entry.counted.less(*amount);
            entry.spent = entry.spent.map(|spent| spent.less(*amount));
            if let Some(sum) = entry.allowed.get_mut(spender) {
                *sum = sum.saturating_sub(*amount);
            }
        }
        let beyond = beyond_asked(effects, facts);
        if !beyond.is_zero()
            && let Some(native) = assets.get_mut(&effects.native)
        {
            native.spent = Some(native.spent.unwrap_or(Sum::ZERO).plus(beyond));
        }
        Self { assets }
    }

    /// Per asset, in the order of asset ids.
    pub fn assets(&self) -> impl Iterator<Item = (&'a AssetId, &AssetSpending<'a>)> {
        self.assets.iter().map(|(asset, spending)| (*asset, spending))
    }

    /// Assets whose facts are not sufficient to judge them.
    pub fn unknown(&self) -> impl Iterator<Item = &'a AssetId> {
        self.assets.iter().filter(|(_, spending)| spending.facts.is_none()).map(|(asset, _)| *asset)
    }

    /// Value of the amounts spent, without fees, each asset rounded up; none if a price is missing.
    pub fn usd(&self) -> Option<Usd> {
        self.value(|spending| spending.spent)
    }

    /// Value of the amounts spent and of the fees, each asset rounded up; none if a price is missing. Windows
    /// count this: the fee of one transaction is capped by configuration, but many small requests must not
    /// spend more on fees than the window allows.
    pub fn counted_usd(&self) -> Option<Usd> {
        self.value(|spending| Some(spending.counted))
    }

    /// The first asset without a usable price.
    pub(crate) fn unpriced(&self) -> Option<(&'a AssetId, &'a AssetFacts)> {
        let (asset, unpriced) = self.assets.iter().find(|(_, spending)| spending.price().is_none())?;
        unpriced.facts.map(|facts| (*asset, facts))
    }

    fn value(&self, part: impl Fn(&AssetSpending<'a>) -> Option<Sum>) -> Option<Usd> {
        self.assets.values().try_fold(Usd::ZERO, |total, spending| match part(spending) {
            Some(sum) => spending.price().map(|(price, decimals)| total.plus(sum.value(price, decimals))),
            None => Some(total),
        })
    }
}
