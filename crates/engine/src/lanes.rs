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
    /// Waits for the lane and holds it until the guard is dropped. True if another held it.
    pub(crate) async fn enter(&self, wallet: WalletId, network: &NetworkId) -> (OwnedMutexGuard<()>, bool) {
        let lane = {
            let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            lanes.entry((wallet, network.clone())).or_default().clone()
        };
        match lane.clone().try_lock_owned() {
            Ok(guard) => (guard, false),
            Err(_) => (lane.lock_owned().await, true),
        }
    }
}
