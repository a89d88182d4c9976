//! The one request that is judged, with its sums worked out once.

use crate::asset::AssetId;
use crate::effect::Effects;
use crate::money::{Usd, format_units};
use crate::network::Chain;
use crate::policy::{Facts, Spending};
use alloy_primitives::U256;

/// What every rule may look at.
pub(crate) struct Case<'a> {
    /// What the transaction does.
    pub(crate) effects: &'a Effects,
    /// What is known.
    pub(crate) facts: &'a Facts,
    /// What leaves the wallet.
    pub(crate) spending: Spending<'a>,
    /// Its value without fees.
    pub(crate) usd: Option<Usd>,
    /// Its value with fees.
    pub(crate) counted_usd: Option<Usd>,
    /// Whether every asset is known. If not, the request is denied and sums mean nothing.
    pub(crate) assets_known: bool,
}

impl<'a> Case<'a> {
    pub(crate) fn new(effects: &'a Effects, facts: &'a Facts) -> Self {
        let spending = Spending::of(effects, facts);
        let (usd, counted_usd) = (spending.usd(), spending.counted_usd());
        let assets_known = spending.unknown().next().is_none();
        Self { effects, facts, spending, usd, counted_usd, assets_known }
    }

    /// The family of the network the request is for.
    pub(crate) const fn chain(&self) -> Chain {
        self.effects.from.chain()
    }

    /// An amount for people: `1.5 SOL`.
    pub(crate) fn show(&self, asset: &AssetId, amount: U256) -> String {
        match self.facts.assets.get(asset) {
            Some(facts) => format!("{} {}", format_units(amount, facts.decimals), facts.symbol),
            None => format!("{amount} base units of {asset}"),
        }
    }
}
