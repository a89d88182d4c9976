//! `waiaas`: the only binary. Parses the command line, runs one command, and reports the result.

mod commands;
mod context;
mod environment;
mod exit;
#[cfg(test)]
mod help;
mod holder;
mod human;
mod output;
mod owner_key;
mod password;
mod proof;
mod remedy;
mod table;

use std::ffi::OsString;

use clap::Parser;

use crate::commands::Command;
use crate::context::Context;

/// A wallet daemon that stands between an AI agent and a blockchain.
///
/// The agent holds a session token and can read and propose. The operator holds the master password and
/// configures. The owner signs, and only that signature approves the requests for which policy asks a human.
#[derive(Parser)]
#[command(name = "waiaas", version, about, max_term_width = 100, after_help = exit::help())]
struct Cli {
    /// The data directory; by default $WAIAAS_DATA_DIR, else ~/.waiaas.
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<std::path::PathBuf>,

    /// The daemon's URL; by default $WAIAAS_BASE_URL, else that of the daemon running on the data directory.
    #[arg(long, global = true, value_name = "URL")]
    base_url: Option<String>,

    /// Print one JSON document on standard output instead of text.
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: Command,
}

fn main() -> std::process::ExitCode {
    // Before anything that may contain a password or a key is read.
    let hardening = waiaas_engine::harden_process();
    let cli = match Cli::try_parse_from(arguments(std::env::args_os())) {
        Ok(cli) => cli,
        Err(told) => return output::usage(&told),
    };
    let data_dir = cli.data_dir.or_else(|| environment::variable("WAIAAS_DATA_DIR").map(Into::into));
    let variable = || environment::variable("WAIAAS_BASE_URL");
    let base_url = cli.base_url.or_else(|| variable().map(|url| url.to_string_lossy().into_owned()));
    let context = Context::new(data_dir, base_url, cli.json, hardening);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::end(&context, &Err(error.into())),
    };
    let result = runtime.block_on(commands::run(&context, cli.command));
    let code = output::end(&context, &result);
    // A name service that hangs must not delay the end; everything that matters has ended above.
    runtime.shutdown_background();
    code
}
/// Prepares the arguments for the parser. `help` is a help option itself: another help option after it is
/// redundant and would be parsed as the name of a command.
fn arguments(given: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<_> = given.into_iter().collect();
    if arguments.get(1).is_some_and(|first| first == "help") {
        arguments.retain(|argument| argument != "--help" && argument != "-h");
    }
    arguments
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::Parser as _;
    use clap::error::ErrorKind;

    use super::{Cli, arguments};

    fn told(line: &str) -> Option<(ErrorKind, String)> {
        let given = line.split(' ').map(OsString::from);
        Cli::try_parse_from(arguments(given)).err().map(|told| (told.kind(), told.render().to_string()))
    }

    #[test]
    fn help_about_help_is_help() {
        let help = told("waiaas help").expect("help");
        assert_eq!(help.0, ErrorKind::DisplayHelp);
        for line in ["waiaas help --help", "waiaas help -h"] {
            assert_eq!(told(line), Some(help.clone()), "{line}");
        }
        assert_eq!(told("waiaas help wallet --help"), told("waiaas help wallet"));
        assert_eq!(told("waiaas wallet list -h").map(|told| told.0), Some(ErrorKind::DisplayHelp));
    }
}
