//! What a granted request holds in the ledger from its admission on.

use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::Effects;
use waiaas_core::money::Usd;
use waiaas_core::policy::{AssetFacts, Held, PolicyFacts, PriceFact, Spending, Tier, Use, used_up};
use waiaas_store::{AllowanceUse, NewReservation};

/// One reservation per asset and kind. The amounts are those that windows were judged by. The fee is held as
/// one whatever the network asks for, so that what a transaction that failed on chain really paid still
/// counts. Each kind is rounded up by itself, so that a fee that outlives its payment counts what it is worth;
/// together they may hold a micro-dollar more than was judged, never less.
///
/// An allowance without limit that the owner approves is open to whatever comes in; no figure stands for it, and
/// counting the largest one would leave no window for daily work. What is taken through it counts when it is.
pub(super) fn reservations(effects: &Effects, facts: &PolicyFacts, tier: Tier) -> Vec<NewReservation> {
    let mut held = Vec::new();
    for (asset, leaving) in Spending::of(effects, facts).assets() {
        let mut hold = |amount: U256, is_fee, spender| {
            if amount > U256::ZERO {
                let usd = value(facts, asset, amount);
                held.push(NewReservation { asset: asset.clone(), amount, usd, is_fee, spender });
            }
        };
        let Held { moved, allowed, unlimited, fee } = leaving.held();
        hold(moved, false, None);
        for (spender, amount) in allowed {
            hold(amount, false, Some(spender));
        }
        if tier != Tier::Approval {
            hold(unlimited, false, None);
        }
        hold(fee, true, None);
    }
    held
}

/// What the request uses up of allowances that count already.
pub(super) fn used_allowances(effects: &Effects, facts: &PolicyFacts) -> Vec<AllowanceUse> {
    let used = used_up(effects, &facts.ledger.allowances).earlier.into_iter();
    used.map(|Use { allowance, amount }| AllowanceUse {
        allowance: allowance.tx,
        position: allowance.position,
        amount,
        usd: allowance.value_of(amount),
    })
    .collect()
}

/// What an amount is worth, if that is known.
pub(super) fn value(facts: &PolicyFacts, asset: &AssetId, amount: U256) -> Option<Usd> {
    match facts.assets.get(asset) {
        Some(AssetFacts { decimals, price: PriceFact::Known(price), .. }) => {
            Some(price.value_of(amount, *decimals))
        }
        _ => None,
    }
}
