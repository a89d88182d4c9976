//! Early denial: denials that no answer of a node or price service could change, so that none is asked.
//!
//! The judgement is [`evaluate`], applied to the effects that are certain and to the most favourable value of
//! every unknown fact. More effects, larger amounts and less favourable facts never help a request, so a
//! request that is denied with the most favourable facts is always denied. Belongs here: the most favourable
//! facts. Does not belong here: which effects are certain (the chains know).

use alloy_primitives::U256;

use crate::effect::{Effect, Effects};
use crate::money::{MAX_DECIMALS, Price, Usd};
use crate::policy::{
    AssetFacts, Denial, FeeFacts, PolicyFacts, PolicySet, PriceFact, Reputation, Reputations, Verdict,
    evaluate, wanted,
};
use crate::simulation::SimulationCheck;

/// One part of a request: every way to read it before a node is asked. The transaction that is built has at
/// least the effects of one of them.
pub type Readings = Vec<Effects>;

/// The denials that hold for a request of these parts, whatever else is learned about it; empty if it might
/// be granted. Facts that are absent (assets, prices, balances, reputation, simulation) count as the most
/// favourable ones. This never grants anything: a request that passes still has to be judged.
pub fn early(policies: &PolicySet, parts: &[Readings], facts: &PolicyFacts) -> Vec<Denial> {
    let mut denials: Vec<Denial> = Vec::new();
    for readings in parts {
        let mut denied = readings.iter().map(|effects| match at_best(policies, effects, facts) {
            Verdict::Denied(denials) => Some(denials),
            Verdict::Granted(_) => None,
        });
        // A part is denied only if each reading is. The first reading is the request as written.
        let Some(Some(first)) = denied.next() else { continue };
        if denied.all(|other| other.is_some()) {
            let new: Vec<_> = first.into_iter().filter(|denial| !denials.contains(denial)).collect();
            denials.extend(new);
        }
    }
    denials
}

/// The verdict on these effects with the most favourable value of every unknown fact. A grant means nothing.
pub fn at_best(policies: &PolicySet, effects: &Effects, facts: &PolicyFacts) -> Verdict {
    let used = wanted(effects);
    let mut facts = facts.clone();
    if !used.is_empty() {
        // Everything counted so far may be allowances that the request uses up.
        facts.ledger.usd_day = Usd::ZERO;
        facts.ledger.usd_month = Usd::ZERO;
        facts.ledger.asset_day.clear();
        facts.ledger.asset_month.clear();
    }
    let mut left = effects.clone();
    left.items.retain(|effect| match effect {
        // The proceeds of a swap are judged by prices. The amounts that it takes are listed beside it, and
        // may come from allowances that the request itself gives.
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
            // With these decimals one unit is the largest number of base units, and so is every limit.
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
    // More effects may turn a delay into an approval, which may outlast bytes that expire.
    facts.lifetime = None;
    facts.fee = FeeFacts::default();
    facts
}
