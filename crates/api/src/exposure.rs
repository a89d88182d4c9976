//! The worst case: the most that could leave without any human.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use waiaas_core::ids::{PolicyId, SessionId, TxId, WalletId};
use waiaas_core::money::Usd;
use waiaas_core::network::Chain;
use waiaas_core::policy::PolicyType;
use waiaas_core::policy::exposure::{Horizon, Source};

use crate::vocabulary::{BoundSourceName, ChainName, HorizonName, PolicyTypeName};

/// What is taken to be leaked: exactly one of the two.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExposureQuery {
    /// Every live session of this wallet.
    #[serde(default, alias = "wallet_id", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// This session, with every wallet it reaches.
    #[serde(default, alias = "session_id", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<Uuid>)]
    pub session_id: Option<SessionId>,
}

/// The most that could leave without any human, if a session leaked now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExposureReport {
    /// The session asked about.
    #[schema(value_type = Option<Uuid>)]
    pub session_id: Option<SessionId>,
    /// The wallet asked about.
    #[schema(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// When it was worked out.
    pub at: i64,
    /// What the figures rest on and what they leave out.
    pub conditions: Vec<String>,
    /// Of all wallets together.
    pub total: Vec<HorizonTotal>,
    /// Wallet by wallet. Wallets share no limit.
    pub wallets: Vec<WalletExposure>,
}

/// Dollars of all wallets together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HorizonTotal {
    /// How far ahead.
    #[schema(value_type = HorizonName)]
    pub horizon: Horizon,
    /// The most; `null` = unbounded.
    #[schema(value_type = Option<f64>)]
    pub usd: Option<Usd>,
}

/// The most that could leave one wallet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WalletExposure {
    /// Which.
    #[schema(value_type = Uuid)]
    pub wallet_id: WalletId,
    /// Its name.
    pub name: String,
    /// Its chain.
    #[schema(value_type = ChainName)]
    pub chain: Chain,
    /// Live sessions taken to be leaked.
    pub sessions: u64,
    /// When the last of them ends for good, all renewals used; `null` without one, and without an end.
    pub sessions_end: Option<i64>,
    /// Per horizon: an hour, a day, 30 days.
    pub horizons: Vec<HorizonExposure>,
    /// Requests made before that have not ended: counted in no figure.
    pub held: HeldValue,
    /// Allowances given through this daemon that may still be open: counted in no figure.
    pub allowances: Vec<OpenAllowance>,
    /// Whether all transactions were looked through for them.
    pub allowances_complete: bool,
}

/// The most that could leave in one horizon.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HorizonExposure {
    /// How far ahead.
    #[schema(value_type = HorizonName)]
    pub horizon: Horizon,
    /// Its length.
    pub seconds: i64,
    /// Of everything together.
    pub usd: UsdFigure,
    /// Network by network.
    pub networks: Vec<NetworkExposure>,
}

/// The most that could leave on one network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NetworkExposure {
    /// Which.
    pub network: String,
    /// Of everything together.
    pub usd: UsdFigure,
    /// Asset by asset, fees included.
    pub assets: Vec<AssetExposure>,
    /// Who could be sent something.
    pub recipients: ReachableAccounts,
    /// Who could be allowed to take something.
    pub spenders: ReachableAccounts,
    /// Which contracts could be called.
    pub contracts: ReachableAccounts,
}

/// A set of accounts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReachableAccounts {
    /// Whether it is anybody at all.
    pub any: bool,
    /// Otherwise, exactly these.
    pub addresses: Vec<String>,
}

/// The most of one asset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssetExposure {
    /// CAIP-19.
    pub asset: String,
    /// Its symbol, if it could be read.
    pub symbol: Option<String>,
    /// Its decimals, if they could be read.
    pub decimals: Option<u8>,
    /// Base units held, if that could be read.
    pub balance: Option<String>,
    /// The most, in base units; `null` = unbounded.
    pub most: Option<String>,
    /// The same in human units, if the decimals are known.
    pub most_formatted: Option<String>,
    /// What bounds it, or why nothing does.
    pub because: BoundReason,
    /// Other bounds that hold too, the smallest first.
    pub others: Vec<AmountBound>,
}

/// The most in dollars.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsdFigure {
    /// The most; `null` = unbounded.
    #[schema(value_type = Option<f64>)]
    pub most: Option<Usd>,
    /// What bounds it, or why nothing does.
    pub because: BoundReason,
    /// Other bounds that hold too, the smallest first.
    pub others: Vec<UsdBound>,
}

/// A bound that is not the smallest, in base units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AmountBound {
    /// The most.
    pub most: String,
    /// By which rule.
    pub because: BoundReason,
}

/// A bound that is not the smallest, in dollars.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsdBound {
    /// The most.
    #[schema(value_type = f64)]
    pub most: Usd,
    /// By which rule.
    pub because: BoundReason,
}

/// The rule behind a figure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BoundReason {
    /// What kind of thing it is.
    #[schema(value_type = BoundSourceName)]
    pub source: Source,
    /// Type of the policy, or of the policy that is missing.
    #[schema(value_type = Option<PolicyTypeName>)]
    pub policy_type: Option<PolicyType>,
    /// The policy.
    #[schema(value_type = Option<Uuid>)]
    pub policy_id: Option<PolicyId>,
    /// The field of its rules.
    pub field: Option<String>,
    /// One sentence.
    pub message: String,
}

/// What is held for requests made before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldValue {
    /// In dollars, as far as there were prices.
    #[schema(value_type = f64)]
    pub usd: Usd,
    /// Asset by asset.
    pub assets: Vec<HeldAsset>,
}

/// What is held of one asset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldAsset {
    /// CAIP-19.
    pub asset: String,
    /// Base units.
    pub amount: String,
}

/// An allowance that was given. It needs no credential to be used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenAllowance {
    /// Where.
    pub network: String,
    /// CAIP-19 of the token.
    pub asset: String,
    /// Who may take it.
    pub spender: String,
    /// All that was ever given, in base units; part of it may have been taken already.
    pub amount: String,
    /// Whether the newest transaction about it lowered it or took it back.
    pub lowered: bool,
    /// The newest transaction about it.
    #[schema(value_type = Uuid)]
    pub tx_id: TxId,
}
