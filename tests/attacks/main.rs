//! The attack kit: plays an attacker against a running daemon and reports the results.
//!
//! `cargo xtask attack` runs it on nodes and a daemon of its own. With `--url` it attacks an
//! installation; see docs/src/guide/attack-kit.md. Each attack holds a session token, nothing, or the master password
//! against the owner's power, and is judged by the state on chain and the answers afterwards.
//! Belongs here: the command line. Each class of weakness has a file in `classes/`.
#![expect(clippy::disallowed_methods, reason = "an attacker waits, measures and makes ids of its own")]
#![expect(clippy::print_stdout, reason = "a report is printed")]

mod classes;
mod kit;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use e2e::{Localnet, PASSWORD};

use crate::kit::{Nodes, Own, Report, Target};

/// Attacks a WAIaaS daemon the way a talked-round agent would, and reports what held.
#[derive(Parser)]
struct Arguments {
    /// The daemon to attack; without it, one is started on local nodes of its own.
    #[arg(long)]
    url: Option<String>,
    /// File with the master password; otherwise WAIAAS_MASTER_PASSWORD is read.
    #[arg(long)]
    password_file: Option<PathBuf>,
    /// File with the line that `localnet/start.sh` printed, when these nodes are the installation's
    /// local networks. Without it, attacks that need money are skipped.
    #[arg(long)]
    localnet: Option<PathBuf>,
    /// Only classes whose name contains this.
    #[arg(long)]
    class: Option<String>,
    /// Attacks at the same time.
    #[arg(long, default_value_t = 8)]
    at_once: usize,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let failed = match &arguments.url {
        Some(url) => {
            let password = password(&arguments)?;
            let nodes = match &arguments.localnet {
                Some(path) => Some(Nodes::parse(&std::fs::read_to_string(path)?)?),
                None => None,
            };
            let target = Arc::new(Target::new(url, &password, nodes, None));
            target.anonymous().get("/health").await?.expect(200).context("the daemon does not answer")?;
            let failed = attack(&arguments, &target).await;
            target.clean().await?;
            failed?
        }
        None => {
            let localnet = Localnet::start()?;
            let own = Own::on(&localnet);
            let daemon = own.start(|_| {})?;
            let nodes = Nodes::of(&localnet);
            let target = Arc::new(Target::new(daemon.url(), PASSWORD, Some(nodes), Some(own)));
            attack(&arguments, &target).await?
        }
    };
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn attack(arguments: &Arguments, target: &Arc<Target>) -> Result<bool> {
    let mut cases = classes::all(target).await?;
    if let Some(wanted) = &arguments.class {
        cases.retain(|case| case.class.contains(wanted.as_str()));
    }
    ensure!(!cases.is_empty(), "no class has such a name");
    let mut names: Vec<_> = cases.iter().map(|case| case.class).collect();
    names.dedup();
    let started = Instant::now();
    let rows = kit::run(target, cases, arguments.at_once.max(1)).await;
    let report = Report::new(names, rows, started.elapsed());
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report.json())?);
    } else {
        println!("{}", report.table());
    }
    Ok(report.failed())
}

fn password(arguments: &Arguments) -> Result<String> {
    match &arguments.password_file {
        Some(path) => {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
            Ok(text.trim_end_matches(['\r', '\n']).to_owned())
        }
        None => std::env::var("WAIAAS_MASTER_PASSWORD")
            .context("give --password-file, or the master password in WAIAAS_MASTER_PASSWORD"),
    }
}
