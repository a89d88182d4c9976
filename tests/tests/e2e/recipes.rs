//! The commands of the documentation, run by bash as they are printed.
//!
//! The recipes promise to work without a blockchain node, so they run where none answers. The first steps of
//! `README.md` and of Getting started run on local nodes, with the stand-ins that are listed with them.

mod page;
mod shell;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use e2e::{Daemon, DaemonOptions, Localnet, OwnerKey, PASSWORD, until};

use crate::credential_matrix::unreachable_nodes;
use crate::world::{SOL, solana_payee};
use page::{Block, Kind, blocks};
use shell::Shell;

const RECIPES: &str = "docs/src/guide/recipes";
const GETTING_STARTED: &str = "docs/src/guide/getting-started.md";
const NOWHERE: &str = "http://127.0.0.1:9";

/// A test for each page, and the list of them.
macro_rules! recipes {
    ($($test:ident: $page:literal,)*) => {
        const PAGES: &[&str] = &[$($page),*];
        $(
            #[test]
            fn $test() -> Result<()> {
                recipe($page)
            }
        )*
    };
}

recipes! {
    a_session_token_leaked: "session-token-leaked.md",
    the_agents_machine_was_stolen: "agent-machine-stolen.md",
    swap_on_base: "swap-on-base.md",
    raise_a_limit: "raise-a-limit.md",
    replay_last_week: "replay-last-week.md",
    move_to_another_machine: "move-to-another-machine.md",
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(root().join(path)).with_context(|| format!("reading {path}"))
}

/// The environment in which no public network is asked.
fn without_public_networks() -> Result<Vec<(String, String)>> {
    let defaults = read("config.default.toml")?;
    let lists = defaults.lines().filter_map(|line| line.split_once(" = [\"http"));
    let networks: Vec<_> = lists
        .map(|(key, _)| key)
        .filter(|key| !key.starts_with('#') && !key.ends_with("_localnet"))
        .collect();
    ensure!(networks.len() > 10, "the public networks: {networks:?}");
    let name = |key: &str| format!("WAIAAS_RPC_{}", key.to_uppercase());
    Ok(networks.into_iter().map(|key| (name(key), NOWHERE.to_owned())).collect())
}

/// Runs a recipe beside a daemon that was just set up.
fn recipe(page: &str) -> Result<()> {
    let path = format!("{RECIPES}/{page}");
    let blocks = blocks(&read(&path)?, None)?;
    ensure!(blocks.iter().any(|block| block.kind == Kind::Anywhere), "{path} has no commands");
    let public = without_public_networks()?;
    let variables = public.iter().map(|(name, value)| format!("{name}={value}"));
    let through = std::iter::once("env".to_owned()).chain(variables).collect();
    let daemon = Daemon::start(&DaemonOptions { through, ..unreachable_nodes() })?;
    let mut shell = Shell::new()?;
    let password = shell.file("password.txt", PASSWORD)?;
    shell.set("WAIAAS_MASTER_PASSWORD_FILE", &password.display().to_string());
    shell.set("WAIAAS_DATA_DIR", &daemon.data_dir().display().to_string());
    for (name, value) in &public {
        shell.set(name, value);
    }
    shell.run(&path, &blocks)
}

#[test]
fn each_page_is_tested_and_listed() -> Result<()> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(root().join(RECIPES))? {
        found.insert(entry?.file_name().into_string().map_err(|name| anyhow::anyhow!("{name:?}"))?);
    }
    ensure!(found.remove("index.md"), "the recipes have an index");
    let tested: BTreeSet<_> = PAGES.iter().map(|&page| page.to_owned()).collect();
    assert_eq!(found, tested, "each page of {RECIPES} has a test in recipes.rs");
    let (contents, index) = (read("docs/src/SUMMARY.md")?, read(&format!("{RECIPES}/index.md"))?);
    for page in found {
        ensure!(contents.contains(&format!("(guide/recipes/{page})")), "{page} is not in SUMMARY.md");
        ensure!(index.contains(&format!("({page})")), "{page} is not in the recipes' index");
    }
    Ok(())
}

/// A text of a page and its replacement in a test.
type StandIn<'a> = (&'a str, &'a str);

/// The daemon takes any free port, and tells where it listens.
const PORT: StandIn<'_> = ("http://127.0.0.1:3100", "$(cat ~/.waiaas/daemon.url)");
/// The binary is built already.
const BUILD: StandIn<'_> = ("cargo build --release --locked --package waiaas-cli\n", "");
/// Local nodes instead of test networks.
const MODE: StandIn<'_> = ("quickset --mode testnet", "quickset --mode local");
/// The new password comes from a file, not from the keyboard.
const NEW_PASSWORD: StandIn<'_> = (
    "waiaas set-master ",
    "WAIAAS_NEW_MASTER_PASSWORD_FILE=~/new-password.txt waiaas set-master\n\
     export WAIAAS_MASTER_PASSWORD_FILE=~/new-password.txt ",
);

