//! The end-to-end harness: the real binary on real nodes and databases.
//!
//! [`Localnet`] runs both chains, [`Daemon`] runs `waiaas` on a directory of its own, [`Api`] talks to
//! it as one of the three credentials, [`OwnerKey`] is the human. [`FaultProxy`] stands between daemon
//! and node and breaks things on purpose.

mod api;
mod daemon;
mod localnet;
mod node;
mod owner;
mod proxy;
mod setup;

pub use api::{Answer, Api};
pub use daemon::{Daemon, DaemonOptions, PASSWORD};
pub use localnet::{EvmNode, Localnet, SolanaNode};
pub use node::rpc;
pub use owner::OwnerKey;
pub use proxy::{Fault, FaultProxy, When};
pub use setup::{Agent, generous_policy};

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Asks again until `check` gives an answer or the deadline passes. Never a fixed sleep.
pub async fn until<T, F>(what: &str, patience: Duration, mut check: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    let deadline = Instant::now() + patience;
    loop {
        if let Some(value) = check().await? {
            return Ok(value);
        }
        if Instant::now() >= deadline {
            bail!("{what}: not within {patience:?}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
