//! The operator's overview.

use waiaas_core::transaction::TxStatus;
use waiaas_core::wallet::WalletStatus;

use crate::error::Error;
use crate::operator::Operator;
use crate::views::{ChannelState, ChannelStatus, Status};

impl Operator<'_> {
    /// An overview of the daemon.
    ///
    /// # Errors
    /// Only storage errors.
    pub async fn status(&self) -> Result<Status, Error> {
        let wallets = self.engine.store().wallets().await?;
        let active = wallets.iter().filter(|w| w.status == WalletStatus::Active).count();
        let open: Vec<_> = TxStatus::ALL.iter().copied().filter(|s| !s.is_terminal()).collect();
        let policies = self.engine.store().policies().await?;
        Ok(Status {
            health: self.engine.health(),
            kill_switch: self.engine.store().kill_switch().await?.state,
            active_wallets: count(active),
            wallets: count(wallets.len()),
            active_sessions: self.engine.store().live_sessions_in_all(self.engine.now()).await?,
            policies: count(policies.iter().filter(|p| p.enabled).count()),
            open_transactions: self.engine.store().transactions_in(&open).await?,
            auto_provisioned: self.engine.data_dir().recovery_key().exists(),
            networks: self.engine.chains().status(),
            channels: self.channels(),
        })
    }

    /// The state of each channel, by the worker that listens to it.
    fn channels(&self) -> Vec<ChannelStatus> {
        let workers = [("telegram", "telegram-updates"), ("walletconnect", "walletconnect")];
        let app = self.engine.wallet_apps().failure();
        let app = app.map(|(wallet, reason)| format!("{reason} Wallet: {wallet}"));
        let status = |(channel, worker)| {
            let found = self.engine.worker_states().of(worker);
            let state = match &found {
                None => ChannelState::Off,
                Some(found) if found.consecutive_failures > 0 => ChannelState::Failing,
                Some(found) if found.turns == 0 => ChannelState::Starting,
                Some(_) => ChannelState::Working,
            };
            let reason = found.filter(|_| state == ChannelState::Failing).and_then(|found| found.reason);
            match &app {
                Some(reason) if channel == "walletconnect" && state != ChannelState::Failing => {
                    ChannelStatus { channel, state: ChannelState::Failing, reason: Some(reason.clone()) }
                }
                Some(_) | None => ChannelStatus { channel, state, reason },
            }
        };
        workers.map(status).into()
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
