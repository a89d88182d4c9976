//! Nodes that lie beside honest ones: nothing that is held is given free on one node's word.

use anyhow::{Context as _, Result, ensure};
use e2e::{Fault, When, rpc, until};
use serde_json::{Value, json};

use crate::stage::{On, PATIENCE, Payer, Stage, id};

const RECEIPT: &str = "eth_getTransactionReceipt";
const BY_HASH: &str = "eth_getTransactionByHash";
const COUNT: &str = "eth_getTransactionCount";
const BY_NONCE: &str = "eth_getTransactionBySenderAndNonce";

/// The proxy, which may lie, and the node itself; a block is final after so many more.
pub(crate) async fn two_nodes(depth: u64) -> Result<Stage> {
    let mut stage = Stage::new(On::Ethereum).await?;
    let (liar, honest) = (stage.proxy.url(), stage.localnet.evm.rpc.clone());
    stage.daemon.reconfigure(|text| {
        let one = format!("evm_localnet = \"{liar}\"");
        let two = format!("evm_localnet = [\"{liar}\", \"{honest}\"]");
        let deep = format!("[confirmation]\nevm_finality_depth = {depth}\n");
        text.replace(&one, &two).replace("[confirmation]\n", &deep)
    })?;
    Ok(stage)
}

/// A payment that nodes have and no block holds yet.
async fn waiting(stage: &Stage, payer: &mut Payer) -> Result<String> {
    let node = &stage.localnet.evm.rpc;
    rpc(node, "evm_setAutomine", json!([false])).await?;
    let payment = payer.owes(stage.on, stage.on.small())?;
    let sent = stage.ask(payer, &payment).await?.expect(201)?;
    ensure!(sent["status"] == "SUBMITTED", "{sent}");
    id(&sent)
}

pub(crate) async fn mine(stage: &Stage, blocks: u64) -> Result<()> {
    rpc(&stage.localnet.evm.rpc, "anvil_mine", json!([format!("{blocks:#x}")])).await.map(drop)
}

/// The transaction, once it is so.
pub(crate) async fn until_so(
    stage: &Stage,
    payer: &Payer,
    tx: &str,
    what: &str,
    so: impl Fn(&Value) -> bool,
) -> Result<Value> {
    until(what, PATIENCE, || async {
        let seen = payer.agent.transaction(&stage.daemon, tx).await?;
        ensure!(seen["status"] != "FAILED", "given up: {seen}");
        Ok(so(&seen).then_some(seen))
    })
    .await
}

/// Everything that was held is held.
pub(crate) async fn all_held(stage: &Stage, payer: &Payer) -> Result<()> {
    let rows = stage.books().await?.reservations(&payer.agent.wallet).await?;
    ensure!(rows.len() == 2 && rows.iter().all(|row| row.status == "HELD"), "{rows:?}");
    Ok(())
}

