//! The worst case: the most that could leave a wallet without any human, if a session leaked now.
//!
//! [`Exposure::of`] bounds every sequence of requests that [`super::evaluate`] would let through below
//! the tier APPROVAL, whatever their order, size and timing. A figure is never below what is possible;
//! it may be above. Each names the rule it comes from. What is not counted, because no figure of the
//! present bounds it: what comes in later (an exchange inside a contract included), requests made
//! before, and allowances given before. Dollars and everything derived from dollars hold at the prices
//! given.
//!
//! Judging requests does not belong here, nor does reading ledgers, prices or balances.

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
    /// How far ahead is looked.
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
    /// Its length. The moment exactly so far ahead is no longer part of it.
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
    /// Works out each.
    pub fn each(mut value: impl FnMut(Horizon) -> T) -> Self {
        Self { hour: value(Horizon::Hour), day: value(Horizon::Day), month: value(Horizon::Month) }
    }

    /// That of one.
    pub const fn get(&self, horizon: Horizon) -> &T {
        match horizon {
            Horizon::Hour => &self.hour,
            Horizon::Day => &self.day,
            Horizon::Month => &self.month,
        }
    }
}

/// How a wallet stands now.
#[derive(Clone, Debug)]
pub struct WalletState {
    /// The time all of this was read.
    pub now: UnixSeconds,
    /// Why nothing at all is signed now: kill switch, wallet, no session. None if it would be.
    pub stopped: Option<Reason>,
    /// When the last session that could leak ends for good, all its renewals used; none = never.
    pub until: Option<UnixSeconds>,
    /// What of the past still counts at the last second of each horizon, or of the session if that
    /// ends earlier. What is held is not among it: it counts only until it is given up.
    pub counted: Horizons<Ledger>,
    /// Every network the wallet can be used on.
    pub networks: Vec<NetworkState>,
}

/// The part of a [`WalletState`] that concerns one network.
#[derive(Clone, Debug)]
pub struct NetworkState {
    /// Which.
    pub network: NetworkId,
    /// Its family.
    pub chain: Chain,
    /// Its native coin.
    pub native: AssetId,
    /// The policies in force there for this wallet.
    pub policies: PolicySet,
    /// What is known of the native coin and of the tokens in [`allowed_tokens`].
    pub assets: BTreeMap<AssetId, AssetStanding>,
    /// The most one transaction may pay in fees, in base units of the native coin; none if nothing
    /// bounds it.
    pub fee_cap: Option<U256>,
}

/// What is known of one asset of a wallet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AssetStanding {
    /// Decimals and price; none if they could not be read now.
    pub facts: Option<AssetFacts>,
    /// Base units held; none if they could not be read now.
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
    /// Of everything together.
    pub usd: Figure<Usd>,
    /// Of each network.
    pub networks: Vec<NetworkExposure>,
}

/// The most that could leave on one network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NetworkExposure {
    /// Which.
    pub network: NetworkId,
    /// Of everything together.
    pub usd: Figure<Usd>,
    /// Of each asset that is held or may be spent, fees included, in base units. Nothing can leave of
    /// an asset that is not here unless `usd` is unbounded.
    pub assets: BTreeMap<AssetId, Figure<U256>>,
    /// Where to.
    pub destinations: Destinations,
}

/// Who could gain.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Destinations {
    /// Who could be sent something.
    pub recipients: Reach,
    /// Who could be allowed to take something.
    pub spenders: Reach,
    /// Which contracts could be called.
    pub contracts: Reach,
}

/// A set of accounts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Anybody.
    Any,
    /// These, possibly none.
    Only(BTreeSet<Address>),
}

impl Default for Reach {
    fn default() -> Self {
        Self::Only(BTreeSet::new())
    }
}

impl Reach {
    /// Whether an account is in it.
    pub fn contains(&self, address: &Address) -> bool {
        match self {
            Self::Any => true,
            Self::Only(list) => list.contains(address),
        }
    }
}

impl Exposure {
    /// Works out the bound.
    pub fn of(standing: &WalletState) -> Self {
        Self { horizons: Horizons::each(|horizon| wallet::horizon(standing, horizon)) }
    }
}

pub use reach::allowed_tokens;
