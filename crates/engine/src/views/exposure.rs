//! The worst case, as worked out for a session or a wallet.

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

/// Which credential is taken to be leaked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leaked {
    /// One session, with every wallet it reaches.
    Session(SessionId),
    /// Every live session that reaches one wallet, as far as that wallet is concerned.
    SessionsOf(WalletId),
}

/// The most that could leave without any human.
#[derive(Clone, Debug)]
pub struct ExposureReport {
    /// What is taken to be leaked.
    pub leaked: Leaked,
    /// When it was worked out.
    pub at: UnixSeconds,
    /// Of all wallets together, in dollars; none where it is unbounded.
    pub usd: Horizons<Option<Usd>>,
    /// Wallet by wallet. Wallets share no limit.
    pub wallets: Vec<WalletExposure>,
}

/// The most that could leave one wallet.
#[derive(Clone, Debug)]
pub struct WalletExposure {
    /// Which.
    pub wallet: Wallet,
    /// Live sessions taken to be leaked.
    pub sessions: u64,
    /// When the last of them ends for good, all renewals used; none = never, or there is none.
    pub until: Option<UnixSeconds>,
    /// The figures.
    pub exposure: Exposure,
    /// What they were worked out from.
    pub assets: BTreeMap<AssetId, AssetStanding>,
    /// Held for requests made before; counted in no figure. Dollars, then base units.
    pub held: (Usd, BTreeMap<AssetId, U256>),
    /// Allowances given through this daemon and not taken back; counted in no figure.
    pub allowances: Vec<OpenAllowance>,
    /// Whether all of the wallet's transactions were looked through for allowances.
    pub allowances_complete: bool,
}

/// An allowance that was given and may be used without any credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenAllowance {
    /// Where.
    pub network: NetworkId,
    /// Of which token.
    pub asset: AssetId,
    /// Who may take it.
    pub spender: Address,
    /// All that was ever given, in base units; part of it may have been taken or taken back since.
    pub amount: U256,
    /// Whether the newest transaction about it lowered it or took it back. By how much is not known.
    pub lowered: bool,
    /// The newest transaction about it.
    pub tx: TxId,
}
