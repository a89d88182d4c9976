//! The one request that is judged, with its sums worked out once.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::U256;

use crate::address::Address;
use crate::asset::AssetId;
use crate::effect::{Effect, Effects, Swap};
use crate::money::{Usd, format_units};
use crate::network::Chain;
use crate::policy::{Ledger, PolicyFacts, Spending, Sum, allowances, used_up};
use crate::selector::Selector;

/// What a spender would be able to take, added up over the whole request.
pub(crate) enum Permission<'a> {
    /// So much of a token.
    Amount {
        /// Which.
        asset: &'a AssetId,
        /// The sum of all allowances to this spender.
        amount: Sum,
    },
    /// One NFT.
    OneNft,
    /// Every NFT of a collection, now and later.
    WholeCollection,
}

impl Permission<'_> {
    /// A figure of what is permitted, for people: `5 USDC`.
    pub(crate) fn shown(&self, case: &Evaluation<'_>, figure: U256) -> String {
        match self {
            Self::Amount { asset, .. } => case.show(asset, figure),
            Self::OneNft | Self::WholeCollection => figure.to_string(),
        }
    }

    /// Why it is as good as unlimited, and what would not be: a sum no token has, or more than the
    /// wallet holds, so that it stays open for whatever comes in later.
    pub(crate) fn unlimited(&self, case: &Evaluation<'_>, spender: &Address) -> Option<(String, String)> {
        match self {
            Self::Amount { asset, amount } => {
                let held = case.facts.balances.get(*asset).copied().unwrap_or_default();
                if amount.within(held.min(LARGEST_BOUNDED)) {
                    return None;
                }
                if held > LARGEST_BOUNDED {
                    let message = format!("{spender} would be allowed without limit");
                    return Some((message, "set an allowance of at most what the wallet holds".to_owned()));
                }
                let (most, held) = (amount.saturated(), case.show(asset, held));
                let message = if most == U256::MAX {
                    format!("{spender} would be allowed without limit, and the wallet holds {held}")
                } else {
                    let most = case.show(asset, most);
                    format!("{spender} would be allowed {most}, more than the wallet holds ({held})")
                };
                Some((message, format!("set an allowance of at most {held}")))
            }
            Self::OneNft => None,
            Self::WholeCollection => Some((
                format!("{spender} would be allowed every NFT of the collection"),
                "ask for an approval of the one token id that is needed".to_owned(),
            )),
        }
    }
}

/// From half of `2^256 - 1` on an allowance means "everything"; this is one less.
const LARGEST_BOUNDED: U256 = U256::MAX.wrapping_shr(1).wrapping_sub(U256::ONE);

/// What every rule may look at.
pub(crate) struct Evaluation<'a> {
    /// What the transaction does.
    pub(crate) effects: &'a Effects,
    /// What is known.
    pub(crate) facts: &'a PolicyFacts,
    /// What leaves the wallet.
    pub(crate) spending: Spending<'a>,
    /// What counts in the windows beside it.
    pub(crate) before: Cow<'a, Ledger>,
    /// Its value without fees.
    pub(crate) usd: Option<Usd>,
    /// Its value with fees.
    pub(crate) counted_usd: Option<Usd>,
    /// Whether every asset is known. If not, the request is denied and sums mean nothing.
    pub(crate) assets_known: bool,
    /// Who would be able to take what. Permissions that are taken back are not among them.
    pub(crate) permissions: Vec<(Address, Permission<'a>)>,
    /// Contracts whose own code decides what happens and that no action provider is trusted with, each
    /// once.
    pub(crate) contracts: Vec<Address>,
    destinations: OnceCell<Vec<Address>>,
    counterparties: OnceCell<Vec<Address>>,
}

impl<'a> Evaluation<'a> {
    pub(crate) fn new(effects: &'a Effects, facts: &'a PolicyFacts) -> Self {
        let used = used_up(effects, &facts.ledger.allowances);
        let before = allowances::beside(&facts.ledger, &used);
        let spending = Spending::with(effects, facts, &used);
        let (usd, counted_usd) = (spending.usd(), spending.counted_usd());
        let assets_known = spending.unknown().next().is_none();
        let permissions = permissions(effects);
        let unvouched = effects.all().filter(|effect| !is_trusted(effect, facts));
        let contracts = each_once(unvouched.filter_map(Effect::contract));
        Self {
            effects,
            facts,
            spending,
            before,
            usd,
            counted_usd,
            assets_known,
            permissions,
            contracts,
            destinations: OnceCell::new(),
            counterparties: OnceCell::new(),
        }
    }

    /// Where value may go, each once; see [`destinations`]. Worked out for the first row that asks.
    pub(crate) fn destinations(&self) -> &[Address] {
        // What a swap brings the wallet goes nowhere.
        let own = |effect: &Effect| effect.swap().is_some_and(|swap| swap.to == self.effects.from);
        let happening =
            || self.effects.all().filter(|effect| !self.effects.is_nothing(effect) && !own(effect));
        self.destinations.get_or_init(|| each_once(happening().flat_map(destinations).copied()))
    }

    /// Whose reputation counts; see [`counterparties`]. Worked out for the first row that asks.
    pub(crate) fn counterparties(&self) -> &[Address] {
        self.counterparties.get_or_init(|| counterparties(self.effects))
    }

