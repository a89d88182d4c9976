//! The simulation check: compares the effects that a node's simulation of a draft shows with those that the
//! decoder finds in its bytes.
//!
//! Belongs here: the comparison, which is pure. Does not belong here: asking a node (the chains), and the
//! consequences of a disagreement (`policy::evaluate`).

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::U256;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::asset::AssetId;
use crate::effect::{Effect, Effects};
use crate::nft::NftId;

/// Amounts in base units by recipient; `None` where the node does not show the recipient.
pub type Gone = BTreeMap<Option<Address>, U256>;

/// Value that a node's simulation shows leaving the wallet or becoming available to others. Amounts are in
/// base units and exclude the network fee.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Observed {
    /// Native coin that left.
    pub native: Gone,
    /// Tokens that left.
    pub tokens: BTreeMap<AssetId, Gone>,
    /// NFTs that left, and how many of each.
    pub nfts: BTreeMap<NftId, Gone>,
    /// How much more of a token a spender may take than before.
    pub allowances: BTreeMap<(AssetId, Address), U256>,
    /// Single NFTs that a spender may take.
    pub nft_allowances: BTreeSet<(NftId, Address)>,
    /// Collections (first) of which an operator (second) may take everything.
    pub operators: BTreeSet<(Address, Address)>,
    /// Accounts of the wallet's over which another account gained control.
    pub powers: BTreeSet<Address>,
}

impl Observed {
    /// Merges another node's observation of the same draft: the larger of each amount, and every permission.
    pub fn join(&mut self, other: Self) {
        larger(&mut self.native, other.native);
        for (asset, gone) in other.tokens {
            larger(self.tokens.entry(asset).or_default(), gone);
        }
        for (nft, gone) in other.nfts {
            larger(self.nfts.entry(nft).or_default(), gone);
        }
        larger(&mut self.allowances, other.allowances);
        self.nft_allowances.extend(other.nft_allowances);
        self.operators.extend(other.operators);
        self.powers.extend(other.powers);
    }
}

fn larger<K: Ord>(amounts: &mut BTreeMap<K, U256>, others: BTreeMap<K, U256>) {
    for (key, amount) in others {
        let entry = amounts.entry(key).or_default();
        *entry = amount.max(*entry);
    }
}

/// The result of the simulation check.
///
/// The tag is called `witness` in stored decisions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "witness", rename_all = "snake_case")]
pub enum SimulationCheck {
    /// A message: no chain runs it.
    NotApplicable,
    /// A node ran it and saw nothing leave beyond the effects: those decoded, and those counted as seen for
    /// undecoded calls.
    Agrees,
    /// A node saw more leave than the effects allow for.
    Exceeds {
        /// The excess, for people.
        what: String,
    },
    /// No node could simulate it.
    Unavailable {
        /// Why, for people.
        reason: String,
    },
}

/// The requirement for a request that no node could simulate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unsimulated {
    /// Denial.
    Deny,
    /// The owner's approval, at least.
    Approval,
}

/// Maximum number of disagreements named in a message; one is enough to deny.
const MOST_NAMED: usize = 4;

/// Maximum number of effects judged as seen. Any contract can emit events, and each asset must be looked up.
const MOST_SEEN: usize = 32;

/// Compares an observation with the effects, decoded and seen. A larger observation never turns a
/// disagreement into an agreement.
pub fn compare(observed: &Observed, effects: &Effects) -> SimulationCheck {
    exceeding(&beyond(observed, effects))
}

/// The result of the check, and the simulated effects of calls that cannot be decoded. Where every call is
/// decoded, an effect beyond the decoded ones is a disagreement.
pub fn attribute(observed: &Observed, effects: &Effects) -> (SimulationCheck, Vec<Effect>) {
    let more = beyond(observed, effects);
    if effects.undecoded().next().is_some() && more.len() <= MOST_SEEN {
        (SimulationCheck::Agrees, more)
    } else {
        (exceeding(&more), Vec::new())
    }
}

fn exceeding(more: &[Effect]) -> SimulationCheck {
    if more.is_empty() {
        return SimulationCheck::Agrees;
    }
    let named: Vec<_> = more.iter().take(MOST_NAMED).filter_map(words).collect();
    SimulationCheck::Exceeds { what: named.join("; ") }
}

