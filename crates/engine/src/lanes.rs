//! Signing lanes: one per wallet and network, so that nonces are used in order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};
use waiaas_core::ids::WalletId;
use waiaas_core::network::NetworkId;

type Key = (WalletId, NetworkId);

/// All lanes of this daemon.
#[derive(Default)]
pub(crate) struct Lanes(Mutex<HashMap<Key, Arc<AsyncMutex<()>>>>);

impl Lanes {
    /// Waits for the lane and holds it until the guard is dropped.
    pub(crate) async fn enter(&self, wallet: WalletId, network: &NetworkId) -> OwnedMutexGuard<()> {
        let lane = {
            let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            lanes.entry((wallet, network.clone())).or_default().clone()
        };
        lane.lock_owned().await
    }
}
