//! AutoStop: each rule suspends the wallet with the request that finds its limit reached, and says why.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{Agent, Answer, Daemon, DaemonOptions, Localnet, OwnerKey, until};
use serde_json::{Value, json};

const ETHER: u128 = 1_000_000_000_000_000_000;
const PAYEE: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

struct Scene {
    localnet: Localnet,
    daemon: Daemon,
    agent: Agent,
}

impl Scene {
    /// A daemon with these rules, and a wallet that may send up to 2 ether by itself, and ask for more.
    async fn start(rules: &str) -> Result<Self> {
        let localnet = Localnet::start()?;
        let mut options = DaemonOptions::of(&localnet);
        options.extra = format!("\n[auto_stop]\n{rules}\n");
        let daemon = Daemon::start(&options)?;
        let agent = Agent::create(&daemon, "ethereum").await?;
        localnet.evm.fund(&agent.address, 3 * ETHER).await?;
        let two = (2 * ETHER).to_string();
        let limits = json!({ "instant_max": two, "notify_max": two, "delay_max": two });
        daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", limits).await?;
        Ok(Self { localnet, daemon, agent })
    }

    async fn send(&self, to: &str, amount: &str) -> Result<Answer> {
        self.agent.send(&self.daemon, to, amount).await
    }

    async fn dry(&self, to: &str) -> Result<Answer> {
        let body = json!({ "type": "TRANSFER", "to": to, "amount": "0.01", "dryRun": true });
        self.agent.api(&self.daemon).post("/v1/transactions/send", body).await
    }

    async fn wallet(&self) -> Result<Value> {
        self.daemon.operator().get(&format!("/v1/wallets/{}", self.agent.wallet)).await?.expect(200)
    }

    /// The dry run foretells the stop and does nothing; the request after it stops the wallet.
    async fn stops(&self, why: &str) -> Result<()> {
        let foretold = self.dry(PAYEE).await?.expect(409)?;
        ensure!(
            foretold["code"] == "AUTO_STOP_TRIGGERED" && foretold.to_string().contains(why),
            "{foretold}"
        );
        ensure!(self.wallet().await?["status"] == "ACTIVE", "a dry run changes nothing");
        let before = self.localnet.evm.balance(PAYEE).await?;
        let stopped = self.send(PAYEE, "0.01").await?.expect(409)?;
        ensure!(stopped["code"] == "AUTO_STOP_TRIGGERED" && stopped.to_string().contains(why), "{stopped}");
        let wallet = self.wallet().await?;
        ensure!(wallet["status"] == "SUSPENDED", "{wallet}");
        ensure!(wallet["suspensionReason"] == format!("AutoStop: {why}"), "{wallet}");
        let after = self.send(PAYEE, "0.01").await?.expect(409)?;
        ensure!(after["code"] == "WALLET_SUSPENDED", "{after}");
        ensure!(self.localnet.evm.balance(PAYEE).await? == before, "nothing was paid");
        let log =
            self.daemon.operator().get("/v1/audit-logs?eventType=AUTO_STOP_TRIGGERED").await?.expect(200)?;
        ensure!(log["data"].as_array().context("data")?.len() == 1, "{log}");
        ensure!(log["data"][0]["severity"] == "critical" && log["data"][0]["actor"] == "system", "{log}");
        Ok(())
    }

    /// After it is resumed, what happened before counts no longer.
    async fn goes_on(&self) -> Result<()> {
        let resume = format!("/v1/wallets/{}/resume", self.agent.wallet);
        let resumed = self.daemon.operator().post_empty(&resume).await?;
        ensure!(resumed.status == 200, "{resumed:?}");
        let sent = self.send(PAYEE, "0.01").await?;
        ensure!(sent.status == 201, "{sent:?}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_stop_a_wallet() -> Result<()> {
    let scene = Scene::start("requests = 3").await?;
    for _ in 0..3 {
        scene.send(PAYEE, "0.01").await?.expect(201)?;
    }
    scene.stops("3 requests were granted within 300 seconds").await?;
    scene.goes_on().await
}

#[tokio::test(flavor = "multi_thread")]
async fn many_denials_stop_a_wallet() -> Result<()> {
    let scene = Scene::start("denials = 4\nwindow_seconds = 60").await?;
    for cents in ["2.01", "2.02", "2.03", "2.04"] {
        let denied = scene.send(PAYEE, cents).await?.expect(403)?;
        ensure!(denied["code"] == "OWNER_REQUIRED", "{denied}");
    }
    scene.stops("4 different requests were denied within 60 seconds").await
}

#[tokio::test(flavor = "multi_thread")]
async fn many_new_recipients_stop_a_wallet() -> Result<()> {
    let scene = Scene::start("new_recipients = 3").await?;
    for seed in [11, 11, 12, 12, 13] {
        let to = OwnerKey::evm(seed)?.address();
        scene.send(&to, "0.01").await?.expect(201)?;
    }
    scene.stops("3 accounts were named that no earlier transaction names within 300 seconds").await
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_in_a_row_stop_a_wallet() -> Result<()> {
    let scene = Scene::start("consecutive_failures = 2").await?;
    let owner = OwnerKey::evm(3)?;
    scene.agent.lock_owner(&scene.daemon, &owner).await?;
    let mut asked = Vec::new();
    for _ in 0..3 {
        let sent = scene.send(PAYEE, "2.5").await?.expect(201)?;
        asked.push(sent["id"].as_str().context("id")?.to_owned());
    }
    // The first empties the wallet, so the others fail.
    for (id, end) in asked.iter().zip(["CONFIRMED", "FAILED", "FAILED"]) {
        let path = format!("/v1/transactions/{id}");
        let document = scene.daemon.anonymous().get(&format!("{path}/approval")).await?.expect(200)?;
        let answer = owner.answering(&scene.daemon.anonymous(), &document["approve"])?;
        answer.post_empty(&format!("{path}/approve")).await?.expect(200)?;
        until(end, Duration::from_secs(30), || async {
            Ok((scene.agent.transaction(&scene.daemon, id).await?["status"] == end).then_some(()))
        })
        .await?;
    }
    scene.stops("2 transactions in a row have failed").await?;
    // With a LOCKED owner, resuming takes its consent.
    let resume = format!("/v1/wallets/{}/resume", scene.agent.wallet);
    ensure!(scene.daemon.operator().post_empty(&resume).await?.status == 202);
    ensure!(scene.wallet().await?["status"] == "SUSPENDED");
    Ok(())
}
