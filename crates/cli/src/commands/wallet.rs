//! `waiaas wallet`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Subcommand, ValueEnum};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;
use waiaas_api::balances::WalletBalance;
use waiaas_api::client::Client;
use waiaas_api::secret::WireSecret;
use waiaas_api::wallets::{CreateWallet, ImportWallet, Wallet};
use waiaas_engine::core::network::{Chain, Environment};
use waiaas_engine::core::wallet::WalletStatus;
use zeroize::Zeroizing;

use crate::commands::change::show_outcome;
use crate::commands::confirm::Yes;
use crate::context::Context;
use crate::exit::NotFound;
use crate::{output, table};

/// Wallets.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Create a wallet with a new key.
    Create(CreateArgs),
    /// Create a wallet from a private key in a file.
    Import(ImportArgs),
    /// List all wallets.
    List {
        /// Also show the balances on each network; the nodes are asked.
        #[arg(long)]
        balances: bool,
    },
    /// Show one wallet, by id or name.
    Show {
        /// Id or name.
        wallet: String,
    },
    /// Set a wallet's default network, which requests use if they name none.
    DefaultNetwork {
        /// Id or name.
        wallet: String,
        /// Name of the network, such as base-sepolia, or its CAIP-2 id.
        #[arg(required_unless_present = "none")]
        network: Option<String>,
        /// Remove the default.
        #[arg(long, conflicts_with = "network")]
        none: bool,
    },
    /// Suspend a wallet, so that it cannot sign.
    Suspend {
        /// Id or name.
        wallet: String,
        /// Reason, for the record.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Resume a suspended wallet.
    Resume {
        /// Id or name.
        wallet: String,
    },
    /// Terminate a wallet: its key never signs again, so move its money first. Its balances are shown, and
    /// the command must be confirmed on a terminal or by --yes.
    Terminate {
        /// Id or name.
        wallet: String,
        #[command(flatten)]
        yes: Yes,
    },
}

/// A chain.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ChainArg {
    /// Solana.
    Solana,
    /// Any EVM network.
    Ethereum,
}

/// A kind of money.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Public test networks.
    Testnet,
    /// Real money.
    Mainnet,
    /// Nodes on this machine.
    Local,
}

impl From<ChainArg> for Chain {
    fn from(chain: ChainArg) -> Self {
        match chain {
            ChainArg::Solana => Self::Solana,
            ChainArg::Ethereum => Self::Ethereum,
        }
    }
}

impl From<Mode> for Environment {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Testnet => Self::Testnet,
            Mode::Mainnet => Self::Mainnet,
            Mode::Local => Self::Local,
        }
    }
}

#[derive(clap::Args)]
pub(crate) struct CreateArgs {
    /// Its name.
    name: String,
    /// Its chain.
    #[arg(long, value_enum, default_value = "solana")]
    chain: ChainArg,
    /// Its kind of money.
    #[arg(long, value_enum, default_value = "testnet")]
    mode: Mode,
}

#[derive(clap::Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    wallet: CreateArgs,
    /// A file with the private key; never an argument, which other users could read.
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<()> {
    let client = context.operator().await?;
    match verb {
        Verb::Create(args) => {
            let request = CreateWallet {
                name: args.name,
                chain: args.chain.into(),
                environment: args.mode.into(),
                create_session: false,
            };
            let made = client.create_wallet(&request).await?;
            output::show(context, &made.wallet, |w| format!("{}  {}  {}", w.id, w.name, w.address))
        }
        Verb::Import(args) => {
            let text = std::fs::read_to_string(&args.key_file).map(Zeroizing::new);
            let text = text.with_context(|| format!("reading {}", args.key_file.display()))?;
            let request = ImportWallet {
                name: args.wallet.name,
                chain: args.wallet.chain.into(),
                environment: args.wallet.mode.into(),
                private_key: WireSecret::new(SecretString::from(text.trim())),
            };
            let made = client.import_wallet(&request).await?;
            output::show(context, &made, |w| format!("{}  {}  {}", w.id, w.name, w.address))
        }
        Verb::List { balances } => list(context, &client, balances).await,
        Verb::Show { wallet } => {
            let wallet = find(&client, &wallet).await?;
            output::show(context, &wallet, |w| table(std::slice::from_ref(w)))
        }
        Verb::DefaultNetwork { wallet, network, none: _ } => {
            let id = find(&client, &wallet).await?.id;
            let set = client.set_default_network(id, network.as_deref()).await?;
            output::show(context, &set, |w| match &w.network {
                Some(network) => format!("The default network of {} is {network}.", w.name),
                None => format!("{} has no default network: requests must name one.", w.name),
            })
        }
        Verb::Suspend { wallet, reason } => {
            let id = find(&client, &wallet).await?.id;
            let changed = client.suspend_wallet(id, reason).await?;
            output::show(context, &changed, |w| format!("{} is {}.", w.id, w.status))
        }
        Verb::Resume { wallet } => {
            let changed = client.resume_wallet(find(&client, &wallet).await?.id).await?;
            show_outcome(context, &changed, |w| format!("{} is {}.", w.id, w.status))
        }
        Verb::Terminate { wallet, yes } => terminate(context, &client, &wallet, &yes).await,
    }
}

