//! The worst case of a leaked session.

use std::collections::BTreeMap;

use waiaas_core::U256;
use waiaas_core::UnixSeconds;
use waiaas_core::address::Address;
use waiaas_core::asset::AssetId;
use waiaas_core::ids::{SessionId, TxId, WalletId};
use waiaas_core::money::Usd;
use waiaas_core::network::NetworkId;
use waiaas_core::policy::exposure::{AssetStanding, Exposure, Horizons};

use crate::views::Wallet;

/// The credential that is assumed to be leaked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leaked {
    /// One session, with all its wallets.
    Session(SessionId),
    /// Every live session that is linked to this wallet, for this wallet only.
    SessionsOf(WalletId),
}

/// The most that could leave without a human's approval.
#[derive(Clone, Debug)]
pub struct ExposureReport {
    /// The credential that is assumed to be leaked.
    pub leaked: Leaked,
    /// The time of the report.
    pub at: UnixSeconds,
    /// The total of all wallets in dollars; none if it is unbounded.
    pub usd: Horizons<Option<Usd>>,
    /// The worst case of each wallet. Wallets share no limit.
    pub wallets: Vec<WalletExposure>,
}

/// The most that could leave one wallet.
#[derive(Clone, Debug)]
pub struct WalletExposure {
    /// The wallet.
    pub wallet: Wallet,
    /// Live sessions that are assumed to be leaked.
    pub sessions: u64,
    /// The end of the last of them, after all renewals; none = never, or no session.
    pub until: Option<UnixSeconds>,
    /// The worst case.
    pub exposure: Exposure,
    /// The inputs of the calculation, by asset.
    pub assets: BTreeMap<AssetId, AssetStanding>,
    /// Amounts reserved for earlier requests, in dollars and in base units; included in no figure.
    pub held: (Usd, BTreeMap<AssetId, U256>),
    /// Open allowances set through this daemon; included in no figure.
    pub allowances: Vec<OpenAllowance>,
    /// Whether all of the wallet's transactions were searched for allowances.
    pub allowances_complete: bool,
}

/// An allowance that the spender can use without any credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenAllowance {
    /// The network.
    pub network: NetworkId,
    /// The token.
    pub asset: AssetId,
    /// The spender.
    pub spender: Address,
    /// The sum of all amounts ever allowed, in base units; part of it may be used or revoked.
    pub amount: U256,
    /// Whether the newest transaction about it lowered or revoked it. By how much is not known.
    pub lowered: bool,
    /// The newest transaction about it.
    pub tx: TxId,
}
