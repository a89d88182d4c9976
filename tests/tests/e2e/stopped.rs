//! Requests that the kill switch stops: the answers say that they will not run, and why they did not.

use std::process::Output;

use anyhow::{Context as _, Result, ensure};
use e2e::{Agent, Daemon, DaemonOptions, Localnet, OwnerKey, generous_policy};
use serde_json::Value;

const SOL: u64 = 1_000_000_000;

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_under_the_kill_switch_says_that_it_will_not_run_and_then_why_it_did_not() -> Result<()> {
    let localnet = Localnet::start()?;
    let daemon = Daemon::start(&DaemonOptions::of(&localnet))?;
    let agent = Agent::create(&daemon, "solana").await?;
    localnet.solana.fund(&agent.address, 500 * SOL).await?;
    daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", generous_policy()).await?;
    let owner = OwnerKey::evm(3)?;
    agent.lock_owner(&daemon, &owner).await?;
    let keys = tempfile::TempDir::new()?;
    let key = keys.path().join("owner.key");
    std::fs::write(&key, format!("0x{}\n", hex::encode([3u8; 32])))?;
    let key = key.display().to_string();

    let to = OwnerKey::solana(31).address();
    let mut waiting = Vec::new();
    for amount in ["50.0", "50.0", "5.0"] {
        let sent = agent.send(&daemon, &to, amount).await?.expect(201)?;
        ensure!(sent["pendingCode"].is_null() && sent["error"].is_null(), "{sent}");
        waiting.push(sent["id"].as_str().context("an id")?.to_owned());
    }
    let show = |id: &str| daemon.cli_json(&["tx", "show", id]);
    daemon.cli_json(&["kill-switch", "activate"])?;
    for id in &waiting {
        let shown = show(id)?;
        ensure!(shown["status"] == "QUEUED" || shown["status"] == "PENDING_APPROVAL", "{shown}");
        ensure!(shown["pendingCode"] == "SYSTEM_LOCKED", "{shown}");
        ensure!(text(&daemon.cli(&["tx", "show", id])?).contains("The kill switch is activated"), "{shown}");
    }
    let listed = daemon.cli_json(&["tx", "list"])?;
    let listed = listed["data"].as_array().context("transactions")?;
    ensure!(listed.iter().all(|tx| tx["pendingCode"] == "SYSTEM_LOCKED"), "{listed:?}");

    // An owner who approves is told before and after.
    let approved = daemon.cli(&["owner", "approve", &waiting[0], "--key-file", &key, "--yes"])?;
    let told = text(&approved);
    ensure!(approved.status.code() == Some(5), "{told}");
    ensure!(told.contains("warning: The kill switch is activated"), "{told}");
    ensure!(
        told.contains("the transaction is CANCELLED: Not signed: the kill switch was activated."),
        "{told}"
    );
    let cancelled = show(&waiting[0])?;
    let reason = |tx: &Value| (tx["status"].clone(), tx["errorCode"].clone(), tx["pendingCode"].clone());
    ensure!(reason(&cancelled) == ("CANCELLED".into(), "SYSTEM_LOCKED".into(), Value::Null), "{cancelled}");
    ensure!(cancelled["error"] == "Not signed: the kill switch was activated.", "{cancelled}");

    let rejected = daemon.cli_json(&["owner", "reject", &waiting[1], "--key-file", &key, "--yes"])?;
    ensure!(rejected["error"] == "The owner rejected it.", "{rejected}");
    let withdrawn = daemon.cli_json(&["tx", "cancel", &waiting[2]])?;
    ensure!(withdrawn["error"] == "It was withdrawn before anything was signed.", "{withdrawn}");
    Ok(())
}
