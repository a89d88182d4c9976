//! A request as its owner sees it: one value, from which the signed text, the approval document and the text
//! on the command line are rendered.
//!
//! Belongs here: everything that a person needs in order to decide, and its wording. Does not belong here:
//! decoding bytes (the chains), and deciding whether an owner is asked (`policy`).
//!
//! All signed content is shown, without abridgement. Foreign text (memos, names of fields, symbols of tokens,
//! texts of a node) is in quotation marks ([`quoted`]).

mod argument;
mod content;
mod effects;
mod foreign;
mod render;
mod strangers;
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
pub use self::strangers::{KnownAs, Likeness, Stranger, strangers};

/// Version of the JSON form of [`Presentation`]. Any change of meaning gets a new number.
pub const VERSION: u32 = 1;

/// A request as its owner sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Presentation {
    /// [`VERSION`].
    pub version: u32,
    /// The effects, decoded from the bytes to be signed, with the signing address and the network.
    pub effects: Effects,
    /// The sent transaction that it replaces.
    pub replaces: Option<TxId>,
    /// The simulation check.
    pub simulation: SimulationCheck,
    /// Units of the assets above.
    pub assets: BTreeMap<AssetId, Unit>,
    /// The signed content that the effects do not show: calls and their arguments, typed data field by field,
    /// memos, and other parts fixed by the signature.
    pub content: Vec<Content>,
    /// Maximum network prices at which it is signed; none = any price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gas: Option<GasBound>,
    /// Accounts that the wallet has not dealt with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strangers: Vec<Stranger>,
    /// The tier obtained.
    pub tier: Tier,
    /// Value of the amounts spent; none if a price is missing.
    #[serde(serialize_with = "exact_if_any")]
    pub usd: Option<Usd>,
    /// Why the owner's approval is needed.
    pub reasons: Vec<TierReason>,
}

/// Maximum network prices at which a transaction is signed. Decimal digits; EVM: wei per gas; Solana:
/// micro-lamports per compute unit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GasBound {
    /// Maximum price per unit, priority fee included.
    pub max_gas_price: Option<String>,
    /// Maximum priority fee per unit.
    pub max_priority_fee: Option<String>,
    /// Seconds after the approval for which it waits for such prices.
    pub seconds: u32,
}

/// Decimals and symbol of an asset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Unit {
    /// Verified decimals.
    pub decimals: u8,
    /// The asset's own symbol.
    pub symbol: String,
}

impl Presentation {
    /// The presentation of a judged request. `content` is what its chain reads in the draft.
    pub fn new(
        effects: &Effects,
        content: Vec<Content>,
        facts: &PolicyFacts,
        grant: &Grant,
        replaces: Option<TxId>,
        gas: Option<GasBound>,
        strangers: Vec<Stranger>,
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
            strangers,
            tier: grant.tier,
            usd: grant.usd,
            reasons: grant.reasons.clone(),
        }
    }
}
