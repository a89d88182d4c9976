//! Chains that start anew, and transactions that the operator closes because they can no longer land.

use anyhow::{Context as _, Result, ensure};
use e2e::{Agent, OwnerKey, rpc, until};
use serde_json::{Value, json};

use crate::stage::{On, PATIENCE, Payer, Stage, id};

async fn node(stage: &Stage, method: &str, params: Value) -> Result<Value> {
    rpc(&stage.localnet.evm.rpc, method, params).await
}

/// A payment that the node has and no block holds.
async fn waiting(stage: &Stage, payer: &mut Payer) -> Result<String> {
    node(stage, "evm_setAutomine", json!([false])).await?;
    let payment = payer.owes(stage.on, stage.on.small())?;
    let sent = stage.ask(payer, &payment).await?.expect(201)?;
    payer.forgets();
    ensure!(sent["status"] == "SUBMITTED", "{sent}");
    id(&sent)
}

async fn pays(stage: &Stage, payer: &mut Payer) -> Result<()> {
    let payment = payer.owes(stage.on, stage.on.small())?;
    let sent = stage.ask(payer, &payment).await?.expect(201)?;
    payer.forgets();
    let ended = stage.settled(payer, &id(&sent)?).await?;
    ensure!(ended["status"] == "CONFIRMED", "{ended}");
    ensure!(stage.balance(&payment.to).await? == payment.amount, "{payment:?} did not arrive");
    Ok(())
}

async fn ends_with(stage: &Stage, payer: &Payer, tx: &str, code: &str) -> Result<Value> {
    let ended = stage.settled(payer, tx).await?;
    ensure!((&ended["status"], &ended["errorCode"]) == (&json!("FAILED"), &json!(code)), "{ended}");
    ensure!(ended["isFinal"] == true, "{ended}");
    Ok(ended)
}

/// The amounts that the wallet's transactions hold and have spent.
async fn reserved(stage: &Stage, wallet: &str, status: &str) -> Result<usize> {
    let rows = stage.books().await?.reservations(wallet).await?;
    Ok(rows.iter().filter(|row| row.status == status).count())
}

