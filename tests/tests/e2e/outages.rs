//! Networks that hang or are down: the others go on, accepted transactions are sent again, and the log says
//! it once.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{Agent, Fault, OwnerKey, When, generous_policy, rpc, until};
use serde_json::json;

use crate::stage::{On, PATIENCE, Payer, Stage, id};

/// The answer of a Solana node that does not know a transaction.
fn unknown() -> Fault {
    Fault::Lie(json!({ "context": { "slot": 1 }, "value": [null] }))
}

/// So many payments that a node took and that no block holds, or none that is shown.
async fn waiting(stage: &Stage, payer: &mut Payer, number: usize) -> Result<Vec<String>> {
    match stage.on {
        On::Solana => stage.proxy.always(stage.on.outcome(), When::Before, unknown()),
        On::Ethereum => drop(rpc(&stage.localnet.evm.rpc, "evm_setAutomine", json!([false])).await?),
    }
    let mut all = Vec::new();
    for _ in 0..number {
        let payment = payer.owes(stage.on, stage.on.small())?;
        let sent = stage.ask(payer, &payment).await?.expect(201)?;
        ensure!(sent["status"] == "SUBMITTED", "{sent}");
        all.push(id(&sent)?);
    }
    Ok(all)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_hangs_holds_up_no_other() -> Result<()> {
    // Longer than this test waits, so that no turn of the hanging network ends meanwhile.
    const HANGS: u64 = 60;
    const SOON: Duration = Duration::from_secs(HANGS / 2);
    let mut stage = Stage::new(On::Solana).await?;
    stage
        .daemon
        .reconfigure(|text| text.replace("[rpc]\n", &format!("[rpc]\ntimeout_seconds = {HANGS}\n")))?;
    let mut payer = stage.payer().await?;
    // More than there are places.
    waiting(&stage, &mut payer, 20).await?;
    let agent = Agent::create(&stage.daemon, "ethereum").await?;
    stage.localnet.evm.fund(&agent.address, On::Ethereum.purse()).await?;
    stage.daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", generous_policy()).await?;
    // Its answers about these stay false, so that they wait; everything else is never answered.
    stage.proxy.always("*", When::Before, Fault::Silent);
    stage.proxy.forget();
    let asked = || stage.proxy.count("getGenesisHash") + stage.proxy.count("getBlockHeight");
    until("it hangs", PATIENCE, || async { Ok((asked() > 0).then_some(())) }).await?;
    for number in 1..=3u8 {
        let sent =
            agent.send(&stage.daemon, &OwnerKey::evm(number)?.address(), "0.001").await?.expect(201)?;
        let tx = id(&sent)?;
        until("the other network's turn", SOON, || async {
            Ok((agent.transaction(&stage.daemon, &tx).await?["status"] == "CONFIRMED").then_some(()))
        })
        .await?;
    }
    let rows = stage.books().await?.statuses(&payer.agent.wallet).await?;
    ensure!(rows.iter().all(|status| status == "SUBMITTED"), "{rows:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_solana_transaction_is_sent_again_every_few_seconds() -> Result<()> {
    /// At one in fifteen seconds these would take two minutes.
    const OFTEN: usize = 8;
    let stage = Stage::new(On::Solana).await?;
    let mut payer = stage.payer().await?;
    waiting(&stage, &mut payer, 1).await?;
    until("sent again and again", PATIENCE, || async {
        Ok((stage.proxy.count("sendTransaction") >= OFTEN).then_some(()))
    })
    .await?;
    let sent: Vec<_> =
        stage.proxy.params("sendTransaction").into_iter().map(|call| call[0].clone()).collect();
    ensure!(sent.iter().all(|bytes| *bytes == sent[0]), "other bytes");
    stage.proxy.heal();
    let tx = payer.agent.api(&stage.daemon).get("/v1/transactions?limit=1").await?.expect(200)?;
    stage.settled(&payer, &id(&tx["items"][0])?).await?;
    stage.paid_once(&payer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_down_is_said_once_when_it_starts_and_once_when_it_ends() -> Result<()> {
    let stage = Stage::new(On::Ethereum).await?;
    let mut payer = stage.payer().await?;
    waiting(&stage, &mut payer, 3).await?;
    stage.proxy.forget();
    stage.proxy.always("*", When::Before, Fault::Unavailable);
    let log = || -> Result<Vec<String>> {
        let text = std::fs::read_to_string(stage.daemon.data_dir().join("test.log"))?;
        Ok(text.lines().map(str::to_owned).collect())
    };
    let about = |words: &str| -> Result<Vec<String>> {
        Ok(log()?.into_iter().filter(|line| line.contains(words)).collect())
    };
    let before = log()?.len();
    until("many tries", PATIENCE, || async {
        // After a failure a node has to say again which chain it serves.
        Ok((stage.proxy.count("eth_chainId") >= 5).then_some(()))
    })
    .await?;
    until("the outage is said", PATIENCE, || async {
        Ok((!about("a node does not answer")?.is_empty()).then_some(()))
    })
    .await?;
    let down = about("a node does not answer")?;
    ensure!(down.len() == 1 && down[0].contains("waiting=3"), "{down:?}");
    let warned: Vec<_> = log()?.into_iter().skip(before).filter(|line| line.contains("WARN")).collect();
    ensure!(warned.len() <= 1, "one outage, one warning: {warned:?}");
    stage.proxy.heal();
    until("it is said that it answers again", PATIENCE, || async {
        Ok((about("a node answers again")?.len() == 1).then_some(()))
    })
    .await?;
    ensure!(about("a node does not answer")?.len() == 1);
    Ok(())
}
