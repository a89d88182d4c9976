//! What a swap has to promise so that the owner need not be asked: listed tokens on the way, proceeds for
//! the wallet, at least what goes in less some slippage, and to happen soon.
//!
//! The list is ALLOWED_TOKENS; the native coin and the token that stands for it need none. The slippage is
//! that of each SPENDING_LIMIT row. Not judged here: what goes in, which is spending like any other.

use std::collections::BTreeMap;

use alloy_primitives::U256;

use crate::UnixSeconds;
use crate::asset::AssetId;
use crate::effect::Swap;
use crate::policy::case::Evaluation;
use crate::policy::findings::Findings;
use crate::policy::rules::{Percent, listed};
use crate::policy::{PolicySet, PolicyType, PriceFact, Rules, Tier};

/// How long what must come out counts as worth what it was compared with. Exchanges' own pages set deadlines
/// of ten to thirty minutes; within twenty, prices seldom move further than slippage may be.
const TERMS_HOLD_SECONDS: UnixSeconds = 20 * 60;

/// What holds for every swap, whatever the limits say.
pub(crate) fn judge(policies: &PolicySet, case: &Evaluation<'_>, findings: &mut Findings) {
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
        // Whoever has the signature uses it when the wallet gains least by it.
        let last = case.facts.now.saturating_add(TERMS_HOLD_SECONDS);
        let ends = swap.deadline.is_some_and(|deadline| deadline <= last);
        if case.facts.handed_out && !ends && exchanged(swap, case).is_some() {
            let minutes = TERMS_HOLD_SECONDS / 60;
            let message = format!(
                "the swap is handed out and has no deadline within {minutes} minutes, and its least output is \
                 compared with the prices of now"
            );
            findings.ask_by_default(Tier::Approval, None, message);
        }
    }
}

/// A swap that waits longer than its terms hold takes the owner, who approves of the terms themselves.
pub(crate) fn heed_delay(case: &Evaluation<'_>, findings: &mut Findings) {
    let (Tier::Delay, Some(delay)) = (findings.tier(), findings.delay_seconds()) else { return };
    if UnixSeconds::from(delay) > TERMS_HOLD_SECONDS
        && case.swaps().any(|swap| exchanged(swap, case).is_some())
    {
        let message = format!(
            "the swap has to wait {delay} seconds, and its least output is compared with the prices of now"
        );
        findings.ask_by_default(Tier::Approval, None, message);
    }
}

/// Amounts that go in, and amounts that come out.
type Exchanged<'a> = (BTreeMap<&'a AssetId, U256>, Vec<(&'a AssetId, U256)>);

/// What a swap exchanges, less what comes back as it went in, which has no price to be compared by. None if
/// nothing else goes in.
fn exchanged<'a>(swap: &'a Swap, case: &Evaluation<'a>) -> Option<Exchanged<'a>> {
    let native = &case.effects.native;
    let coin = |asset: &'a AssetId| if swap.is_coin(asset) { native } else { asset };
    let mut sold: BTreeMap<&AssetId, U256> = BTreeMap::new();
    for portion in &swap.sold {
        let sum = sold.entry(coin(&portion.asset)).or_default();
        *sum = sum.saturating_add(portion.amount);
    }
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
    bought.retain(|(_, amount)| !amount.is_zero());
    (!sold.is_empty()).then_some((sold, bought))
}

/// Why a swap is not sure to bring what goes in, less `slippage`; none if it is.
pub(crate) fn shortfall(swap: &Swap, case: &Evaluation<'_>, slippage: Percent) -> Option<String> {
    let (sold, bought) = exchanged(swap, case)?;
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
    for (asset, amount) in bought {
        let Some((price, decimals)) = price(asset) else { return unpriced(asset) };
        gained = gained.saturating_add(price.picos_at_least(amount, decimals));
    }
    // A value beyond all numbers is not compared.
    if paid != U256::MAX && gained >= slippage.off(paid) {
        return None;
    }
    Some(format!("the swap may bring less than it takes by more than max_slippage_percent ({slippage})"))
}
