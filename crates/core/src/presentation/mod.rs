//! A request as its owner sees it: one value, from which the text that is signed, the approval document
//! and the command line are rendered.
//!
//! Belongs here: everything a person needs in order to decide, and how it is put into words. Does not
//! belong here: reading bytes (the chains), and deciding whether an owner is asked (`policy`).
//!
//! Nothing that is signed is left out and nothing is cut. Whatever somebody else chose (texts, names of
//! fields, symbols of tokens, words of a node) stands in quotation marks ([`quoted`]).

mod argument;
mod content;
mod effects;
mod foreign;
mod render;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::asset::AssetId;
use crate::effect::Effects;
use crate::ids::TxId;
use crate::money::{Usd, exact_if_any};
use crate::policy::{Grant, PolicyFacts, Tier, TierReason};
use crate::simulation::SimulationCheck;

pub use self::argument::{Argument, Value};
pub use self::content::{AccountUse, Content};
pub use self::foreign::{is_plain, quoted, word};
pub use self::render::{Ask, Line};

/// The form of [`Presentation`] in JSON. A change of meaning takes a new number.
pub const VERSION: u32 = 1;

/// A request as its owner sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Presentation {
    /// [`VERSION`].
    pub version: u32,
    /// What it does, whose key signs and where it runs, as decoded from the bytes to be signed.
    pub effects: Effects,
    /// The sent transaction whose place it takes.
    pub replaces: Option<TxId>,
    /// What a node saw when it ran it.
    pub simulation: SimulationCheck,
    /// How amounts of the assets above are written.
    pub assets: BTreeMap<AssetId, Unit>,
    /// What is signed, as far as the effects do not say it: calls and their arguments, typed data field
    /// by field, memos, what else the signature fixes.
    pub content: Vec<Content>,
    /// How cheap the network must be before it is signed; none = whatever it charges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gas: Option<GasBound>,
    /// The tier obtained.
    pub tier: Tier,
    /// Value of what is spent; none where a price is missing.
    #[serde(serialize_with = "exact_if_any")]
    pub usd: Option<Usd>,
    /// Why the owner is asked.
    pub reasons: Vec<TierReason>,
}

/// How cheap the network must be before anything is signed. Decimal digits, EVM: wei per gas; Solana:
/// micro-lamports per compute unit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GasBound {
    /// The most per unit, priority fee included.
    pub max_gas_price: Option<String>,
    /// The most per unit as priority fee.
    pub max_priority_fee: Option<String>,
    /// Seconds after the approval for which it waits.
    pub seconds: u32,
}

/// How amounts of an asset are written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Unit {
    /// Decimals, as verified.
    pub decimals: u8,
    /// What the asset calls itself.
    pub symbol: String,
}

impl Presentation {
    /// What is shown of a judged request. `content` is what its chain reads in the draft.
    pub fn new(
        effects: &Effects,
        content: Vec<Content>,
        facts: &PolicyFacts,
        grant: &Grant,
        replaces: Option<TxId>,
        gas: Option<GasBound>,
    ) -> Self {
        let unit = |known: &crate::policy::AssetFacts| Unit {
            decimals: known.decimals,
            symbol: known.symbol.clone(),
        };
        Self {
            version: VERSION,
            effects: effects.clone(),
            replaces,
            simulation: facts.simulation.clone(),
            assets: facts.assets.iter().map(|(asset, known)| (asset.clone(), unit(known))).collect(),
            content,
            gas,
            tier: grant.tier,
            usd: grant.usd,
            reasons: grant.reasons.clone(),
        }
    }
}
