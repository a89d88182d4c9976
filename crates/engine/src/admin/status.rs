//! Liveness for everybody, and the operator's overview.

use waiaas_core::transaction::TxStatus;
use waiaas_core::wallet::WalletStatus;
use waiaas_store::SCHEMA_VERSION;

use crate::Engine;
use crate::credentials::Master;
use crate::error::Error;
use crate::views::{Health, Status};

impl Engine {
    /// Whether the daemon is up; tells nothing secret.
    pub fn health(&self) -> Health {
        let now = self.now();
        Health {
            version: Self::version(),
            schema_version: SCHEMA_VERSION,
            uptime: now.saturating_sub(self.started_at()),
            timestamp: now,
        }
    }

    /// What an operator wants to know first.
    pub async fn status(&self, _: &Master) -> Result<Status, Error> {
        let wallets = self.store().wallets().await?;
        let active = wallets.iter().filter(|w| w.status == WalletStatus::Active).count();
        let open: Vec<_> = TxStatus::ALL.iter().copied().filter(|s| !s.is_terminal()).collect();
        let policies = self.store().policies().await?;
        Ok(Status {
            health: self.health(),
            kill_switch: self.store().kill_switch().await?.state,
            active_wallets: count(active),
            wallets: count(wallets.len()),
            active_sessions: self.store().live_sessions_in_all(self.now()).await?,
            policies: count(policies.iter().filter(|p| p.enabled).count()),
            open_transactions: self.store().transactions_in(&open).await?,
            auto_provisioned: self.data_dir().recovery_key().exists(),
            networks: self.chains().status(),
        })
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
