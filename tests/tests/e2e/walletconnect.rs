//! Approvals over WalletConnect: a real daemon, a real node, and owners' wallets made with WalletKit.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{
    Agent, Daemon, DaemonOptions, Localnet, OwnerKey, WALLETCONNECT_PROJECT, WalletApp, WcRelay, until,
};
use serde_json::{Value, json};

const ETHER: u128 = 1_000_000_000_000_000_000;
/// 100 ether, in wei.
const HUNDRED_ETHER: &str = "100000000000000000000";
const PAYEE: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

/// A daemon with a relay, and a wallet whose owner is asked above small change.
struct Scene {
    localnet: Localnet,
    relay: WcRelay,
    daemon: Daemon,
    agent: Agent,
    owner: OwnerKey,
}

impl Scene {
    async fn start() -> Result<Self> {
        let localnet = Localnet::start()?;
        let relay = WcRelay::start(&localnet.parts).await?;
        let mut options = DaemonOptions::of(&localnet);
        options.extra = format!(
            "\n[walletconnect]\nproject_id = \"{WALLETCONNECT_PROJECT}\"\nrelay_url = \"{}\"\n",
            relay.url()
        );
        let daemon = Daemon::start(&options)?;
        let agent = Agent::create(&daemon, "ethereum").await?;
        localnet.evm.fund(&agent.address, 500 * ETHER).await?;
        let small = json!({ "instant_max": "1", "notify_max": "1", "delay_max": "1" });
        daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", small).await?;
        Ok(Self { localnet, relay, daemon, agent, owner: OwnerKey::evm(3)? })
    }

    /// A scene whose owner is LOCKED and whose app is paired.
    async fn paired() -> Result<(Self, WalletApp)> {
        let scene = Self::start().await?;
        scene.agent.lock_owner(&scene.daemon, &scene.owner).await?;
        let mut app = scene.app(None).await?;
        scene.pair(&mut app).await?;
        scene.connected().await?;
        Ok((scene, app))
    }

    async fn app(&self, claims: Option<&str>) -> Result<WalletApp> {
        WalletApp::start(&self.localnet.parts, &self.relay, &self.owner, claims).await
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/wallets/{}/wc/{rest}", self.agent.wallet)
    }

    async fn pair(&self, app: &mut WalletApp) -> Result<()> {
        let pairing = self.daemon.operator().post_empty(&self.path("pair")).await?.expect(200)?;
        let image = pairing["qrCode"].as_str().context("qrCode")?;
        ensure!(image.starts_with("data:image/svg+xml;base64,"), "{image}");
        app.does(json!({ "do": "pair", "uri": pairing["uri"] })).await
    }

    /// Waits until the pairing has this state.
    async fn status(&self, wanted: &str) -> Result<Value> {
        until(wanted, Duration::from_secs(60), || async {
            let found = self.daemon.operator().get(&self.path("pair/status")).await?.expect(200)?;
            Ok((found["status"] == wanted).then_some(found))
        })
        .await
    }

    async fn connected(&self) -> Result<Value> {
        self.status("connected").await
    }

    async fn gone(&self) -> Result<()> {
        until("the end of the session", Duration::from_secs(60), || async {
            let found = self.daemon.operator().get(&self.path("session")).await?;
            Ok((found.status == 404).then_some(()))
        })
        .await
    }

    /// Asks for a payment that waits for the owner: its id.
    async fn ask(&self) -> Result<String> {
        let sent = self.agent.send(&self.daemon, PAYEE, "2.5").await?.expect(201)?;
        ensure!(sent["status"] == "PENDING_APPROVAL", "{sent}");
        Ok(sent["id"].as_str().context("id")?.to_owned())
    }

    async fn reaches(&self, id: &str, status: &str) -> Result<Value> {
        until(status, Duration::from_secs(60), || async {
            let found = self.agent.transaction(&self.daemon, id).await?;
            Ok((found["status"] == status).then_some(found))
        })
        .await
    }

