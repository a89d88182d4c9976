//! The worst case: the most that could leave a wallet without any human, if a session token leaked now.
//!
//! [`Exposure::of`] bounds every sequence of requests that [`super::evaluate`] would grant below the tier
//! APPROVAL, whatever their order, size and timing. A figure is never below the possible loss; it may be
//! above. Each names the rule it comes from. Not counted, because no current figure bounds them: later income
//! (including the proceeds of an exchange inside a contract), earlier requests, and earlier allowances.
//! Dollars and figures derived from dollars hold at the given prices.
//!
//! Does not belong here: judging requests, and reading ledgers, prices or balances.

mod figure;
mod network;
mod openings;
mod reach;
mod spending;
mod wallet;

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::U256;
use serde::{Deserialize, Serialize};

use crate::UnixSeconds;
use crate::address::Address;
use crate::asset::AssetId;
use crate::money::Usd;
use crate::network::{Chain, NetworkId};
use crate::policy::{AssetFacts, DAY_SECONDS, Ledger, MONTH_SECONDS, PolicySet};
use crate::wallet::wire_enum;

pub use figure::{Cap, Figure, Reason, Source};

wire_enum!(
    /// The length of time that is looked ahead.
    Horizon {
        /// 3600 seconds.
        Hour = "hour",
        /// 24 hours.
        Day = "day",
        /// 30 days.
        Month = "month",
    }
);

impl Horizon {
    /// Its length in seconds. The end itself is excluded.
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Hour => 3_600,
            Self::Day => DAY_SECONDS,
            Self::Month => MONTH_SECONDS,
        }
    }
}

/// One value for each [`Horizon`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Horizons<T> {
    /// For [`Horizon::Hour`].
    pub hour: T,
    /// For [`Horizon::Day`].
    pub day: T,
    /// For [`Horizon::Month`].
    pub month: T,
}

impl<T> Horizons<T> {
    /// Computes the value for each.
    pub fn each(mut value: impl FnMut(Horizon) -> T) -> Self {
        Self { hour: value(Horizon::Hour), day: value(Horizon::Day), month: value(Horizon::Month) }
    }

    /// The value for one.
    pub const fn get(&self, horizon: Horizon) -> &T {
        match horizon {
            Horizon::Hour => &self.hour,
            Horizon::Day => &self.day,
            Horizon::Month => &self.month,
        }
    }
}

/// The current state of a wallet.
#[derive(Clone, Debug)]
pub struct WalletState {
    /// The time at which all of this was read.
    pub now: UnixSeconds,
    /// Why nothing can be signed now: kill switch, wallet status, or no session. None if signing is possible.
    pub stopped: Option<Reason>,
    /// When the last live session ends for good, with all its renewals used; none = never.
    pub until: Option<UnixSeconds>,
    /// The past spending that still counts at the last second of each horizon, or of the session if that ends
    /// earlier. Reservations are not included: they count only until they are released.
    pub counted: Horizons<Ledger>,
    /// Every network on which the wallet can be used.
    pub networks: Vec<NetworkState>,
}

/// The part of a [`WalletState`] that concerns one network.
#[derive(Clone, Debug)]
pub struct NetworkState {
    /// The network.
    pub network: NetworkId,
    /// Its family.
    pub chain: Chain,
    /// Its native coin.
    pub native: AssetId,
    /// The policies in force there for this wallet.
    pub policies: PolicySet,
    /// Facts about the native coin and the tokens in [`allowed_tokens`].
    pub assets: BTreeMap<AssetId, AssetStanding>,
    /// The maximum fee of one transaction, in base units of the native coin; none if nothing bounds it.
    pub fee_cap: Option<U256>,
}

/// Facts about one asset of a wallet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AssetStanding {
    /// Decimals and price; none if they could not be read.
    pub facts: Option<AssetFacts>,
    /// Base units held; none if they could not be read.
    pub balance: Option<U256>,
}

/// The most that could leave one wallet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exposure {
    /// Per horizon.
    pub horizons: Horizons<HorizonExposure>,
}

/// The most that could leave in one horizon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HorizonExposure {
    /// All networks and assets together.
    pub usd: Figure<Usd>,
    /// Each network.
    pub networks: Vec<NetworkExposure>,
}

/// The most that could leave on one network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NetworkExposure {
    /// The network.
    pub network: NetworkId,
    /// All assets together.
    pub usd: Figure<Usd>,
    /// Each asset that is held or may be spent, fees included, in base units. Assets that are absent cannot
    /// leave, unless `usd` is unbounded.
    pub assets: BTreeMap<AssetId, Figure<U256>>,
    /// The possible destinations.
    pub destinations: Destinations,
}

/// The accounts that could benefit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Destinations {
    /// Accounts that could receive something.
    pub recipients: Reach,
    /// Accounts that could be allowed to take something.
    pub spenders: Reach,
    /// Contracts that could be called.
    pub contracts: Reach,
}

/// A set of accounts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Any account.
    Any,
    /// Only these accounts; the set may be empty.
    Only(BTreeSet<Address>),
}

impl Default for Reach {
    fn default() -> Self {
        Self::Only(BTreeSet::new())
    }
}

impl Reach {
    /// Whether it includes an account.
    pub fn contains(&self, address: &Address) -> bool {
        match self {
            Self::Any => true,
            Self::Only(list) => list.contains(address),
        }
    }
}

impl Exposure {
    /// Computes the bound.
    pub fn of(standing: &WalletState) -> Self {
        Self { horizons: Horizons::each(|horizon| wallet::horizon(standing, horizon)) }
    }
}

pub use reach::allowed_tokens;
