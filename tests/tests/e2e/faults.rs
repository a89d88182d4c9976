//! Nodes that fail or lie: a clean answer, nothing half done, and the end is reached once they work again.

use anyhow::{Context as _, Result, ensure};
use e2e::{Fault, When, until};
use serde_json::{Value, json};

use crate::stage::{On, PATIENCE, Payer, Stage, id};

/// All ways in which a node can give no usable answer.
fn no_answer() -> [Fault; 4] {
    [Fault::Unavailable, Fault::Garbage, Fault::Broken, Fault::Silent]
}

/// A node that stays silent is given up after a second.
async fn impatient(on: On) -> Result<Stage> {
    let mut stage = Stage::new(on).await?;
    stage.daemon.reconfigure(|text| text.replace("[rpc]\n", "[rpc]\ntimeout_seconds = 1\n"))?;
    Ok(stage)
}

/// Pays after everything works again, and checks the books.
pub(crate) async fn pays(stage: &Stage, payer: &mut Payer) -> Result<()> {
    stage.proxy.heal();
    let payment = payer.owes(stage.on, stage.on.small())?;
    let sent = stage.ask(payer, &payment).await?.expect(201)?;
    let ended = stage.settled(payer, &id(&sent)?).await?;
    ensure!(ended["status"] == "CONFIRMED", "{ended}");
    stage.paid_once(payer).await
}

