//! Confirmed is not final: a transaction that a reorganisation removes or reverts is followed, and its
//! amounts stay held until its block is final.

use anyhow::{Context as _, Result, ensure};
use e2e::{rpc, until};
use serde_json::{Value, json};

use crate::stage::{On, PATIENCE, Payer, Stage, id};

/// Blocks after which a block is final.
const DEPTH: u64 = 6;

async fn deep() -> Result<Stage> {
    Stage::with(On::Ethereum, |options| {
        options.through = vec!["env".into(), format!("WAIAAS_CONFIRMATION_EVM_FINALITY_DEPTH={DEPTH}")];
    })
    .await
}

async fn node(stage: &Stage, method: &str, params: Value) -> Result<Value> {
    rpc(&stage.localnet.evm.rpc, method, params).await
}

async fn becomes(stage: &Stage, payer: &Payer, tx: &str, what: &str, is_final: bool) -> Result<Value> {
    until(&format!("{what}, final: {is_final}"), PATIENCE, || async {
        let seen = payer.agent.transaction(&stage.daemon, tx).await?;
        Ok((seen["status"] == *what && seen["isFinal"] == is_final).then_some(seen))
    })
    .await
}

async fn held(stage: &Stage, payer: &Payer) -> Result<()> {
    let rows = stage.books().await?.reservations(&payer.agent.wallet).await?;
    ensure!(rows.len() == 2 && rows.iter().all(|row| row.status == "HELD"), "{rows:?}");
    Ok(())
}

async fn events(stage: &Stage, tx: &str, expected: &[&str]) -> Result<()> {
    let events: Vec<_> =
        stage.events(tx).await?.into_iter().filter(|event| event != "TX_SUBMITTED").collect();
    ensure!(events == expected, "{events:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_falls_out_of_the_chain_is_sent_again_and_settled_once_it_is_final() -> Result<()> {
    let stage = deep().await?;
    let mut payer = stage.payer().await?;
    let payment = payer.owes(stage.on, stage.on.small())?;
    let tx = id(&stage.ask(&payer, &payment).await?.expect(201)?)?;
    becomes(&stage, &payer, &tx, "CONFIRMED", false).await?;
    held(&stage, &payer).await?;
    node(&stage, "evm_setAutomine", json!([false])).await?;
    node(&stage, "anvil_reorg", json!([1, []])).await?;
    ensure!(stage.balance(&payment.to).await? == 0, "the payment is gone from the chain");
    let back = becomes(&stage, &payer, &tx, "SUBMITTED", false).await?;
    ensure!((&back["fee"], &back["executedAt"]) == (&Value::Null, &Value::Null), "{back}");
    held(&stage, &payer).await?;
    node(&stage, "evm_setAutomine", json!([true])).await?;
    // Whether the node kept it or the daemon sends it again, a block takes it.
    until("it lands again", PATIENCE, || async {
        node(&stage, "anvil_mine", json!(["0x1"])).await?;
        Ok((stage.balance(&payment.to).await? == payment.amount).then_some(()))
    })
    .await?;
    node(&stage, "anvil_mine", json!([format!("{DEPTH:#x}")])).await?;
    becomes(&stage, &payer, &tx, "CONFIRMED", true).await?;
    stage.ledger_matches(&payer).await?;
    let story = stage.events(&tx).await?;
    ensure!(story.contains(&"TX_REORGANISED".to_owned()), "{story:?}");
    stage.intact().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_that_is_reorganised_into_a_failure_gives_free_what_did_not_move() -> Result<()> {
    let stage = deep().await?;
    let payer = stage.payer().await?;
    let evm = &stage.localnet.evm;
    let rules = json!({ "tokens": [{ "address": evm.erc20 }] });
    let body = json!({
        "walletId": payer.agent.wallet, "network": "evm-localnet", "type": "ALLOWED_TOKENS", "rules": rules,
    });
    stage.daemon.operator().post("/v1/policies", body).await?.expect(201)?;
    evm.fund_erc20(&payer.agent.address, 5 * 10u128.pow(evm.erc20_decimals.into())).await?;
    let body = json!({
        "type": "TOKEN_TRANSFER", "to": evm.account(5).await?, "humanAmount": "2", "token": { "address": evm.erc20 },
    });
    let sent = payer.agent.api(&stage.daemon).post("/v1/transactions/send", body).await?.expect(201)?;
    let tx = id(&sent)?;
    becomes(&stage, &payer, &tx, "CONFIRMED", false).await?;
    node(&stage, "evm_setAutomine", json!([false])).await?;
    node(&stage, "anvil_reorg", json!([1, []])).await?;
    // Another account took the tokens first: OpenZeppelin keeps balances at slot 0.
    let slot = balance_slot(&payer.agent.address)?;
    node(&stage, "anvil_setStorageAt", json!([evm.erc20, slot, format!("0x{:064x}", 1)])).await?;
    becomes(&stage, &payer, &tx, "SUBMITTED", false).await?;
    node(&stage, "evm_setAutomine", json!([true])).await?;
    let open = until("it fails", PATIENCE, || async {
        node(&stage, "anvil_mine", json!(["0x1"])).await?;
        let seen = payer.agent.transaction(&stage.daemon, &tx).await?;
        Ok((seen["pendingCode"] == "REVERT_UNPROVED" || seen["status"] == "FAILED").then_some(seen))
    })
    .await?;
    node(&stage, "anvil_mine", json!([format!("{DEPTH:#x}")])).await?;
    let ended = becomes(&stage, &payer, &tx, "FAILED", true).await?;
    ensure!(ended["errorCode"] == "TRANSACTION_REVERTED", "{ended} after {open}");
    let rows = stage.books().await?.reservations(&payer.agent.wallet).await?;
    let token = rows.iter().find(|row| row.asset.contains("erc20")).context("the token")?;
    ensure!(token.status == "RELEASED", "{rows:?}");
    ensure!(rows.iter().any(|row| row.status == "SETTLED" && row.amount > 0), "the fee is paid: {rows:?}");
    events(
        &stage,
        &tx,
        &["TX_REQUESTED", "TX_CLEARED", "TX_SIGNED", "TX_CONFIRMED", "TX_REORGANISED", "TX_FAILED"],
    )
    .await?;
    stage.intact().await
}

/// The storage slot of a balance in a mapping at slot 0.
fn balance_slot(account: &str) -> Result<String> {
    let word = format!("{:0>64}{:064x}", account.trim_start_matches("0x"), 0);
    Ok(alloy_primitives::keccak256(hex::decode(word)?).to_string())
}
