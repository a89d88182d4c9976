//! The simulation check: a node's simulation counts in the decision; nodes that cannot simulate, or lie.

use anyhow::{Context as _, Result, ensure};
use e2e::{Fault, OwnerKey, When};
use serde_json::{Value, json};

use crate::faults::pays;
use crate::stage::{On, Payer, Stage, id};

/// The method by which a node is asked.
fn question(on: On) -> &'static str {
    match on {
        On::Ethereum => "eth_simulateV1",
        On::Solana => "simulateTransaction",
    }
}

/// The node answers everything except simulations.
fn blind(stage: &Stage) {
    match stage.on {
        On::Ethereum => {
            let missing = Fault::Refusal(-32601, "the method does not exist".into());
            stage.proxy.always("eth_simulateV1", When::Before, missing.clone());
            stage.proxy.always("debug_traceCall", When::Before, missing);
        }
        On::Solana => {
            let hide: fn(&mut Value) = |result| result["value"]["accounts"] = Value::Null;
            stage.proxy.always("simulateTransaction", When::After, Fault::Edit(hide));
        }
    }
}

/// An answer in which more leaves than really does.
fn more(on: On) -> Fault {
    Fault::Edit(match on {
        On::Ethereum => |result| {
            let logs = &mut result[0]["calls"][0]["logs"];
            let again = logs[0].clone();
            if let Some(logs) = logs.as_array_mut() {
                logs.push(again);
            }
        },
        On::Solana => |result| {
            if let Some(accounts) = result["value"]["accounts"].as_array_mut() {
                accounts.iter_mut().for_each(|account| *account = Value::Null);
            }
        },
    })
}

async fn dry(stage: &Stage, payer: &mut Payer) -> Result<Value> {
    let payment = payer.owes(stage.on, stage.on.small())?;
    payer.forgets();
    let body = json!({ "type": "TRANSFER", "to": payment.to, "amount": payment.text });
    payer.agent.api(&stage.daemon).post("/v1/transactions/simulate", body).await?.expect(200)
}

/// Where no node can say, the setting decides.
async fn silence_is_never_passed_over(on: On) -> Result<()> {
    let mut stage = Stage::new(on).await?;
    let mut payer = stage.payer().await?;
    blind(&stage);
    // By default the owner is asked, and this wallet has none.
    let dry_run = dry(&stage, &mut payer).await?;
    ensure!(dry_run["policy"]["code"] == "OWNER_REQUIRED", "{dry_run}");
    let warnings = dry_run["warnings"].as_array().context("warnings")?;
    ensure!(warnings.iter().any(|warning| warning["code"] == "SIMULATION_UNAVAILABLE"), "{dry_run}");
    let payment = payer.owes(on, on.small())?;
    payer.forgets();
    ensure!(stage.ask(&payer, &payment).await?.refused(403)? == "OWNER_REQUIRED");

    stage.daemon.reconfigure(|text| format!("{text}\n[policy]\nunsimulated = \"deny\"\n"))?;
    let payment = payer.owes(on, on.small())?;
    payer.forgets();
    ensure!(stage.ask(&payer, &payment).await?.refused(403)? == "SIMULATION_UNAVAILABLE");
    ensure!(stage.proxy.count(on.broadcast()) == 0, "something was sent");
    ensure!(stage.balance(&payment.to).await? == 0, "something arrived");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ethereum_node_that_cannot_simulate_grants_nothing() -> Result<()> {
    silence_is_never_passed_over(On::Ethereum).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_solana_node_that_cannot_simulate_grants_nothing() -> Result<()> {
    silence_is_never_passed_over(On::Solana).await
}

/// Where no node can simulate, the owner reads that before anything else.
async fn approved_unseen(on: On) -> Result<()> {
    let stage = Stage::new(on).await?;
    let mut payer = stage.payer().await?;
    let owner = match on {
        On::Ethereum => OwnerKey::evm(3)?,
        On::Solana => OwnerKey::solana(3),
    };
    payer.agent.lock_owner(&stage.daemon, &owner).await?;
    blind(&stage);
    let payment = payer.owes(on, on.small())?;
    payer.forgets();
    let sent = stage.ask(&payer, &payment).await?.expect(201)?;
    ensure!(sent["status"] == "PENDING_APPROVAL", "{sent}");
    let path = format!("/v1/transactions/{}/approval", id(&sent)?);
    let asked = stage.daemon.anonymous().get(&path).await?.expect(200)?.to_string();
    let warned = asked.find("NOT SIMULATED").context("no warning")?;
    let what = asked.find("send 0.0").context("what is sent")?;
    ensure!(warned < what, "{asked}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_reads_first_that_it_was_not_simulated() -> Result<()> {
    approved_unseen(On::Ethereum).await?;
    approved_unseen(On::Solana).await
}

/// A simulated effect beyond the decoded ones is refused, at admission and before signing.
async fn a_disagreement_stops_it(on: On) -> Result<()> {
    let stage = Stage::new(on).await?;
    let mut payer = stage.payer().await?;
    stage.proxy.always(question(on), When::After, more(on));
    let dry_run = dry(&stage, &mut payer).await?;
    ensure!(dry_run["policy"]["code"] == "SIMULATION_MISMATCH", "{dry_run}");
    let payment = payer.owes(on, on.small())?;
    payer.forgets();
    ensure!(stage.ask(&payer, &payment).await?.refused(403)? == "SIMULATION_MISMATCH");
    stage.proxy.heal();
    ensure!(stage.balance(&payment.to).await? == 0, "something arrived");

    // How often a node is asked until the request is admitted, by way of the dry run.
    stage.proxy.forget();
    let agreed = dry(&stage, &mut payer).await?;
    ensure!(agreed["policy"]["allowed"] == true, "{agreed}");
    let judged = stage.proxy.count(question(on)) - usize::from(on == On::Solana);
    drop(stage.proxy.nth(question(on), judged + 1, When::After, more(on)));
    let payment = payer.owes(on, on.small())?;
    payer.forgets();
    let sent = stage.ask(&payer, &payment).await?.expect(201)?;
    let ended = stage.settled(&payer, &id(&sent)?).await?;
    ensure!(ended["status"] == "FAILED", "{ended}");
    ensure!(ended.to_string().contains("SIMULATION_MISMATCH"), "{ended}");
    ensure!(stage.proxy.count(on.broadcast()) == 0, "something was sent");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_decoded_is_refused_on_ethereum() -> Result<()> {
    a_disagreement_stops_it(On::Ethereum).await
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_decoded_is_refused_on_solana() -> Result<()> {
    a_disagreement_stops_it(On::Solana).await
}

/// A node that falls silent between judgement and signature delays, and nothing is signed meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn silence_before_signing_waits() -> Result<()> {
    let stage = Stage::new(On::Ethereum).await?;
    let mut payer = stage.payer().await?;
    let missing = Fault::Refusal(-32601, "the method does not exist".into());
    stage.proxy.always("debug_traceCall", When::Before, missing.clone());
    let silent = stage.proxy.nth("eth_simulateV1", 2, When::Before, missing);
    let payment = payer.owes(stage.on, stage.on.small())?;
    let sent = stage.ask(&payer, &payment).await?.expect(201)?;
    ensure!((&sent["status"], &sent["txHash"]) == (&json!("EXECUTING"), &Value::Null), "{sent}");
    silent.await.context("the fault was played")?;
    let ended = stage.settled(&payer, &id(&sent)?).await?;
    ensure!(ended["status"] == "CONFIRMED", "{ended}");
    stage.paid_once(&payer).await?;
    pays(&stage, &mut payer).await
}
