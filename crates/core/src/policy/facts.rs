//! Everything the evaluator may know besides the effects and the policies. Gathered by the engine,
//! so that evaluation needs no I/O and a dry run sees the same value as the real thing. As JSON every
//! figure is exact, so that a decision can be made again from what was stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::UnixSeconds;
use crate::action::{ActionCategory, ActionFacts};
use crate::asset::AssetId;
use crate::money::{Price, Usd, exact};
use crate::policy::{CountedAllowance, Reputations};
use crate::simulation::{SimulationCheck, Unsimulated};
use crate::wallet::OwnerState;
use alloy_primitives::U256;

/// What is known about one asset, from the chain or a registry, never from the caller.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AssetFacts {
    /// For people; never compared.
    pub symbol: String,
    /// Decimals read from the chain or the registry.
    pub decimals: u8,
    /// The price to count with.
    pub price: PriceFact,
    /// How many services gave that price: one alone is contradicted by nobody. None where no service did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<u32>,
}

impl AssetFacts {
    /// What to call the asset in a sentence: its symbol, or its id where it has none.
    pub fn name(&self, asset: &AssetId) -> String {
        if self.symbol.is_empty() { asset.to_string() } else { self.symbol.clone() }
    }
}

/// Whether an asset can be valued now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceFact {
    /// A usable price, the highest of the agreeing sources.
    Known(Price),
    /// No source lists the asset.
    Unlisted,
    /// Sources are down, too old or too far apart.
    Unusable,
    /// Nobody was asked: the session has used up its look-ups for now, or the request was denied before
    /// prices mattered.
    NotAsked,
}

/// What the wallet has held and settled, per window, not counting the request being judged.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// Dollars in the last 24 hours: everything held plus what settled in the window.
    #[serde(serialize_with = "exact")]
    pub usd_day: Usd,
    /// The same over 30 days.
    #[serde(serialize_with = "exact")]
    pub usd_month: Usd,
    /// Base units per asset in the last 24 hours.
    pub asset_day: BTreeMap<AssetId, U256>,
    /// Base units per asset over 30 days.
    pub asset_month: BTreeMap<AssetId, U256>,
    /// Admitted requests of this wallet within the last so many seconds, per window asked for by
    /// [`super::PolicySet::rate_windows`].
    pub requests: BTreeMap<u64, u64>,
    /// Dollars moved by actions per category. A category that is not there is not known.
    pub categories: BTreeMap<ActionCategory, CategorySums>,
    /// HTTP messages signed for the domain that is judged in the last 60 seconds; none if not known.
    pub http_messages: Option<u64>,
    /// What is left of earlier allowances that the request may use up, the newest first. It is part of the
    /// sums above.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowances: Vec<CountedAllowance>,
}

/// Dollars moved by actions of one category.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CategorySums {
    /// In the last 24 hours: everything held plus what settled in the window.
    #[serde(serialize_with = "exact")]
    pub usd_day: Usd,
    /// The same over 30 days.
    #[serde(serialize_with = "exact")]
    pub usd_month: Usd,
}

/// What the signature is for, as the daemon knows it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "snake_case")]
pub enum Purpose {
    /// A transaction, or a message asked for as such.
    #[default]
    Plain,
    /// Payment for an HTTP resource (x402).
    HttpPayment {
        /// Host that was asked for the resource, in lower case.
        domain: String,
    },
    /// An HTTP message (ERC-8128).
    HttpMessage {
        /// Host of the request, in lower case.
        domain: String,
    },
}

impl Purpose {
    /// The host of an HTTP message.
    pub fn message_domain(&self) -> Option<&str> {
        match self {
            Self::HttpMessage { domain } => Some(domain),
            Self::Plain | Self::HttpPayment { .. } => None,
        }
    }
}

/// What is known about the fee that a request offers its network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeeFacts {
    /// Base units of the native coin that the network asks for now, with a margin. What is offered beyond
    /// goes to strangers, and counts as spent.
    pub asked: U256,
    /// Why the operator's cap could not be held against the fee, for people.
    pub uncapped: Option<String>,
}

impl Default for FeeFacts {
    /// All of the fee is asked for: the word for decisions made before this was known.
    fn default() -> Self {
        Self { asked: U256::MAX, uncapped: None }
    }
}

/// The facts of one evaluation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PolicyFacts {
    /// The time of the decision.
    pub now: UnixSeconds,
    /// Whether an owner can approve.
    pub owner: OwnerState,
    /// Policy facts per asset that occurs in the effects. A missing entry is an unknown asset: deny.
    pub assets: BTreeMap<AssetId, AssetFacts>,
    /// Counted spending.
    pub ledger: Ledger,
    /// How long an approval waits when no policy says, in seconds.
    pub default_approval_timeout: u32,
    /// What the wallet holds of each token a spender would get access to. A missing entry counts as
    /// nothing held, so that any allowance exceeds it.
    pub balances: BTreeMap<AssetId, U256>,
    /// What the signature is for.
    pub purpose: Purpose,
    /// The server-side action behind the request, if there is one.
    pub action: Option<ActionFacts>,
    /// Reputation of counterparties. A missing entry counts as unrated.
    pub reputation: Reputations,
    /// The simulation check.
    #[serde(alias = "witness")]
    pub simulation: SimulationCheck,
    /// What is required if no node could simulate the request.
    #[serde(alias = "unwitnessed")]
    pub unsimulated: Unsimulated,
    /// Seconds in which what is to be signed can still land, where that does not begin with signing: bytes
    /// that the caller brings with a blockhash. None if waiting takes nothing away.
    #[serde(default)]
    pub lifetime: Option<u32>,
    /// What the network asks for.
    #[serde(default)]
    pub fee: FeeFacts,
    /// Whether the signature is handed out, so that somebody else decides when, if at all, what is signed
    /// happens. Otherwise the daemon sends it right after looking at it. False in decisions made before this
    /// was known.
    #[serde(default)]
    pub handed_out: bool,
}
