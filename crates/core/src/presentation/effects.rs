//! Effects in words.

use super::foreign::quoted;
use super::render::Page;
use crate::U256;
use crate::effect::{Effect, Portion, Swap};

/// One effect, in full addresses and human units.
pub(super) fn describe(effect: &Effect, page: &Page<'_>) -> String {
    match effect {
        Effect::NativeOut { to, amount } => format!("send {} to {to}", page.native(*amount)),
        Effect::TokenOut { asset, to, amount } => format!("send {} to {to}", page.units(asset, *amount)),
        Effect::NftOut { nft, to, quantity } => format!("send {quantity} of the NFT {nft} to {to}"),
        Effect::Allowance { asset, spender, amount, through } => {
            let through = through.map_or_else(String::new, |contract| format!(" through {contract}"));
            let token = page.asset(asset);
            match *amount {
                U256::ZERO => format!("take back the allowance of {spender} over {token}{through}"),
                U256::MAX => {
                    format!("ALLOW {spender} to take ANY AMOUNT, now and later, of {token}{through}")
                }
                amount => format!("ALLOW {spender} to take up to {}{through}", page.units(asset, amount)),
            }
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
        Effect::Swap(swap) => exchange(swap, page),
        Effect::Deployment { code, amount } => {
            format!("create a contract from code {code} with {}", page.native(*amount))
        }
        Effect::AuthorityChange { target, selector, to, what } => {
            let to = to.map_or_else(String::new, |to| format!(" to {to}"));
            let method = selector.map_or_else(String::new, |s| format!(" by method {s}"));
            format!("HAND OVER POWER over {target}{to}{method}: {}", quoted(what))
        }
        Effect::Message { text, digest } => format!("sign the text {} (digest {digest})", quoted(text)),
        Effect::TypedData { contract, primary_type, digest } => {
            format!("sign {} for {contract} with UNKNOWN effect (hash {digest})", quoted(primary_type))
        }
        Effect::AccountRent { owner, account, amount } => {
            format!("open the token account {account} for {owner} for {}", page.native(*amount))
        }
        Effect::NetworkFee { max } => format!("network fee up to {}", page.native(*max)),
        Effect::Unknown { target, what } => match target {
            Some(target) => format!("UNKNOWN call of {target}: {}", quoted(what)),
            None => format!("UNKNOWN: {}", quoted(what)),
        },
    }
}

fn exchange(swap: &Swap, page: &Page<'_>) -> String {
    let portions = |portions: &[Portion]| {
        let each = portions.iter().map(|portion| page.units(&portion.asset, portion.amount));
        each.collect::<Vec<_>>().join(" and ")
    };
    let path = swap.path.iter().map(|asset| page.asset(asset)).collect::<Vec<_>>().join(", ");
    let Swap { router, to, .. } = swap;
    let (sold, bought) = (portions(&swap.sold), portions(&swap.bought));
    let bought = if bought.is_empty() { "NOTHING for sure".to_owned() } else { format!("at least {bought}") };
    format!("swap at most {sold} for {bought} at {router} by way of {path}, to {to}")
}
