//! One endpoint of two that lies before anything is signed, withholds signed bytes, or changes its answer.

use anyhow::{Result, ensure};
use e2e::{Fault, When};
use serde_json::{Value, json};

use crate::agreement::{all_held, mine, two_nodes, two_solana_nodes, until_so};
use crate::stage::{On, Stage, id};

const COUNT: &str = "eth_getTransactionCount";
const OTHER: &str = "0x2222222222222222222222222222222222222222222222222222222222222222";

fn is(key: &'static str, value: &'static str) -> impl Fn(&Value) -> bool {
    move |tx| tx[key] == value
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_keeps_the_bytes_to_itself_holds_nothing_up() -> Result<()> {
    let stage = two_nodes(1).await?;
    let mut payer = stage.payer().await?;
    stage.proxy.always("eth_sendRawTransaction", When::Before, Fault::Lie(json!(OTHER)));
    let payment = payer.owes(stage.on, stage.on.small())?;
    let tx = id(&stage.ask(&payer, &payment).await?.expect(201)?)?;
    until_so(&stage, &payer, &tx, "confirmed", is("status", "CONFIRMED")).await?;
    ensure!(stage.proxy.count("eth_sendRawTransaction") > 0, "it was not sent the bytes");
    stage.paid_once(&payer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_one_node_makes_up_is_not_signed() -> Result<()> {
    let stage = two_nodes(1).await?;
    let mut payer = stage.payer().await?;
    stage.proxy.always(COUNT, When::Before, Fault::Lie(json!("0xf4240")));
    let payment = payer.owes(stage.on, stage.on.small())?;
    let tx = id(&stage.ask(&payer, &payment).await?.expect(201)?)?;
    until_so(&stage, &payer, &tx, "confirmed", is("status", "CONFIRMED")).await?;
    stage.paid_once(&payer).await?;

    let stage = Stage::new(On::Ethereum).await?;
    let mut payer = stage.payer().await?;
    stage.proxy.always(COUNT, When::Before, Fault::Lie(json!("0xf4240")));
    let payment = payer.owes(stage.on, stage.on.small())?;
    let tx = id(&stage.ask(&payer, &payment).await?.expect(201)?)?;
    let seen = until_so(&stage, &payer, &tx, "noticed", is("pendingCode", "NODE_UNPROVED")).await?;
    ensure!((&seen["status"], &seen["txHash"]) == (&json!("EXECUTING"), &Value::Null), "{seen}");
    stage.proxy.heal();
    until_so(&stage, &payer, &tx, "confirmed", is("status", "CONFIRMED")).await?;
    stage.paid_once(&payer).await
}

/// The status of a transaction that failed.
fn failed(receipt: &mut Value) {
    if receipt.is_object() {
        receipt["status"] = json!("0x0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nodes_contradict_each_other_about_does_not_stay_confirmed() -> Result<()> {
    let stage = two_nodes(8).await?;
    let mut payer = stage.payer().await?;
    let payment = payer.owes(stage.on, stage.on.small())?;
    let tx = id(&stage.ask(&payer, &payment).await?.expect(201)?)?;
    let seen = until_so(&stage, &payer, &tx, "confirmed", is("status", "CONFIRMED")).await?;
    ensure!(seen["isFinal"] == false, "{seen}");
    stage.proxy.always("eth_getTransactionReceipt", When::After, Fault::Edit(failed));
    let seen = until_so(&stage, &payer, &tx, "noticed", is("pendingCode", "NODES_CONTRADICT")).await?;
    ensure!((&seen["status"], &seen["isFinal"]) == (&json!("SUBMITTED"), &json!(false)), "{seen}");
    all_held(&stage, &payer).await?;
    ensure!(stage.events(&tx).await?.contains(&"TX_REORGANISED".to_owned()));
    stage.proxy.heal();
    mine(&stage, 8).await?;
    until_so(&stage, &payer, &tx, "final", |tx| tx["isFinal"] == true).await?;
    stage.ledger_matches(&payer).await?;
    stage.intact().await
}

/// A blockhash that no node has seen, and a block height that has long passed.
fn unseen(answer: &mut Value) {
    let hash = answer["value"]["blockhash"].as_str().unwrap_or_default();
    let last = if hash.ends_with('2') { "3" } else { "2" };
    let other = hash.get(..hash.len().saturating_sub(1)).unwrap_or_default().to_owned() + last;
    answer["value"]["blockhash"] = json!(other);
    answer["value"]["lastValidBlockHeight"] = json!(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blockhash_that_one_node_makes_up_is_not_signed() -> Result<()> {
    let stage = two_solana_nodes().await?;
    let mut payer = stage.payer().await?;
    stage.proxy.always("getLatestBlockhash", When::After, Fault::Edit(unseen));
    let payment = payer.owes(stage.on, stage.on.small())?;
    let tx = id(&stage.ask(&payer, &payment).await?.expect(201)?)?;
    until_so(&stage, &payer, &tx, "confirmed", is("status", "CONFIRMED")).await?;
    stage.paid_once(&payer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_one_node_makes_up_is_not_signed() -> Result<()> {
    let stage = two_solana_nodes().await?;
    let mut payer = stage.payer().await?;
    // One that is too low is near enough on a chain so young, and the higher one counts.
    for height in [1_000_000, u64::from(u32::MAX)] {
        stage.proxy.always("getBlockHeight", When::Before, Fault::Lie(json!(height)));
        let payment = payer.owes(stage.on, stage.on.small())?;
        let tx = id(&stage.ask(&payer, &payment).await?.expect(201)?)?;
        let seen = until_so(&stage, &payer, &tx, "noticed", is("pendingCode", "NODE_UNPROVED")).await?;
        ensure!((&seen["status"], &seen["txHash"]) == (&json!("EXECUTING"), &Value::Null), "{seen}");
        stage.proxy.heal();
        until_so(&stage, &payer, &tx, "confirmed", is("status", "CONFIRMED")).await?;
    }
    stage.paid_once(&payer).await
}
