//! The second witness: what a node saw a draft do to the wallet when it ran it without a signature,
//! held against what the decoder says it does.
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

/// What a node saw leave the wallet, or become somebody else's to take. Amounts are in base units;
/// the network's fee is not among them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Observed {
    /// Native coin that left.
    pub native: U256,
    /// Tokens that left.
    pub tokens: BTreeMap<AssetId, U256>,
    /// NFTs that left, and how many of each.
    pub nfts: BTreeMap<NftId, U256>,
    /// How much more of a token a spender may take than before.
    pub allowances: BTreeMap<(AssetId, Address), U256>,
    /// Single NFTs that somebody may take.
    pub nft_allowances: BTreeSet<(NftId, Address)>,
    /// Collections (first) of which an operator (second) may take everything.
    pub operators: BTreeSet<(Address, Address)>,
    /// Accounts of the wallet's over which somebody else got power.
    pub powers: BTreeSet<Address>,
}

/// What the second witness has to say about a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "witness", rename_all = "snake_case")]
pub enum WitnessFact {
    /// A message: no chain runs it.
    NotApplicable,
    /// A node ran it and saw nothing leave beyond the decoded effects.
    Agrees,
    /// A node saw more leave than the decoded effects say.
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

/// What a request gets that no node could run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unwitnessed {
    /// Refused.
    Deny,
    /// The owner's approval, at least.
    Approval,
}

/// Most disagreements named; the first one is enough to refuse.
const MOST_NAMED: usize = 4;

/// Holds what was seen against what was decoded. More of anything seen never turns a disagreement into
/// an agreement.
pub fn compare(observed: &Observed, effects: &Effects) -> WitnessFact {
    let decoded = Decoded::of(effects);
    let mut excess = Vec::new();
    amounts(observed, effects, &decoded, &mut excess);
    permissions(observed, &decoded, &mut excess);
    if excess.is_empty() {
        return WitnessFact::Agrees;
    }
    excess.truncate(MOST_NAMED);
    WitnessFact::Exceeds { what: excess.join("; ") }
}

/// What the effects allow for, added up. A sum beyond 256 bits counts as their largest number: nothing
/// that is seen is larger.
#[derive(Default)]
struct Decoded<'a> {
    outflows: BTreeMap<&'a AssetId, U256>,
    nfts: BTreeMap<&'a NftId, U256>,
    allowances: BTreeMap<(&'a AssetId, Address), U256>,
    nft_allowances: BTreeSet<(&'a NftId, Address)>,
    operators: BTreeSet<(Address, Address)>,
    powers: BTreeSet<Address>,
}

impl<'a> Decoded<'a> {
    fn of(effects: &'a Effects) -> Self {
        let mut decoded = Self::default();
        // The fee is known to the last unit and taken out of what is seen, so it leaves no room here.
        for outflow in effects.outflows().filter(|outflow| !outflow.fee) {
            add(&mut decoded.outflows, outflow.asset, outflow.amount);
        }
        for effect in &effects.items {
            match effect {
                // Some wrappers announce what they burn, and the coin comes back at once.
                Effect::Swap(swap) => {
                    for portion in swap.unwrapped() {
                        add(&mut decoded.outflows, &portion.asset, portion.amount);
                    }
                }
                Effect::NftOut { nft, quantity, .. } => add(&mut decoded.nfts, nft, *quantity),
                Effect::Allowance { asset, spender, amount } => {
                    add(&mut decoded.allowances, (asset, *spender), *amount);
                }
                Effect::NftAllowance { nft, spender: Some(spender) } => {
                    decoded.nft_allowances.insert((nft, *spender));
                }
                Effect::OperatorApproval { collection, operator, granted: true } => {
                    decoded.operators.insert((*collection, *operator));
                }
                Effect::AuthorityChange { target, .. } => {
                    decoded.powers.insert(*target);
                }
                Effect::NativeOut { .. }
                | Effect::TokenOut { .. }
                | Effect::NftAllowance { spender: None, .. }
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
        decoded
    }
}

fn add<K: Ord>(sums: &mut BTreeMap<K, U256>, key: K, amount: U256) {
    let sum = sums.entry(key).or_default();
    *sum = sum.saturating_add(amount);
}

/// What left, and what may leave from now on, together: an allowance that was decoded makes room for as
/// much once, not for taking it now and again later.
fn amounts(observed: &Observed, effects: &Effects, decoded: &Decoded<'_>, excess: &mut Vec<String>) {
    let mut seen: BTreeMap<&AssetId, U256> = BTreeMap::new();
    add(&mut seen, &effects.native, observed.native);
    let allowed = observed.allowances.iter().map(|((asset, _), amount)| (asset, amount));
    for (asset, amount) in observed.tokens.iter().chain(allowed) {
        add(&mut seen, asset, *amount);
    }
    for (asset, amount) in seen {
        let most = decoded.outflows.get(asset).copied().unwrap_or_default();
        if amount > most {
            excess.push(format!("{amount} base units of {asset} leave or may be taken, decoded are {most}"));
        }
    }
    for (nft, quantity) in &observed.nfts {
        let most = decoded.nfts.get(nft).copied().unwrap_or_default();
        if *quantity > most {
            excess.push(format!("{quantity} of {nft} leave, decoded are {most}"));
        }
    }
}

fn permissions(observed: &Observed, decoded: &Decoded<'_>, excess: &mut Vec<String>) {
    for ((asset, spender), amount) in &observed.allowances {
        let most = decoded.allowances.get(&(asset, *spender)).copied().unwrap_or_default();
        if *amount > most {
            excess.push(format!("{spender} may take {amount} base units of {asset}, decoded are {most}"));
        }
    }
    for (nft, spender) in &observed.nft_allowances {
        if !decoded.nft_allowances.contains(&(nft, *spender)) {
            excess.push(format!("{spender} may take {nft}"));
        }
    }
    for (collection, operator) in observed.operators.difference(&decoded.operators) {
        excess.push(format!("{operator} may take every NFT of {collection}"));
    }
    for account in observed.powers.difference(&decoded.powers) {
        excess.push(format!("somebody else gets power over {account}"));
    }
}
