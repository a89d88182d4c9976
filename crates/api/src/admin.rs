//! The operator's requests and answers about the daemon.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waiaas_core::wallet::KillSwitch;

use crate::secret::WireSecret;
use crate::validation::{Checks, Refusal, Request};
use crate::vocabulary::KillSwitchName;

/// Minimum number of characters of a master password.
pub const MIN_PASSWORD: usize = 12;
/// Maximum number of bytes of a master password.
pub const MAX_PASSWORD: usize = 1024;

/// Whether the daemon is running.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// Version of the daemon.
    pub version: String,
    /// Version of the database schema.
    pub schema_version: i64,
    /// Seconds since it started.
    pub uptime: i64,
    /// The daemon's clock, Unix seconds.
    pub timestamp: i64,
}

/// Replaces the master password.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetMasterPassword {
    /// 12 to 1024 characters.
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 1024)]
    pub new_password: WireSecret,
}

impl Request for SetMasterPassword {
    fn check(&self) -> Result<(), Refusal> {
        let mut checks = Checks::default();
        let length = self.new_password.len();
        checks.ensure(length >= MIN_PASSWORD, "newPassword", "too_small", "at least 12 characters");
        checks.ensure(length <= MAX_PASSWORD, "newPassword", "too_big", "at most 1024 bytes");
        checks.finish()
    }
}

/// A completed operation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Done {
    /// What was done, in one sentence.
    pub message: String,
}

/// The session signing key was rotated.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretRotated {
    /// Time of the rotation.
    pub rotated_at: i64,
    /// What to do next.
    pub message: String,
}

/// Whether signing is running.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Signing {
    /// Normal operation.
    Running,
    /// The kill switch is activated.
    Stopped,
}

impl From<KillSwitch> for Signing {
    fn from(state: KillSwitch) -> Self {
        match state {
            KillSwitch::Running => Self::Running,
            KillSwitch::Activated | KillSwitch::Locked => Self::Stopped,
        }
    }
}

/// The kill switch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KillSwitchStatus {
    /// Whether anything is signed.
    pub signing: Signing,
    /// The same in the older words: `ACTIVE` is normal operation, `SUSPENDED` means activated.
    #[schema(value_type = KillSwitchName)]
    pub state: KillSwitch,
    /// Time of the activation; `null` in normal operation.
    pub activated_at: Option<i64>,
}

/// The kill switch was released.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recovered {
    /// `running`.
    pub signing: Signing,
    /// The same in the older words: `ACTIVE`.
    #[schema(value_type = KillSwitchName)]
    pub state: KillSwitch,
    /// Time of the release.
    pub recovered_at: i64,
}

/// A backup that was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    /// Path on the daemon's machine.
    pub path: String,
    /// The file's name.
    pub filename: String,
    /// Size in bytes.
    pub size: u64,
    /// Time of the backup.
    pub created_at: i64,
}

/// The bytes of a backup, sealed under the master password.
#[derive(Clone, PartialEq, Eq, Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct BackupContents(pub Vec<u8>);

/// The operator's overview.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// `running`.
    pub status: String,
    /// Version of the daemon.
    pub version: String,
    /// Version of the database schema.
    pub schema_version: i64,
    /// Seconds since it started.
    pub uptime: i64,
    /// The daemon's clock, Unix seconds.
    pub timestamp: i64,
    /// Whether signing is running; the kill switch stops it.
    pub signing: Signing,
    /// The same in the older words: `ACTIVE` is normal operation, `SUSPENDED` means activated.
    #[schema(value_type = KillSwitchName)]
    pub kill_switch_state: KillSwitch,
    /// Number of wallets.
    pub wallet_count: u64,
    /// Number of wallets that may sign.
    pub active_wallet_count: u64,
    /// Number of sessions that can still authenticate.
    pub active_session_count: u64,
    /// Number of policies in force.
    pub policy_count: u64,
    /// Number of transactions that are not final.
    pub open_transaction_count: u64,
    /// Whether the generated password is still in `recovery.key`. If so, replace it.
    pub auto_provisioned: bool,
    /// Networks with an endpoint.
    pub networks: Vec<NetworkStatus>,
    /// Channels to people.
    pub channels: Vec<ChannelStatus>,
}

/// A channel to people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChannelStatus {
    /// Its name: `telegram`, `walletconnect`.
    pub channel: String,
    /// Its state.
    pub state: ChannelState,
    /// Why it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The state of a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
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
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct NetworkStatus {
    /// Its name.
    pub network: String,
    /// Endpoints configured.
    pub endpoints: u64,
    /// The simulation method of each endpoint (`eth_simulateV1`, `debug_traceCall`); `none` if it has none,
    /// `null` if that is not known yet. Empty on Solana.
    #[serde(default, rename = "simulationMethods")]
    pub simulation_methods: Vec<Option<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_passwords_are_refused_without_being_quoted() {
        let request: SetMasterPassword =
            serde_json::from_str(r#"{"newPassword":"tooshort"}"#).expect("shape");
        let refusal = request.check().expect_err("short");
        assert!(!format!("{refusal:?} {request:?}").contains("tooshort"));
    }
}
