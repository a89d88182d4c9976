//! The daemon on a real PostgreSQL: the same story, the same proof.

use anyhow::{Context as _, Result, ensure};
use e2e::{Fault, When, until};
use rustix::process::{Signal, kill_process};

use crate::stage::{On, PATIENCE, Stage, id};

#[tokio::test(flavor = "multi_thread")]
async fn pays_once_through_a_crash_and_a_restart_on_postgresql() -> Result<()> {
    let mut stage = Stage::on_postgres(On::Ethereum).await?;
    ensure!(!stage.daemon.data_dir().join("data/waiaas.db").exists(), "SQLite is not used");
    let mut payer = stage.payer().await?;
    let payment = payer.owes(stage.on, stage.on.small())?;
    let sent = stage.ask(&payer, &payment).await?.expect(201)?;
    ensure!(stage.settled(&payer, &id(&sent)?).await?["status"] == "CONFIRMED");
    stage.paid_once(&payer).await?;

    let payment = payer.owes(stage.on, stage.on.small())?;
    let dead = stage.proxy.once(stage.on.broadcast(), When::After, Fault::Kill(stage.daemon.pid()?));
    let (asked, died) = tokio::join!(stage.ask(&payer, &payment), tokio::time::timeout(PATIENCE, dead));
    died??;
    ensure!(asked.is_err(), "{asked:?}");
    stage.daemon.kill();
    ensure!(stage.books().await?.statuses(&payer.agent.wallet).await? == ["CONFIRMED", "BROADCASTING"]);
    stage.daemon.restart()?;
    let again = stage.ask(&payer, &payment).await?.expect(201)?;
    ensure!(stage.settled(&payer, &id(&again)?).await?["status"] == "CONFIRMED");
    stage.paid_once(&payer).await?;

    stage.daemon.stop()?;
    stage.daemon.restart()?;
    stage.paid_once(&payer).await
}

/// Longer than a holder that is gone keeps the database.
const HANDOVER: std::time::Duration = std::time::Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn a_second_daemon_waits_until_the_first_is_gone_and_the_first_then_signs_nothing() -> Result<()> {
    let mut stage = Stage::on_postgres(On::Ethereum).await?;
    let mut payer = stage.payer().await?;
    let first = stage.daemon.pid()?;
    let refused = stage.second_daemon().err().context("two daemons on one database")?.to_string();
    let holder = format!("process {} on", first.as_raw_nonzero());
    ensure!(refused.contains("another daemon holds this database") && refused.contains(&holder), "{refused}");

    // The first one stands still, as on a machine that is cut off, and comes back when it has lost the database.
    kill_process(first, Signal::STOP)?;
    let second = until("a second daemon", HANDOVER, || async { Ok(stage.second_daemon().ok()) }).await;
    let payment = payer.owes(stage.on, stage.on.small())?;
    let before = stage.balance(&payer.agent.address).await?;
    kill_process(first, Signal::CONT)?;
    let second = second?;
    let asked = stage.ask(&payer, &payment).await;
    ensure!(asked.is_err() || asked.as_ref().is_ok_and(|answer| answer.status >= 400), "{asked:?}");
    ensure!(stage.balance(&payer.agent.address).await? == before, "the first daemon has paid");
    let health = second.anonymous().get("/health").await?;
    ensure!(health.status == 200, "{}", health.body);
    for _ in 0..600 {
        if stage.daemon.has_ended()? {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    anyhow::bail!("the daemon that lost the database goes on")
}
