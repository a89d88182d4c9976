//! The daemon on a real PostgreSQL: the same story, the same proof.

use anyhow::{Result, ensure};
use e2e::{Fault, When};

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
