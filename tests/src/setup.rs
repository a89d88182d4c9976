//! An agent ready to spend: wallet, policies, session.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::api::{Answer, Api};
use crate::daemon::Daemon;
use crate::owner::OwnerKey;

/// Small amounts at once, larger ones watched, delayed, approved.
pub fn generous_policy() -> Value {
    json!({
        "instant_max_usd": 10, "notify_max_usd": 100, "delay_max_usd": 1000, "delay_seconds": 900,
        "daily_limit_usd": 100_000,
    })
}

/// A wallet and the session that may use it.
#[derive(Clone, Debug)]
pub struct Agent {
    /// The wallet.
    pub wallet: String,
    /// Its address.
    pub address: String,
    /// The session.
    pub session: String,
    /// Its token.
    pub token: String,
}

impl Agent {
    /// Creates a local wallet on `chain` and a session for it; no policies yet.
    pub async fn create(daemon: &Daemon, chain: &str) -> Result<Self> {
        let operator = daemon.operator();
        let name = format!("{chain}-{}", uuid::Uuid::now_v7());
        let body = json!({ "name": name, "chain": chain, "environment": "local" });
        let wallet = operator.post("/v1/wallets", body).await?.expect(201)?;
        let id = text(&wallet, "id")?;
        let session = operator.post("/v1/sessions", json!({ "walletId": id })).await?.expect(201)?;
        Ok(Self {
            address: text(&wallet, "address")?,
            session: text(&session, "id")?,
            token: text(&session, "token")?,
            wallet: id,
        })
    }

    /// As the agent.
    pub fn api(&self, daemon: &Daemon) -> Api {
        daemon.agent(&self.token)
    }

    /// Asks for a native transfer.
    pub async fn send(&self, daemon: &Daemon, to: &str, amount: &str) -> Result<Answer> {
        let body = json!({ "type": "TRANSFER", "to": to, "amount": amount });
        self.api(daemon).post("/v1/transactions/send", body).await
    }

    /// The transaction as it is now.
    pub async fn transaction(&self, daemon: &Daemon, id: &str) -> Result<Value> {
        self.api(daemon).get(&format!("/v1/transactions/{id}")).await?.expect(200)
    }

    /// Names an owner and has it prove itself.
    pub async fn lock_owner(&self, daemon: &Daemon, owner: &OwnerKey) -> Result<()> {
        let path = format!("/v1/wallets/{}/owner", self.wallet);
        let set =
            daemon.operator().put(&path, json!({ "owner_address": owner.address() })).await?.expect(200)?;
        let proof = owner.answering(&daemon.anonymous(), &set["challenge"])?;
        let locked = proof.post_empty(&format!("{path}/verify")).await?.expect(200)?;
        anyhow::ensure!(locked["ownerState"] == "LOCKED", "not locked: {locked}");
        Ok(())
    }
}

fn text(value: &Value, field: &str) -> Result<String> {
    Ok(value[field].as_str().with_context(|| format!("{field} in {value}"))?.to_owned())
}
