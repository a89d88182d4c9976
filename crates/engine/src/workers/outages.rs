//! Logs when a node stops answering and when it answers again, once each, with the number of waiting
//! transactions.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use waiaas_core::UnixSeconds;
use waiaas_core::network::NetworkId;

use super::SECOND;
use super::supervisor::Worker;
use crate::Engine;
use crate::error::Error;

/// Nodes that do not answer, by network and position, each with the time of the first failure.
pub(super) struct Outages {
    engine: Engine,
    since: BTreeMap<(NetworkId, usize), UnixSeconds>,
}

impl Outages {
    pub(super) fn new(engine: &Engine) -> Self {
        Self { engine: engine.clone(), since: BTreeMap::new() }
    }
}

#[async_trait]
impl Worker for Outages {
    fn name(&self) -> &'static str {
        "outages"
    }

    fn period(&self) -> Duration {
        SECOND
    }

    /// Compares the health of the nodes with that of the last turn, and reports the changes.
    async fn turn(&mut self) -> Result<(), Error> {
        let engine = &self.engine;
        for (network, nodes) in engine.chains().health() {
            let of = nodes.len();
            for node in nodes {
                let (key, number) = ((network.clone(), node.position), node.position.saturating_add(1));
                let fails = node.consecutive_failures > 0;
                match (fails, self.since.get(&key).copied()) {
                    (true, None) => {
                        let waiting = engine.store().work_waiting(&network).await?;
                        let reason = node.last_failure.unwrap_or_default();
                        tracing::warn!(%network, node = number, of, waiting, %reason, "a node does not answer");
                        self.since.insert(key, engine.now());
                    }
                    (false, Some(since)) => {
                        let waiting = engine.store().work_waiting(&network).await?;
                        let seconds = engine.now().saturating_sub(since);
                        tracing::info!(%network, node = number, of, waiting, seconds, "a node answers again");
                        self.since.remove(&key);
                    }
                    (true, Some(_)) | (false, None) => {}
                }
            }
        }
        Ok(())
    }
}
