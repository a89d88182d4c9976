//! Effects in words.

use super::foreign::quoted;
use super::render::Page;
use crate::effect::Effect;

/// One effect, in full addresses and human units.
pub(super) fn describe(effect: &Effect, page: &Page<'_>) -> String {
    match effect {
        Effect::NativeOut { to, amount } => format!("send {} to {to}", page.native(*amount)),
        Effect::TokenOut { asset, to, amount } => format!("send {} to {to}", page.units(asset, *amount)),
        Effect::NftOut { nft, to, quantity } => format!("send {quantity} of the NFT {nft} to {to}"),
        Effect::Allowance { asset, spender, amount } if amount.is_zero() => {
            format!("take back the allowance of {spender} over {}", page.asset(asset))
        }
        Effect::Allowance { asset, spender, amount } => {
            format!("ALLOW {spender} to take up to {}", page.units(asset, *amount))
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
