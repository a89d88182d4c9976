//! The product's story on two local chains: `cargo xtask demo`.
//!
//! The EVM half comes first, because its node is installed within seconds. The Solana node of the second half is
//! compiled, which takes minutes the first time.
#![expect(clippy::print_stdout, reason = "a demonstration prints")]

mod payments;
mod table;

use alloy_primitives::Address;
use anyhow::{Context as _, Result, ensure};
use e2e::{Agent, Anvil, Daemon, DaemonOptions, Localnet, NO_SOLANA, OwnerKey, Parts, deploy};
use serde_json::json;

use crate::payments::{ETHER, Node, Payer, SOL};
use crate::table::Row;

/// The chain id of a local EVM node.
const LOCAL_CHAIN: u64 = 31_337;
/// OpenZeppelin's ERC-20 of a fixed supply.
const TOKEN: &str = "@openzeppelin/contracts/build/contracts/ERC20PresetFixedSupply.json";

#[tokio::main]
async fn main() -> Result<()> {
    println!("1. A real EVM node on this machine");
    let parts = Parts::install()?;
    let anvil = Anvil::start(&parts, LOCAL_CHAIN)?;
    println!("   EVM at {}", anvil.url());

    println!("2. The daemon, with its embedded database, on an empty directory");
    let mut daemon = Daemon::start(&DaemonOptions::of_evm(anvil.url()))?;
    println!("   listening on {}", daemon.url());

    let owner = OwnerKey::evm(42)?;
    let mut rows = on_evm(&daemon, &parts, &anvil, &owner).await?;
    println!("{}", table::of(&rows));

    println!(
        "5. A real Solana node on this machine; it is compiled now if it is not there, about ten minutes"
    );
    let localnet = Localnet::start()?;
    println!("   Solana at {}", localnet.solana.rpc);
    daemon.reconfigure(|config| config.replace(NO_SOLANA, &localnet.solana.rpc))?;
    println!("   the daemon started again with this endpoint, on the same data");
    rows.extend(on_solana(&daemon, &localnet, &owner).await?);

    println!("8. The operator reads the audit log");
    print_audit_log(&daemon).await?;
    println!("{}", table::of(&rows));
    daemon.stop()
}

/// The tiers that need no waiting, and a denial.
async fn on_evm(daemon: &Daemon, parts: &Parts, anvil: &Anvil, owner: &OwnerKey) -> Result<Vec<Row>> {
    println!("3. The operator creates a wallet, a policy, a session and an owner");
    let payer = ready(daemon, "ethereum", Node::Evm(anvil.url().to_owned()), owner).await?;
    payer.node.fund(&payer.agent.address, 10 * ETHER).await?;
    let holder: Address = payer.agent.address.parse()?;
    let arguments =
        ["Demo Token".to_owned().into(), "DEMO".to_owned().into(), (1000 * ETHER).into(), holder.into()];
    let token = deploy(anvil.url(), &parts.code(TOKEN)?, &arguments).await?;

    println!("4. The agent sends, holding nothing but a session token");
    let to = OwnerKey::evm(78)?.address();
    Ok(vec![
        payer.instant(daemon, &to, "0.002").await?,
        payer.notify(daemon, &to, "0.02").await?,
        payer.approval(daemon, &to, "0.5", owner).await?,
        payer.denied(daemon, &to, &token).await?,
    ])
}

/// The same on the other chain, with a payment that waits.
async fn on_solana(daemon: &Daemon, localnet: &Localnet, owner: &OwnerKey) -> Result<Vec<Row>> {
    println!("6. The operator creates a second wallet with the same policy and owner");
    let payer = ready(daemon, "solana", Node::Solana(localnet.solana.clone()), owner).await?;
    payer.node.fund(&payer.agent.address, 100 * SOL).await?;

    println!("7. Its agent sends");
    let to = OwnerKey::solana(77).address();
    let small = payer.instant(daemon, &to, "0.05").await?;
    let approved = payer.approval(daemon, &to, "10.0", owner).await?;
    println!("   one payment waits out its delay of 60 seconds, in which it could be cancelled…");
    Ok(vec![small, approved, payer.delay(daemon, &to, "5.0").await?])
}

/// A wallet with limits, a session and an owner who proved the key.
async fn ready(daemon: &Daemon, chain: &str, node: Node, owner: &OwnerKey) -> Result<Payer> {
    let agent = Agent::create(daemon, chain).await?;
    let limits = json!({
        "instant_max_usd": 10, "notify_max_usd": 100, "delay_max_usd": 1000, "delay_seconds": 60,
        "daily_limit_usd": 5000,
    });
    daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", limits).await?;
    agent.lock_owner(daemon, owner).await?;
    println!("   owner {} proved the key by signature: LOCKED", owner.address());
    Ok(Payer { agent, node })
}

async fn print_audit_log(daemon: &Daemon) -> Result<()> {
    let report = daemon.operator().get("/v1/admin/audit/verify").await?.expect(200)?;
    ensure!(report["intact"] == true, "the audit chain is broken: {report}");
    let log = daemon.operator().get("/v1/audit-logs?limit=200").await?.expect(200)?;
    for entry in log["data"].as_array().context("entries")?.iter().rev() {
        let (event, actor) = (entry["eventType"].as_str(), entry["actor"].as_str());
        println!("   {:>4}  {:<24} {}", entry["id"], event.unwrap_or_default(), actor.unwrap_or_default());
    }
    println!("   {} entries, hash chain intact\n", report["entries"]);
    Ok(())
}