    /// What is exchanged.
    pub(crate) fn swaps(&self) -> impl Iterator<Item = &Swap> {
        self.effects.all().filter_map(Effect::swap)
    }

    /// The family of the network the request is for.
    pub(crate) const fn chain(&self) -> Chain {
        self.effects.from.chain()
    }

    /// Every method called, whatever the call is read as, with its contract; each once.
    pub(crate) fn methods(&self) -> BTreeSet<(Address, Option<&Selector>)> {
        let called = self.effects.methods.iter().map(|method| (method.target, method.selector.as_ref()));
        let said = self.effects.all().filter_map(|effect| match effect {
            Effect::ContractCall { target, selector, .. }
            | Effect::AuthorityChange { target, selector, .. } => Some((*target, selector.as_ref())),
            Effect::NativeOut { .. }
            | Effect::TokenOut { .. }
            | Effect::NftOut { .. }
            | Effect::Allowance { .. }
            | Effect::NftAllowance { .. }
            | Effect::OperatorApproval { .. }
            | Effect::Swap(_)
            | Effect::Deployment { .. }
            | Effect::AccountRent { .. }
            | Effect::Message { .. }
            | Effect::TypedData { .. }
            | Effect::NetworkFee { .. }
            | Effect::Unknown { .. } => None,
        });
        called.chain(said).collect()
    }

    /// An amount for people: `1.5 SOL`.
    pub(crate) fn show(&self, asset: &AssetId, amount: U256) -> String {
        match self.facts.assets.get(asset) {
            Some(facts) => format!("{} {}", format_units(amount, facts.decimals), facts.name(asset)),
            None => format!("{amount} base units of {asset}"),
        }
    }
}

/// Whether a call is one that the server-side action behind the request is trusted with: exactly this
/// method of this contract. It needs no CONTRACT_WHITELIST then; every other rule judges it as it is.
fn is_trusted(effect: &Effect, facts: &PolicyFacts) -> bool {
    let (Effect::ContractCall { target, selector: Some(called), .. }, Some(action)) = (effect, &facts.action)
    else {
        return false;
    };
    let whole = match target.chain() {
        Chain::Ethereum => called.as_bytes().len() == 4,
        Chain::Solana => true,
    };
    whole && action.trusted.iter().any(|call| call.target == *target && call.selector == *called)
}

fn permissions(effects: &Effects) -> Vec<(Address, Permission<'_>)> {
    let mut amounts: BTreeMap<(Address, &AssetId), Sum> = BTreeMap::new();
    let mut permissions = Vec::new();
    for effect in effects.all() {
        match effect {
            Effect::Allowance { asset, spender, amount, .. } if !amount.is_zero() => {
                let sum = amounts.entry((*spender, asset)).or_insert(Sum::ZERO);
                *sum = sum.plus(*amount);
            }
            Effect::NftAllowance { spender: Some(spender), .. } => {
                permissions.push((*spender, Permission::OneNft));
            }
            Effect::OperatorApproval { operator, granted: true, .. } => {
                permissions.push((*operator, Permission::WholeCollection));
            }
            Effect::Allowance { .. }
            | Effect::NftAllowance { .. }
            | Effect::OperatorApproval { .. }
            | Effect::NativeOut { .. }
            | Effect::TokenOut { .. }
            | Effect::NftOut { .. }
            | Effect::ContractCall { .. }
            | Effect::Swap(_)
            | Effect::Deployment { .. }
            | Effect::AuthorityChange { .. }
            | Effect::AccountRent { .. }
            | Effect::Message { .. }
            | Effect::TypedData { .. }
            | Effect::NetworkFee { .. }
            | Effect::Unknown { .. } => {}
        }
    }
    let amounts =
        amounts.into_iter().map(|((spender, asset), amount)| (spender, Permission::Amount { asset, amount }));
    permissions.extend(amounts);
    permissions
}

/// Who has to be listed to receive: whoever gains by the effect, and the contract called, for its code decides
/// where value goes next.
fn destinations(effect: &Effect) -> impl Iterator<Item = &Address> {
    let called = match effect {
        Effect::ContractCall { target, .. } | Effect::AuthorityChange { target, .. } => Some(target),
        Effect::TypedData { contract, .. } => Some(contract),
        Effect::NativeOut { .. }
        | Effect::TokenOut { .. }
        | Effect::NftOut { .. }
        | Effect::Allowance { .. }
        | Effect::NftAllowance { .. }
        | Effect::OperatorApproval { .. }
        | Effect::Swap(_)
        | Effect::Deployment { .. }
        | Effect::AccountRent { .. }
        | Effect::Message { .. }
        | Effect::NetworkFee { .. }
        | Effect::Unknown { .. } => None,
    };
    called.into_iter().chain(effect.beneficiary())
}

/// Whose reputation counts: whoever gains by the effects, and every contract whose code decides; each
/// once. The wallet itself gains nothing from itself.
pub fn counterparties(effects: &Effects) -> Vec<Address> {
    let gaining = effects.all().filter_map(Effect::beneficiary).filter(|to| **to != effects.from);
    each_once(gaining.copied().chain(effects.all().filter_map(Effect::contract)))
}

fn each_once(addresses: impl Iterator<Item = Address>) -> Vec<Address> {
    let mut addresses: Vec<_> = addresses.collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}
