//! Effects in human words and units, for the owner's message.

use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::effect::{Effect, Effects};
use waiaas_core::ids::TxId;
use waiaas_core::money::{Usd, format_units};
use waiaas_core::policy::{Facts, Tier};

/// One sentence that names every effect, its value and the tier.
pub(crate) fn summary(effects: &Effects, facts: &Facts, usd: Option<Usd>, tier: Tier) -> String {
    let parts: Vec<_> = effects.items.iter().map(|effect| one(effect, effects, facts)).collect();
    let worth = usd.map_or_else(|| "value unknown".to_owned(), |usd| format!("worth {usd} USD"));
    format!("On {}: {} ({worth}; tier {tier}).", effects.network, parts.join(", "))
}

/// What a replacement is for, as a sentence with a space before it; nothing for all others.
pub(crate) fn place(replaces: Option<TxId>) -> String {
    let about = |old| {
        format!(" It takes the place of the transaction {old}, which was sent; at most one of the two lands.")
    };
    replaces.map(about).unwrap_or_default()
}

fn one(effect: &Effect, effects: &Effects, facts: &Facts) -> String {
    match effect {
        Effect::NativeOut { to, amount } => {
            format!("send {} to {to}", units(&effects.native, *amount, facts))
        }
        Effect::TokenOut { asset, to, amount } => {
            format!("send {} of {asset} to {to}", units(asset, *amount, facts))
        }
        Effect::NftOut { nft, to, quantity } => format!("send {quantity} of the NFT {nft} to {to}"),
        Effect::Allowance { asset, spender, amount } if amount.is_zero() => {
            format!("take back the allowance of {spender} over {asset}")
        }
        Effect::Allowance { asset, spender, amount } => {
            format!("ALLOW {spender} to take up to {} of {asset}", units(asset, *amount, facts))
        }
        Effect::NftAllowance { nft, spender: Some(spender) } => {
            format!("ALLOW {spender} to take the NFT {nft}")
        }
        Effect::NftAllowance { nft, spender: None } => format!("take back the approval of the NFT {nft}"),
        Effect::OperatorApproval { collection, operator, granted: true } => {
            format!("ALLOW {operator} to take EVERY NFT of {collection}")
        }
        Effect::OperatorApproval { collection, operator, granted: false } => {
            format!("take back the approval of {operator} over {collection}")
        }
        Effect::ContractCall { target, selector, decoded } => {
            let method = selector.map_or_else(|| "without data".to_owned(), |s| format!("method {s}"));
            let known = if *decoded { "" } else { " with UNKNOWN effect" };
            format!("call {target}, {method}{known}")
        }
        Effect::Deployment { code, amount } => {
            format!("create a contract from code {code} with {}", units(&effects.native, *amount, facts))
        }
        Effect::AuthorityChange { target, what, .. } => format!("HAND OVER POWER over {target}: {what}"),
        Effect::Message { text, digest } => format!("sign the text {text:?} (digest {digest})"),
        Effect::TypedData { contract, primary_type, digest } => {
            format!("sign {primary_type:?} for {contract} with UNKNOWN effect (hash {digest})")
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
