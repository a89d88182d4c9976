//! A short cache of the networks' fees.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;
use waiaas_chains::{Chain as ChainPort, GasPrices};
use waiaas_core::network::NetworkId;

/// The time for which an answer is reused: less than the time between two checks of one condition.
const FRESH: Duration = Duration::from_secs(2);

/// An answer with its time; no prices if no node answered.
type Said = Option<(Instant, Option<GasPrices>)>;

/// The networks' fees. One question to a node serves all gas conditions that are checked at about the same
/// time.
#[derive(Default)]
pub(crate) struct GasWatch(Mutex<HashMap<NetworkId, Arc<AsyncMutex<Said>>>>);

impl GasWatch {
    /// The network's fees; none if no node answers.
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
                tracing::warn!(%network, %error, "no node answers for the network's fees");
                None
            }
        };
        *said = Some((Instant::now(), prices));
        prices
    }
}
