//! `waiaas`: the one binary. Parses the command line, runs one command, says how it went.

mod commands;
mod context;
mod exit;
mod output;
mod owner_key;
mod password;

use clap::Parser;

use crate::commands::Command;
use crate::context::Context;

/// A wallet daemon that stands between an AI agent and a blockchain.
///
/// The agent holds a session token and can read and propose. The operator holds the master password
/// and configures. The owner signs, and only that signature approves what policy sends to a human.
#[derive(Parser)]
#[command(name = "waiaas", version, about, max_term_width = 100, after_help = exit::HELP)]
struct Cli {
    /// Where everything is kept.
    #[arg(long, global = true, env = "WAIAAS_DATA_DIR", value_name = "DIR")]
    data_dir: Option<std::path::PathBuf>,

    /// The daemon's URL; by default the one running on the data directory.
    #[arg(long, global = true, env = "WAIAAS_BASE_URL", value_name = "URL")]
    base_url: Option<String>,

    /// Print one JSON document on standard output instead of text.
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: Command,
}

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    let context = Context::new(cli.data_dir, cli.base_url, cli.json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::failure(&context, &error.into()),
    };
    match runtime.block_on(commands::run(&context, cli.command)) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => output::failure(&context, &error),
    }
}
