//! The daemon itself: liveness, overview, backups, the audit log.

use waiaas_core::UnixSeconds;
use waiaas_core::audit::{AuditEventKind, Severity};
use waiaas_core::ids::{TxId, WalletId};
use waiaas_core::network::NetworkId;
use waiaas_core::wallet::KillSwitch;

/// Public liveness.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Health {
    /// This build's version.
    pub version: &'static str,
    /// The database's schema version.
    pub schema_version: i64,
    /// Seconds since start.
    pub uptime: i64,
    /// The present time.
    pub timestamp: UnixSeconds,
}

/// The overview for the operator.
#[derive(Clone, PartialEq, Debug)]
pub struct Status {
    /// Liveness.
    pub health: Health,
    /// The kill switch.
    pub kill_switch: KillSwitch,
    /// Wallets that may sign.
    pub active_wallets: u64,
    /// Wallets in all.
    pub wallets: u64,
    /// Sessions that can still authenticate.
    pub active_sessions: u64,
    /// Policies in force.
    pub policies: u64,
    /// Transactions that are not final.
    pub open_transactions: u64,
    /// Whether `recovery.key` still exists.
    pub auto_provisioned: bool,
    /// Networks with an endpoint, and their state.
    pub networks: Vec<NetworkStatus>,
    /// Channels to people, and their state.
    pub channels: Vec<ChannelStatus>,
}

/// A channel to people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelStatus {
    /// Its name, as in the configuration.
    pub channel: &'static str,
    /// Its state.
    pub state: ChannelState,
    /// Why it fails.
    pub reason: Option<String>,
}

/// The state of a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChannelState {
    /// It is not configured.
    Off,
    /// It has not been used yet since the start.
    Starting,
    /// Its last use succeeded.
    Working,
    /// Its last use failed.
    Failing,
}

/// One configured network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NetworkStatus {
    /// Its id.
    pub network: NetworkId,
    /// The number of configured endpoints.
    pub endpoints: usize,
    /// The simulation method of each endpoint: `none` if it has none, absent while that is not known. Empty
    /// if only one method exists.
    pub simulation_methods: Vec<Option<&'static str>>,
}

/// The state of one worker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkerState {
    /// Its name.
    pub name: &'static str,
    /// Whether it is running; false after shutdown.
    pub running: bool,
    /// Completed turns.
    pub turns: u64,
    /// Failed turns, including panics.
    pub failures: u64,
    /// Turns that panicked.
    pub panics: u64,
    /// Failures since the last successful turn.
    pub consecutive_failures: u32,
    /// The end of its last turn.
    pub last_turn_at: Option<UnixSeconds>,
    /// The end of the last turn that failed.
    pub last_failure_at: Option<UnixSeconds>,
    /// Why it failed.
    pub reason: Option<String>,
}

impl WorkerState {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            running: false,
            turns: 0,
            failures: 0,
            panics: 0,
            consecutive_failures: 0,
            last_turn_at: None,
            last_failure_at: None,
            reason: None,
        }
    }
}

/// A written backup.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BackupInfo {
    /// Its path.
    pub path: std::path::PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// The time of its creation.
    pub created_at: UnixSeconds,
}

/// An open backup file.
#[derive(Debug)]
pub struct BackupFile {
    /// The sealed bytes, positioned at the start.
    pub file: std::fs::File,
    /// A suggested file name for copies.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
}

/// The filter of an audit log query.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditQuery {
    /// Events about this wallet.
    pub wallet: Option<WalletId>,
    /// Events about this transaction.
    pub tx: Option<TxId>,
    /// Events of this kind.
    pub event: Option<AuditEventKind>,
    /// Events of this severity.
    pub severity: Option<Severity>,
    /// Events at this time or later.
    pub from: Option<UnixSeconds>,
    /// Events at this time or earlier.
    pub to: Option<UnixSeconds>,
    /// Whether to count all matching rows as well.
    pub include_total: bool,
}
