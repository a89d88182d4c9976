//! Balances of a wallet.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use waiaas_core::ids::WalletId;
use waiaas_core::money::Usd;
use waiaas_core::network::{Chain, Environment};

use crate::vocabulary::{ChainName, EnvironmentName};

/// Selects a wallet and a network.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HoldingsQuery {
    /// The wallet; by default the session's default wallet, or its only one on the named network.
    #[serde(default, alias = "wallet_id", skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<Uuid>)]
    pub wallet_id: Option<WalletId>,
    /// Name or CAIP-2 id of a network, or `all` for every network of the wallet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
}

/// The native balance on one network.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// The wallet.
    #[schema(value_type = Uuid)]
    pub wallet_id: WalletId,
    /// Its chain.
    #[schema(value_type = ChainName)]
    pub chain: Chain,
    /// The network.
    pub network: String,
    /// CAIP-2 id of the network.
    pub chain_id: String,
    /// The wallet's address.
    pub address: String,
    /// Base units.
    pub balance: String,
    /// Decimals of the native coin.
    pub decimals: u8,
    /// Its symbol.
    pub symbol: String,
    /// In human units, without the symbol.
    pub balance_formatted: String,
    /// CAIP-19 id.
    pub asset_id: String,
}

/// Native balances on every network of a wallet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AllBalances {
    /// The wallet.
    #[schema(value_type = Uuid)]
    pub wallet_id: WalletId,
    /// Its chain.
    #[schema(value_type = ChainName)]
    pub chain: Chain,
    /// Its environment.
    #[schema(value_type = EnvironmentName)]
    pub environment: Environment,
    /// One entry per network.
    pub balances: Vec<NetworkBalance>,
}

/// The native balance on one of several networks, or why it could not be read.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NetworkBalance {
    /// The network.
    pub network: String,
    /// CAIP-2 id of the network.
    pub chain_id: String,
    /// Base units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<String>,
    /// In human units, without the symbol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance_formatted: Option<String>,
    /// Decimals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// Symbol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// Why the balance could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One network's native balance, or all networks'.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum BalanceAnswer {
    /// Of one network.
    One(Balance),
    /// Of all, for `network=all`.
    All(AllBalances),
}

/// All assets held on one network.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AssetList)]
pub struct Assets {
    /// The wallet.
    #[schema(value_type = Uuid)]
    pub wallet_id: WalletId,
    /// Its chain.
    #[schema(value_type = ChainName)]
    pub chain: Chain,
    /// The network.
    pub network: String,
    /// CAIP-2 id of the network.
    pub chain_id: String,
    /// The native coin and the tokens.
    pub assets: Vec<Asset>,
}

/// One asset that the wallet holds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Asset {
    /// Contract or mint; `native` for the native coin.
    pub mint: String,
    /// Symbol.
    pub symbol: String,
    /// The symbol again. The token's name is not shown, because its creator can choose any name.
    pub name: String,
    /// Base units.
    pub balance: String,
    /// In human units, without the symbol.
    pub balance_formatted: String,
    /// Decimals.
    pub decimals: u8,
    /// Whether it is the native coin.
    pub is_native: bool,
    /// Value in dollars, if there is a price.
    #[schema(value_type = Option<f64>)]
    pub usd_value: Option<Usd>,
    /// CAIP-19 id.
    pub asset_id: String,
    /// Why the balance could not be read. It is shown as 0 then, and is not meaningful.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// All assets held on every network of a wallet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AllAssets {
    /// The wallet.
    #[schema(value_type = Uuid)]
    pub wallet_id: WalletId,
    /// Its chain.
    #[schema(value_type = ChainName)]
    pub chain: Chain,
    /// Its environment.
    #[schema(value_type = EnvironmentName)]
    pub environment: Environment,
    /// One entry per network.
    pub network_assets: Vec<NetworkAssets>,
}

/// The assets held on one of several networks, or why they could not be read.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NetworkAssets {
    /// The network.
    pub network: String,
    /// CAIP-2 id of the network.
    pub chain_id: String,
    /// The native coin and the tokens.
    pub assets: Vec<Asset>,
    /// Why they could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A wallet's balances on all its networks, for the operator.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WalletBalances {
    /// The wallet.
    #[schema(value_type = Uuid)]
    pub wallet_id: WalletId,
    /// One entry per network.
    pub balances: Vec<WalletBalance>,
}

/// A wallet's balances on one network, or why they could not be read.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WalletBalance {
    /// The network.
    pub network: String,
    /// CAIP-2 id of the network.
    pub chain_id: String,
    /// The native coin; `null` if nothing could be read.
    pub native: Option<Held>,
    /// The tokens; on EVM those in the token registry.
    pub tokens: Vec<Held>,
    /// Why nothing could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The balance of one asset.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// Symbol.
    pub symbol: String,
    /// In human units, without the symbol; `null` if it could not be read.
    #[schema(example = "1.5")]
    pub balance: Option<String>,
    /// Contract or mint; `null` for the native coin.
    pub address: Option<String>,
    /// CAIP-19 id.
    pub asset_id: String,
    /// Value in dollars, if there is a price.
    #[schema(value_type = Option<f64>)]
    pub usd: Option<Usd>,
    /// Why the balance could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One network's assets, or all networks'.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum AssetsAnswer {
    /// Of one network.
    One(Assets),
    /// Of all, for `network=all`.
    All(AllAssets),
}
