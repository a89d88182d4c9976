//! The time of the last identity check of each network's chain.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use waiaas_core::network::{Environment, NetworkId};

/// The period in which a network's chain is checked while it has work.
const LOCAL: Duration = Duration::from_secs(1);
const PUBLIC: Duration = Duration::from_secs(60);

/// The time of each network's last check.
#[derive(Default)]
pub(crate) struct ChainWatch(Mutex<HashMap<NetworkId, Instant>>);

/// The urgency of a check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Look {
    /// Routine.
    Routine,
    /// Before bytes are signed for or sent to a local chain.
    BeforeSending,
}

impl ChainWatch {
    /// Whether a check is due. If so, it counts as done.
    pub(crate) fn due(&self, network: &NetworkId, environment: Environment, look: Look) -> bool {
        let pause = match (environment, look) {
            (Environment::Local, Look::BeforeSending) => return true,
            (Environment::Local, Look::Routine) => LOCAL,
            (Environment::Mainnet | Environment::Testnet, _) => PUBLIC,
        };
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = looks.get(network).is_none_or(|at| at.elapsed() >= pause);
        if due {
            looks.insert(network.clone(), Instant::now());
        }
        due
    }
}
