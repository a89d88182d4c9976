//! The part of earlier allowances that a request uses up, so that no unit counts twice.
//!
//! An allowance counts as if all of it were taken. When the wallet's own swap takes tokens through the
//! spender of that allowance, the allowance becomes smaller by that amount, and so does its count; the swap
//! counts instead. The same holds for an allowance that a spender has through Permit2, which takes from
//! Permit2's allowance.
//!
//! Each part only moves from one count to a later one and is never counted for less. So the sum of all counts
//! never falls below the sum that spenders were allowed. Only decoded swaps move anything: for other calls it
//! is not known whose allowance they use.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::U256;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::asset::AssetId;
use crate::effect::{Effect, Effects, Swap};
use crate::ids::TxId;
use crate::money::{Usd, exact};
use crate::network::Chain;
use crate::policy::Ledger;

/// The part of an allowance from an earlier transaction that still counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CountedAllowance {
    /// The transaction that gave it.
    pub tx: TxId,
    /// Index of the amount in that transaction's reservations.
    pub position: u32,
    /// The token.
    pub asset: AssetId,
    /// Who may take it.
    pub spender: Address,
    /// Base units that count.
    pub amount: U256,
    /// Dollars that count; zero where there was no price.
    #[serde(serialize_with = "exact")]
    pub usd: Usd,
    /// Whether it also counts in the window of 24 hours.
    pub recent: bool,
}

impl CountedAllowance {
    /// The dollars of `used` base units of it, rounded so that the remaining dollars are rounded up.
    pub fn value_of(&self, used: U256) -> Usd {
        let left = self.amount.saturating_sub(used);
        if left.is_zero() {
            return self.usd;
        }
        let product = U256::from(self.usd.micros()).checked_mul(left);
        let stays = product.and_then(|product| u64::try_from(product.div_ceil(self.amount)).ok());
        stays.map_or(Usd::ZERO, |stays| self.usd.minus(Usd::from_micros(stays)))
    }
}

/// The part of one earlier allowance that a request uses up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Use<'a> {
    /// The allowance.
    pub allowance: &'a CountedAllowance,
    /// Base units.
    pub amount: U256,
}

/// The allowances that a request uses up.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UsedUp<'a> {
    /// Parts of allowances given earlier, each allowance once.
    pub earlier: Vec<Use<'a>>,
    /// Base units of allowances that the request itself gives, by token and spender.
    pub own: BTreeMap<(&'a AssetId, &'a Address), U256>,
}

/// Whether an allowance counts as unlimited: at least half of the largest number of its kind. That number has
/// 160 bits for Permit2, 256 for tokens on EVM, and 64 on Solana.
pub fn without_limit(amount: U256, chain: Chain) -> bool {
    let bits = match chain {
        Chain::Ethereum => 159,
        Chain::Solana => 63,
    };
    amount.bit_len() > bits
}

/// The tokens and spenders whose earlier allowances a request can use up.
pub fn wanted(effects: &Effects) -> BTreeSet<(&AssetId, &Address)> {
    let mut wanted = BTreeSet::new();
    for effect in &effects.items {
        if let Effect::Allowance { asset, through: Some(through), .. } = effect {
            wanted.insert((asset, through));
        }
        if let Some(swap) = effect.swap() {
            for asset in taken(swap) {
                wanted.extend(swap.spenders.iter().map(|spender| (asset, spender)));
            }
        }
    }
    wanted
}

/// The tokens that a swap takes through allowances of the wallet. None is needed if the router is the token.
fn taken(swap: &Swap) -> impl Iterator<Item = &AssetId> {
    let sold = swap.sold.iter().map(|portion| &portion.asset);
    sold.filter(|asset| asset.token_address().is_some_and(|token| token != swap.router))
}

