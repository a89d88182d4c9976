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
    /// Now.
    pub timestamp: UnixSeconds,
}

/// The operator's overview.
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
    /// Networks with an endpoint, and how it does.
    pub networks: Vec<NetworkStatus>,
}

/// One configured network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NetworkStatus {
    /// Its name.
    pub network: NetworkId,
    /// Endpoints configured.
    pub endpoints: usize,
    /// By which method each shows what a transaction does; `none` where it has none, nothing while that is not known.
    /// Empty where there is but one method.
    pub simulation_methods: Vec<Option<&'static str>>,
}

/// One worker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkerState {
    /// Its name.
    pub name: &'static str,
    /// Whether it takes turns; false after shutdown.
    pub running: bool,
    /// Turns that ended.
    pub turns: u64,
    /// Turns that failed, panics among them.
    pub failures: u64,
    /// Turns that panicked.
    pub panics: u64,
    /// Failures since the last turn that did its work.
    pub consecutive_failures: u32,
    /// The end of its last turn.
    pub last_turn_at: Option<UnixSeconds>,
    /// The end of the last turn that failed.
    pub last_failure_at: Option<UnixSeconds>,
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
        }
    }
}

/// A backup written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BackupInfo {
    /// Where.
    pub path: std::path::PathBuf,
    /// Bytes.
    pub size: u64,
    /// When.
    pub created_at: UnixSeconds,
}

/// A backup to be read from here.
#[derive(Debug)]
pub struct BackupFile {
    /// The sealed bytes, from the beginning.
    pub file: std::fs::File,
    /// What a copy of it may be called.
    pub name: String,
    /// Bytes.
    pub size: u64,
}

/// What to look for in the audit log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditQuery {
    /// About one wallet.
    pub wallet: Option<WalletId>,
    /// About one transaction.
    pub tx: Option<TxId>,
    /// One kind of event.
    pub event: Option<AuditEventKind>,
    /// One severity.
    pub severity: Option<Severity>,
    /// Not before.
    pub from: Option<UnixSeconds>,
    /// Not after.
    pub to: Option<UnixSeconds>,
    /// Also count all rows.
    pub include_total: bool,
}
