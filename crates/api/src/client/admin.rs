//! Health, status, audit, backup and the kill switch.

use std::io::Write;
use std::time::Duration;

use reqwest::Method;
use waiaas_core::ids::WalletId;

use super::changes::outcome;
use super::{ChangeResult, Client, ClientError, Credential, body, parsed, sent};
use crate::admin::{Backup, Done, Health, KillSwitchStatus, Recovered, SetMasterPassword, Status};
use crate::audit::{AuditEntry, AuditQuery, AuditReport};
use crate::balances::WalletBalances;
use crate::exposure::{ExposureQuery, ExposureReport};
use crate::page::Listing;
use crate::tokens::{ForgetToken, Token, TokenQuery, Tokens};

/// Longest time a download may take as a whole.
const DOWNLOAD: Duration = Duration::from_secs(6 * 3600);

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

    /// Replaces the master password. Only over the socket.
    ///
    /// # Errors
    ///
    /// `SOCKET_ONLY` over TCP.
    pub async fn set_master_password(&self, change: &SetMasterPassword) -> Result<Done, ClientError> {
        self.send(Method::PUT, "/v1/admin/master-password", change, Credential::Master).await
    }

    /// What a wallet holds on every network that it can use.
    pub async fn wallet_balances(&self, id: WalletId) -> Result<WalletBalances, ClientError> {
        self.get(&format!("/v1/admin/wallets/{id}/balance"), Credential::Master).await
    }

    /// The tokens on record.
    pub async fn tokens(&self, query: &TokenQuery) -> Result<Tokens, ClientError> {
        self.query("/v1/tokens", query, Credential::Master).await
    }

    /// Drops what is on record of a token. Only over the socket.
    ///
    /// # Errors
    ///
    /// `SOCKET_ONLY` over TCP, `TOKEN_NOT_FOUND` where nothing is on record.
    pub async fn forget_token(&self, token: &ForgetToken) -> Result<Token, ClientError> {
        self.send(Method::DELETE, "/v1/tokens", token, Credential::Master).await
    }

    /// Writes a backup on the daemon's machine.
    pub async fn backup(&self) -> Result<Backup, ClientError> {
        self.call(Method::POST, "/v1/admin/backup", Credential::Master).await
    }

    /// Writes a backup into `out`, piece by piece as it arrives; bytes written. Only over the socket.
    ///
    /// # Errors
    ///
    /// `SOCKET_ONLY` over TCP. Also [`ClientError::Output`]. After any error, what `out` has is no backup.
    pub async fn download_backup(&self, out: &mut (dyn Write + Send)) -> Result<u64, ClientError> {
        let request = self.request(Method::POST, "/v1/admin/backup/download", Credential::Master)?;
        let mut response = sent(request.timeout(DOWNLOAD)).await?;
        if !response.status().is_success() {
            return parsed(response.status().as_u16(), &body(&mut response).await?);
        }
        let mut size = 0u64;
        while let Some(piece) = response.chunk().await.map_err(ClientError::transport)? {
            out.write_all(&piece).map_err(ClientError::Output)?;
            size = size.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        }
        Ok(size)
    }

    /// The kill switch.
    pub async fn kill_switch(&self) -> Result<KillSwitchStatus, ClientError> {
        self.get("/v1/admin/kill-switch", Credential::Master).await
    }

    /// Activates the kill switch.
    pub async fn activate_kill_switch(&self) -> Result<KillSwitchStatus, ClientError> {
        self.call(Method::POST, "/v1/admin/kill-switch", self.activator()).await
    }

    /// Resumes normal operation, or asks owners to agree to that.
    pub async fn recover(&self) -> Result<ChangeResult<Recovered>, ClientError> {
        outcome(self.request(Method::POST, "/v1/admin/recover", Credential::Master)?).await
    }

    /// Stops the daemon. Only over the socket.
    ///
    /// # Errors
    ///
    /// `SOCKET_ONLY` over TCP.
    pub async fn shutdown(&self) -> Result<Done, ClientError> {
        self.call(Method::POST, "/v1/admin/shutdown", Credential::Master).await
    }
}
