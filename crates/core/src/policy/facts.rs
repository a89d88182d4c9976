//! Everything the evaluator may know besides the effects and the policies. Gathered by the engine,
//! so that evaluation needs no I/O and a dry run sees the same value as the real thing.

use std::collections::BTreeMap;

use crate::UnixSeconds;
use crate::asset::AssetId;
use crate::money::{Price, Usd};
use crate::wallet::OwnerState;
use alloy_primitives::U256;

/// What is known about one asset, from the chain or a pinned registry, never from the caller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AssetFacts {
    /// For people; never compared.
    pub symbol: String,
    /// Decimals read from the chain or the registry.
    pub decimals: u8,
    /// The price to count with.
    pub price: PriceFact,
}

/// Whether an asset can be valued now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PriceFact {
    /// A usable price, the highest of the agreeing sources.
    Known(Price),
    /// No source lists the asset.
    Unlisted,
    /// Sources are down, too old or too far apart.
    Unusable,
}

/// What the wallet has held and settled, per window, not counting the request being judged.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ledger {
    /// Dollars in the last 24 hours: everything held plus what settled in the window.
    pub usd_day: Usd,
    /// The same over 30 days.
    pub usd_month: Usd,
    /// Base units per asset in the last 24 hours.
    pub asset_day: BTreeMap<AssetId, U256>,
    /// Base units per asset over 30 days.
    pub asset_month: BTreeMap<AssetId, U256>,
    /// Admitted requests of this wallet within the last so many seconds, per window asked for by
    /// [`super::PolicySet::rate_windows`].
    pub requests: BTreeMap<u64, u64>,
}

/// The facts of one evaluation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// The time of the decision.
    pub now: UnixSeconds,
    /// Whether an owner can approve.
    pub owner: OwnerState,
    /// Facts per asset that occurs in the effects. A missing entry is an unknown asset: deny.
    pub assets: BTreeMap<AssetId, AssetFacts>,
    /// Counted spending.
    pub ledger: Ledger,
    /// How long an approval waits when no policy says, in seconds.
    pub default_approval_timeout: u32,
}