async fn named(stage: &Stage) -> Result<Value> {
    let page = stage.daemon.operator().get("/v1/audit-logs?eventType=CHAIN_RESET").await?.expect(200)?;
    let rows = page["data"].as_array().context("rows")?;
    ensure!(rows.len() == 1, "named once: {page}");
    Ok(rows[0]["details"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_signed_for_a_chain_that_is_gone_ends_and_the_new_one_starts_at_its_first_nonce()
-> Result<()> {
    let stage = Stage::new(On::Ethereum).await?;
    let mut payer = stage.payer().await?;
    pays(&stage, &mut payer).await?;
    let tx = waiting(&stage, &mut payer).await?;
    ensure!(reserved(&stage, &payer.agent.wallet, "HELD").await? == 2);
    stage.proxy.forget();
    node(&stage, "anvil_reset", json!([])).await?;
    ends_with(&stage, &payer, &tx, "CHAIN_RESET").await?;
    ensure!(reserved(&stage, &payer.agent.wallet, "HELD").await? == 0);
    ensure!(reserved(&stage, &payer.agent.wallet, "RELEASED").await? == 2);
    ensure!(stage.proxy.count("eth_sendRawTransaction") == 0, "old bytes were sent to the new chain");
    let told = named(&stage).await?;
    ensure!(told["ended"] == 1 && told["was"]["genesis"] != told["is"]["genesis"], "{told}");

    node(&stage, "evm_setAutomine", json!([true])).await?;
    stage.fund(&payer.agent.address).await?;
    for _ in 0..2 {
        pays(&stage, &mut payer).await?;
    }
    ensure!(stage.localnet.evm.nonce(&payer.agent.address).await? == 2, "from the first nonce on");
    stage.intact().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_is_set_back_is_noticed_by_its_height() -> Result<()> {
    let mut stage = Stage::new(On::Ethereum).await?;
    let mut payer = stage.payer().await?;
    let snapshot = node(&stage, "evm_snapshot", json!([])).await?;
    pays(&stage, &mut payer).await?;
    node(&stage, "anvil_mine", json!(["0x5"])).await?;
    let tx = waiting(&stage, &mut payer).await?;
    let height = node(&stage, "eth_blockNumber", json!([])).await?;
    let height = u64::from_str_radix(height.as_str().context("a height")?.trim_start_matches("0x"), 16)?;
    until("the height is remembered", PATIENCE, || async {
        Ok((stage.books().await?.height("evm-localnet").await? == Some(height)).then_some(()))
    })
    .await?;
    // It is noticed as well while the daemon is down.
    stage.daemon.stop()?;
    node(&stage, "evm_revert", json!([snapshot])).await?;
    stage.daemon.restart()?;
    ends_with(&stage, &payer, &tx, "CHAIN_RESET").await?;
    let told = named(&stage).await?;
    ensure!(told["was"]["genesis"] == told["is"]["genesis"], "{told}");
    node(&stage, "evm_setAutomine", json!([true])).await?;
    pays(&stage, &mut payer).await?;
    stage.intact().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_closes_what_can_no_longer_happen() -> Result<()> {
    let stage = Stage::new(On::Ethereum).await?;
    let mut payer = stage.payer().await?;
    let tx = waiting(&stage, &mut payer).await?;
    let operator = stage.daemon.operator();
    let path = format!("/v1/admin/transactions/{tx}/close");
    let asked = operator.post(&path, json!({})).await?.expect(200)?;
    ensure!((&asked["closed"], &asked["givesFree"]) == (&json!(false), &json!(true)), "{asked}");
    ensure!(asked["held"].as_array().context("what it holds")?.len() == 2, "{asked}");
    ensure!(asked["transaction"]["status"] == "SUBMITTED", "asking does nothing: {asked}");
    let shown = stage.daemon.cli(&["tx", "close", &tx])?;
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    ensure!(shown.contains("released") && shown.contains("Nothing was done"), "{shown}");
    let closed = stage.daemon.cli_json(&["tx", "close", &tx, "--yes"])?;
    ensure!(closed["closed"] == true, "{closed}");
    ends_with(&stage, &payer, &tx, "TRANSACTION_CLOSED").await?;
    ensure!(reserved(&stage, &payer.agent.wallet, "RELEASED").await? == 2);
    ensure!(stage.events(&tx).await?.last().map(String::as_str) == Some("TX_CLOSED"));
    ensure!(operator.post(&path, json!({ "confirm": true })).await?.refused(409)? == "TX_ALREADY_PROCESSED");
    // Its nonce is used again.
    node(&stage, "anvil_dropAllTransactions", json!([])).await?;
    node(&stage, "evm_setAutomine", json!([true])).await?;
    pays(&stage, &mut payer).await?;
    stage.intact().await
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_public_network_what_is_closed_counts_as_spent() -> Result<()> {
    let stage = Stage::with(On::Ethereum, |options| {
        options.extra.push_str(&format!(
            "\n[[networks.custom]]\nid = \"our-testnet\"\nchain_id = 31338\nenvironment = \"testnet\"\n\
             native_symbol = \"OWN\"\nrpc = [\"{}\"]\n\n[fees.transfer_max]\n\"our-testnet\" = \"0.1 OWN\"\n",
            options.evm
        ));
    })
    .await?;
    node(&stage, "anvil_setChainId", json!([31338])).await?;
    let operator = stage.daemon.operator();
    let body = json!({ "name": "public", "chain": "ethereum", "environment": "testnet" });
    let wallet = operator.post("/v1/wallets", body).await?.expect(201)?;
    let session = operator.post("/v1/sessions", json!({ "walletId": wallet["id"] })).await?.expect(201)?;
    let agent = Agent {
        wallet: id(&wallet)?,
        address: wallet["address"].as_str().context("an address")?.to_owned(),
        session: id(&session)?,
        token: session["token"].as_str().context("a token")?.to_owned(),
    };
    stage.fund(&agent.address).await?;
    let coin = json!({ "instant_max": "1000", "notify_max": "1000", "delay_max": "1000" });
    operator.policy(&agent.wallet, "SPENDING_LIMIT", coin).await?;
    node(&stage, "evm_setAutomine", json!([false])).await?;
    let to = OwnerKey::evm(77)?.address();
    let body = json!({ "type": "TRANSFER", "to": to, "amount": "1000", "network": "our-testnet" });
    let sent = agent.api(&stage.daemon).post("/v1/transactions/send", body).await?.expect(201)?;
    ensure!(sent["status"] == "SUBMITTED", "{sent}");
    let path = format!("/v1/admin/transactions/{}/close", id(&sent)?);
    let closed = operator.post(&path, json!({ "confirm": true })).await?.expect(200)?;
    ensure!((&closed["closed"], &closed["givesFree"]) == (&json!(true), &json!(false)), "{closed}");
    ensure!(closed["consequences"].as_str().context("sentences")?.contains("counts as spent"), "{closed}");
    ensure!(closed["transaction"]["errorCode"] == "TRANSACTION_CLOSED", "{closed}");
    ensure!(reserved(&stage, &agent.wallet, "SETTLED").await? == 2);
    ensure!(reserved(&stage, &agent.wallet, "HELD").await? == 0);
    stage.intact().await
}
