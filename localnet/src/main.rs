//! `waiaas-localnet`: one real Solana runtime and one real EVM node on loopback, with funded faucets and tokens.
//!
//! Belongs here: the order of start and stop, and the only line on standard output. The start and the content
//! of a chain belong to `solana` and `evm`.

mod announcement;
mod anvil;
mod arguments;
mod contracts;
mod defi;
mod erc20;
mod evm;
mod json_rpc;
mod lifetime;
mod mint;
mod nft;
mod permit2;
mod reputation;
mod solana;
mod swap;

use std::io::Write;
use std::process::ExitCode;

use announcement::{Announcement, Parts};
use anyhow::{Context, Result};
use arguments::Arguments;
use evm::Evm;
use lifetime::{Ending, Lifetime};
use solana::Solana;

// The runtime must be multi-threaded: surfpool's start blocks its thread while it waits for its own server.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("waiaas-localnet: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let Some(arguments) = Arguments::parse(std::env::args_os().skip(1))? else {
        eprintln!("{}", arguments::USAGE);
        return Ok(());
    };
    // Before the start, so that an end during the start is not lost.
    let mut lifetime = Lifetime::watch()?;

    let parts = Parts { anvil: arguments.anvil.clone(), modules: arguments.modules.clone() };
    let mut chains = tokio::spawn(start(arguments));
    let (solana, mut evm) = tokio::select! {
        started = &mut chains => started.context("the start was interrupted")??,
        // The end of this process closes anvil's lifeline and so ends anvil.
        _ = lifetime.ending() => return Ok(()),
    };
    announce(&Announcement { solana: solana.announcement(), evm: evm.announcement(), parts })?;

    let outcome = tokio::select! {
        ending = lifetime.ending() => {
            match ending {
                Ending::StandardInputClosed => eprintln!("waiaas-localnet: standard input closed, stopping"),
                Ending::Signal => eprintln!("waiaas-localnet: signal received, stopping"),
            }
            Ok(())
        }
        () = evm.died() => Err(anyhow::anyhow!("anvil stopped by itself")),
    };
    evm.stop().await?;
    outcome
}

async fn start(arguments: Arguments) -> Result<(Solana, Evm)> {
    tokio::try_join!(Solana::start(arguments.slot_ms), Evm::start(arguments.anvil, arguments.modules))
}

/// Prints the line that callers wait for. It is the program's only output on standard output.
fn announce(announcement: &Announcement) -> Result<()> {
    let mut line = serde_json::to_string(announcement).context("announcement")?;
    line.push('\n');
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()).context("cannot write the announcement")
}