/// A wallet by id or by name.
pub(crate) async fn find(client: &Client, text: &str) -> Result<Wallet> {
    let wallets = client.wallets().await?;
    let by_id = wallets.iter().find(|wallet| wallet.id.to_string() == text);
    if let Some(wallet) = by_id {
        return Ok(wallet.clone());
    }
    let mut found = wallets.into_iter().filter(|wallet| wallet.name == text);
    match (found.next(), found.next()) {
        (Some(wallet), None) => Ok(wallet),
        (Some(_), Some(_)) => Err(NotFound(format!("several wallets are called {text}; give the id")).into()),
        (None, _) => Err(NotFound(format!("there is no wallet '{text}'; see `waiaas wallet list`")).into()),
    }
}

/// Terminates a wallet after confirmation.
async fn terminate(context: &Context, client: &Client, wallet: &str, yes: &Yes) -> Result<()> {
    let wallet = find(client, wallet).await?;
    if wallet.status != WalletStatus::Terminated && !yes.is_given() {
        let held = match client.wallet_balances(wallet.id).await {
            Ok(answer) => held_table(&[WithBalances { wallet: wallet.clone(), balances: answer.balances }]),
            Err(error) => format!("The balances of {} cannot be read: {error}", wallet.name),
        };
        output::progress(&held);
        output::progress(&format!(
            "Terminating {} cannot be undone. Its money stays at {} and no command can move it: move \
             it first. Its key stays sealed in the database and is never given out. Waiting transactions of this wallet \
             are not signed.",
            wallet.name, wallet.address
        ));
        yes.or_ask(&format!("it would terminate the wallet {} for good", wallet.name))?;
    }
    let ended = client.terminate_wallet(wallet.id).await?;
    output::show(context, &ended, |w| {
        format!("{} is {}. Its money stays at {}.", w.id, w.status, wallet.address)
    })
}

async fn list(context: &Context, client: &Client, balances: bool) -> Result<()> {
    let wallets = client.wallets().await?;
    if !balances {
        return output::show(context, &json!({ "data": wallets }), |_| table(&wallets));
    }
    let mut all = Vec::new();
    for wallet in &wallets {
        let held = client.wallet_balances(wallet.id).await?.balances;
        all.push(WithBalances { wallet: wallet.clone(), balances: held });
    }
    output::show(context, &json!({ "data": all }), |_| held_table(&all))
}

/// A wallet with its balances.
#[derive(Serialize)]
struct WithBalances {
    #[serde(flatten)]
    wallet: Wallet,
    balances: Vec<WalletBalance>,
}

fn held_table(all: &[WithBalances]) -> String {
    let rows = all.iter().flat_map(|WithBalances { wallet, balances }| {
        balances.iter().map(|on| {
            let coins = on.native.iter().chain(&on.tokens);
            let coins = coins.map(|held| {
                let usd = held.usd.map(|usd| format!(" ({usd} USD)")).unwrap_or_default();
                match &held.balance {
                    Some(balance) => format!("{balance} {}{usd}", held.symbol),
                    None => format!("{} (cannot be read)", held.asset_id),
                }
            });
            let held = coins.collect::<Vec<_>>().join(", ");
            let held = on.error.as_ref().map_or(held, |error| format!("cannot be read: {error}"));
            [wallet.name.clone(), on.network.clone(), held, wallet.address.clone()]
        })
    });
    table::list(
        "There are no wallets, or no endpoint is configured for their networks.",
        ["wallet", "network", "holds", "address"],
        rows,
    )
}

fn table(wallets: &[Wallet]) -> String {
    let head = ["id", "name", "chain", "environment", "network", "address", "status", "owner"];
    table::list(
        "There are no wallets. `waiaas wallet create NAME` makes one.",
        head,
        wallets.iter().map(|w| {
            let next = w.pending_owner_address.as_ref().map(|next| format!(", next {next}"));
            let owner = w.owner_address.clone().unwrap_or_default() + &next.unwrap_or_default();
            [
                w.id.to_string(),
                w.name.clone(),
                w.chain.to_string(),
                w.environment.to_string(),
                w.network.clone().unwrap_or_default(),
                w.address.clone(),
                w.status.to_string(),
                format!("{} {owner}", w.owner_state),
            ]
        }),
    )
}