/// The parts that a request uses up, newest allowances first; `counted` must be in that order.
pub fn used_up<'a>(effects: &'a Effects, counted: &'a [CountedAllowance]) -> UsedUp<'a> {
    let mut pool = Pool { own: Vec::new(), earlier: counted.iter().map(|one| (one, one.amount)).collect() };
    // The amounts that a router takes are listed as outflows beside the swap.
    let mut leaving: BTreeMap<(&AssetId, &Address), U256> = BTreeMap::new();
    for effect in &effects.items {
        if let Effect::TokenOut { asset, to, amount } = effect {
            let sum = leaving.entry((asset, to)).or_default();
            *sum = sum.saturating_add(*amount);
        }
    }
    for effect in &effects.items {
        if let Effect::Allowance { asset, spender, amount, through } = effect
            && !without_limit(*amount, effects.from.chain())
        {
            if let Some(through) = through {
                pool.take(asset, std::slice::from_ref(through), *amount);
            }
            pool.own.push(Own { asset, spender, left: *amount, used: U256::ZERO });
        }
        let Some(swap) = effect.swap() else { continue };
        for asset in taken(swap) {
            if let Some(amount) = leaving.remove(&(asset, &swap.router)) {
                pool.take(asset, &swap.spenders, amount);
            }
        }
    }
    pool.used_up()
}

/// An allowance that the request gives.
struct Own<'a> {
    asset: &'a AssetId,
    spender: &'a Address,
    left: U256,
    used: U256,
}

/// The allowances that can be used up.
struct Pool<'a> {
    own: Vec<Own<'a>>,
    earlier: Vec<(&'a CountedAllowance, U256)>,
}

impl<'a> Pool<'a> {
    fn take(&mut self, asset: &AssetId, spenders: &[Address], mut amount: U256) {
        for spender in spenders {
            for own in self.own.iter_mut().rev() {
                if own.asset == asset && own.spender == spender {
                    let part = move_part(&mut own.left, &mut amount);
                    own.used = own.used.saturating_add(part);
                }
            }
            for (allowance, left) in &mut self.earlier {
                if allowance.asset == *asset && allowance.spender == *spender {
                    move_part(left, &mut amount);
                }
            }
        }
    }

    fn used_up(self) -> UsedUp<'a> {
        let earlier = self.earlier.into_iter().filter_map(|(allowance, left)| {
            let amount = allowance.amount.saturating_sub(left);
            (!amount.is_zero()).then_some(Use { allowance, amount })
        });
        let mut own: BTreeMap<(&AssetId, &Address), U256> = BTreeMap::new();
        for given in self.own.iter().filter(|given| !given.used.is_zero()) {
            let sum = own.entry((given.asset, given.spender)).or_default();
            *sum = sum.saturating_add(given.used);
        }
        UsedUp { earlier: earlier.collect(), own }
    }
}

/// Takes up to `amount` from `left`; returns the amount taken.
fn move_part(left: &mut U256, amount: &mut U256) -> U256 {
    let part = (*left).min(*amount);
    (*left, *amount) = (left.saturating_sub(part), amount.saturating_sub(part));
    part
}

/// The ledger less the parts that the request uses up. A sum at the largest number may be larger in fact, so
/// it is not reduced.
pub(crate) fn beside<'a>(ledger: &'a Ledger, used: &UsedUp<'_>) -> Cow<'a, Ledger> {
    if used.earlier.is_empty() {
        return Cow::Borrowed(ledger);
    }
    let mut ledger = ledger.clone();
    for Use { allowance, amount } in &used.earlier {
        let usd = allowance.value_of(*amount);
        take(&mut ledger.usd_month, &mut ledger.asset_month, allowance, *amount, usd);
        if allowance.recent {
            take(&mut ledger.usd_day, &mut ledger.asset_day, allowance, *amount, usd);
        }
    }
    Cow::Owned(ledger)
}

fn take(
    dollars: &mut Usd,
    amounts: &mut BTreeMap<AssetId, U256>,
    allowance: &CountedAllowance,
    amount: U256,
    usd: Usd,
) {
    if *dollars != Usd::MAX {
        *dollars = dollars.minus(usd);
    }
    if let Some(sum) = amounts.get_mut(&allowance.asset).filter(|sum| **sum != U256::MAX) {
        *sum = sum.saturating_sub(amount);
    }
}
