//! The reservations of a granted request.

use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::Effects;
use waiaas_core::money::Usd;
use waiaas_core::policy::{AssetFacts, Held, PolicyFacts, PriceFact, Spending, Tier, Use, used_up};
use waiaas_store::{AllowanceUse, NewReservation};

/// One reservation per asset and kind, with the amounts by which the windows were judged. The fee has its own
/// reservation, so that the fee of a transaction that failed on chain still counts. Each kind is rounded up
/// separately: the sum may exceed the judged value by a micro-dollar and is never below it.
///
/// An unlimited allowance approved by the owner reserves nothing: the largest number would exhaust every
/// window. Transfers through it count when they happen.
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

/// The allowances, already counted, that the request uses up.
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

/// The value of an amount, if its price is known.
pub(super) fn value(facts: &PolicyFacts, asset: &AssetId, amount: U256) -> Option<Usd> {
    match facts.assets.get(asset) {
        Some(AssetFacts { decimals, price: PriceFact::Known(price), .. }) => {
            Some(price.value_of(amount, *decimals))
        }
        _ => None,
    }
}
