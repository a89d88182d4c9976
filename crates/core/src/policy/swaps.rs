//! What a swap has to promise so that the owner need not be asked: listed tokens on the way, proceeds for
//! the wallet, and at least what goes in less some slippage.
//!
//! The list is ALLOWED_TOKENS; the native coin and the token that stands for it need none. The slippage is
//! that of each SPENDING_LIMIT row. Not judged here: what goes in, which is spending like any other.

use std::collections::BTreeMap;

use alloy_primitives::U256;

use crate::asset::AssetId;
use crate::effect::Swap;
use crate::policy::case::Case;
use crate::policy::findings::Findings;
use crate::policy::rules::{Percent, listed};
use crate::policy::{PolicySet, PolicyType, PriceFact, Rules, Tier};

/// What holds for every swap, whatever the limits say.
pub(crate) fn judge(policies: &PolicySet, case: &Case<'_>, findings: &mut Findings) {
    let lists = || {
        policies.iter().filter_map(|row| match &row.rules {
            Rules::AllowedTokens(rule) => Some(rule),
            _ => None,
        })
    };
    for swap in case.swaps() {
        if swap.to != case.effects.from {
            let message = format!("the proceeds of the swap go to {}", swap.to);
            findings.ask_by_default(Tier::Approval, None, message);
        }
        let allowed = |asset: &AssetId| lists().next().is_some() && lists().all(|list| list.allows(asset));
        let mut strangers =
            swap.path.iter().filter(|asset| !swap.is_coin(asset) && !allowed(asset)).peekable();
        if strangers.peek().is_some() {
            let message = format!("the swap leads through tokens that are not listed: {}", listed(strangers));
            findings.ask_by_default(Tier::Approval, Some(PolicyType::AllowedTokens), message);
        }
    }
}

/// Why a swap is not sure to bring what goes in, less `slippage`; none if it is.
pub(crate) fn shortfall(swap: &Swap, case: &Case<'_>, slippage: Percent) -> Option<String> {
    let native = &case.effects.native;
    let coin = |asset| if swap.is_coin(asset) { native } else { asset };
    let mut sold: BTreeMap<&AssetId, U256> = BTreeMap::new();
    for portion in &swap.sold {
        let sum = sold.entry(coin(&portion.asset)).or_default();
        *sum = sum.saturating_add(portion.amount);
    }
    // What comes back as it went in has no price to be compared by.
    let mut bought: Vec<(&AssetId, U256)> = Vec::new();
    for portion in &swap.bought {
        let (asset, mut left) = (coin(&portion.asset), portion.amount);
        if let Some(sum) = sold.get_mut(asset) {
            let back = left.min(*sum);
            (*sum, left) = (sum.saturating_sub(back), left.saturating_sub(back));
        }
        bought.push((asset, left));
    }
    sold.retain(|_, amount| !amount.is_zero());
    if sold.is_empty() {
        return None;
    }
    let price = |asset: &AssetId| {
        let known = case.facts.assets.get(asset)?;
        match known.price {
            PriceFact::Known(price) if price.picos() > 0 => Some((price, known.decimals)),
            PriceFact::Known(_) | PriceFact::Unlisted | PriceFact::Unusable | PriceFact::NotAsked => None,
        }
    };
    let unpriced =
        |asset: &AssetId| Some(format!("{asset} has no usable price, so the swap cannot be valued"));
    let mut paid = U256::ZERO;
    for (asset, amount) in sold {
        let Some((price, decimals)) = price(asset) else { return unpriced(asset) };
        paid = paid.saturating_add(price.picos_at_most(amount, decimals));
    }
    let mut gained = U256::ZERO;
    for (asset, amount) in bought.into_iter().filter(|(_, amount)| !amount.is_zero()) {
        let Some((price, decimals)) = price(asset) else { return unpriced(asset) };
        gained = gained.saturating_add(price.picos_at_least(amount, decimals));
    }
    // A value beyond all numbers is not compared.
    if paid != U256::MAX && gained >= slippage.off(paid) {
        return None;
    }
    Some(format!("the swap may bring less than it takes by more than max_slippage_percent ({slippage})"))
}
