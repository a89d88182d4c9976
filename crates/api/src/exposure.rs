//! The worst case: the most that could leave without any human.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use waiaas_core::ids::{PolicyId, SessionId, TxId, WalletId};
use waiaas_core::money::Usd;
use waiaas_core::network::Chain;
use waiaas_core::policy::PolicyType;
use waiaas_core::policy::exposure::{Horizon, Source};

use crate::vocabulary::{BoundSourceName, ChainName, HorizonName, PolicyTypeName};

/// Selects the sessions that are assumed to be leaked: exactly one of the two fields.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExposureQuery {
    /// All live sessions of this wallet.
    #[serde(default, alias = "wallet_id", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// This session, with every wallet that it can use.
    #[serde(default, alias = "session_id", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<Uuid>)]
    pub session_id: Option<SessionId>,
}

/// The most that could leave without any human, if a session token leaked now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExposureReport {
    /// The selected session.
    #[schema(value_type = Option<Uuid>)]
    pub session_id: Option<SessionId>,
    /// The selected wallet.
    #[schema(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// Time of the calculation.
    pub at: i64,
    /// The assumptions of the figures, and what they leave out.
    pub conditions: Vec<String>,
    /// All wallets together.
    pub total: Vec<HorizonTotal>,
    /// Each wallet. Wallets share no limit.
    pub wallets: Vec<WalletExposure>,
}

/// Dollars of all wallets together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HorizonTotal {
    /// The length of time ahead.
    #[schema(value_type = HorizonName)]
    pub horizon: Horizon,
    /// The maximum; `null` = unbounded.
    #[schema(value_type = Option<f64>)]
    pub usd: Option<Usd>,
}

/// The most that could leave one wallet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WalletExposure {
    /// The wallet.
    #[schema(value_type = Uuid)]
    pub wallet_id: WalletId,
    /// Its name.
    pub name: String,
    /// Its chain.
    #[schema(value_type = ChainName)]
    pub chain: Chain,
    /// Number of live sessions that are assumed to be leaked.
    pub sessions: u64,
    /// When the last of them ends for good, with all renewals used; `null` without a session, or if it never
    /// ends.
    pub sessions_end: Option<i64>,
    /// Per horizon: an hour, a day, 30 days.
    pub horizons: Vec<HorizonExposure>,
    /// Reservations of earlier requests that have not ended. No figure includes them.
    pub held: HeldValue,
    /// Allowances given through this daemon that may still be open. No figure includes them.
    pub allowances: Vec<OpenAllowance>,
    /// Whether all transactions were searched for allowances.
    pub allowances_complete: bool,
}

/// The most that could leave in one horizon.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HorizonExposure {
    /// The length of time ahead.
    #[schema(value_type = HorizonName)]
    pub horizon: Horizon,
    /// Its length in seconds.
    pub seconds: i64,
    /// All networks and assets together.
    pub usd: UsdFigure,
    /// Each network.
    pub networks: Vec<NetworkExposure>,
}

/// The most that could leave on one network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NetworkExposure {
    /// The network.
    pub network: String,
    /// All assets together.
    pub usd: UsdFigure,
    /// Each asset, fees included.
    pub assets: Vec<AssetExposure>,
    /// Accounts that could receive something.
    pub recipients: ReachableAccounts,
    /// Accounts that could be allowed to take something.
    pub spenders: ReachableAccounts,
    /// Contracts that could be called.
    pub contracts: ReachableAccounts,
}

/// A set of accounts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReachableAccounts {
    /// Whether it includes every account.
    pub any: bool,
    /// Otherwise, exactly these accounts.
    pub addresses: Vec<String>,
}

/// The most of one asset that could leave.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssetExposure {
    /// CAIP-19 id.
    pub asset: String,
    /// Its symbol, if it could be read.
    pub symbol: Option<String>,
    /// Its decimals, if they could be read.
    pub decimals: Option<u8>,
    /// Base units held, if they could be read.
    pub balance: Option<String>,
    /// The maximum in base units; `null` = unbounded.
    pub most: Option<String>,
    /// The maximum in human units, if the decimals are known.
    pub most_formatted: Option<String>,
    /// The source of the bound, or the reason why there is none.
    pub because: BoundReason,
    /// Other bounds that also hold, smallest first.
    pub others: Vec<AmountBound>,
}

/// The most in dollars that could leave.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsdFigure {
    /// The maximum; `null` = unbounded.
    #[schema(value_type = Option<f64>)]
    pub most: Option<Usd>,
    /// The source of the bound, or the reason why there is none.
    pub because: BoundReason,
    /// Other bounds that also hold, smallest first.
    pub others: Vec<UsdBound>,
}

/// A bound that is not the smallest, in base units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AmountBound {
    /// The bound.
    pub most: String,
    /// The rule that sets it.
    pub because: BoundReason,
}

/// A bound that is not the smallest, in dollars.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsdBound {
    /// The bound.
    #[schema(value_type = f64)]
    pub most: Usd,
    /// The rule that sets it.
    pub because: BoundReason,
}

/// The reason for a figure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BoundReason {
    /// The kind of source.
    #[schema(value_type = BoundSourceName)]
    pub source: Source,
    /// Type of the policy, or of the policy that is missing.
    #[schema(value_type = Option<PolicyTypeName>)]
    pub policy_type: Option<PolicyType>,
    /// The policy.
    #[schema(value_type = Option<Uuid>)]
    pub policy_id: Option<PolicyId>,
    /// The field of the policy's rules.
    pub field: Option<String>,
    /// One sentence.
    pub message: String,
}

/// Reservations of earlier requests.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldValue {
    /// In dollars, where there were prices.
    #[schema(value_type = f64)]
    pub usd: Usd,
    /// Each asset.
    pub assets: Vec<HeldAsset>,
}

/// The reservations of one asset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldAsset {
    /// CAIP-19 id.
    pub asset: String,
    /// Base units.
    pub amount: String,
}

/// An allowance that was given. Using it needs no credential of this daemon.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenAllowance {
    /// The network.
    pub network: String,
    /// CAIP-19 id of the token.
    pub asset: String,
    /// Who may take it.
    pub spender: String,
    /// The sum of all that was given, in base units; part of it may have been taken already.
    pub amount: String,
    /// Whether the newest transaction about it lowered or revoked it.
    pub lowered: bool,
    /// The newest transaction about it.
    #[schema(value_type = Uuid)]
    pub tx_id: TxId,
}
