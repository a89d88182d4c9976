//! Approvals over Telegram: a real daemon, a real node, and a double of the Bot API.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use e2e::{
    Agent, Books, Daemon, DaemonOptions, Localnet, OwnerKey, Person, Shown, TELEGRAM_TOKEN, TelegramDouble,
    until,
};
use serde_json::{Value, json};

const ETHER: u128 = 1_000_000_000_000_000_000;
const PAYEE: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

/// A daemon with a bot, and a wallet whose owner is asked above small change.
struct Scene {
    localnet: Localnet,
    telegram: TelegramDouble,
    daemon: Daemon,
    agent: Agent,
    owner: OwnerKey,
}

impl Scene {
    async fn start() -> Result<Self> {
        let telegram = TelegramDouble::start().await?;
        let localnet = Localnet::start()?;
        let mut options = DaemonOptions::of(&localnet);
        options.extra =
            format!("\n[telegram]\nbot_token = \"{TELEGRAM_TOKEN}\"\napi_url = \"{}\"\n", telegram.url());
        let daemon = Daemon::start(&options)?;
        let agent = Agent::create(&daemon, "ethereum").await?;
        localnet.evm.fund(&agent.address, 500 * ETHER).await?;
        let small = json!({ "instant_max": "1", "notify_max": "1", "delay_max": "1" });
        daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", small).await?;
        let owner = OwnerKey::evm(3)?;
        agent.lock_owner(&daemon, &owner).await?;
        Ok(Self { localnet, telegram, daemon, agent, owner })
    }

    /// A person whose chat has a role.
    async fn person(&self, number: i64, name: &str, role: &str) -> Result<Person> {
        let person = self.telegram.person(number, name);
        person.says("/start");
        person.reads("the registration", |shown| shown.text.contains("waiaas telegram allow")).await?;
        let allowed = self.daemon.cli(&["telegram", "allow", &number.to_string(), "--role", role])?;
        ensure!(allowed.status.success(), "{}", String::from_utf8_lossy(&allowed.stderr));
        Ok(person)
    }

    /// Asks for a payment that waits for the owner: its id.
    async fn ask(&self) -> Result<String> {
        let sent = self.agent.send(&self.daemon, PAYEE, "2.5").await?.expect(201)?;
        ensure!(sent["status"] == "PENDING_APPROVAL", "{sent}");
        Ok(sent["id"].as_str().context("id")?.to_owned())
    }

    async fn reaches(&self, id: &str, status: &str) -> Result<Value> {
        until("the end of a transaction", Duration::from_secs(30), || async {
            let found = self.agent.transaction(&self.daemon, id).await?;
            Ok((found["status"] == status).then_some(found))
        })
        .await
    }

    async fn paid(&self) -> Result<u128> {
        self.localnet.evm.balance(PAYEE).await
    }
}

/// The card of a request.
async fn card(person: &Person, id: &str) -> Result<Shown> {
    person.reads("the card", |shown| shown.text.contains("APPROVAL NEEDED") && shown.text.contains(id)).await
}

