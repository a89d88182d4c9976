//! Price services that fail or lie: without a trustworthy price only the owner decides.

use std::time::SystemTime;

use anyhow::{Context as _, Result, ensure};
use e2e::{OwnerKey, until};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::stage::{On, PATIENCE, Stage, id};

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
    say(&server, hermes, of_gecko(gecko)?).await;
    Ok(server)
}

/// An answer of CoinGecko for ETH.
fn of_gecko(dollars: u64) -> Result<Value> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    Ok(json!({ "ethereum": { "usd": dollars, "last_updated_at": now } }))
}

/// Replaces the answers of both services.
async fn say(server: &MockServer, hermes: ResponseTemplate, gecko: Value) {
    server.reset().await;
    let gecko = ResponseTemplate::new(200).set_body_json(gecko);
    for (at, answer) in [("/v2/updates/price/latest", hermes), ("/simple/price", gecko)] {
        Mock::given(method("GET")).and(path(at)).respond_with(answer).mount(server).await;
    }
}

/// An agent with coins of the main network and the usual limits.
pub(crate) async fn main_agent(stage: &Stage) -> Result<e2e::Agent> {
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
    Ok(agent)
}

/// A main-network wallet on a node that plays main network, with prices from services.
pub(crate) async fn priced() -> Result<(Stage, String)> {
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
    let agent = main_agent(&stage).await?;
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
        ensure!(!server.received_requests().await.unwrap_or_default().is_empty(), "{what}: it was not asked");
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

/// An attacker who silences one service gains nothing by the other's answer, and a price of one source is
/// shown as such.
#[tokio::test(flavor = "multi_thread")]
async fn a_price_of_one_service_has_to_agree_with_what_the_other_said_last() -> Result<()> {
    let (mut stage, config) = priced().await?;
    let agent = main_agent(&stage).await?;
    let ok = |body: Value| ResponseTemplate::new(200).set_body_json(body);
    let server = services(ok(hermes(3000, 0, 0)?), 3000).await?;
    let config = config.replace("[prices]\n", "[prices]\ncache_seconds = 1\n");
    let both = "[\"pyth\", \"coingecko\"]";
    stage.price_from(&config, both, &server)?;
    let to = OwnerKey::evm(77)?.address();
    let send = json!({ "type": "TRANSFER", "to": to, "amount": "0.001", "network": "ethereum-mainnet" });
    let asked = async |stage: &Stage, body: &Value| {
        agent.api(&stage.daemon).post("/v1/transactions/send", body.clone()).await
    };
    let spoke = async |stage: &Stage, sent: &Value| -> Result<Value> {
        let path = format!("/v1/transactions/{}/explain", id(sent)?);
        let why = agent.api(&stage.daemon).get(&path).await?.expect(200)?;
        ensure!(why["reproduced"] == true, "{why}");
        Ok(why["facts"]["assets"]["eip155:1/slip44:60"]["sources"].clone())
    };
    let sent = asked(&stage, &send).await?.expect(201)?;
    ensure!((&sent["tier"], spoke(&stage, &sent).await?) == (&json!("INSTANT"), json!(2)), "{sent}");

    // One no longer lists the coin, and the other says that it is worth a tenth.
    say(&server, ok(hermes(300, 0, 0)?), json!({})).await;
    let refused = until("what both say now", PATIENCE, || async {
        let answer = asked(&stage, &send).await?;
        Ok((answer.status == 403).then_some(answer))
    })
    .await?;
    ensure!(refused.refused(403)? == "OWNER_REQUIRED");
    // As soon as both agree there is a price again.
    say(&server, ok(hermes(300, 0, 0)?), of_gecko(300)?).await;
    until("a price again", PATIENCE, || async {
        Ok((asked(&stage, &send).await?.status == 201).then_some(()))
    })
    .await?;

    // A coin that only one of them knows is priced by it.
    let server = services(ok(hermes(3000, 0, 0)?), 3000).await?;
    say(&server, ok(hermes(3000, 0, 0)?), json!({})).await;
    stage.price_from(&config, both, &server)?;
    let sent = asked(&stage, &send).await?.expect(201)?;
    ensure!((&sent["tier"], spoke(&stage, &sent).await?) == (&json!("INSTANT"), json!(1)), "{sent}");
    stage.intact().await
}

/// Services are asked only about requests that a policy in force could grant, at a limited rate per session.
#[tokio::test(flavor = "multi_thread")]
async fn prices_are_looked_up_for_what_might_be_granted_and_within_a_budget() -> Result<()> {
    let (mut stage, config) = priced().await?;
    let agent = main_agent(&stage).await?;
    // The node's own accounts sign for its own chain.
    let node = stage.localnet.evm.rpc.clone();
    let plays = async |chain: u64| e2e::rpc(&node, "anvil_setChainId", json!([chain])).await;
    plays(31337).await?;
    stage.localnet.evm.fund_erc20(&agent.address, 1_000).await?;
    stage.localnet.evm.fund_coin(&agent.address, 1_000).await?;
    plays(1).await?;
    let ok = |body: Value| ResponseTemplate::new(200).set_body_json(body);
    let server = services(ok(hermes(3000, 0, 1)?), 3001).await?;
    let budget = config.replace("[prices]\n", "[prices]\nlookups_per_session_per_minute = 1\n");
    stage.price_from(&budget, "[\"pyth\", \"coingecko\"]", &server)?;
    let asked = async || server.received_requests().await.unwrap_or_default().len();
    let to = OwnerKey::evm(77)?.address();
    let token = json!({
        "type": "TOKEN_TRANSFER", "to": to, "amount": "1", "network": "ethereum-mainnet",
        "token": { "address": stage.localnet.evm.erc20 },
    });

    // The token is not listed: neither a live request nor a dry run asks a price service.
    let refused = agent.api(&stage.daemon).post("/v1/transactions/send", token.clone()).await?;
    ensure!(refused.refused(403)? == "TOKEN_NOT_ALLOWED");
    agent.api(&stage.daemon).post("/v1/transactions/simulate", token.clone()).await?.expect(200)?;
    ensure!(asked().await == 0, "a service was asked about what is denied anyway");

    // Listed, each token takes a look-up, and the session has one a minute. No service has a price of either.
    let tokens = [stage.localnet.evm.erc20.clone(), stage.localnet.evm.coin.clone()];
    let listed = json!({
        "walletId": agent.wallet, "network": "ethereum-mainnet", "type": "ALLOWED_TOKENS",
        "rules": { "tokens": tokens.iter().map(|token| json!({ "address": token })).collect::<Vec<_>>() },
    });
    stage.daemon.operator().post("/v1/policies", listed).await?.expect(201)?;
    let mut said = String::new();
    for address in tokens.iter().cycle().take(20) {
        let mut body = token.clone();
        body["token"]["address"] = json!(address);
        let refused = agent.api(&stage.daemon).post("/v1/transactions/send", body).await?;
        said = refused.body.to_string();
        ensure!(refused.refused(403)? == "OWNER_REQUIRED", "{said}");
        if said.contains("used up its price look-ups") {
            break;
        }
    }
    ensure!(said.contains("used up its price look-ups"), "{said}");
    let requests = server.received_requests().await.unwrap_or_default();
    let of_tokens = requests.iter().filter(|request| request.url.path().contains("token_price")).count();
    ensure!(of_tokens < 10, "{of_tokens} look-ups");
    Ok(())
}

/// A price observed an hour from now.
fn hermes_ahead(dollars: u64) -> Result<Value> {
    let mut answer = hermes(dollars, 0, 1)?;
    let time = &mut answer["parsed"][0]["price"]["publish_time"];
    *time = json!(time.as_u64().context("a time")? + 3600);
    Ok(answer)
}
