//! Signed transactions that do not land: a higher fee, a cancellation, and the refusals of both.

use anyhow::{Context as _, Result, ensure};
use e2e::{Agent, Answer, Fault, OwnerKey, When, rpc, until};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::stage::{On, PATIENCE, Payer, Payment, Stage, id};

/// More blocks than the node needs above one to call it final.
const FINAL: u64 = 70;

/// A node that takes no transaction into a block by itself.
async fn stage() -> Result<Stage> {
    let stage = Stage::new(On::Ethereum).await?;
    rpc(&stage.localnet.evm.rpc, "evm_setAutomine", json!([false])).await?;
    Ok(stage)
}

/// The same, where a block is final only after many more.
async fn slow_stage() -> Result<Stage> {
    let depth = format!("WAIAAS_CONFIRMATION_EVM_FINALITY_DEPTH={}", FINAL - 5);
    let stage = Stage::with(On::Ethereum, |options| options.through = vec!["env".into(), depth]).await?;
    rpc(&stage.localnet.evm.rpc, "evm_setAutomine", json!([false])).await?;
    Ok(stage)
}

/// The transaction once its outcome is final.
async fn is_final(stage: &Stage, payer: &Payer, id: &str) -> Result<Value> {
    until(&format!("the final end of {id}"), PATIENCE, || async {
        let tx = payer.agent.transaction(&stage.daemon, id).await?;
        Ok((tx["isFinal"] == true).then_some(tx))
    })
    .await
}

async fn mine(stage: &Stage, blocks: u64) -> Result<()> {
    rpc(&stage.localnet.evm.rpc, "anvil_mine", json!([format!("{blocks:#x}")])).await.map(drop)
}

/// A payment that waits in the node's pool, and its id.
async fn stuck(stage: &Stage, payer: &mut Payer) -> Result<(Payment, String)> {
    let payment = payer.owes(stage.on, stage.on.small())?;
    let sent = stage.ask(payer, &payment).await?.expect(201)?;
    ensure!(sent["status"] == "SUBMITTED" && sent["replaces"].is_null(), "{sent}");
    Ok((payment, id(&sent)?))
}

async fn replace(stage: &Stage, agent: &Agent, id: &str, with: &str) -> Result<Answer> {
    let path = format!("/v1/transactions/{id}/replace");
    agent.api(&stage.daemon).post(&path, json!({ "with": with })).await
}

/// The transaction once it has this status.
async fn reaches(stage: &Stage, payer: &Payer, id: &str, status: &str) -> Result<Value> {
    until(&format!("{status} of {id}"), PATIENCE, || async {
        let tx = payer.agent.transaction(&stage.daemon, id).await?;
        Ok((tx["status"] == *status).then_some(tx))
    })
    .await
}

