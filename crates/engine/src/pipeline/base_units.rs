//! Warnings about amounts in base units that look like mistaken human units: `"5"` of a token with six
//! decimals is 0.000005.

use waiaas_core::U256;
use waiaas_core::money::Usd;
use waiaas_core::policy::{AssetFacts, PolicyFacts, PriceFact};

use crate::views::{Money, Warning};

/// An amount worth less than one cent is probably a mistake.
const CENT: Usd = Usd::from_micros(10_000);

/// Returns one sentence for each such amount that was given in base units.
pub(crate) fn notices(amounts: &[Money], facts: &PolicyFacts) -> Vec<String> {
    let suspect = |money: &&Money| facts.assets.get(&money.asset).is_some_and(|known| is_tiny(money, known));
    let notice = |money: &Money| {
        format!(
            "The amount {} was read as base units, which is {}. For human units write a decimal point, or \
             use \"humanAmount\".",
            money.amount,
            money.formatted()
        )
    };
    amounts.iter().filter(suspect).map(notice).collect()
}

/// Turns these sentences into warnings.
pub(crate) fn warnings(notices: Vec<String>) -> impl Iterator<Item = Warning> {
    notices.into_iter().map(|message| Warning { code: "AMOUNT_IN_BASE_UNITS", message, severity: "warning" })
}

/// Whether an amount is worth less than a cent; without a price, whether it is less than a hundredth of a
/// unit.
fn is_tiny(money: &Money, known: &AssetFacts) -> bool {
    if money.amount.is_zero() {
        return false;
    }
    match known.price {
        PriceFact::Known(price) => price.value_of(money.amount, known.decimals) < CENT,
        PriceFact::Unlisted | PriceFact::Unusable | PriceFact::NotAsked => {
            let unit = U256::from(10u8).checked_pow(U256::from(known.decimals));
            unit.is_some_and(|unit| money.amount.saturating_mul(U256::from(100u8)) < unit)
        }
    }
}
