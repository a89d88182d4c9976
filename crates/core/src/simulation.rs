//! The simulation check: compares the effects that a node's simulation of a draft shows with those that the
//! decoder finds in its bytes.
//!
//! Belongs here: the comparison, which is pure. Does not belong here: asking a node (the chains), and
//! what follows from a disagreement (`policy::evaluate`).

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::U256;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::asset::AssetId;
use crate::effect::{Effect, Effects};
use crate::nft::NftId;

/// How much went to whom, in base units; nobody where the node does not show the recipient.
pub type Gone = BTreeMap<Option<Address>, U256>;

/// What a node saw leave the wallet, or become somebody else's to take. Amounts are in base units;
/// the network's fee is not among them.
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
    /// Single NFTs that somebody may take.
    pub nft_allowances: BTreeSet<(NftId, Address)>,
    /// Collections (first) of which an operator (second) may take everything.
    pub operators: BTreeSet<(Address, Address)>,
    /// Accounts of the wallet's over which somebody else got power.
    pub powers: BTreeSet<Address>,
}

impl Observed {
    /// Adds what another node saw of the same draft: of every amount the larger, of every permission both.
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
    /// A node ran it and saw nothing leave beyond the effects: what is decoded, and for calls that nobody
    /// can decode, what is counted as seen.
    Agrees,
    /// A node saw more leave than the effects say.
    Exceeds {
        /// What was too much, for people.
        what: String,
    },
    /// No node could show what it does.
    Unavailable {
        /// Why, for people.
        reason: String,
    },
}

/// What is required of a request that no node could simulate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unsimulated {
    /// Denial.
    Deny,
    /// The owner's approval, at least.
    Approval,
}

/// Most disagreements named; the first one is enough to refuse.
const MOST_NAMED: usize = 4;

/// Most effects that are judged as seen. Anybody can emit events, and each asset has to be looked up.
const MOST_SEEN: usize = 32;

/// Holds what was seen against the effects, decoded and seen. More of anything seen never turns a
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

/// What the effects allow for, added up. A sum beyond 256 bits counts as their largest number: nothing
/// that is seen is larger.
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
        // The fee is known to the last unit and taken out of what is seen, so it leaves no room here.
        for outflow in effects.outflows().filter(|outflow| !outflow.fee) {
            add(&mut known.outflows, outflow.asset, outflow.amount);
        }
        for effect in effects.all() {
            match effect {
                // Some wrappers announce what they burn, and the coin comes back at once.
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

/// What was seen beyond the effects, as effects. Where the node does not show who gains, it is the first
/// contract or program whose call nobody can decode.
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

/// What left of an asset beyond what is known. What may leave from now on counts as well: an allowance
/// that is known makes room for as much once, not for taking it now and again later.
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

/// Whose the excess is. What was known to go to a recipient covers what did; other room covers the last.
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
        let what = "somebody else gets power over the account".to_owned();
        more.push(Effect::AuthorityChange { target: *account, selector: None, to: None, what });
    }
}

/// What was too much; none for what is never seen.
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
        Effect::AuthorityChange { target, .. } => format!("somebody else gets power over {target}"),
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
