//! What one request takes out of the wallet, added up per asset and in dollars.
//!
//! The evaluator judges these sums and the ledger has to hold the same ones, so both take them from
//! here. Adding up first means that splitting a payment inside one transaction changes nothing.
//! Limits do not belong here.

use std::collections::BTreeMap;

use alloy_primitives::U256;

use crate::address::Address;
use crate::asset::AssetId;
use crate::effect::Effects;
use crate::money::{MAX_DECIMALS, Price, Usd};
use crate::policy::{AssetFacts, PolicyFacts, PriceFact, UsedUp, used_up, without_limit};

/// A sum of base units. Beyond 256 bits it is no number any more, only "more than any limit".
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

    /// The number, or the largest one if it is beyond 256 bits.
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

/// What leaves the wallet in one asset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AssetSpending<'a> {
    /// What is known of the asset; none if that is not enough to judge it.
    pub facts: Option<&'a AssetFacts>,
    /// Base units that are spent; none if the asset only pays a fee.
    pub spent: Option<Sum>,
    /// Base units that are spent or may be paid as a fee. Windows count these.
    pub counted: Sum,
    /// Base units that may be paid as a fee, also those that the network does not ask for.
    pub fee: Sum,
    /// Base units that leave at once, without the fee.
    moved: Sum,
    /// Base units that spenders may take, each spender's sum, less what the request itself uses up of it.
    allowed: BTreeMap<&'a Address, U256>,
    /// Base units that spenders may take without limit.
    unlimited: Sum,
}

/// What is counted of one asset, in parts that add up to it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Held {
    /// What leaves at once if the transaction succeeds.
    pub moved: U256,
    /// What each spender may take from then on.
    pub allowed: Vec<(Address, U256)>,
    /// What spenders may take without limit.
    pub unlimited: U256,
    /// What may be paid as a fee, which is also paid if the transaction fails on chain.
    pub fee: U256,
}

impl AssetSpending<'_> {
    /// What is counted, in parts that add up to it.
    pub fn held(&self) -> Held {
        let allowed = self.allowed.iter().filter(|(_, amount)| !amount.is_zero());
        Held {
            moved: self.moved.saturated(),
            allowed: allowed.map(|(spender, amount)| (**spender, *amount)).collect(),
            unlimited: self.unlimited.saturated(),
            fee: self.fee.saturated(),
        }
    }

    /// A price of zero would let any amount pass every dollar limit, so it is no price.
    fn price(&self) -> Option<(Price, u8)> {
        let facts = self.facts?;
        match facts.price {
            PriceFact::Known(price) if price.picos() > 0 => Some((price, facts.decimals)),
            PriceFact::Known(_) | PriceFact::Unlisted | PriceFact::Unusable | PriceFact::NotAsked => None,
        }
    }
}

/// What a request offers for fees beyond what its network asks for, in base units of the native coin.
pub fn beyond_asked(effects: &Effects, facts: &PolicyFacts) -> U256 {
    effects.fee().saturating_sub(facts.fee.asked)
}

/// Everything one request takes out of the wallet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spending<'a> {
    assets: BTreeMap<&'a AssetId, AssetSpending<'a>>,
}

impl<'a> Spending<'a> {
    /// Adds up the outflows of `effects`. Of the fee, what the network does not ask for is spent. What the
    /// request itself uses up of an allowance that it gives counts once.
    pub fn of(effects: &'a Effects, facts: &'a PolicyFacts) -> Self {
        Self::with(effects, facts, &used_up(effects, &facts.ledger.allowances))
    }

    /// The same, where it is known what is used up.
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

    /// Assets of which too little is known to judge them.
    pub fn unknown(&self) -> impl Iterator<Item = &'a AssetId> {
        self.assets.iter().filter(|(_, spending)| spending.facts.is_none()).map(|(asset, _)| *asset)
    }

    /// Value of what is spent, without fees, each asset rounded up; none if a price is missing.
    pub fn usd(&self) -> Option<Usd> {
        self.value(|spending| spending.spent)
    }

    /// Value of what is spent and of the fees, each asset rounded up; none if a price is missing.
    /// Windows count this: a fee is bounded per transaction by configuration, but many small requests
    /// must not be able to burn more in fees than the window allows.
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
