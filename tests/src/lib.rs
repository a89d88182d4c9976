//! The end-to-end harness: the real binary on real nodes and databases.
//!
//! [`Localnet`] runs both chains, [`Daemon`] runs `waiaas` on a directory of its own, [`Api`] talks to
//! it as one of the three credentials, [`OwnerKey`] is the human. [`FaultProxy`] stands between daemon
//! and node and breaks things on purpose, [`Books`] reads the database behind the daemon's back.
#![expect(clippy::disallowed_methods, reason = "tests wait, and make ids and environments of their own")]
#![expect(clippy::missing_errors_doc, reason = "a failed step of the harness fails its test")]

mod abi;
mod anvil;
mod api;
mod books;
mod contract_accounts;
mod daemon;
mod full_disk;
mod http;
mod localnet;
mod node;
mod owner;
mod parts;
mod postgres;
mod program;
mod proxy;
mod receiver;
mod setup;
mod squatter;
mod telegram;
mod terminal;
mod walletconnect;

pub use abi::call_data;
pub use anvil::Anvil;
pub use api::{Answer, Api};
pub use books::{Books, Reservation};
pub use contract_accounts::{
    ENTRY_POINT, OPERATION_FEE, bundled, carried_out, executed, halves, operation, plant_entry_point,
    safe_hash, safe_of, safe_transaction, simple_account_of,
};
pub use daemon::{Daemon, DaemonOptions, NO_SOLANA, PASSWORD, binary};
pub use full_disk::FullDisk;
pub use http::client_for;
pub use localnet::{EvmNode, Localnet, SolanaNode};
pub use node::rpc;
pub use owner::OwnerKey;
pub use parts::{PERMIT2, Parts, deploy, faucet, plant, transact};
pub use postgres::Postgres;
pub use program::taker;
pub use proxy::{Fault, FaultProxy, When};
pub use receiver::{Received, Receiver};
pub use setup::{Agent, generous_policy};
pub use squatter::Squatter;
pub use telegram::{Person, Shown, TOKEN as TELEGRAM_TOKEN, TelegramDouble};
pub use terminal::at_a_terminal;
pub use walletconnect::{PROJECT as WALLETCONNECT_PROJECT, WalletApp, WcRelay};

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Asks again until `check` gives an answer or the deadline passes. Never a fixed sleep.
pub async fn until<T, F>(what: &str, patience: Duration, mut check: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    let deadline = Instant::now() + patience;
    let mut pause = Duration::from_millis(50);
    loop {
        if let Some(value) = check().await? {
            return Ok(value);
        }
        if Instant::now() >= deadline {
            bail!("{what}: not within {patience:?}");
        }
        tokio::time::sleep(pause).await;
        // Long waits ask less often, so that they stay below the daemon's rate limits.
        pause = (pause * 5 / 4).min(Duration::from_secs(1));
    }
}
