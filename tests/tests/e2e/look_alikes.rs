//! Address poisoning: the owner is told which accounts are new, and which only look like a known one.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{Agent, Daemon, DaemonOptions, Localnet, OwnerKey, until};
use serde_json::{Value, json};

const ETHER: u128 = 1_000_000_000_000_000_000;
const FRIEND: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const POISON: &str = "0x7099000000000000000000000000000000dc79c8";

struct Scene {
    localnet: Localnet,
    daemon: Daemon,
    owner: OwnerKey,
}

impl Scene {
    fn start() -> Result<Self> {
        let localnet = Localnet::start()?;
        let daemon = Daemon::start(&DaemonOptions::of(&localnet))?;
        Ok(Self { localnet, daemon, owner: OwnerKey::evm(3)? })
    }

    async fn agent(&self, chain: &str) -> Result<Agent> {
        let agent = Agent::create(&self.daemon, chain).await?;
        match chain {
            "solana" => self.localnet.solana.fund(&agent.address, 50_000_000_000).await?,
            _ => self.localnet.evm.fund(&agent.address, 50 * ETHER).await?,
        }
        let small = json!({ "instant_max": "1", "notify_max": "1", "delay_max": "1" });
        self.daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", small).await?;
        agent.lock_owner(&self.daemon, &self.owner).await?;
        Ok(agent)
    }

    /// Asks for a payment that waits for the owner: its approval document.
    async fn ask(&self, agent: &Agent, to: &str) -> Result<Value> {
        let sent = agent.send(&self.daemon, to, "1.5").await?.expect(201)?;
        let id = sent["id"].as_str().with_context(|| sent.to_string())?;
        self.daemon.anonymous().get(&format!("/v1/transactions/{id}/approval")).await?.expect(200)
    }

    /// Asks, approves, and waits until it is paid.
    async fn pay(&self, agent: &Agent, to: &str) -> Result<Value> {
        let document = self.ask(agent, to).await?;
        let id = document["transaction"]["id"].as_str().with_context(|| document.to_string())?;
        let owner = self.owner.answering(&self.daemon.anonymous(), &document["approve"])?;
        owner.post_empty(&format!("/v1/transactions/{id}/approve")).await?.expect(200)?;
        until("a payment", Duration::from_secs(30), || async {
            Ok((agent.transaction(&self.daemon, id).await?["status"] == "CONFIRMED").then_some(()))
        })
        .await?;
        Ok(document)
    }
}

fn says(document: &Value, text: &str) -> Result<bool> {
    Ok(document["approve"]["message"].as_str().with_context(|| document.to_string())?.contains(text))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_is_told_of_new_accounts_and_of_those_that_deceive() -> Result<()> {
    let scene = Scene::start()?;
    let agent = scene.agent("ethereum").await?;
    let new = format!("NEW: no transaction that this wallet sent, and no policy, names {FRIEND}.");
    ensure!(says(&scene.pay(&agent, FRIEND).await?, &new)?, "the first payment is to a new account");
    let again = scene.ask(&agent, FRIEND).await?;
    ensure!(!says(&again, "NEW:")? && !says(&again, "LOOKS LIKE")?, "{again}");
    let poison = scene.ask(&agent, POISON).await?;
    let warning = "LOOKS LIKE 0x70997970C51812dc3A010C7d01b50e0d17dc79C8, which this wallet has used";
    ensure!(says(&poison, warning)?, "{poison}");
    ensure!(poison["presentation"]["strangers"][0]["like"]["knownAs"] == "used", "{poison}");
    // That it was paid once does not make it another account.
    scene.pay(&agent, POISON).await?;
    ensure!(says(&scene.ask(&agent, POISON).await?, warning)?, "still marked");
    // A list vouches for an account; one that looks like it is still another.
    let list = json!({ "allowed_addresses": [POISON, FRIEND] });
    let other = scene.agent("ethereum").await?;
    scene.daemon.operator().policy(&other.wallet, "WHITELIST", list).await?;
    ensure!(!says(&scene.ask(&other, POISON).await?, "LOOKS LIKE")?);

    // What waits counts as well: of two alike, the second is marked.
    let third = scene.agent("ethereum").await?;
    ensure!(!says(&scene.ask(&third, FRIEND).await?, "LOOKS LIKE")?);
    ensure!(says(&scene.ask(&third, POISON).await?, "which another waiting request names")?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_solana() -> Result<()> {
    let scene = Scene::start()?;
    let agent = scene.agent("solana").await?;
    let friend: [u8; 32] =
        bs58::decode(OwnerKey::solana(9).address()).into_vec()?.try_into().ok().context("32")?;
    let friend_text = bs58::encode(friend).into_string();
    ensure!(says(&scene.pay(&agent, &friend_text).await?, "NEW:")?);
    // A change in the middle of a base58 number leaves its ends.
    let mut text = friend_text.clone().into_bytes();
    text[20] = if text[20] == b'a' { b'b' } else { b'a' };
    let poison = String::from_utf8(text)?;
    let warned = scene.ask(&agent, &poison).await?;
    ensure!(
        says(&warned, &format!("{poison} LOOKS LIKE {friend_text}, which this wallet has used"))?,
        "{warned}"
    );
    Ok(())
}
