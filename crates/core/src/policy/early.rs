//! What is denied whatever a node or a price service would say, so that neither has to be asked.
//!
//! The judgement is [`evaluate`] itself, over the effects that are certain and the best that everything
//! unknown could turn out to be. More effects, larger amounts and worse facts never help a request, so
//! what is denied at its best is denied. Belongs here: what "at its best" means. Does not belong here:
//! which effects are certain (the chains know).

use alloy_primitives::U256;

use crate::effect::{Effect, Effects};
use crate::money::{MAX_DECIMALS, Price, Usd};
use crate::policy::{
    AssetFacts, Denial, FeeFacts, PolicyFacts, PolicySet, PriceFact, Reputation, Reputations, Verdict,
    evaluate, wanted,
};
use crate::simulation::SimulationCheck;

/// Part of a request: every way to read it before a node is asked. The transaction that is built does at
/// least what one of them says.
pub type Readings = Vec<Effects>;

/// The denials that hold for a request of these parts, whatever else turns out about it; empty if it might
/// be granted. What is missing from `facts` (assets, prices, balances, reputation, what a node saw) counts
/// as the best it could be. This never grants anything: what it lets through still has to be judged.
pub fn early(policies: &PolicySet, parts: &[Readings], facts: &PolicyFacts) -> Vec<Denial> {
    let mut denials: Vec<Denial> = Vec::new();
    for readings in parts {
        let mut denied = readings.iter().map(|effects| match at_best(policies, effects, facts) {
            Verdict::Denied(denials) => Some(denials),
            Verdict::Granted(_) => None,
        });
        // Each reading has to be denied for the part to be. The first one is what the request says.
        let Some(Some(first)) = denied.next() else { continue };
        if denied.all(|other| other.is_some()) {
            let new: Vec<_> = first.into_iter().filter(|denial| !denials.contains(denial)).collect();
            denials.extend(new);
        }
    }
    denials
}

/// The judgement of these effects if everything unknown were as good as it could be. A grant means nothing.
pub fn at_best(policies: &PolicySet, effects: &Effects, facts: &PolicyFacts) -> Verdict {
    let used = wanted(effects);
    let mut facts = facts.clone();
    if !used.is_empty() {
        // All that counts may be allowances that the request uses up.
        facts.ledger.usd_day = Usd::ZERO;
        facts.ledger.usd_month = Usd::ZERO;
        facts.ledger.asset_day.clear();
        facts.ledger.asset_month.clear();
    }
    let mut left = effects.clone();
    left.items.retain(|effect| match effect {
        // What a swap promises is weighed by prices. What it takes stands beside it, and may be what the
        // request itself allows.
        Effect::Swap(_) => false,
        Effect::Allowance { asset, spender, .. } => !used.contains(&(asset, spender)),
        Effect::NativeOut { .. }
        | Effect::TokenOut { .. }
        | Effect::NftOut { .. }
        | Effect::NftAllowance { .. }
        | Effect::OperatorApproval { .. }
        | Effect::ContractCall { .. }
        | Effect::Deployment { .. }
        | Effect::AuthorityChange { .. }
        | Effect::AccountRent { .. }
        | Effect::Message { .. }
        | Effect::TypedData { .. }
        | Effect::NetworkFee { .. }
        | Effect::Unknown { .. } => true,
    });
    let facts = best(policies, &left, facts);
    evaluate(policies, &left, &facts)
}

fn best(policies: &PolicySet, effects: &Effects, mut facts: PolicyFacts) -> PolicyFacts {
    for outflow in effects.outflows() {
        let known = facts.assets.entry(outflow.asset.clone()).or_insert_with(|| AssetFacts {
            symbol: String::new(),
            // One unit is then the largest number of base units, and so is every limit.
            decimals: MAX_DECIMALS,
            price: PriceFact::NotAsked,
            sources: None,
        });
        match known.price {
            PriceFact::Known(price) if price.picos() > 0 => {}
            PriceFact::Known(_) | PriceFact::Unlisted | PriceFact::Unusable | PriceFact::NotAsked => {
                known.price = PriceFact::Known(Price::from_picos(1));
            }
        }
    }
    for effect in effects.all() {
        if let Effect::Allowance { asset, .. } = effect {
            facts.balances.entry(asset.clone()).or_insert(U256::MAX);
        }
    }
    let asked = Reputations::wanted(policies, effects).into_iter();
    facts.reputation = asked.map(|(party, tags)| (party, tags, Reputation::Score(100))).collect();
    facts.simulation = SimulationCheck::NotApplicable;
    // More effects may make a delay an approval, which bytes that die may outlive.
    facts.lifetime = None;
    facts.fee = FeeFacts::default();
    facts
}
