//! One file per verb.

mod answer;
mod audit;
mod backup;
mod change;
mod config;
mod confirm;
mod daemon;
mod exposure;
mod init;
mod kill_switch;
mod owner;
mod policy;
mod quickset;
mod session;
mod set_master;
mod status;
mod telegram;
mod token;
mod tx;
mod wallet;
mod walletconnect;
mod webhook;

use anyhow::Result;
use clap::Subcommand;
use waiaas_engine::core::nearest;

use crate::context::Context;
use crate::exit::Usage;
use crate::output;

pub(crate) use confirm::Unconfirmed;

/// The commands of `waiaas`.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Set up a data directory: database, keystore, master password.
    Init(init::Args),
    /// Run the daemon in the foreground; an empty data directory is set up first if a master password is
    /// given.
    Start(daemon::StartArgs),
    /// Stop the daemon of this data directory.
    Stop,
    /// Show the daemon's state.
    Status,
    /// Check whether the daemon answers; for health checks.
    Health,
    /// Change the master password and remove recovery.key.
    SetMaster,
    /// Create wallets, starter policies and a session in one go; safe to repeat.
    #[command(alias = "quickstart")]
    Quickset(quickset::Args),
    /// Wallets: create, import, list, suspend, resume, terminate; the default network.
    #[command(subcommand)]
    Wallet(wallet::Verb),
    /// Sessions: create, list, rotate, revoke; the default wallet.
    #[command(subcommand)]
    Session(session::Verb),
    /// Policies: create, list, update, delete; test, diff, export and apply files of them.
    #[command(subcommand)]
    Policy(policy::Verb),
    /// Pending changes: list, show, withdraw, approve, reject.
    #[command(subcommand)]
    Change(change::Verb),
    /// Transactions: list, show, cancel, reject.
    #[command(subcommand)]
    Tx(tx::Verb),
    /// Recorded tokens: list, forget.
    #[command(subcommand)]
    Token(token::Verb),
    /// The owner of a wallet: set, verify, approve, reject.
    #[command(subcommand)]
    Owner(owner::Verb),
    /// The most that could leave without any human if a session token leaked now.
    Exposure(exposure::Args),
    /// The audit log: list, verify, export.
    #[command(subcommand)]
    Audit(audit::Verb),
    /// The Telegram bot: chats, allow, remove.
    #[command(subcommand)]
    Telegram(telegram::Verb),
    /// The wallet app of an owner, over WalletConnect: pair, show, disconnect.
    #[command(subcommand)]
    Walletconnect(walletconnect::Verb),
    /// Webhooks: create, list, show, pause, resume, delete; their deliveries: logs, test, redeliver.
    #[command(subcommand)]
    Webhook(webhook::Verb),
    /// Write the whole state into one sealed file.
    Backup(backup::BackupArgs),
    /// Restore a backup into an empty data directory.
    Restore(backup::RestoreArgs),
    /// Configuration.
    #[command(subcommand)]
    Config(config::Verb),
    /// The kill switch.
    #[command(subcommand)]
    KillSwitch(kill_switch::Verb),
    /// Print the OpenAPI document.
    #[command(hide = true)]
    Openapi,
}

/// An unknown name, with the nearest known one.
pub(crate) fn unknown_name(text: &str, what: &str, known: &[&str]) -> anyhow::Error {
    let meant = nearest(text, known.iter().copied());
    let end = meant.map_or_else(|| ".".to_owned(), |meant| format!("; did you mean {meant}?"));
    Usage(format!("'{text}' is not {what}{end} Known: {}.", known.join(", "))).into()
}

/// Runs one command.
pub(crate) async fn run(context: &Context, command: Command) -> Result<()> {
    match command {
        Command::Init(args) => init::run(context, args).await,
        Command::Start(args) => daemon::start(context, args).await,
        Command::Stop => daemon::stop(context).await,
        Command::Status => status::run(context).await,
        Command::Health => status::health(context).await,
        Command::SetMaster => set_master::run(context).await,
        Command::Quickset(args) => quickset::run(context, args).await,
        Command::Wallet(verb) => wallet::run(context, verb).await,
        Command::Session(verb) => session::run(context, verb).await,
        Command::Policy(verb) => policy::run(context, verb).await,
        Command::Change(verb) => change::run(context, verb).await,
        Command::Tx(verb) => tx::run(context, verb).await,
        Command::Token(verb) => token::run(context, verb).await,
        Command::Owner(verb) => owner::run(context, verb).await,
        Command::Exposure(args) => exposure::run(context, args).await,
        Command::Audit(verb) => audit::run(context, verb).await,
        Command::Telegram(verb) => telegram::run(context, verb).await,
        Command::Walletconnect(verb) => walletconnect::run(context, verb).await,
        Command::Webhook(verb) => webhook::run(context, verb).await,
        Command::Backup(args) => backup::create(context, args).await,
        Command::Restore(args) => backup::restore(context, args).await,
        Command::Config(verb) => config::run(context, verb),
        Command::KillSwitch(verb) => kill_switch::run(context, verb).await,
        Command::Openapi => {
            output::line(&waiaas_server::openapi_json());
            Ok(())
        }
    }
}
