//! The product's story on two local chains: `cargo xtask demo`.
#![expect(clippy::print_stdout, reason = "a demonstration prints")]

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use comfy_table::{Table, presets};
use e2e::{Agent, Daemon, DaemonOptions, Localnet, OwnerKey, until};
use serde_json::{Value, json};

const SOL: u64 = 1_000_000_000;
const ETHER: u128 = 1_000_000_000_000_000_000;

/// One line of the closing table.
struct Row {
    what: String,
    tx: Value,
    before: String,
    after: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    println!("1. Two real chains on this machine");
    let localnet = Localnet::start()?;
    println!("   Solana at {}, EVM at {}", localnet.solana.rpc, localnet.evm.rpc);

    println!("2. The daemon, with its embedded database, on an empty directory");
    let mut daemon = Daemon::start(&DaemonOptions::of(&localnet))?;
    println!("   listening on {}", daemon.url());

    println!("3. The operator creates wallets, policies, sessions and an owner");
    let solana = Agent::create(&daemon, "solana").await?;
    let evm = Agent::create(&daemon, "ethereum").await?;
    localnet.solana.fund(&solana.address, 100 * SOL).await?;
    localnet.evm.fund(&evm.address, 10 * ETHER).await?;
    let limits = json!({
        "instant_max_usd": 10, "notify_max_usd": 100, "delay_max_usd": 1000, "delay_seconds": 60,
        "daily_limit_usd": 5000,
    });
    daemon.operator().policy(&solana.wallet, "SPENDING_LIMIT", limits.clone()).await?;
    daemon.operator().policy(&evm.wallet, "SPENDING_LIMIT", limits).await?;
    let owner = OwnerKey::evm(42)?;
    solana.lock_owner(&daemon, &owner).await?;
    println!("   owner {} proved the key by signature: LOCKED", owner.address());

    println!("4. The agent sends, holding nothing but a session token");
    let to = OwnerKey::solana(77).address();
    let mut rows = Vec::new();
    rows.push(instant(&localnet, &daemon, &solana, &to).await?);
    rows.push(notify(&localnet, &daemon, &evm).await?);
    rows.push(approval(&localnet, &daemon, &solana, &to, &owner).await?);
    rows.push(denied(&localnet, &daemon, &evm).await?);
    println!("   one payment waits out its delay of 60 seconds, in which it could be cancelled…");
    rows.push(delay(&localnet, &daemon, &solana, &to).await?);

    println!("5. The operator reads the audit log");
    let report = daemon.operator().get("/v1/admin/audit/verify").await?.expect(200)?;
    ensure!(report["intact"] == true, "the audit chain is broken: {report}");
    let log = daemon.operator().get("/v1/audit-logs?limit=200").await?.expect(200)?;
    for entry in log["data"].as_array().context("entries")?.iter().rev() {
        let (event, actor) = (entry["eventType"].as_str(), entry["actor"].as_str());
        println!("   {:>4}  {:<24} {}", entry["id"], event.unwrap_or_default(), actor.unwrap_or_default());
    }
    println!("   {} entries, hash chain intact\n", report["entries"]);
    println!("{}", table(&rows));
    daemon.stop()
}

/// 0.05 SOL, 7.50 dollars.
async fn instant(localnet: &Localnet, daemon: &Daemon, agent: &Agent, to: &str) -> Result<Row> {
    let before = localnet.solana.balance(to).await?;
    let tx = agent.send(daemon, to, "0.05").await?.expect(201)?;
    let tx = confirmed(daemon, agent, &tx, 30).await?;
    let after = localnet.solana.balance(to).await?;
    Ok(Row { what: "small payment".into(), tx, before: sol(before), after: sol(after) })
}

/// 0.02 ETH, worth more than ten dollars and less than a hundred.
async fn notify(localnet: &Localnet, daemon: &Daemon, agent: &Agent) -> Result<Row> {
    let to = OwnerKey::evm(78)?.address();
    let before = localnet.evm.balance(&to).await?;
    let tx = agent.send(daemon, &to, "0.02").await?.expect(201)?;
    let tx = confirmed(daemon, agent, &tx, 30).await?;
    let after = localnet.evm.balance(&to).await?;
    Ok(Row { what: "medium payment".into(), tx, before: eth(before), after: eth(after) })
}