/// Looks at the node's answers so often.
async fn looks(stage: &Stage, often: usize) -> Result<()> {
    stage.proxy.forget();
    until("looks", PATIENCE, || async { Ok((stage.proxy.count(RECEIPT) >= often).then_some(())) }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_denies_what_another_has_kills_nothing() -> Result<()> {
    let stage = two_nodes(5).await?;
    let mut payer = stage.payer().await?;
    let tx = waiting(&stage, &mut payer).await?;
    // It has never seen the transaction, and something has used its nonce.
    for (method, lie) in [(RECEIPT, Value::Null), (BY_HASH, Value::Null), (COUNT, json!("0x1"))] {
        stage.proxy.always(method, When::Before, Fault::Lie(lie));
    }
    looks(&stage, 3).await?;
    all_held(&stage, &payer).await?;
    mine(&stage, 1).await?;
    let unproved = |tx: &Value| tx["pendingCode"] == "SUCCESS_UNPROVED";
    let seen = until_so(&stage, &payer, &tx, "noticed", unproved).await?;
    ensure!(seen["status"] == "SUBMITTED", "one of two alone confirms nothing: {seen}");
    all_held(&stage, &payer).await?;
    mine(&stage, 5).await?;
    looks(&stage, 3).await?;
    let seen = payer.agent.transaction(&stage.daemon, &tx).await?;
    ensure!(seen["status"] == "SUBMITTED", "nor settles anything: {seen}");
    all_held(&stage, &payer).await?;
    stage.proxy.heal();
    until_so(&stage, &payer, &tx, "final", |tx| tx["isFinal"] == true).await?;
    stage.ledger_matches(&payer).await?;
    stage.intact().await
}

/// The status of a transaction that failed.
fn failed(receipt: &mut Value) {
    if receipt.is_object() {
        receipt["status"] = json!("0x0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revert_that_one_node_makes_up_gives_nothing_free() -> Result<()> {
    let stage = two_nodes(1).await?;
    let mut payer = stage.payer().await?;
    let tx = waiting(&stage, &mut payer).await?;
    stage.proxy.always(RECEIPT, When::After, Fault::Edit(failed));
    mine(&stage, 3).await?;
    let code = |code: &'static str| move |tx: &Value| tx["pendingCode"] == code;
    let seen = until_so(&stage, &payer, &tx, "noticed", code("NODES_CONTRADICT")).await?;
    ensure!(seen["status"] == "SUBMITTED" && seen["pendingReason"].is_string(), "{seen}");
    all_held(&stage, &payer).await?;
    let shown = stage.daemon.cli(&["tx", "show", &tx])?;
    let shown = String::from_utf8_lossy(&shown.stdout);
    ensure!(shown.contains("NODES_CONTRADICT"), "{shown}");
    stage.proxy.heal();
    let seen = until_so(&stage, &payer, &tx, "confirmed", |tx| tx["status"] == "CONFIRMED").await?;
    ensure!(seen["isFinal"] == true && seen["pendingCode"].is_null(), "{seen}");
    stage.paid_once(&payer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_has_forgotten_is_no_proof_of_death() -> Result<()> {
    let stage = Stage::new(On::Ethereum).await?;
    let mut payer = stage.payer().await?;
    let tx = waiting(&stage, &mut payer).await?;
    // As a node whose history is gone says it.
    for method in [RECEIPT, BY_HASH] {
        stage.proxy.always(method, When::Before, Fault::Lie(Value::Null));
    }
    stage.proxy.always(BY_NONCE, When::Before, Fault::Refusal(-32601, "method not found".into()));
    stage.proxy.always(COUNT, When::Before, Fault::Lie(json!("0x1")));
    mine(&stage, 70).await?;
    let unproved = |tx: &Value| tx["pendingCode"] == "DEATH_UNPROVED";
    let seen = until_so(&stage, &payer, &tx, "noticed", unproved).await?;
    ensure!(seen["status"] == "SUBMITTED", "{seen}");
    all_held(&stage, &payer).await?;
    stage.proxy.heal();
    until_so(&stage, &payer, &tx, "confirmed", |tx| tx["status"] == "CONFIRMED").await?;
    stage.paid_once(&payer).await
}

/// A price with which the fee would be trillions of dollars.
fn absurd(receipt: &mut Value) {
    if receipt.is_object() {
        receipt["effectiveGasPrice"] = json!(format!("0x{}", "f".repeat(40)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_beyond_what_was_signed_is_not_counted() -> Result<()> {
    let stage = Stage::new(On::Ethereum).await?;
    let mut payer = stage.payer().await?;
    stage.proxy.always(RECEIPT, When::After, Fault::Edit(absurd));
    let payment = payer.owes(stage.on, stage.on.small())?;
    let sent = stage.ask(&payer, &payment).await?.expect(201)?;
    let tx = id(&sent)?;
    let unusable = |tx: &Value| tx["pendingCode"] == "NODE_UNUSABLE";
    let seen = until_so(&stage, &payer, &tx, "noticed", unusable).await?;
    ensure!(seen["status"] == "SUBMITTED" && seen["fee"].is_null(), "{seen}");
    all_held(&stage, &payer).await?;
    stage.proxy.heal();
    until_so(&stage, &payer, &tx, "confirmed", |tx| tx["status"] == "CONFIRMED").await?;
    stage.paid_once(&payer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_one_transaction_behind_gives_no_used_nonce() -> Result<()> {
    let stage = Stage::new(On::Ethereum).await?;
    let mut payer = stage.payer().await?;
    for _ in 0..2 {
        let payment = payer.owes(stage.on, stage.on.small())?;
        let sent = stage.ask(&payer, &payment).await?.expect(201)?;
        let ended = stage.settled(&payer, &id(&sent)?).await?;
        ensure!(ended["status"] == "CONFIRMED", "{ended}");
        stage.proxy.always(COUNT, When::Before, Fault::Lie(json!("0x0")));
    }
    stage.paid_once(&payer).await
}

/// The proxy, which may lie, and the node itself.
pub(crate) async fn two_solana_nodes() -> Result<Stage> {
    let mut stage = Stage::new(On::Solana).await?;
    let (liar, honest) = (stage.proxy.url(), stage.localnet.solana.rpc.clone());
    stage.daemon.reconfigure(|text| {
        let one = format!("solana_localnet = \"{liar}\"");
        text.replace(&one, &format!("solana_localnet = [\"{liar}\", \"{honest}\"]"))
    })?;
    Ok(stage)
}

#[tokio::test(flavor = "multi_thread")]
async fn on_solana_one_node_of_two_fails_no_transaction() -> Result<()> {
    let stage = two_solana_nodes().await?;
    let mut payer = stage.payer().await?;
    let status =
        json!({ "slot": 1, "confirmations": null, "err": "AccountInUse", "confirmationStatus": "finalized" });
    let lie = json!({ "context": { "slot": 1_000_000 }, "value": [status] });
    stage.proxy.always("getSignatureStatuses", When::Before, Fault::Lie(lie));
    let payment = payer.owes(stage.on, stage.on.small())?;
    let sent = stage.ask(&payer, &payment).await?.expect(201)?;
    let tx = id(&sent)?;
    let contradicted = |tx: &Value| tx["pendingCode"] == "NODES_CONTRADICT";
    let seen = until_so(&stage, &payer, &tx, "noticed", contradicted).await?;
    ensure!(["BROADCASTING", "SUBMITTED"].contains(&seen["status"].as_str().context("a status")?), "{seen}");
    all_held(&stage, &payer).await?;
    stage.proxy.heal();
    until_so(&stage, &payer, &tx, "confirmed", |tx| tx["status"] == "CONFIRMED").await?;
    stage.paid_once(&payer).await
}
