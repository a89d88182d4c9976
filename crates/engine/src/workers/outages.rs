//! Saying once that a node does not answer, and once that it does again, with how many transactions wait.

use std::collections::BTreeMap;

use waiaas_core::UnixSeconds;
use waiaas_core::network::NetworkId;

use crate::Engine;
use crate::error::Error;

/// Nodes that do not answer, by network and position, and since when.
#[derive(Default)]
pub(super) struct Outages(BTreeMap<(NetworkId, usize), UnixSeconds>);

impl Outages {
    /// Compares how the nodes do with how they did, and says what has changed.
    pub(super) async fn look(&mut self, engine: &Engine) -> Result<(), Error> {
        for (network, nodes) in engine.chains().health() {
            let of = nodes.len();
            for node in nodes {
                let (key, number) = ((network.clone(), node.position), node.position.saturating_add(1));
                let fails = node.consecutive_failures > 0;
                match (fails, self.0.get(&key).copied()) {
                    (true, None) => {
                        let waiting = engine.store().work_waiting(&network).await?;
                        let reason = node.last_failure.unwrap_or_default();
                        tracing::warn!(%network, node = number, of, waiting, %reason, "a node does not answer");
                        self.0.insert(key, engine.now());
                    }
                    (false, Some(since)) => {
                        let waiting = engine.store().work_waiting(&network).await?;
                        let seconds = engine.now().saturating_sub(since);
                        tracing::info!(%network, node = number, of, waiting, seconds, "a node answers again");
                        self.0.remove(&key);
                    }
                    (true, Some(_)) | (false, None) => {}
                }
            }
        }
        Ok(())
    }
}