/// Before admission every failure is a 502 that leaves nothing.
async fn dead_before_admission(on: On) -> Result<()> {
    let stage = impatient(on).await?;
    let mut payer = stage.payer().await?;
    for fault in no_answer() {
        for at in ["*", on.trial()] {
            stage.proxy.always(at, When::Before, fault.clone());
            let payment = payer.owes(on, on.small())?;
            payer.forgets();
            let refused = stage.ask(&payer, &payment).await?.refused(502);
            ensure!(refused.with_context(|| format!("{fault:?} at {at}"))? == "CHAIN_ERROR");
            stage.proxy.heal();
        }
    }
    stage.untouched(&payer).await?;
    pays(&stage, &mut payer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_ethereum_node_admits_nothing() -> Result<()> {
    dead_before_admission(On::Ethereum).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_solana_node_admits_nothing() -> Result<()> {
    dead_before_admission(On::Solana).await
}

/// After admission a node that fails before anything is signed only delays.
async fn dead_before_signing(on: On) -> Result<()> {
    let stage = impatient(on).await?;
    for fault in no_answer() {
        let mut payer = stage.payer().await?;
        stage.proxy.always(on.completion(), When::Before, fault);
        let payment = payer.owes(on, on.small())?;
        let sent = stage.ask(&payer, &payment).await?.expect(201)?;
        ensure!((&sent["status"], &sent["txHash"]) == (&json!("EXECUTING"), &Value::Null), "{sent}");
        stage.proxy.heal();
        let ended = stage.settled(&payer, &id(&sent)?).await?;
        ensure!(ended["status"] == "CONFIRMED", "{ended}");
        stage.paid_once(&payer).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_dead_before_signing_delays_on_ethereum() -> Result<()> {
    dead_before_signing(On::Ethereum).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_dead_before_signing_delays_on_solana() -> Result<()> {
    dead_before_signing(On::Solana).await
}

/// Signed bytes that no node took stay BROADCASTING and are sent again, always the same ones.
async fn broadcast_fails(stage: &Stage, when: When, fault: Fault) -> Result<()> {
    let on = stage.on;
    stage.proxy.forget();
    let mut payer = stage.payer().await?;
    // While the fault lasts, a node that has the bytes does not report them either.
    let unknown = match on {
        On::Ethereum => Value::Null,
        On::Solana => json!({ "context": { "slot": 1 }, "value": [null] }),
    };
    stage.proxy.always(on.broadcast(), when, fault);
    stage.proxy.always(on.outcome(), When::Before, Fault::Lie(unknown));
    let payment = payer.owes(on, on.small())?;
    let sent = stage.ask(&payer, &payment).await?.expect(201)?;
    let tx = id(&sent)?;
    ensure!(sent["status"] == "BROADCASTING", "{sent}");
    until("a rebroadcast", PATIENCE, || async { Ok((stage.proxy.count(on.broadcast()) >= 2).then_some(())) })
        .await?;
    let still = payer.agent.transaction(&stage.daemon, &tx).await?;
    ensure!((&still["status"], &still["txHash"]) == (&json!("BROADCASTING"), &sent["txHash"]), "{still}");
    stage.proxy.heal();
    let ended = stage.settled(&payer, &tx).await?;
    ensure!((&ended["status"], &ended["txHash"]) == (&json!("CONFIRMED"), &sent["txHash"]), "{ended}");
    let sent: Vec<_> = stage.proxy.params(on.broadcast()).into_iter().map(|p| p[0].clone()).collect();
    ensure!(sent.iter().all(|bytes| bytes.is_string() && *bytes == sent[0]), "other bytes: {sent:?}");
    stage.paid_once(&payer).await
}

async fn broadcast_fails_in_every_way(on: On) -> Result<()> {
    let stage = impatient(on).await?;
    for fault in no_answer() {
        broadcast_fails(&stage, When::Before, fault.clone()).await.with_context(|| format!("{fault:?}"))?;
    }
    let refusal = Fault::Refusal(-32000, "no, thank you".into());
    broadcast_fails(&stage, When::Before, refusal).await.context("refused")?;
    broadcast_fails(&stage, When::After, Fault::Unavailable).await.context("accepted, answer lost")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_broadcast_is_repeated_with_the_same_bytes_on_ethereum() -> Result<()> {
    broadcast_fails_in_every_way(On::Ethereum).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_broadcast_is_repeated_with_the_same_bytes_on_solana() -> Result<()> {
    broadcast_fails_in_every_way(On::Solana).await
}

/// A node that says nothing, or is behind, about what it accepted never makes it FAILED.
async fn outcome_unknown(on: On) -> Result<()> {
    let stage = impatient(on).await?;
    let behind = match on {
        On::Ethereum => Fault::Lie(Value::Null),
        On::Solana => Fault::Lie(json!({ "context": { "slot": 1 }, "value": [null] })),
    };
    for fault in no_answer().into_iter().chain([behind]) {
        let mut payer = stage.payer().await?;
        if matches!(fault, Fault::Lie(_)) && on == On::Ethereum {
            stage.proxy.always("eth_getTransactionByHash", When::Before, Fault::Lie(Value::Null));
        }
        stage.proxy.always(on.outcome(), When::Before, fault.clone());
        stage.proxy.forget();
        let payment = payer.owes(on, on.small())?;
        let sent = stage.ask(&payer, &payment).await?.expect(201)?;
        ensure!(sent["status"] == "SUBMITTED", "{fault:?}: {sent}");
        until("looks at the outcome", PATIENCE, || async {
            Ok((stage.proxy.count(on.outcome()) >= 3).then_some(()))
        })
        .await?;
        if matches!(fault, Fault::Lie(_)) && on == On::Ethereum {
            // Behind altogether: for this node the transaction's block is not there yet.
            stage.proxy.always("eth_getTransactionCount", When::Before, Fault::Lie(json!("0x0")));
        }
        let still = payer.agent.transaction(&stage.daemon, &id(&sent)?).await?;
        ensure!(still["status"] == "SUBMITTED", "{fault:?}: {still}");
        stage.proxy.heal();
        let ended = stage.settled(&payer, &id(&sent)?).await?;
        ensure!(ended["status"] == "CONFIRMED", "{fault:?}: {ended}");
        stage.paid_once(&payer).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_no_failure_on_ethereum() -> Result<()> {
    outcome_unknown(On::Ethereum).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_no_failure_on_solana() -> Result<()> {
    outcome_unknown(On::Solana).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_another_chain_is_refused() -> Result<()> {
    let stage = Stage::new(On::Ethereum).await?;
    let mut payer = stage.payer().await?;
    stage.proxy.always("eth_chainId", When::After, Fault::Lie(json!("0x1")));
    let payment = payer.owes(stage.on, stage.on.small())?;
    payer.forgets();
    ensure!(stage.ask(&payer, &payment).await?.refused(502)? == "CHAIN_ERROR");
    ensure!(stage.proxy.count("eth_getBalance") == 0, "it was asked about money");
    stage.untouched(&payer).await?;

    // It is asked again each time, and trusted only once its answer is right.
    let already = stage.proxy.count("eth_chainId");
    let payment = payer.owes(stage.on, stage.on.small())?;
    let refused = stage.ask(&payer, &payment).await?;
    ensure!(refused.clone().refused(502)? == "CHAIN_ERROR", "still the wrong chain: {refused:?}");
    ensure!(stage.proxy.count("eth_chainId") > already);
    payer.forgets();
    stage.untouched(&payer).await?;
    pays(&stage, &mut payer).await
}

/// A base fee of a thousand gwei, with which a transfer costs some hundred dollars.
fn absurd(head: &mut Value) {
    head["baseFeePerGas"] = json!("0xe8d4a51000");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absurd_fee_is_not_signed() -> Result<()> {
    let stage = Stage::new(On::Ethereum).await?;
    let mut payer = stage.payer().await?;
    stage.proxy.always("eth_getBlockByNumber", When::After, Fault::Edit(absurd));
    let payment = payer.owes(stage.on, stage.on.small())?;
    payer.forgets();
    ensure!(stage.ask(&payer, &payment).await?.refused(422)? == "FEE_ABOVE_CAP");
    stage.untouched(&payer).await?;

    // Completing asks for the nonce, and then for the price to sign; the earlier answers were judged.
    stage.proxy.heal();
    stage.proxy.forget();
    pays(&stage, &mut payer).await?;
    let judged = stage.proxy.count_before("eth_getBlockByNumber", "eth_getTransactionCount");
    let lied = stage.proxy.nth("eth_getBlockByNumber", judged + 1, When::After, Fault::Edit(absurd));
    stage.proxy.forget();
    let sent = stage.ask(&payer, &payment).await?.expect(201)?;
    lied.await?;
    ensure!((&sent["status"], &sent["errorCode"]) == (&json!("FAILED"), &json!("FEE_ABOVE_CAP")), "{sent}");
    ensure!(sent["txHash"].is_null() && stage.proxy.count("eth_sendRawTransaction") == 0, "{sent}");
    stage.ledger_matches(&payer).await?;
    let events = stage.events(&id(&sent)?).await?;
    ensure!(events == ["TX_REQUESTED", "TX_CLEARED", "TX_FAILED"], "{events:?}");
    stage.intact().await
}

/// Prices for any fee account that no transaction should follow.
fn greedy(fees: &mut Value) {
    *fees =
        json!([{ "slot": 1, "prioritizationFee": u64::MAX }, { "slot": 2, "prioritizationFee": u64::MAX }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absurd_priority_fee_is_not_followed() -> Result<()> {
    let stage = Stage::new(On::Solana).await?;
    let mut payer = stage.payer().await?;
    stage.proxy.always("getRecentPrioritizationFees", When::After, Fault::Edit(greedy));
    let payment = payer.owes(stage.on, stage.on.small())?;
    let sent = stage.ask(&payer, &payment).await?.expect(201)?;
    ensure!(stage.settled(&payer, &id(&sent)?).await?["status"] == "CONFIRMED");
    stage.paid_once(&payer).await?;
    let held = stage.books().await?.reservations(&payer.agent.wallet).await?;
    let fee = held.iter().map(|r| r.amount).min().context("a fee")?;
    ensure!(fee <= 5_000_000, "{fee} lamports, above the configured cap");
    Ok(())
}