/// Mines until `winner` has landed and every loser is proved dead, and checks chain, ledger and log.
async fn one_lands(stage: &Stage, payer: &Payer, winner: &str, losers: &[&str]) -> Result<Value> {
    mine(stage, 1).await?;
    reaches(stage, payer, winner, "CONFIRMED").await?;
    for loser in losers {
        let tx = payer.agent.transaction(&stage.daemon, loser).await?;
        ensure!(tx["status"] == "SUBMITTED", "not proved dead yet: {tx}");
    }
    mine(stage, FINAL).await?;
    for loser in losers {
        let dead = stage.settled(payer, loser).await?;
        let told = (&dead["status"], &dead["errorCode"], &dead["fee"]);
        ensure!(told == (&json!("FAILED"), &json!("TRANSACTION_EXPIRED"), &Value::Null), "{dead}");
        let events = stage.events(loser).await?;
        ensure!(events.last().is_some_and(|event| event == "TX_FAILED"), "{events:?}");
        // An ended transaction is not replaced.
        let late = replace(stage, &payer.agent, loser, "HIGHER_FEE").await?.refused(409)?;
        ensure!(late == "TX_ALREADY_PROCESSED", "{late}");
    }
    let landed = is_final(stage, payer, winner).await?;
    ensure!(stage.localnet.evm.nonce(&payer.agent.address).await? == 1, "one transaction on chain");
    stage.ledger_matches(payer).await?;
    stage.intact().await?;
    Ok(landed)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_higher_fee_pays_once() -> Result<()> {
    let stage = slow_stage().await?;
    let mut payer = stage.payer().await?;
    let (payment, old) = stuck(&stage, &mut payer).await?;
    let held = stage.books().await?.reservations(&payer.agent.wallet).await?.len();

    let new = replace(&stage, &payer.agent, &old, "HIGHER_FEE").await?.expect(201)?;
    ensure!((&new["status"], &new["replaces"]) == (&json!("SUBMITTED"), &json!(old)), "{new}");
    let before = payer.agent.transaction(&stage.daemon, &old).await?;
    for same in ["type", "toAddress", "amount", "amountFormatted", "assetId", "tier", "network"] {
        ensure!(new[same] == before[same], "{same}: {new} is not {before}");
    }
    ensure!(new["txHash"] != before["txHash"] && new["digest"] != before["digest"], "{new}");
    let both = stage.books().await?.reservations(&payer.agent.wallet).await?;
    ensure!(both.len() == 2 * held && both.iter().all(|r| r.status == "HELD"), "both count: {both:?}");

    // The old one has its heir; the newest one is the one to bump.
    let second = replace(&stage, &payer.agent, &old, "CANCELLATION").await?;
    ensure!(second.body["details"]["transactionId"] == new["id"], "{second:?}");
    ensure!(second.refused(409)? == "TX_ALREADY_PROCESSED");
    let newer = replace(&stage, &payer.agent, &id(&new)?, "HIGHER_FEE").await?.expect(201)?;
    ensure!(newer["replaces"] == new["id"], "{newer}");

    let landed = one_lands(&stage, &payer, &id(&newer)?, &[&old, &id(&new)?]).await?;
    ensure!(stage.balance(&payment.to).await? == payment.amount, "paid once");
    let mut events = stage.events(&id(&landed)?).await?;
    events.retain(|event| event != "TX_SUBMITTED");
    let story = ["TX_REQUESTED", "TX_CLEARED", "TX_SIGNED", "TX_CONFIRMED", "TX_FINAL"];
    ensure!(events == story, "{events:?}");
    let path = format!("/v1/audit-logs?txId={}&limit=100", id(&landed)?);
    let log = stage.daemon.operator().get(&path).await?.expect(200)?;
    let rows = log["data"].as_array().context("rows")?;
    let asked = rows.iter().find(|row| row["eventType"] == "TX_REQUESTED").context("the request")?;
    ensure!(asked["details"]["replaces"] == new["id"], "{asked}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_pays_no_recipient() -> Result<()> {
    let stage = slow_stage().await?;
    let mut payer = stage.payer().await?;
    let (payment, old) = stuck(&stage, &mut payer).await?;
    let path = format!("/v1/transactions/{old}/replace");
    let api = payer.agent.api(&stage.daemon).header("idempotency-key", "one-key");
    let new = api.post(&path, json!({ "with": "CANCELLATION" })).await?.expect(201)?;
    let told = (&new["type"], &new["amount"], &new["replaces"], &new["status"]);
    ensure!(told == (&json!("CANCELLATION"), &json!("0"), &json!(old), &json!("SUBMITTED")), "{new}");
    ensure!(new["toAddress"] == payer.agent.address.as_str(), "{new}");
    let items = new["effects"]["items"].as_array().context("effects")?;
    let nothing = items.iter().all(|item| item["effect"] == "network_fee" || item["amount"] == "0x0");
    ensure!(nothing && items.len() == 2, "an empty transfer and its fee: {new}");

    let again = api.post(&path, json!({ "with": "CANCELLATION" })).await?.expect(201)?;
    ensure!(again["id"] == new["id"], "one key, one transaction: {again}");
    let other = api.post(&path, json!({ "with": "HIGHER_FEE" })).await?.refused(409)?;
    ensure!(other == "IDEMPOTENCY_CONFLICT", "{other}");

    let landed = one_lands(&stage, &payer, &id(&new)?, &[&old]).await?;
    ensure!(stage.balance(&payment.to).await? == 0, "the recipient is not paid");
    let fee: u128 = landed["fee"].as_str().context("a fee")?.parse()?;
    ensure!(stage.balance(&payer.agent.address).await? == stage.on.purse() - fee, "only the fee left");
    let again = api.post(&path, json!({ "with": "CANCELLATION" })).await?.expect(201)?;
    ensure!((&again["id"], &again["status"]) == (&new["id"], &json!("CONFIRMED")), "{again}");

    // The nonce is free for the next payment.
    rpc(&stage.localnet.evm.rpc, "evm_setAutomine", json!([true])).await?;
    let next = payer.owes(stage.on, stage.on.small())?;
    let sent = stage.ask(&payer, &next).await?.expect(201)?;
    ensure!(stage.settled(&payer, &id(&sent)?).await?["status"] == "CONFIRMED");
    mine(&stage, FINAL).await?;
    is_final(&stage, &payer, &id(&sent)?).await?;
    ensure!(stage.balance(&next.to).await? == next.amount);
    stage.ledger_matches(&payer).await
}

/// The node keeps the old one if it lands first; its replacement ends with it.
#[tokio::test(flavor = "multi_thread")]
async fn the_old_one_may_land_after_all() -> Result<()> {
    let stage = stage().await?;
    let mut payer = stage.payer().await?;
    let (payment, old) = stuck(&stage, &mut payer).await?;
    // The node never sees the new bytes.
    stage.proxy.always("eth_sendRawTransaction", When::Before, Fault::Unavailable);
    let new = replace(&stage, &payer.agent, &old, "CANCELLATION").await?.expect(201)?;
    ensure!(new["status"] == "BROADCASTING", "{new}");
    mine(&stage, 1).await?;
    reaches(&stage, &payer, &old, "CONFIRMED").await?;
    stage.proxy.heal();
    mine(&stage, FINAL).await?;
    let dead = stage.settled(&payer, &id(&new)?).await?;
    ensure!(
        (&dead["status"], &dead["errorCode"]) == (&json!("FAILED"), &json!("TRANSACTION_EXPIRED")),
        "{dead}"
    );
    ensure!(stage.balance(&payment.to).await? == payment.amount);
    stage.ledger_matches(&payer).await?;
    stage.intact().await
}

/// A replacement of an amount that needs the owner asks the owner again, and says that it is one; if the old
/// transaction lands meanwhile, nothing is signed.
#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_takes_the_tier_of_what_it_does() -> Result<()> {
    let stage = stage().await?;
    let mut payer = stage.payer().await?;
    let owner = OwnerKey::evm(5)?;
    payer.agent.lock_owner(&stage.daemon, &owner).await?;
    let payment = payer.owes(stage.on, stage.on.large())?;
    let old = id(&stage.ask(&payer, &payment).await?.expect(201)?)?;
    approve(&stage, &owner, &old).await?;
    reaches(&stage, &payer, &old, "SUBMITTED").await?;

    let new = replace(&stage, &payer.agent, &old, "HIGHER_FEE").await?.expect(201)?;
    ensure!((&new["status"], &new["tier"]) == (&json!("PENDING_APPROVAL"), &json!("APPROVAL")), "{new}");
    let waiting = replace(&stage, &payer.agent, &id(&new)?, "HIGHER_FEE").await?.refused(409)?;
    ensure!(waiting == "TX_ALREADY_PROCESSED", "{waiting}");
    mine(&stage, 1).await?;
    reaches(&stage, &payer, &old, "CONFIRMED").await?;
    let text = approve(&stage, &owner, &id(&new)?).await?;
    ensure!(text.contains(&format!("replaces the transaction {old}")), "{text}");
    let failed = stage.settled(&payer, &id(&new)?).await?;
    let told = (&failed["status"], &failed["errorCode"], &failed["txHash"]);
    ensure!(told == (&json!("FAILED"), &json!("TX_ALREADY_PROCESSED"), &Value::Null), "{failed}");
    ensure!(stage.balance(&payment.to).await? == payment.amount);
    stage.ledger_matches(&payer).await?;
    stage.intact().await
}

/// Signs the owner's yes, and gives the text that was signed.
async fn approve(stage: &Stage, owner: &OwnerKey, id: &str) -> Result<String> {
    let path = format!("/v1/transactions/{id}");
    let asked = stage.daemon.anonymous().get(&format!("{path}/approval")).await?.expect(200)?;
    let yes = owner.answering(&stage.daemon.anonymous(), &asked["approve"])?;
    yes.post_empty(&format!("{path}/approve")).await?.expect(200)?;
    Ok(asked["approve"]["message"].as_str().context("a text")?.to_owned())
}

/// A base fee of a thousand gwei, with which a transfer costs some hundred dollars.
fn absurd(head: &mut Value) {
    head["baseFeePerGas"] = json!("0xe8d4a51000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_replacement_leaves_the_old_one_alone() -> Result<()> {
    let stage = stage().await?;
    let mut payer = stage.payer().await?;
    let (payment, old) = stuck(&stage, &mut payer).await?;
    let before = stage.books().await?.reservations(&payer.agent.wallet).await?;

    stage.proxy.always("eth_getBlockByNumber", When::After, Fault::Edit(absurd));
    for with in ["HIGHER_FEE", "CANCELLATION"] {
        let refused = replace(&stage, &payer.agent, &old, with).await?.refused(422)?;
        ensure!(refused == "FEE_ABOVE_CAP", "{with}: {refused}");
    }
    stage.proxy.heal();
    let rules = json!({ "max_requests": 1, "window_seconds": 3600 });
    stage.daemon.operator().policy(&payer.agent.wallet, "RATE_LIMIT", rules).await?;
    for with in ["HIGHER_FEE", "CANCELLATION"] {
        let denied = replace(&stage, &payer.agent, &old, with).await?;
        ensure!(denied.status == 429, "{denied:?}");
        let row = denied.body["details"]["transactionId"].as_str().context("the denied row")?;
        let row = payer.agent.transaction(&stage.daemon, row).await?;
        ensure!((&row["status"], &row["replaces"]) == (&json!("DENIED"), &json!(old)), "{row}");
    }
    let after = stage.books().await?.reservations(&payer.agent.wallet).await?;
    ensure!(after == before, "{before:?} became {after:?}");
    mine(&stage, 1).await?;
    reaches(&stage, &payer, &old, "CONFIRMED").await?;
    ensure!(stage.balance(&payment.to).await? == payment.amount);
    stage.ledger_matches(&payer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_replaced_is_refused() -> Result<()> {
    let stage = stage().await?;
    let mut payer = stage.payer().await?;
    let (_, old) = stuck(&stage, &mut payer).await?;
    let stranger = stage.payer().await?;
    let foreign = replace(&stage, &stranger.agent, &old, "CANCELLATION").await?.refused(404)?;
    ensure!(foreign == "TX_NOT_FOUND", "{foreign}");
    let nothing = "018f3a4e-0000-7000-8000-000000000001";
    let unknown = replace(&stage, &payer.agent, nothing, "CANCELLATION").await?.refused(404)?;
    ensure!(unknown == "TX_NOT_FOUND", "{unknown}");

    let path = format!("/v1/transactions/{old}/replace");
    let api = payer.agent.api(&stage.daemon);
    for body in [
        json!({}),
        json!({ "with": "cancellation" }),
        json!({ "with": "NOTHING" }),
        json!({ "with": null }),
        json!({ "with": "HIGHER_FEE", "maxFee": "1" }),
        json!(["HIGHER_FEE"]),
    ] {
        let refused = api.post(&path, body.clone()).await?.refused(400)?;
        ensure!(refused == "ACTION_VALIDATION_FAILED", "{body}: {refused}");
    }

    // Delayed, so nothing is signed yet.
    let delayed = payer.owes(stage.on, ("0.1", 0))?;
    let queued = stage.ask(&payer, &delayed).await?.expect(201)?;
    ensure!(queued["status"] == "QUEUED", "{queued}");
    let refused = replace(&stage, &payer.agent, &id(&queued)?, "CANCELLATION").await?;
    ensure!(refused.body["hint"].as_str().is_some_and(|hint| hint.contains("Cancel")), "{refused:?}");
    ensure!(refused.refused(409)? == "TX_ALREADY_PROCESSED");

    stage.daemon.operator().post_empty("/v1/admin/kill-switch").await?.expect(200)?;
    ensure!(
        api.post(&path, json!({ "with": "HIGHER_FEE" })).await?.status >= 400,
        "the kill switch is activated"
    );
    mine(&stage, 1).await?;
    ensure!(stage.localnet.evm.nonce(&payer.agent.address).await? == 1, "what was sent stays sent");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn on_solana_nothing_is_replaced() -> Result<()> {
    let stage = Stage::new(On::Solana).await?;
    let mut payer = stage.payer().await?;
    let unknown = json!({ "context": { "slot": 1 }, "value": [null] });
    stage.proxy.always(stage.on.outcome(), When::Before, Fault::Lie(unknown));
    let (_, old) = stuck(&stage, &mut payer).await?;
    for with in ["HIGHER_FEE", "CANCELLATION"] {
        let refused = replace(&stage, &payer.agent, &old, with).await?;
        let message = refused.body["message"].as_str().unwrap_or_default();
        ensure!(message.contains("within about two minutes"), "{refused:?}");
        ensure!(refused.refused(400)? == "INVALID_TRANSACTION");
    }
    stage.proxy.heal();
    reaches(&stage, &payer, &old, "CONFIRMED").await?;
    stage.paid_once(&payer).await
}

/// Where the daemon dies, and with which call of it.
const BOUNDARIES: [(&str, usize, When); 4] = [
    // The first asks for the market's prices while building; the second when completing, after admission.
    ("eth_maxPriorityFeePerGas", 1, When::Before),
    ("eth_maxPriorityFeePerGas", 2, When::Before),
    ("eth_sendRawTransaction", 1, When::Before),
    ("eth_sendRawTransaction", 1, When::After),
];

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_replacing_one_of_the_two_lands() -> Result<()> {
    let mut stage = slow_stage().await?;
    for (method, nth, when) in BOUNDARIES {
        let mut payer = stage.payer().await?;
        let (payment, old) = stuck(&stage, &mut payer).await?;
        let path = format!("/v1/transactions/{old}/replace");
        let body = json!({ "with": "HIGHER_FEE" });
        let api = payer.agent.api(&stage.daemon).header("idempotency-key", &payment.key.replace('-', "."));
        let dead = stage.proxy.nth(method, nth, when, Fault::Kill(stage.daemon.pid()?));
        let (asked, died) = tokio::join!(api.post(&path, body.clone()), timeout(PATIENCE, dead));
        died.with_context(|| format!("{method} {nth} was never called"))??;
        ensure!(asked.is_err(), "{method} {nth} {when:?}: the client saw {asked:?}");
        stage.daemon.restart()?;
        stage.proxy.heal();
        let api = payer.agent.api(&stage.daemon).header("idempotency-key", &payment.key.replace('-', "."));
        let new = api.post(&path, body).await?.expect(201)?;
        ensure!(new["replaces"] == old.as_str(), "{new}");
        reaches(&stage, &payer, &id(&new)?, "SUBMITTED").await?;
        let page = payer.agent.api(&stage.daemon).get("/v1/transactions").await?.expect(200)?;
        ensure!(page["items"].as_array().is_some_and(|rows| rows.len() == 2), "one replacement: {page}");
        let lands = one_lands(&stage, &payer, &id(&new)?, &[&old]).await;
        lands.with_context(|| format!("killed {when:?} {method} {nth}"))?;
        ensure!(stage.balance(&payment.to).await? == payment.amount, "paid once");
    }
    Ok(())
}