/// The amounts and permissions that the effects allow for, added up. A sum beyond 256 bits is replaced by the largest 256-bit number,
/// which no observed amount exceeds.
#[derive(Default)]
struct Known<'a> {
    outflows: BTreeMap<&'a AssetId, U256>,
    recipients: BTreeMap<(&'a AssetId, Address), U256>,
    nfts: BTreeMap<&'a NftId, Gone>,
    allowances: BTreeMap<(&'a AssetId, Address), U256>,
    nft_allowances: BTreeSet<(&'a NftId, Address)>,
    operators: BTreeSet<(Address, Address)>,
    powers: BTreeSet<Address>,
}

impl<'a> Known<'a> {
    fn of(effects: &'a Effects) -> Self {
        let mut known = Self::default();
        // The fee is known exactly and already subtracted from the observation, so it is left out here.
        for outflow in effects.outflows().filter(|outflow| !outflow.fee) {
            add(&mut known.outflows, outflow.asset, outflow.amount);
        }
        for effect in effects.all() {
            match effect {
                // Some wrappers emit a burn as a transfer; the coin returns to the wallet in the same
                // transaction.
                Effect::Swap(swap) => {
                    for portion in swap.unwrapped() {
                        add(&mut known.outflows, &portion.asset, portion.amount);
                    }
                }
                Effect::NativeOut { to, amount } => {
                    add(&mut known.recipients, (&effects.native, *to), *amount);
                }
                Effect::TokenOut { asset, to, amount } => add(&mut known.recipients, (asset, *to), *amount),
                Effect::NftOut { nft, to, quantity } => {
                    add(known.nfts.entry(nft).or_default(), Some(*to), *quantity);
                }
                Effect::Allowance { asset, spender, amount, .. } => {
                    add(&mut known.allowances, (asset, *spender), *amount);
                }
                Effect::NftAllowance { nft, spender: Some(spender) } => {
                    known.nft_allowances.insert((nft, *spender));
                }
                Effect::OperatorApproval { collection, operator, granted: true } => {
                    known.operators.insert((*collection, *operator));
                }
                Effect::AuthorityChange { target, .. } => {
                    known.powers.insert(*target);
                }
                Effect::NftAllowance { spender: None, .. }
                | Effect::OperatorApproval { granted: false, .. }
                | Effect::ContractCall { .. }
                | Effect::Deployment { .. }
                | Effect::AccountRent { .. }
                | Effect::Message { .. }
                | Effect::TypedData { .. }
                | Effect::NetworkFee { .. }
                | Effect::Unknown { .. } => {}
            }
        }
        known
    }
}

fn add<K: Ord>(sums: &mut BTreeMap<K, U256>, key: K, amount: U256) {
    let sum = sums.entry(key).or_default();
    *sum = sum.saturating_add(amount);
}

fn total<'a>(amounts: impl IntoIterator<Item = &'a U256>) -> U256 {
    amounts.into_iter().fold(U256::ZERO, |sum, amount| sum.saturating_add(*amount))
}

/// Everything seen beyond the effects, as effects. Where the node does not show who gains, the first
/// contract or program of an undecoded call is named.
fn beyond(observed: &Observed, effects: &Effects) -> Vec<Effect> {
    let known = Known::of(effects);
    let called = effects.undecoded().next().unwrap_or(effects.from);
    let whom = |to: Option<Address>| to.unwrap_or(called);
    let mut more = Vec::new();
    for (to, amount) in fungible(&effects.native, &observed.native, observed, &known) {
        more.push(Effect::NativeOut { to: whom(to), amount });
    }
    for (asset, gone) in &observed.tokens {
        for (to, amount) in fungible(asset, gone, observed, &known) {
            more.push(Effect::TokenOut { asset: asset.clone(), to: whom(to), amount });
        }
    }
    for (nft, gone) in &observed.nfts {
        let nothing = Gone::new();
        let room = known.nfts.get(nft).unwrap_or(&nothing);
        let excess = total(gone.values()).saturating_sub(total(room.values()));
        let covered = |to: &Option<Address>| room.get(to).copied().unwrap_or_default();
        for (to, quantity) in shared(gone, excess, covered) {
            more.push(Effect::NftOut { nft: nft.clone(), to: whom(to), quantity });
        }
    }
    permissions(observed, &known, &mut more);
    more
}

/// The excess of one asset that left. Observed allowances count as well: a known allowance covers its amount
/// once, not an allowance and a transfer of the same amount.
fn fungible(
    asset: &AssetId,
    gone: &Gone,
    observed: &Observed,
    known: &Known<'_>,
) -> Vec<(Option<Address>, U256)> {
    let open = observed.allowances.iter().filter(|((of, _), _)| of == asset).map(|((_, spender), amount)| {
        known.allowances.get(&(asset, *spender)).copied().unwrap_or_default().min(*amount)
    });
    let open = open.fold(U256::ZERO, U256::saturating_add);
    let room = known.outflows.get(asset).copied().unwrap_or_default();
    let excess = total(gone.values()).saturating_add(open).saturating_sub(room);
    let covered = |to: &Option<Address>| {
        to.and_then(|to| known.recipients.get(&(asset, to)).copied()).unwrap_or_default()
    };
    shared(gone, excess, covered)
}

/// Splits the excess among recipients. A known transfer to a recipient covers it first; other known outflows
/// cover the last recipients.
fn shared(
    gone: &Gone,
    mut excess: U256,
    covered: impl Fn(&Option<Address>) -> U256,
) -> Vec<(Option<Address>, U256)> {
    let mut shares = Vec::new();
    for (to, amount) in gone {
        let share = amount.saturating_sub(covered(to)).min(excess);
        excess = excess.saturating_sub(share);
        if !share.is_zero() {
            shares.push((*to, share));
        }
    }
    shares
}

fn permissions(observed: &Observed, known: &Known<'_>, more: &mut Vec<Effect>) {
    for ((asset, spender), amount) in &observed.allowances {
        let most = known.allowances.get(&(asset, *spender)).copied().unwrap_or_default();
        let amount = amount.saturating_sub(most);
        if !amount.is_zero() {
            more.push(Effect::Allowance { asset: asset.clone(), spender: *spender, amount, through: None });
        }
    }
    for (nft, spender) in &observed.nft_allowances {
        if !known.nft_allowances.contains(&(nft, *spender)) {
            more.push(Effect::NftAllowance { nft: nft.clone(), spender: Some(*spender) });
        }
    }
    for (collection, operator) in observed.operators.difference(&known.operators) {
        let (collection, operator) = (*collection, *operator);
        more.push(Effect::OperatorApproval { collection, operator, granted: true });
    }
    for account in observed.powers.difference(&known.powers) {
        let what = "another account gets control of the account".to_owned();
        more.push(Effect::AuthorityChange { target: *account, selector: None, to: None, what });
    }
}

/// The excess in words; none for effects that a simulation never shows.
fn words(effect: &Effect) -> Option<String> {
    Some(match effect {
        Effect::NativeOut { to, amount } => format!("{amount} base units of native coin more leave for {to}"),
        Effect::TokenOut { asset, to, amount } => {
            format!("{amount} base units of {asset} more leave for {to}")
        }
        Effect::NftOut { nft, to, quantity } => format!("{quantity} more of {nft} leave for {to}"),
        Effect::Allowance { asset, spender, amount, .. } => {
            format!("{spender} may take {amount} base units of {asset} more")
        }
        Effect::NftAllowance { nft, spender } => {
            format!("{} may take {nft}", spender.as_ref()?)
        }
        Effect::OperatorApproval { collection, operator, .. } => {
            format!("{operator} may take every NFT of {collection}")
        }
        Effect::AuthorityChange { target, .. } => format!("another account gets control of {target}"),
        Effect::ContractCall { .. }
        | Effect::Swap(_)
        | Effect::Deployment { .. }
        | Effect::AccountRent { .. }
        | Effect::Message { .. }
        | Effect::TypedData { .. }
        | Effect::NetworkFee { .. }
        | Effect::Unknown { .. } => return None,
    })
}
