//! Effects in human words and units, for the owner's message.

use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::money::{Usd, format_units};
use waiaas_core::policy::{Facts, Tier};

/// One sentence that names every effect, its value and the tier.
pub(crate) fn summary(effects: &Effects, facts: &Facts, usd: Option<Usd>, tier: Tier) -> String {
    let parts: Vec<_> = effects.items.iter().map(|effect| one(effect, effects, facts)).collect();
    let worth = usd.map_or_else(|| "value unknown".to_owned(), |usd| format!("worth {usd} USD"));
    format!("On {}: {} ({worth}; tier {tier}).", effects.network, parts.join(", "))
}

fn one(effect: &Effect, effects: &Effects, facts: &Facts) -> String {
    match effect {
        Effect::NativeOut { to, amount } => {
            format!("send {} to {to}", units(&effects.native, *amount, facts))
        }
        Effect::TokenOut { asset, to, amount } => {
            format!("send {} of {asset} to {to}", units(asset, *amount, facts))
        }
        Effect::AccountRent { owner, amount, .. } => {
            format!("open a token account for {owner} for {}", units(&effects.native, *amount, facts))
        }
        Effect::NetworkFee { max } => format!("network fee up to {}", units(&effects.native, *max, facts)),
        Effect::Unknown { target, what } => match target {
            Some(target) => format!("UNKNOWN call of {target}: {what}"),
            None => format!("UNKNOWN: {what}"),
        },
    }
}

fn units(asset: &AssetId, amount: U256, facts: &Facts) -> String {
    match facts.assets.get(asset) {
        Some(known) => format!("{} {}", format_units(amount, known.decimals), known.symbol),
        None => format!("{amount} base units of {asset}"),
    }
}
