//! Balances of a wallet.

use std::sync::Arc;

use waiaas_core::asset::AssetId;
use waiaas_core::money::Usd;
use waiaas_core::network::Network;

use crate::views::Money;
use crate::views::Wallet;

/// A native balance.
#[derive(Clone, PartialEq, Debug)]
pub struct BalanceView {
    /// The wallet.
    pub wallet: Wallet,
    /// The network.
    pub network: Arc<Network>,
    /// The balance.
    pub money: Money,
}

/// The balance of one asset.
#[derive(Clone, PartialEq, Debug)]
pub struct HoldingView {
    /// The asset and its amount.
    pub money: Money,
    /// Its value, if its price is known.
    pub usd: Option<Usd>,
}

/// All balances on one network.
#[derive(Clone, PartialEq, Debug)]
pub struct AssetsView {
    /// The wallet.
    pub wallet: Wallet,
    /// The network.
    pub network: Arc<Network>,
    /// The balances.
    pub holdings: Vec<HoldingView>,
    /// Assets whose balance cannot be read, with the reason.
    pub unreadable: Vec<(AssetId, String)>,
}
