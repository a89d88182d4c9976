//! Everything that the evaluator may know besides the effects and the policies. The engine gathers it, so
//! that evaluation needs no I/O and a dry run uses the same values as the real request. Every figure is exact
//! in JSON, so that a stored decision can be evaluated again.

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

/// Facts about one asset, from the chain or the token registry, never from the caller.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AssetFacts {
    /// Shown to people; never compared.
    pub symbol: String,
    /// Decimals read from the chain or the registry.
    pub decimals: u8,
    /// The price used for limits.
    pub price: PriceFact,
    /// How many services gave that price; none if no service did. One service alone is not confirmed by
    /// another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<u32>,
}

impl AssetFacts {
    /// The name of the asset in a sentence: its symbol, or its id if it has none.
    pub fn name(&self, asset: &AssetId) -> String {
        if self.symbol.is_empty() { asset.to_string() } else { self.symbol.clone() }
    }
}

/// Whether an asset has a usable price.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceFact {
    /// A usable price, the highest of the agreeing sources.
    Known(Price),
    /// No source lists the asset.
    Unlisted,
    /// The sources failed, or their prices are too old or too far apart.
    Unusable,
    /// No source was asked: the session has used up its price look-ups, or the request was denied before
    /// prices were needed.
    NotAsked,
}

/// The wallet's reservations and past spending, per window, without the request that is judged.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// Dollars in the last 24 hours: all reservations plus the amounts settled in the window.
    #[serde(serialize_with = "exact")]
    pub usd_day: Usd,
    /// The same over 30 days.
    #[serde(serialize_with = "exact")]
    pub usd_month: Usd,
    /// Base units per asset in the last 24 hours.
    pub asset_day: BTreeMap<AssetId, U256>,
    /// Base units per asset over 30 days.
    pub asset_month: BTreeMap<AssetId, U256>,
    /// Number of this wallet's requests admitted in a window, by the window's length in seconds
    /// ([`super::PolicySet::rate_windows`]).
    pub requests: BTreeMap<u64, u64>,
    /// Dollars moved by actions, per category. An absent category is not known.
    pub categories: BTreeMap<ActionCategory, CategorySums>,
    /// HTTP messages signed for the request's domain in the last 60 seconds; none if not known.
    pub http_messages: Option<u64>,
    /// Remaining parts of earlier allowances that the request may use up, newest first. They are included in
    /// the sums above.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowances: Vec<CountedAllowance>,
}

/// Dollars moved by actions of one category.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CategorySums {
    /// In the last 24 hours: all reservations plus the amounts settled in the window.
    #[serde(serialize_with = "exact")]
    pub usd_day: Usd,
    /// The same over 30 days.
    #[serde(serialize_with = "exact")]
    pub usd_month: Usd,
}

/// The purpose of the signature, as the daemon knows it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "snake_case")]
pub enum Purpose {
    /// A transaction, or a message requested as such.
    #[default]
    Plain,
    /// Payment for an HTTP resource (x402).
    HttpPayment {
        /// Host of the requested resource, in lower case.
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

/// Facts about the fee that a request offers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeeFacts {
    /// Base units of the native coin that the network asks for now, with a margin. The offered amount beyond
    /// it goes to others and counts as spent.
    pub asked: U256,
    /// Why the fee could not be checked against the operator's cap, for people.
    pub uncapped: Option<String>,
}

impl Default for FeeFacts {
    /// The network asks for the whole fee. Used for decisions recorded before this fact existed.
    fn default() -> Self {
        Self { asked: U256::MAX, uncapped: None }
    }
}

/// The facts of one evaluation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PolicyFacts {
    /// The time of the decision.
    pub now: UnixSeconds,
    /// The wallet's owner state.
    pub owner: OwnerState,
    /// Facts per asset in the effects. An absent asset is unknown and denied.
    pub assets: BTreeMap<AssetId, AssetFacts>,
    /// Reservations and past spending.
    pub ledger: Ledger,
    /// The approval window when no policy sets one, in seconds.
    pub default_approval_timeout: u32,
    /// The wallet's balance of each token that a spender would get access to. An absent token counts as zero,
    /// so that any allowance exceeds it.
    pub balances: BTreeMap<AssetId, U256>,
    /// The purpose of the signature.
    pub purpose: Purpose,
    /// The server-side action behind the request, if any.
    pub action: Option<ActionFacts>,
    /// Reputation of counterparties. An absent one counts as unrated.
    pub reputation: Reputations,
    /// The simulation check.
    #[serde(alias = "witness")]
    pub simulation: SimulationCheck,
    /// The requirement if no node could simulate the request.
    #[serde(alias = "unwitnessed")]
    pub unsimulated: Unsimulated,
    /// Seconds in which the bytes can still be included, where that time does not begin with signing: bytes
    /// that the caller provides with a blockhash. None if waiting does not shorten it.
    #[serde(default)]
    pub lifetime: Option<u32>,
    /// Facts about the fee.
    #[serde(default)]
    pub fee: FeeFacts,
    /// Whether the signature is handed out, so that others decide when, if at all, it is used. Otherwise the
    /// daemon sends it right after checking it. False in decisions recorded before this fact existed.
    #[serde(default)]
    pub handed_out: bool,
}
