//! Nodes, price services and disks that fail or lie: a clean answer, nothing half done, and the end is
//! reached once they work again.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, ensure};
use e2e::{Fault, OwnerKey, When, until};
use rustix::process::{Resource, Rlimit, prlimit};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

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
async fn pays(stage: &Stage, payer: &mut Payer) -> Result<()> {
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
async fn broadcast_fails(on: On, when: When, fault: Fault) -> Result<()> {
    let stage = impatient(on).await?;
    let mut payer = stage.payer().await?;
    // What a node that has them does not say either, as long as the fault lasts.
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
    until("the second rebroadcast", PATIENCE, || async {
        Ok((stage.proxy.count(on.broadcast()) >= 3).then_some(()))
    })
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
    for fault in no_answer() {
        broadcast_fails(on, When::Before, fault.clone()).await.with_context(|| format!("{fault:?}"))?;
    }
    let refusal = Fault::Refusal(-32000, "no, thank you".into());
    broadcast_fails(on, When::Before, refusal).await.context("refused")?;
    broadcast_fails(on, When::After, Fault::Unavailable).await.context("accepted, answer lost")
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

    // One that becomes another chain after a failure is never given the bytes.
    stage.proxy.heal();
    stage.proxy.once("eth_sendRawTransaction", When::Before, Fault::Broken);
    stage.proxy.always("eth_chainId", When::After, Fault::Lie(json!("0x1")));
    let already = stage.proxy.count("eth_chainId");
    let payment = payer.owes(stage.on, stage.on.small())?;
    let refused = stage.ask(&payer, &payment).await?;
    ensure!(refused.clone().refused(502)? == "CHAIN_ERROR", "still the wrong chain: {refused:?}");
    ensure!(stage.proxy.count("eth_chainId") > already);
    payer.forgets();
    stage.untouched(&payer).await?;
    pays(&stage, &mut payer).await
}

/// A base fee of a million gwei.
fn absurd(head: &mut Value) {
    head["baseFeePerGas"] = json!("0x38d7ea4c68000");
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

    // The first look is the one that was judged; the second sets the price to sign.
    stage.proxy.heal();
    let lied = stage.proxy.nth("eth_getBlockByNumber", 2, When::After, Fault::Edit(absurd));
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
    *fees = json!([{ "slot": 1, "prioritizationFee": u64::MAX }, { "slot": 2, "prioritizationFee": u64::MAX }]);
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

/// An answer of Hermes for ETH, this old, with this confidence, in dollars.
fn hermes(dollars: u64, age: u64, confidence: u64) -> Result<Value> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let id = "ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace";
    let scaled = |dollars: u64| (dollars * 100_000_000).to_string();
    let price = json!({
        "price": scaled(dollars), "conf": scaled(confidence), "expo": -8, "publish_time": now - age,
    });
    Ok(json!({ "binary": { "encoding": "hex", "data": [] }, "parsed": [{ "id": id, "price": price }] }))
}

async fn services(hermes: ResponseTemplate, gecko: u64) -> Result<MockServer> {
    let server = MockServer::start().await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    Mock::given(method("GET")).and(path("/v2/updates/price/latest")).respond_with(hermes).mount(&server).await;
    let simple = json!({ "ethereum": { "usd": gecko, "last_updated_at": now } });
    let gecko = ResponseTemplate::new(200).set_body_json(simple);
    Mock::given(method("GET")).and(path("/simple/price")).respond_with(gecko).mount(&server).await;
    Ok(server)
}

/// A main-network wallet on a node that plays main network, with prices from services.
async fn priced() -> Result<(Stage, String)> {
    let mut stage = Stage::new(On::Ethereum).await?;
    e2e::rpc(&stage.localnet.evm.rpc, "anvil_setChainId", json!([1])).await?;
    let main = format!("[rpc]\nevm_ethereum_mainnet = \"{}\"\n", stage.proxy.url());
    stage.daemon.reconfigure(|text| {
        text.replace("[rpc]\n", &main).replace("[confirmation]\n", "[confirmation]\nevm_mainnet = 1\n")
    })?;
    let config = std::fs::read_to_string(stage.daemon.data_dir().join("config.toml"))?;
    Ok((stage, config))
}

impl Stage {
    /// Starts again with these services as the only source of prices.
    fn price_from(&mut self, config: &str, sources: &str, server: &MockServer) -> Result<()> {
        let url = server.uri();
        let prices = format!("sources = {sources}\npyth_url = \"{url}\"\ncoingecko_url = \"{url}\"\n");
        self.daemon.reconfigure(|_| config.replace("sources = []\n", &prices))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_trustworthy_price_only_the_owner_decides() -> Result<()> {
    let (mut stage, config) = priced().await?;
    let operator = stage.daemon.operator();
    let body = json!({ "name": "main", "chain": "ethereum", "environment": "mainnet" });
    let wallet = operator.post("/v1/wallets", body).await?.expect(201)?;
    let session = operator.post("/v1/sessions", json!({ "walletId": wallet["id"] })).await?.expect(201)?;
    let text = |value: &Value| value.as_str().map(str::to_owned).context("text");
    let agent = e2e::Agent {
        wallet: id(&wallet)?,
        address: text(&wallet["address"])?,
        session: id(&session)?,
        token: text(&session["token"])?,
    };
    stage.fund(&agent.address).await?;
    operator.policy(&agent.wallet, "SPENDING_LIMIT", e2e::generous_policy()).await?;
    let to = OwnerKey::evm(77)?.address();
    let ok = |body: Value| ResponseTemplate::new(200).set_body_json(body);
    let send = json!({ "type": "TRANSFER", "to": to, "amount": "0.001", "network": "ethereum-mainnet" });

    let good = services(ok(hermes(3000, 0, 1)?), 3001).await?;
    stage.price_from(&config, "[\"pyth\", \"coingecko\"]", &good)?;
    let api = agent.api(&stage.daemon);
    let sent = api.post("/v1/transactions/send?wait=confirmed", send.clone()).await?.expect(201)?;
    ensure!((&sent["tier"], &sent["status"]) == (&json!("INSTANT"), &json!("CONFIRMED")), "{sent}");
    let before = stage.balance(&agent.address).await?;

    let bad = [
        ("down", "[\"pyth\"]", ResponseTemplate::new(503), 3000),
        ("garbage", "[\"pyth\"]", ResponseTemplate::new(200).set_body_string("<html>"), 3000),
        ("stale", "[\"pyth\"]", ok(hermes(3000, 3600, 1)?), 3000),
        ("from the future", "[\"pyth\"]", ok(hermes_ahead(3000)?), 3000),
        ("disagreeing", "[\"pyth\", \"coingecko\"]", ok(hermes(3000, 0, 1)?), 30),
    ];
    for (what, sources, answer, gecko) in bad {
        let server = services(answer, gecko).await?;
        stage.price_from(&config, sources, &server)?;
        let refused = agent.api(&stage.daemon).post("/v1/transactions/send", send.clone()).await?;
        ensure!(refused.refused(403).context(what)? == "OWNER_REQUIRED", "{what}");
        ensure!(!server.received_requests().await.unwrap_or_default().is_empty(), "{what}: nobody asked");
    }

    // An interval as wide as the price counts at its upper end, against the agent: 9 dollars, not 3.
    let wide = services(ok(hermes(3000, 0, 9000)?), 3000).await?;
    stage.price_from(&config, "[\"pyth\"]", &wide)?;
    let notify = agent.api(&stage.daemon).post("/v1/transactions/send?wait=confirmed", send.clone()).await?;
    ensure!(notify.expect(201)?["tier"] == "NOTIFY");

    let owner = OwnerKey::evm(6)?;
    let down = services(ResponseTemplate::new(503), 3000).await?;
    stage.price_from(&config, "[\"pyth\"]", &down)?;
    agent.lock_owner(&stage.daemon, &owner).await?;
    let waiting = agent.api(&stage.daemon).post("/v1/transactions/send", send).await?.expect(201)?;
    ensure!((&waiting["tier"], &waiting["status"]) == (&json!("APPROVAL"), &json!("PENDING_APPROVAL")));
    ensure!(waiting["amountUsd"].is_null(), "no price is not a price of nothing: {waiting}");
    ensure!(stage.balance(&agent.address).await? < before);
    stage.intact().await
}

/// A price observed an hour from now.
fn hermes_ahead(dollars: u64) -> Result<Value> {
    let mut answer = hermes(dollars, 0, 1)?;
    let time = &mut answer["parsed"][0]["price"]["publish_time"];
    *time = json!(time.as_u64().context("a time")? + 3600);
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn another_writer_delays_but_loses_nothing() -> Result<()> {
    let stage = Arc::new(Stage::new(On::Ethereum).await?);
    let mut payer = stage.payer().await?;
    let payment = payer.owes(stage.on, stage.on.small())?;
    let payer = Arc::new(payer);

    // Briefly: the request waits.
    let mut other = stage.books().await?;
    other.lock().await?;
    let asking = tokio::spawn({
        let (stage, payer, payment) = (stage.clone(), payer.clone(), payment.clone());
        async move { stage.ask(&payer, &payment).await }
    });
    until("the request at the database", PATIENCE, || async {
        Ok((stage.proxy.count("eth_maxPriorityFeePerGas") > 0).then_some(()))
    })
    .await?;
    ensure!(!asking.is_finished(), "answered without the database");
    other.unlock().await?;
    let sent = asking.await??.expect(201)?;
    ensure!(stage.settled(&payer, &id(&sent)?).await?["status"] == "CONFIRMED");
    stage.paid_once(&payer).await?;

    // For good: a clear answer, and nothing was done.
    let broadcasts = stage.proxy.count("eth_sendRawTransaction");
    let mut late = payment.clone();
    late.key = "late".into();
    other.lock().await?;
    ensure!(stage.ask(&payer, &late).await?.refused(503)? == "STORAGE_UNAVAILABLE");
    other.unlock().await?;
    ensure!(stage.proxy.count("eth_sendRawTransaction") == broadcasts, "paid without a record");
    stage.paid_once(&payer).await?;

    let mut payer = Arc::into_inner(payer).context("nobody else holds the payer")?;
    pays(&stage, &mut payer).await
}

/// Lets no file of the daemon grow beyond this size; none is as it was.
fn limit_files(stage: &Stage, size: Option<u64>) -> Result<()> {
    prlimit(Some(stage.daemon.pid()?), Resource::Fsize, Rlimit { current: size, maximum: None })?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_no_more_signs_nothing() -> Result<()> {
    // The signal that comes with the limit is ignored, so that writes fail as on a full disk.
    let through = ["env", "--ignore-signal=XFSZ"].map(str::to_owned).to_vec();
    let stage = Stage::with(On::Ethereum, |options| options.through = through).await?;
    let mut payer = stage.payer().await?;
    let payment = payer.owes(stage.on, stage.on.small())?;
    payer.forgets();

    limit_files(&stage, Some(1))?;
    let refused = stage.ask(&payer, &payment).await?.refused(503)?;
    ensure!(["STORAGE_FULL", "STORAGE_UNAVAILABLE"].contains(&refused.as_str()), "{refused}");
    limit_files(&stage, None)?;
    stage.untouched(&payer).await?;
    pays(&stage, &mut payer).await?;

    // Between admission and signing: it waits with its hold, unsigned, and goes on once there is room.
    let paused = stage.proxy.once("eth_getTransactionCount", When::Before, Fault::Broken);
    let payment = payer.owes(stage.on, stage.on.small())?;
    let sent = stage.ask(&payer, &payment).await?.expect(201)?;
    paused.await?;
    ensure!(sent["status"] == "EXECUTING", "{sent}");
    limit_files(&stage, Some(1))?;
    let (counts, broadcasts) =
        (stage.proxy.count("eth_getTransactionCount"), stage.proxy.count("eth_sendRawTransaction"));
    until("two attempts to sign", Duration::from_secs(60), || async {
        Ok((stage.proxy.count("eth_getTransactionCount") >= counts + 2).then_some(()))
    })
    .await?;
    let still = payer.agent.transaction(&stage.daemon, &id(&sent)?).await?;
    ensure!((&still["status"], &still["txHash"]) == (&json!("EXECUTING"), &Value::Null), "{still}");
    ensure!(stage.proxy.count("eth_sendRawTransaction") == broadcasts, "bytes that no record holds");
    limit_files(&stage, None)?;
    ensure!(stage.settled(&payer, &id(&sent)?).await?["status"] == "CONFIRMED");
    stage.paid_once(&payer).await
}