/// 5 SOL, 750 dollars: waits.
async fn delay(localnet: &Localnet, daemon: &Daemon, agent: &Agent, to: &str) -> Result<Row> {
    let before = localnet.solana.balance(to).await?;
    let tx = agent.send(daemon, to, "5.0").await?.expect(201)?;
    ensure!(tx["status"] == "QUEUED", "not queued: {tx}");
    let tx = confirmed(daemon, agent, &tx, 120).await?;
    let after = localnet.solana.balance(to).await?;
    Ok(Row { what: "larger payment".into(), tx, before: sol(before), after: sol(after) })
}

/// 10 SOL, 1500 dollars: the owner signs.
async fn approval(
    localnet: &Localnet,
    daemon: &Daemon,
    agent: &Agent,
    to: &str,
    owner: &OwnerKey,
) -> Result<Row> {
    let before = localnet.solana.balance(to).await?;
    let tx = agent.send(daemon, to, "10.0").await?.expect(201)?;
    ensure!(tx["status"] == "PENDING_APPROVAL", "not waiting: {tx}");
    let path = format!("/v1/transactions/{}", tx["id"].as_str().context("an id")?);
    let asked = daemon.anonymous().get(&format!("{path}/approval")).await?.expect(200)?;
    println!("   the owner is asked to sign:");
    for line in asked["approve"]["message"].as_str().context("a message")?.lines() {
        println!("     | {line}");
    }
    let answer = owner.answering(&daemon.anonymous(), &asked["approve"])?;
    answer.post_empty(&format!("{path}/approve")).await?.expect(200)?;
    let tx = confirmed(daemon, agent, &tx, 30).await?;
    let after = localnet.solana.balance(to).await?;
    Ok(Row { what: "large payment, approved".into(), tx, before: sol(before), after: sol(after) })
}

/// A token nobody allowed.
async fn denied(localnet: &Localnet, daemon: &Daemon, agent: &Agent) -> Result<Row> {
    localnet.evm.fund_erc20(&agent.address, ETHER).await?;
    let to = OwnerKey::evm(79)?.address();
    let before = localnet.evm.erc20_balance(&to).await?;
    let token = json!({ "address": localnet.evm.erc20 });
    let body = json!({ "type": "TOKEN_TRANSFER", "to": to, "amount": "1.0", "token": token });
    let answer = agent.api(daemon).post("/v1/transactions/send", body).await?.expect(403)?;
    println!("   denied: {} — {}", answer["message"], answer["hint"]);
    let id = answer["details"]["transactionId"].as_str().context("an id")?;
    let tx = agent.transaction(daemon, id).await?;
    let after = localnet.evm.erc20_balance(&to).await?;
    Ok(Row { what: "token not allowed".into(), tx, before: eth(before), after: eth(after) })
}

async fn confirmed(daemon: &Daemon, agent: &Agent, tx: &Value, seconds: u64) -> Result<Value> {
    let id = tx["id"].as_str().context("an id")?;
    until("confirmation", Duration::from_secs(seconds), || async {
        let tx = agent.transaction(daemon, id).await?;
        Ok((tx["status"] == "CONFIRMED").then_some(tx))
    })
    .await
}

fn sol(lamports: u64) -> String {
    format!("{}.{:09} SOL", lamports / SOL, lamports % SOL)
}

fn eth(wei: u128) -> String {
    format!("{}.{:018}", wei / ETHER, wei % ETHER)
}

fn table(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["what", "amount", "tier", "status", "hash", "recipient before", "after"]);
    for row in rows {
        let text = |field: &str| row.tx[field].as_str().unwrap_or("–").to_owned();
        let hash: String = text("txHash").chars().take(18).collect();
        table.add_row([
            row.what.clone(),
            text("amountFormatted"),
            text("tier"),
            text("status"),
            hash,
            row.before.clone(),
            row.after.clone(),
        ]);
    }
    table.to_string()
}
