//! A database that is busy and a disk that is full: nothing is signed that no record holds.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{Fault, FullDisk, When, until};
use rustix::process::{Resource, Rlimit, prlimit};
use serde_json::{Value, json};

use crate::faults::pays;
use crate::stage::{On, PATIENCE, Stage, id};

#[tokio::test(flavor = "multi_thread")]
async fn another_writer_delays_but_loses_nothing() -> Result<()> {
    let stage = Arc::new(Stage::new(On::Ethereum).await?);
    let mut payer = stage.payer().await?;
    let payment = payer.owes(stage.on, stage.on.small())?;
    let payer = Arc::new(payer);

    // Briefly: the request waits.
    let mut other = stage.books().await?;
    other.lock().await?;
    let asking = tokio::spawn({
        let (stage, payer, payment) = (stage.clone(), payer.clone(), payment.clone());
        async move { stage.ask(&payer, &payment).await }
    });
    // It waits before any node is asked, so no node tells that it is there.
    tokio::time::sleep(Duration::from_secs(1)).await;
    ensure!(!asking.is_finished(), "answered without the database");
    other.unlock().await?;
    let sent = asking.await??.expect(201)?;
    ensure!(stage.settled(&payer, &id(&sent)?).await?["status"] == "CONFIRMED");
    stage.paid_once(&payer).await?;

    // For good: a clear answer, and nothing was done.
    let broadcasts = stage.proxy.count("eth_sendRawTransaction");
    let mut late = payment.clone();
    late.key = "late".into();
    other.lock().await?;
    ensure!(stage.ask(&payer, &late).await?.refused(503)? == "STORAGE_UNAVAILABLE");
    other.unlock().await?;
    ensure!(stage.proxy.count("eth_sendRawTransaction") == broadcasts, "paid without a record");
    stage.paid_once(&payer).await?;

    let mut payer = Arc::into_inner(payer).context("the payer is shared")?;
    pays(&stage, &mut payer).await
}

/// Lets no file of the daemon grow beyond this size; none is as it was.
fn limit_files(stage: &Stage, size: Option<u64>) -> Result<()> {
    prlimit(Some(stage.daemon.pid()?), Resource::Fsize, Rlimit { current: size, maximum: None })?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_no_more_signs_nothing() -> Result<()> {
    limited("trap '' XFSZ; exec \"$0\" \"$@\" 2>/dev/null").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_the_log_as_well_signs_nothing() -> Result<()> {
    limited("trap '' XFSZ; exec \"$0\" \"$@\"").await
}

/// `shell` becomes the daemon. The signal that comes with the limit is ignored there, so that writes
/// fail.
async fn limited(shell: &str) -> Result<()> {
    let through = ["sh", "-c", shell].map(str::to_owned).to_vec();
    let limit = |stage: &Stage, full: bool| limit_files(stage, full.then_some(1));
    full_disk(through, limit, &["STORAGE_FULL", "STORAGE_UNAVAILABLE"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_without_space_says_so_and_signs_nothing() -> Result<()> {
    let disk = FullDisk::new()?;
    full_disk(disk.through(), |_, full| disk.fill(full), &["STORAGE_FULL"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kill_switch_and_the_audit_log_have_space_where_nothing_else_has() -> Result<()> {
    let disk = FullDisk::new()?;
    let stage = Stage::with(On::Ethereum, |options| options.through = disk.through()).await?;
    let mut payer = stage.payer().await?;
    let payment = payer.owes(stage.on, stage.on.small())?;
    payer.forgets();
    let reserve = stage.daemon.data_dir().join("data/waiaas.reserve");
    ensure!(reserve.exists(), "space is set aside");

    disk.nearly_fill(true)?;
    ensure!(stage.ask(&payer, &payment).await?.refused(503)? == "STORAGE_FULL");
    ensure!(reserve.exists(), "no agent gets at it");
    let guess = stage.daemon.anonymous().password("not-the-password");
    ensure!(guess.get("/v1/admin/status").await?.refused(401)? == "INVALID_MASTER_PASSWORD");
    let activated = stage.daemon.cli_without_password(&["kill-switch", "activate"])?;
    ensure!(activated.status.success(), "{}", String::from_utf8_lossy(&activated.stderr));
    ensure!(stage.daemon.cli_json(&["kill-switch", "show"])?["signing"] == "stopped");
    let log = stage.daemon.cli_json(&["audit", "list"])?;
    for event in ["KILL_SWITCH_ACTIVATED", "MASTER_AUTH_FAILED"] {
        let rows = log["data"].as_array().context("entries")?;
        ensure!(rows.iter().any(|row| row["eventType"] == event), "{event} in {log}");
    }

    disk.nearly_fill(false)?;
    until("the reserve", PATIENCE, || async { Ok(reserve.exists().then_some(())) }).await?;
    stage.daemon.cli_json(&["kill-switch", "recover"])?;
    stage.untouched(&payer).await?;
    pays(&stage, &mut payer).await
}

/// Fills the disk under a daemon before a request and between its admission and its signature.
async fn full_disk(
    through: Vec<String>,
    fill: impl Fn(&Stage, bool) -> Result<()>,
    codes: &[&str],
) -> Result<()> {
    let stage = Stage::with(On::Ethereum, |options| options.through = through).await?;
    let mut payer = stage.payer().await?;
    let payment = payer.owes(stage.on, stage.on.small())?;
    payer.forgets();

    fill(&stage, true)?;
    let refused = stage.ask(&payer, &payment).await?.refused(503)?;
    ensure!(codes.contains(&refused.as_str()), "{refused}");
    fill(&stage, false)?;
    stage.untouched(&payer).await?;
    pays(&stage, &mut payer).await?;

    // Between admission and signing: it waits with its hold, unsigned, and goes on once there is room.
    let paused = stage.proxy.once("eth_getTransactionCount", When::Before, Fault::Broken);
    let payment = payer.owes(stage.on, stage.on.small())?;
    let sent = stage.ask(&payer, &payment).await?.expect(201)?;
    paused.await?;
    ensure!(sent["status"] == "EXECUTING", "{sent}");
    fill(&stage, true)?;
    let (counts, broadcasts) =
        (stage.proxy.count("eth_getTransactionCount"), stage.proxy.count("eth_sendRawTransaction"));
    until("two attempts to sign", Duration::from_secs(60), || async {
        Ok((stage.proxy.count("eth_getTransactionCount") >= counts + 2).then_some(()))
    })
    .await?;
    let still = payer.agent.transaction(&stage.daemon, &id(&sent)?).await?;
    ensure!((&still["status"], &still["txHash"]) == (&json!("EXECUTING"), &Value::Null), "{still}");
    ensure!(stage.proxy.count("eth_sendRawTransaction") == broadcasts, "bytes that no record holds");
    fill(&stage, false)?;
    ensure!(stage.settled(&payer, &id(&sent)?).await?["status"] == "CONFIRMED");
    stage.paid_once(&payer).await
}