/// The blocks with the stand-ins, each of which must have a place.
fn stand_in(mut blocks: Vec<Block>, stand_ins: &[StandIn<'_>]) -> Result<Vec<Block>> {
    for (text, instead) in stand_ins {
        ensure!(blocks.iter().any(|block| block.text.contains(text)), "no block has {text:?}");
        for block in &mut blocks {
            block.text = block.text.replace(text, instead);
        }
    }
    if let Some(block) = blocks.iter().find(|block| block.text.contains("PASTE_")) {
        bail!("block {} has a placeholder: {}", block.number, block.text);
    }
    Ok(blocks)
}

/// A shell for the first steps, in which no data directory is there yet.
fn first_steps(localnet: &Localnet) -> Result<Shell> {
    let mut shell = Shell::new()?;
    for (name, value) in without_public_networks()? {
        shell.set(&name, &value);
    }
    shell.set("WAIAAS_RPC_SOLANA_LOCALNET", &localnet.solana.rpc);
    shell.set("WAIAAS_RPC_EVM_LOCALNET", &localnet.evm.rpc);
    shell.set("WAIAAS_DAEMON_PORT", "0");
    shell.file("new-password.txt", PASSWORD)?;
    Ok(shell)
}

/// The stand-in for the faucet of a test network: commands that give the Solana wallet two SOL.
fn faucet(localnet: &Localnet) -> String {
    let node = &localnet.solana.rpc;
    let lamports = 2 * SOL;
    format!(
        "ADDRESS=$(waiaas wallet show solana-local --json | jq -r .address)\n\
         jq -n --arg address \"$ADDRESS\" '{{jsonrpc: \"2.0\", id: 1, method: \"surfnet_setAccount\", \
         params: [$address, {{lamports: {lamports}}}]}}' |\n  \
         curl -sf {node} -H 'Content-Type: application/json' -d @- | jq -e 'has(\"result\")'\n"
    )
}

async fn receives(localnet: &Localnet, payee: &str, lamports: u64) -> Result<()> {
    until("the payment", Duration::from_secs(60), || async {
        Ok((localnet.solana.balance(payee).await? == lamports).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_five_minutes() -> Result<()> {
    let localnet = Localnet::start()?;
    let shell = first_steps(&localnet)?;
    let OwnerKey::Solana(key) = OwnerKey::solana(5) else { bail!("a Solana owner") };
    shell.file("work/owner.json", &format!("{:?}", key.to_keypair_bytes()))?;
    let (payee, owner) = (solana_payee(7), OwnerKey::solana(5).address());
    let stand_ins = [
        BUILD,
        PORT,
        MODE,
        NEW_PASSWORD,
        ("TOKEN=$(", &format!("{}TOKEN=$(", faucet(&localnet))),
        ("PASTE_A_SOLANA_ADDRESS", &payee),
        ("solana-testnet PASTE_THE_OWNER_ADDRESS", &format!("solana-local {owner}")),
        ("verify solana-testnet", "verify solana-local"),
        ("PASTE_THE_ID", "$(waiaas tx list --status PENDING_APPROVAL --json | jq -r '.data[0].id')"),
        // `--yes` stands for the confirmation at the terminal.
        ("--key-file owner.json", "--key-file owner.json --yes"),
    ];
    let blocks = blocks(&read("README.md")?, Some("Five minutes to a guarded payment"))?;
    shell.run("README.md", &stand_in(blocks, &stand_ins)?)?;
    receives(&localnet, &payee, SOL / 20 + SOL * 3 / 2).await
}

#[tokio::test(flavor = "multi_thread")]
async fn getting_started() -> Result<()> {
    let localnet = Localnet::start()?;
    let shell = first_steps(&localnet)?;
    let payee = solana_payee(8);
    let faucet = format!("{}export WAIAAS_SESSION_TOKEN=", faucet(&localnet));
    let stand_ins =
        [BUILD, PORT, MODE, NEW_PASSWORD, ("export WAIAAS_SESSION_TOKEN=", &*faucet), ("RECIPIENT", &payee)];
    let blocks = blocks(&read(GETTING_STARTED)?, None)?;
    shell.run(GETTING_STARTED, &stand_in(blocks, &stand_ins)?)?;
    receives(&localnet, &payee, SOL / 20).await
}
