//! Health, status, audit, backup and the kill switch.

use reqwest::Method;

use super::changes::outcome;
use super::{Client, ClientError, Credential, Outcome};
use crate::admin::{Backup, Done, Health, KillSwitchStatus, Recovered, SetMasterPassword, Status};
use crate::audit::{AuditEntry, AuditQuery, AuditReport};
use crate::exposure::{ExposureQuery, ExposureReport};
use crate::page::Listing;

impl Client {
    /// Whether the daemon lives.
    pub async fn health(&self) -> Result<Health, ClientError> {
        self.get("/health", Credential::None).await
    }

    /// The daemon's state at a glance.
    pub async fn status(&self) -> Result<Status, ClientError> {
        self.get("/v1/admin/status", Credential::Master).await
    }

    /// The most that could leave without any human if a session leaked now.
    pub async fn exposure(&self, query: &ExposureQuery) -> Result<ExposureReport, ClientError> {
        self.query("/v1/admin/exposure", query, Credential::Master).await
    }

    /// Audit entries, newest first.
    pub async fn audit_logs(&self, query: &AuditQuery) -> Result<Listing<AuditEntry>, ClientError> {
        self.query("/v1/audit-logs", query, Credential::Master).await
    }

    /// Checks the whole audit chain.
    pub async fn verify_audit(&self) -> Result<AuditReport, ClientError> {
        self.get("/v1/admin/audit/verify", Credential::Master).await
    }

    /// Replaces the master password.
    pub async fn set_master_password(&self, change: &SetMasterPassword) -> Result<Done, ClientError> {
        self.send(Method::PUT, "/v1/admin/master-password", change, Credential::Master).await
    }

    /// Writes a backup on the daemon's machine.
    pub async fn backup(&self) -> Result<Backup, ClientError> {
        self.call(Method::POST, "/v1/admin/backup", Credential::Master).await
    }

    /// The kill switch.
    pub async fn kill_switch(&self) -> Result<KillSwitchStatus, ClientError> {
        self.get("/v1/admin/kill-switch", Credential::Master).await
    }

    /// Pulls the kill switch.
    pub async fn activate_kill_switch(&self) -> Result<KillSwitchStatus, ClientError> {
        self.call(Method::POST, "/v1/admin/kill-switch", Credential::Master).await
    }

    /// Resumes normal operation, or asks owners to agree to that.
    pub async fn recover(&self) -> Result<Outcome<Recovered>, ClientError> {
        outcome(self.request(Method::POST, "/v1/admin/recover", Credential::Master)?).await
    }

    /// Stops the daemon.
    pub async fn shutdown(&self) -> Result<Done, ClientError> {
        self.call(Method::POST, "/v1/admin/shutdown", Credential::Master).await
    }
}