/// The text to sign that a tapped button shows, joined from its parts.
async fn text_to_sign(person: &Person, id: &str, verb: &str) -> Result<String> {
    let command = format!("/{verb} {id} SIGNATURE");
    let how = person.reads("how to answer", |shown| shown.text.contains(&command)).await?;
    let seen = person.sees();
    let before = seen.iter().rev().skip_while(|shown| shown.id >= how.id);
    let mut parts: Vec<_> =
        before.take_while(|shown| shown.preformatted).map(|shown| shown.text.as_str()).collect();
    parts.reverse();
    Ok(parts.concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_approves_from_the_card_and_every_chat_is_told() -> Result<()> {
    let scene = Scene::start().await?;
    let (ada, bob) = (scene.person(7001, "ada", "admin").await?, scene.person(7002, "bob", "admin").await?);
    let reader = scene.person(7003, "eve", "readonly").await?;
    let before = scene.paid().await?;
    let id = scene.ask().await?;
    let (shown, other) = (card(&ada, &id).await?, card(&bob, &id).await?);
    for part in [PAYEE, "2.5 ETH", &scene.owner.address(), "ALLOW"] {
        ensure!(shown.text.contains(part) != (part == "ALLOW"), "{part}: {}", shown.text);
    }
    ada.taps(&shown, shown.button("Approve")?);
    let text = text_to_sign(&ada, &id, "approve").await?;
    let document =
        scene.daemon.anonymous().get(&format!("/v1/transactions/{id}/approval")).await?.expect(200)?;
    ensure!(text == document["approve"]["message"].as_str().context("message")?, "{text}");

    ada.says(&format!("/approve {id} {}", scene.owner.sign(&text)?));
    scene.reaches(&id, "CONFIRMED").await?;
    ensure!(scene.paid().await? == before + 5 * ETHER / 2, "the payee was paid");
    ada.reads("the outcome", |shown| shown.id > other.id && shown.text.contains("is approved")).await?;
    for (person, card) in [(&ada, &shown), (&bob, &other)] {
        let closed = |shown: &Shown| shown.id == card.id && shown.text.contains("is approved");
        let closed = person.reads("its card closed", closed).await?;
        ensure!(closed.buttons.is_empty(), "{closed:?}");
    }
    ensure!(!reader.sees().iter().any(|shown| shown.text.contains(&id)), "a reader receives no cards");
    // The same signature answers nothing twice.
    bob.says(&format!("/approve {id} {}", scene.owner.sign(&text)?));
    bob.reads("the refusal", |shown| shown.text.contains("nothing waits for the owner")).await?;
    ensure!(scene.paid().await? == before + 5 * ETHER / 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_apps_answer_rejects_and_no_other_signature_counts() -> Result<()> {
    let scene = Scene::start().await?;
    let ada = scene.person(7001, "ada", "admin").await?;
    let (first, second) = (scene.ask().await?, scene.ask().await?);
    let document = async |id: &str| {
        scene.daemon.anonymous().get(&format!("/v1/transactions/{id}/approval")).await?.expect(200)
    };
    let message = |document: &Value, action: &str| -> Result<String> {
        Ok(document[action]["message"].as_str().context("message")?.to_owned())
    };
    let (one, two) = (document(&first).await?, document(&second).await?);
    let stranger = OwnerKey::evm(9)?;
    for (why, signature) in [
        ("of another key", stranger.sign(&message(&one, "approve")?)?),
        ("of another request", scene.owner.sign(&message(&two, "approve")?)?),
        ("of the other answer", scene.owner.sign(&message(&one, "reject")?)?),
        ("of no form", "0x00".to_owned()),
    ] {
        let before = ada.sees().len();
        ada.says(&format!("/approve {first} {signature}"));
        let refused = |shown: &Shown| shown.text.contains("signature") && !shown.text.contains("SIGNATURE");
        ada.reads("the refusal", |shown| refused(shown) && ada.sees().len() > before).await.context(why)?;
        ensure!(
            scene.agent.transaction(&scene.daemon, &first).await?["status"] == "PENDING_APPROVAL",
            "{why}"
        );
    }
    let answer = json!({ "version": "1", "requestId": first, "action": "reject",
        "signature": scene.owner.sign(&message(&one, "reject")?)?, "signerAddress": scene.owner.address(),
        "signedAt": "2026-12-01T00:00:00Z" });
    ada.says(&format!("/sign_response {}", URL_SAFE_NO_PAD.encode(answer.to_string())));
    scene.reaches(&first, "CANCELLED").await?;
    // What still waits is cancelled by the chat, without a signature.
    ada.says(&format!("/cancel {second}"));
    scene.reaches(&second, "CANCELLED").await?;
    let log = scene.daemon.cli_json(&["audit", "list", "--tx", &second])?;
    ensure!(log.to_string().contains("chat:7001"), "{log}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_operator_gives_a_chat_its_rights() -> Result<()> {
    let scene = Scene::start().await?;
    let mallory = scene.telegram.person(6666, "mallory");
    for text in ["/help", "/status", "hello", "/killswitch"] {
        mallory.says(text);
    }
    mallory.says("/start");
    mallory.reads("the registration", |shown| shown.text.contains("6666")).await?;
    for text in ["/start", "/status", "/wallets", "/pending", "/killswitch"] {
        mallory.says(text);
    }
    let reader = scene.person(7003, "eve", "readonly").await?;
    let shown = Shown { id: 1, text: "x".into(), buttons: Vec::new(), preformatted: false };
    reader.taps(&shown, "killswitch:confirm");
    reader.reads("the refusal", |shown| shown.text.contains("may only read")).await?;
    reader.says("/wallets");
    reader.reads("the wallets", |shown| shown.text.contains(&scene.agent.address)).await?;
    // Whoever sends from a group, or for another person, is nobody.
    let ada = scene.person(7001, "ada", "admin").await?;
    let mut forged = ada.tapped(&shown, "killswitch:confirm");
    forged["callback_query"]["from"]["id"] = json!(6666);
    scene.telegram.forge(forged);
    let mut group = json!({ "message": { "message_id": 5, "date": 1, "text": "/killswitch",
        "from": { "id": 7001, "is_bot": false, "first_name": "ada" },
        "chat": { "id": -100, "type": "group", "title": "all" } } });
    scene.telegram.forge(group.clone());
    group["message"]["chat"] = json!({ "id": 7001, "type": "private", "first_name": "ada" });
    group["message"]["text"] = json!("/status");
    for odd in [json!({}), json!({ "message": 5 }), json!({ "poll": { "id": "1" } }), group] {
        scene.telegram.forge(odd);
    }
    ada.reads("the status", |shown| shown.text.contains("Signing is on.")).await?;
    let metrics = scene.daemon.metrics().await?;
    // Nine of mallory, two forged, and three of odd forms.
    ensure!(metrics.contains("waiaas_telegram_messages_total{answer=\"dropped\"} 14"), "{metrics}");
    ensure!(mallory.sees().len() == 1, "a chat without a role is answered once: {:?}", mallory.sees());
    ada.says("/killswitch");
    let question = ada.reads("the question", |shown| shown.text.contains("Activate")).await?;
    ada.taps(&question, question.button("Stop")?);
    ada.reads("the activation", |shown| shown.text.contains("is activated")).await?;
    scene.agent.send(&scene.daemon, PAYEE, "0.1").await?.refused(503)?;
    let log = scene.daemon.cli_json(&["audit", "list"])?;
    ensure!(log.to_string().contains("chat:7001") && log.to_string().contains("telegram"), "{log}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_survive_a_restart_a_silent_bot_api_and_a_chat_that_is_gone() -> Result<()> {
    let mut scene = Scene::start().await?;
    let (ada, bob) = (scene.person(7001, "ada", "admin").await?, scene.person(7002, "bob", "admin").await?);
    bob.blocks(true);
    scene.telegram.ask_to_wait(2, 1);
    let first = scene.ask().await?;
    card(&ada, &first).await?;
    let recorded = until("the cards to be recorded", Duration::from_secs(20), || async {
        let cards = Books::open(scene.daemon.data_dir()).await?.cards(&first).await?;
        Ok((!cards.iter().any(|status| status == "WANTED")).then_some(cards))
    });
    ensure!(recorded.await? == ["OPEN", "FAILED"], "sent to ada; bob has blocked the bot");
    // Killed with a request that waits; the card of the next one comes after the restart.
    scene.daemon.kill();
    scene.daemon.restart()?;
    let second = scene.ask().await?;
    let shown = card(&ada, &second).await?;
    ensure!(
        ada.sees().iter().filter(|shown| shown.text.contains(&first)).count() == 1,
        "one card of the first"
    );
    // The operator rejects nothing here: the agent withdraws, and the card says so.
    let cancelled = scene.daemon.agent(&scene.agent.token);
    cancelled.post_empty(&format!("/v1/transactions/{second}/cancel")).await?.expect(200)?;
    ada.reads("the closed card", |new| new.id == shown.id && new.text.contains("cancelled")).await?;

    // While the Bot API is down, requests wait like any other, and other ways answer them.
    let address = scene.telegram.url().trim_start_matches("http://").to_owned();
    let old = std::mem::replace(&mut scene.telegram, TelegramDouble::start().await?);
    drop(old);
    let third = scene.ask().await?;
    let document =
        scene.daemon.anonymous().get(&format!("/v1/transactions/{third}/approval")).await?.expect(200)?;
    let approved = scene.owner.answering(&scene.daemon.anonymous(), &document["approve"])?;
    approved.post_empty(&format!("/v1/transactions/{third}/approve")).await?.expect(200)?;
    scene.reaches(&third, "CONFIRMED").await?;
    let fourth = scene.ask().await?;
    scene.telegram = until("the address to be free", Duration::from_secs(20), || async {
        Ok(TelegramDouble::start_at(&address).await.ok())
    })
    .await?;
    let ada = scene.telegram.person(7001, "ada");
    card(&ada, &fourth).await?;
    ensure!(!ada.sees().iter().any(|shown| shown.text.contains("APPROVAL") && shown.text.contains(&third)));
    let written = std::fs::read_to_string(scene.daemon.data_dir().join("test.log"))?;
    let (_, secret) = TELEGRAM_TOKEN.split_once(':').context("a token")?;
    ensure!(!written.contains(secret), "the token is in the log");
    ensure!(!scene.daemon.cli_json(&["config", "check", "--explain"])?.to_string().contains(secret));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_attention_is_told_once_and_in_order() -> Result<()> {
    let mut scene = Scene::start().await?;
    let (ada, eve) =
        (scene.person(7001, "ada", "admin").await?, scene.person(7003, "eve", "readonly").await?);
    let told =
        |person: &Person, text: &str| person.sees().iter().filter(|shown| shown.text.contains(text)).count();
    // The limits of the scene ask the owner at once; with these, one ether is sent with notice.
    let policies = scene.daemon.operator().get("/v1/policies").await?.expect(200)?;
    let limit = policies["data"][0]["id"].as_str().context("the policy")?.to_owned();
    let wide = json!({ "instant_max": "1", "notify_max": "2000000000000000000", "delay_max": "2000000000000000001" });
    let change =
        scene.daemon.operator().put(&format!("/v1/policies/{limit}"), json!({ "rules": wide })).await?;
    let change = change.expect(202)?;
    ada.reads("the change", |shown| shown.text.contains("waits for the owners' consent")).await?;
    let consent = scene.owner.agrees(&scene.daemon.anonymous(), &change).await?;
    consent.expect(200)?;
    ada.reads("the consent", |shown| shown.text.contains("was applied with the owners' consent")).await?;
    let sent = scene.agent.send(&scene.daemon, PAYEE, "1.0").await?.expect(201)?;
    ensure!(sent["tier"] == "NOTIFY", "{sent}");
    let notice = ada.reads("the notice", |shown| shown.text.contains("cleared with notice")).await?;
    for part in [PAYEE, "1 ETH", sent["id"].as_str().context("id")?] {
        ensure!(notice.text.contains(part), "{part}: {}", notice.text);
    }
    until("the notice to be recorded", Duration::from_secs(20), || async {
        let told = Books::open(scene.daemon.data_dir()).await?.is_told(ada.number(), "TX_CLEARED").await?;
        Ok(told.then_some(()))
    })
    .await?;
    // Killed and started again: what happened meanwhile is told, and nothing twice.
    scene.daemon.kill();
    scene.daemon.restart()?;
    scene.daemon.operator().post_empty("/v1/admin/kill-switch").await?.expect(200)?;
    ada.reads("the activation", |shown| {
        shown.text.contains("The kill switch was activated (master password)")
    })
    .await?;
    for text in ["cleared with notice", "waits for the owners' consent", "The kill switch was activated"] {
        ensure!(told(&ada, text) == 1, "{text}: {:?}", ada.sees());
    }
    ensure!(
        told(&eve, "kill switch") == 0 && told(&eve, "notice") == 0,
        "a reader is told nothing: {:?}",
        eve.sees()
    );
    Ok(())
}
