//! What networks charge, as their nodes said a moment ago.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;
use waiaas_chains::{Chain as ChainPort, GasPrices};
use waiaas_core::network::NetworkId;

/// How long an answer counts for others that wait: less than the time between two looks at them.
const FRESH: Duration = Duration::from_secs(2);

/// An answer, and when it came; no prices where nobody said.
type Said = Option<(Instant, Option<GasPrices>)>;

/// What networks charge, asked once for all that waits at about the same time: as many conditions as agents
/// like are one question to a node.
#[derive(Default)]
pub(crate) struct GasWatch(Mutex<HashMap<NetworkId, Arc<AsyncMutex<Said>>>>);

impl GasWatch {
    /// What the network charges; no prices where nobody says.
    pub(crate) async fn prices(&self, network: &NetworkId, chain: &dyn ChainPort) -> Option<GasPrices> {
        let said = {
            let mut networks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            networks.entry(network.clone()).or_default().clone()
        };
        let mut said = said.lock().await;
        if let Some((at, prices)) = *said
            && at.elapsed() < FRESH
        {
            return prices;
        }
        let prices = match chain.gas_prices().await {
            Ok(prices) => Some(prices),
            Err(error) => {
                tracing::warn!(%network, %error, "nobody says what the network charges");
                None
            }
        };
        *said = Some((Instant::now(), prices));
        prices
    }
}
