//! Figures of the present moment, for monitoring. No secret, no address and no name is among them.

use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::money::Usd;
use waiaas_core::network::NetworkId;
use waiaas_core::policy::Window;
use waiaas_core::transaction::TxStatus;

use crate::views::WorkerState;

/// All of them.
#[derive(Clone, PartialEq, Debug)]
pub struct Measures {
    /// Seconds since start.
    pub uptime: i64,
    /// Whether signing is stopped by the kill switch.
    pub signing_stopped: bool,
    /// Transactions that have not ended, by status.
    pub open_transactions: Vec<(TxStatus, u64)>,
    /// Changes that wait for owners.
    pub pending_changes: u64,
    /// The configured endpoints.
    pub endpoints: Vec<EndpointState>,
    /// The part of each spending window that is left.
    pub headroom: Vec<Headroom>,
    /// Windows that are left out of `headroom`, since there are too many.
    pub headroom_left_out: u64,
    /// The workers.
    pub workers: Vec<WorkerState>,
}

/// One configured endpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndpointState {
    /// Its network.
    pub network: NetworkId,
    /// Its place in the configured list, from 1.
    pub number: usize,
    /// Failures since its last answer.
    pub consecutive_failures: u32,
    /// Whether it is not asked for now.
    pub resting: bool,
}

/// The part of one window of a SPENDING_LIMIT that one wallet has left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Headroom {
    /// The policy.
    pub policy: PolicyId,
    /// The wallet.
    pub wallet: WalletId,
    /// The window.
    pub window: Window,
    /// The amount.
    pub left: Left,
}

/// An amount that is left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Left {
    /// Dollars.
    Usd(Usd),
    /// Base units of an asset.
    BaseUnits(AssetId, U256),
}
