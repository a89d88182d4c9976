//! When the chain behind each network was last looked at.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use waiaas_core::network::{Environment, NetworkId};

/// How often the chain of a network is looked at while there is work on it.
const LOCAL: Duration = Duration::from_secs(1);
const PUBLIC: Duration = Duration::from_secs(60);

/// When each network was last looked at.
#[derive(Default)]
pub(crate) struct ChainWatch(Mutex<HashMap<NetworkId, Instant>>);

/// How urgent a look is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Look {
    /// Now and then.
    Routine,
    /// Before bytes leave for a local chain, or are signed for it.
    BeforeSending,
}

impl ChainWatch {
    /// Whether it is time to look; from then on it counts as looked at.
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