    async fn document(&self, id: &str) -> Result<Value> {
        self.daemon.anonymous().get(&format!("/v1/transactions/{id}/approval")).await?.expect(200)
    }

    async fn paid(&self) -> Result<u128> {
        self.localnet.evm.balance(PAYEE).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_proves_itself_approves_and_refuses_in_its_own_wallet_app() -> Result<()> {
    let scene = Scene::start().await?;
    let owner = json!({ "owner_address": scene.owner.address() });
    let path = format!("/v1/wallets/{}/owner", scene.agent.wallet);
    scene.daemon.operator().put(&path, owner).await?.expect(200)?;
    let mut app = scene.app(None).await?;
    scene.pair(&mut app).await?;
    let proposal = app.event("proposal").await?;
    ensure!(proposal["name"] == "WAIaaS" && proposal["url"] == "https://waiaas.local", "{proposal}");
    let session = scene.connected().await?["session"].clone();
    ensure!(session["ownerAddress"] == scene.owner.address() && session["peerName"] == "Owner's wallet");
    let proof = app.event("request").await?;
    ensure!(proof["text"].as_str().context("text")?.contains("Become the owner"), "{proof}");
    until("the owner is LOCKED", Duration::from_secs(30), || async {
        let wallet = scene.daemon.operator().get(&format!("/v1/wallets/{}", scene.agent.wallet)).await?;
        Ok((wallet.expect(200)?["ownerState"] == "LOCKED").then_some(()))
    })
    .await?;

    let before = scene.paid().await?;
    app.answers("hold").await?;
    let id = scene.ask().await?;
    let asked = app.event("request").await?;
    ensure!(asked["method"] == "personal_sign", "{asked}");
    ensure!(
        asked["text"] == scene.document(&id).await?["approve"]["message"],
        "every byte is shown: {asked}"
    );
    ensure!(asked["chain"] == "eip155:31337", "{asked}");
    app.does(json!({ "do": "answer", "how": "sign" })).await?;
    scene.reaches(&id, "CONFIRMED").await?;
    ensure!(scene.paid().await? == before + 5 * ETHER / 2);

    app.answers("refuse").await?;
    let refused = scene.ask().await?;
    scene.reaches(&refused, "CANCELLED").await?;
    let events = scene.daemon.operator().get("/v1/audit-logs?eventType=TX_CANCELLED").await?.expect(200)?;
    let actor = events["data"][0]["actor"].as_str().context("actor")?.to_owned();
    ensure!(actor == format!("walletconnect:{}", scene.owner.address()), "{actor}");
    ensure!(scene.paid().await? == before + 5 * ETHER / 2, "nothing more was paid");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_solana_owner_signs_the_text_itself() -> Result<()> {
    let mut scene = Scene::start().await?;
    scene.agent = Agent::create(&scene.daemon, "solana").await?;
    scene.owner = OwnerKey::solana(5);
    scene.localnet.solana.fund(&scene.agent.address, 50_000_000_000).await?;
    let small = json!({ "instant_max": "1", "notify_max": "1", "delay_max": "1" });
    scene.daemon.operator().policy(&scene.agent.wallet, "SPENDING_LIMIT", small).await?;
    scene.agent.lock_owner(&scene.daemon, &scene.owner).await?;
    let mut app = scene.app(None).await?;
    scene.pair(&mut app).await?;
    scene.connected().await?;
    let payee = OwnerKey::solana(9).address();
    let sent = scene.agent.send(&scene.daemon, &payee, "2.5").await?.expect(201)?;
    let id = sent["id"].as_str().context("id")?;
    let asked = app.event("request").await?;
    ensure!(asked["method"] == "solana_signMessage", "{asked}");
    scene.reaches(id, "CONFIRMED").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_outlives_restarts_and_lost_connections_and_ends_on_both_sides() -> Result<()> {
    let (mut scene, mut app) = Scene::paired().await?;
    let before = scene.paid().await?;
    // Asked before the restart, answered after it.
    app.answers("hold").await?;
    let first = scene.ask().await?;
    app.event("request").await?;
    scene.daemon.restart()?;
    scene.relay.does("drop").await?;
    app.does(json!({ "do": "answer", "how": "twice" })).await?;
    scene.reaches(&first, "CONFIRMED").await?;
    // Messages that are sent again, and one that was changed on the way, do nothing.
    scene.relay.does("replay").await?;
    app.does(json!({ "do": "ping" })).await?;
    let second = scene.ask().await?;
    app.event("request").await?;
    scene.relay.does("garble").await?;
    app.does(json!({ "do": "answer", "how": "sign" })).await?;
    app.does(json!({ "do": "ping" })).await?;
    ensure!(scene.agent.transaction(&scene.daemon, &second).await?["status"] == "PENDING_APPROVAL");
    app.does(json!({ "do": "answer", "how": "again" })).await?;
    scene.reaches(&second, "CONFIRMED").await?;
    ensure!(scene.paid().await? == before + 5 * ETHER, "each was paid once");
    ensure!(app.events("request").len() == 2, "each was asked once");

    scene.daemon.operator().delete(&scene.path("session")).await?.expect(204)?;
    app.event("deleted").await?;
    scene.pair(&mut app).await?;
    scene.connected().await?;
    app.does(json!({ "do": "disconnect" })).await?;
    scene.gone().await?;
    // Without a session a request waits for every other way.
    let third = scene.ask().await?;
    let document = scene.document(&third).await?;
    let owner = scene.owner.answering(&scene.daemon.anonymous(), &document["approve"])?;
    owner.post_empty(&format!("/v1/transactions/{third}/approve")).await?.expect(200)?;
    scene.reaches(&third, "CONFIRMED").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_and_another_key_decide_nothing() -> Result<()> {
    let scene = Scene::start().await?;
    scene.agent.lock_owner(&scene.daemon, &scene.owner).await?;
    let mut thief = scene.app(Some(PAYEE)).await?;
    scene.pair(&mut thief).await?;
    let refused = scene.status("refused").await?;
    ensure!(refused["reason"] == "The app offers other accounts than the owner's.", "{refused}");
    thief.event("deleted").await?;

    let mut app = scene.app(None).await?;
    app.does(json!({ "do": "proposals", "answer": "reject" })).await?;
    scene.pair(&mut app).await?;
    scene.status("refused").await?;
    app.does(json!({ "do": "proposals", "answer": "approve" })).await?;
    scene.pair(&mut app).await?;
    scene.connected().await?;
    let again = scene.daemon.operator().post_empty(&scene.path("pair")).await?.expect(409)?;
    ensure!(again["code"] == "WC_SESSION_EXISTS", "{again}");

    let before = scene.paid().await?;
    app.answers("wrong-key").await?;
    let id = scene.ask().await?;
    app.event("answered").await?;
    // It is asked again, and the right key counts.
    app.answers("sign").await?;
    app.event("request").await?;
    scene.reaches(&id, "CONFIRMED").await?;
    ensure!(scene.paid().await? == before + 5 * ETHER / 2);

    // What was decided elsewhere is decided: a late signature changes nothing.
    app.answers("hold").await?;
    let late = scene.ask().await?;
    app.event("request").await?;
    let cancel = format!("/v1/transactions/{late}/cancel");
    scene.agent.api(&scene.daemon).post_empty(&cancel).await?.expect(200)?;
    app.does(json!({ "do": "answer", "how": "sign" })).await?;
    let next = scene.ask().await?;
    app.event("request").await?;
    app.does(json!({ "do": "answer", "how": "sign" })).await?;
    scene.reaches(&next, "CONFIRMED").await?;
    ensure!(scene.agent.transaction(&scene.daemon, &late).await?["status"] == "CANCELLED");
    ensure!(scene.paid().await? == before + 5 * ETHER);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_app_is_sent_delays_no_other() -> Result<()> {
    let (mut scene, _burdened) = Scene::paired().await?;
    let topic = scene.connected().await?["session"]["topic"].as_str().context("topic")?.to_owned();
    let first = scene.ask().await?;
    scene.relay.does(&format!("burden {topic}")).await?;
    scene.agent = Agent::create(&scene.daemon, "ethereum").await?;
    scene.owner = OwnerKey::evm(4)?;
    scene.localnet.evm.fund(&scene.agent.address, 50 * ETHER).await?;
    let small = json!({ "instant_max": "1", "notify_max": "1", "delay_max": "1" });
    scene.daemon.operator().policy(&scene.agent.wallet, "SPENDING_LIMIT", small).await?;
    scene.agent.lock_owner(&scene.daemon, &scene.owner).await?;
    let mut app = scene.app(None).await?;
    scene.pair(&mut app).await?;
    scene.connected().await?;
    let second = scene.ask().await?;
    scene.reaches(&second, "CONFIRMED").await?;
    let status = scene.daemon.operator().get("/v1/admin/status").await?.expect(200)?;
    let channel = status["channels"][1].clone();
    ensure!(channel["channel"] == "walletconnect", "{status}");
    // The burdened owner answers over another way.
    let document = scene.document(&first).await?;
    ensure!(document["approve"]["message"].is_string(), "{document}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_consents_to_loosening_in_its_wallet_app() -> Result<()> {
    let (scene, mut app) = Scene::paired().await?;
    let policies = format!("/v1/policies?walletId={}", scene.agent.wallet);
    let listed = scene.daemon.operator().get(&policies).await?.expect(200)?;
    let policy = listed["data"][0]["id"].as_str().context("policy")?.to_owned();
    let wider = json!({ "rules": { "instant_max": HUNDRED_ETHER, "notify_max": HUNDRED_ETHER, "delay_max": HUNDRED_ETHER } });
    let path = format!("/v1/policies/{policy}");
    let change = scene.daemon.operator().put(&path, wider).await?.expect(202)?;
    let asked = app.event("request").await?;
    let id = change["id"].as_str().context("id")?;
    ensure!(asked["text"].as_str().context("text")?.contains(id), "{asked}");
    until("the change is applied", Duration::from_secs(30), || async {
        let found = scene.daemon.operator().get(&format!("/v1/changes/{id}")).await?.expect(200)?;
        Ok((found["status"] == "APPLIED").then_some(()))
    })
    .await?;
    let sent = scene.agent.send(&scene.daemon, PAYEE, "2.5").await?.expect(201)?;
    ensure!(sent["tier"] == "INSTANT", "{sent}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_relay_nothing_is_paired() -> Result<()> {
    let localnet = Localnet::start()?;
    let daemon = Daemon::start(&DaemonOptions::of(&localnet))?;
    let agent = Agent::create(&daemon, "ethereum").await?;
    let pair = format!("/v1/wallets/{}/wc/pair", agent.wallet);
    let answer = daemon.operator().post_empty(&pair).await?.expect(503)?;
    ensure!(answer["code"] == "WC_NOT_CONFIGURED", "{answer}");

    let mut options = DaemonOptions::of(&localnet);
    options.extra = format!(
        "\n[walletconnect]\nproject_id = \"{WALLETCONNECT_PROJECT}\"\nrelay_url = \"ws://127.0.0.1:1\"\n"
    );
    let daemon = Daemon::start(&options)?;
    let agent = Agent::create(&daemon, "ethereum").await?;
    let pair = format!("/v1/wallets/{}/wc/pair", agent.wallet);
    let answer = daemon.operator().post_empty(&pair).await?.expect(400)?;
    ensure!(answer["code"] == "OWNER_NOT_SET", "{answer}");
    agent.lock_owner(&daemon, &OwnerKey::evm(3)?).await?;
    let answer = daemon.operator().post_empty(&pair).await?.expect(503)?;
    ensure!(answer["code"] == "CHANNEL_UNAVAILABLE", "{answer}");
    Ok(())
}
