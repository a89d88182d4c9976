//! What a wallet holds.

use std::sync::Arc;

use waiaas_core::asset::AssetId;
use waiaas_core::money::Usd;
use waiaas_core::network::Network;

use crate::views::Money;
use crate::views::Wallet;

/// A native balance.
#[derive(Clone, PartialEq, Debug)]
pub struct BalanceView {
    /// Whose.
    pub wallet: Wallet,
    /// Where.
    pub network: Arc<Network>,
    /// How much.
    pub money: Money,
}

/// One asset held.
#[derive(Clone, PartialEq, Debug)]
pub struct HoldingView {
    /// How much of what.
    pub money: Money,
    /// Its value, where a price is known.
    pub usd: Option<Usd>,
}

/// Everything held on one network.
#[derive(Clone, PartialEq, Debug)]
pub struct AssetsView {
    /// Whose.
    pub wallet: Wallet,
    /// Where.
    pub network: Arc<Network>,
    /// What.
    pub holdings: Vec<HoldingView>,
    /// Assets whose balance cannot be read, and why.
    pub unreadable: Vec<(AssetId, String)>,
}
