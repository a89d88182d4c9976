//! Present figures for monitoring. They contain no secret, address or name.

use waiaas_core::U256;
use waiaas_core::asset::AssetId;
use waiaas_core::ids::{PolicyId, WalletId};
use waiaas_core::money::Usd;
use waiaas_core::network::NetworkId;
use waiaas_core::policy::Window;
use waiaas_core::transaction::TxStatus;

use crate::views::WorkerState;

/// All figures.
#[derive(Clone, PartialEq, Debug)]
pub struct Measures {
    /// Seconds since start.
    pub uptime: i64,
    /// Whether signing is stopped by the kill switch.
    pub signing_stopped: bool,
    /// Transactions that have not ended, by status.
    pub open_transactions: Vec<(TxStatus, u64)>,
    /// Pending changes.
    pub pending_changes: u64,
    /// The configured endpoints.
    pub endpoints: Vec<EndpointState>,
    /// The unused part of each spending window.
    pub headroom: Vec<Headroom>,
    /// The number of windows left out of `headroom`, because there are too many.
    pub headroom_left_out: u64,
    /// The workers.
    pub workers: Vec<WorkerState>,
}

/// The state of one configured endpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndpointState {
    /// Its network.
    pub network: NetworkId,
    /// Its position in the configured list, from 1.
    pub number: usize,
    /// Failures since its last answer.
    pub consecutive_failures: u32,
    /// Whether it is not being asked at present.
    pub resting: bool,
}

/// The unused part of one window of a SPENDING_LIMIT for one wallet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Headroom {
    /// The policy.
    pub policy: PolicyId,
    /// The wallet.
    pub wallet: WalletId,
    /// The window.
    pub window: Window,
    /// The unused amount.
    pub left: Left,
}

/// An unused amount.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Left {
    /// Dollars.
    Usd(Usd),
    /// Base units of an asset.
    BaseUnits(AssetId, U256),
}
