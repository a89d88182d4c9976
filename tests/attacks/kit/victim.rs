//! A wallet with money, the session an attacker holds, and the operator's policies.

use std::time::Duration;

use alloy_primitives::U256;
use anyhow::{Context as _, Result, ensure};
use e2e::{Answer, Api, OwnerKey, until};
use serde_json::{Value, json};

use crate::kit::{Target, evm_account, solana_account};

const PATIENCE: Duration = Duration::from_secs(60);
const ETHER: u128 = 1_000_000_000_000_000_000;
const SOL: u64 = 1_000_000_000;

/// Which chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum On {
    Evm,
    Solana,
}

impl On {
    pub(crate) const fn chain(self) -> &'static str {
        match self {
            Self::Evm => "ethereum",
            Self::Solana => "solana",
        }
    }

    pub(crate) const fn network(self) -> &'static str {
        match self {
            Self::Evm => "evm-localnet",
            Self::Solana => "solana-localnet",
        }
    }

    /// A new account.
    pub(crate) fn stranger(self) -> String {
        match self {
            Self::Evm => evm_account(),
            Self::Solana => solana_account(),
        }
    }
}

/// The victim, seen by the holder of its session token.
#[derive(Clone, Debug)]
pub(crate) struct Victim {
    pub(crate) on: On,
    pub(crate) wallet: String,
    pub(crate) address: String,
    pub(crate) session: String,
    pub(crate) token: String,
    /// The attacker's voice: the session token and nothing else.
    pub(crate) api: Api,
    /// A contract or program that the operator listed for it, where there is one.
    pub(crate) contract: String,
    /// Transactions on chain when it was made ready; EVM.
    pub(crate) nonce: U256,
}

/// A spending limit of small change: 0.01 of the coin and ten of each test token per transaction, at
/// once. More takes an owner.
pub(crate) fn pocket(target: &Target, on: On) -> Result<Value> {
    let ten = json!({ "instant_max": "10", "notify_max": "10", "delay_max": "10" });
    Ok(match on {
        On::Evm => {
            let most = (ETHER / 100).to_string();
            let asset = target.evm()?.asset();
            json!({ "instant_max": most, "notify_max": most, "delay_max": most, "token_limits": { asset: ten } })
        }
        On::Solana => {
            let most = (SOL / 100).to_string();
            let asset = |mint: &str| format!("solana:localnet/token:{mint}");
            let nodes = target.solana()?;
            let tokens = json!({ asset(&nodes.mint): ten, asset(&nodes.mint_2022): ten });
            json!({ "instant_max": most, "notify_max": most, "delay_max": most, "token_limits": tokens })
        }
    })
}

impl Victim {
    /// A victim without values, for writing requests down.
    pub(crate) fn blank() -> Self {
        let (on, nothing) = (On::Solana, String::new);
        Self {
            on,
            wallet: nothing(),
            address: nothing(),
            session: nothing(),
            token: nothing(),
            api: Api::new(""),
            contract: nothing(),
            nonce: U256::ZERO,
        }
    }

    /// A wallet with a session, without money and without policies.
    pub(crate) async fn poor(target: &Target, on: On) -> Result<Self> {
        let operator = target.operator();
        let name = format!("attack-{}", uuid::Uuid::now_v7());
        let (_, environment) = target.place(on);
        let body = json!({ "name": name, "chain": on.chain(), "environment": environment });
        let wallet = operator.post("/v1/wallets", body).await?.expect(201)?;
        let id = text(&wallet, "id")?;
        target.remember(&id);
        let session = operator.post("/v1/sessions", json!({ "walletId": id })).await?.expect(201)?;
        let token = text(&session, "token")?;
        Ok(Self {
            on,
            address: text(&wallet, "address")?,
            session: text(&session, "id")?,
            api: target.agent(&token),
            token,
            wallet: id,
            contract: String::new(),
            nonce: U256::ZERO,
        })
    }

    /// With 100 coins and 1000 of each test token, and without policies.
    pub(crate) async fn rich(target: &Target, on: On) -> Result<Self> {
        let victim = Self::poor(target, on).await?;
        match on {
            On::Evm => {
                let evm = target.evm()?;
                evm.fund(&victim.address, 100 * ETHER).await?;
                evm.deal(&victim.address, &evm.erc20, 1000 * ETHER).await?;
            }
            On::Solana => {
                let solana = target.solana()?;
                solana.fund(&victim.address, 100 * SOL).await?;
                solana.deal(&victim.address, &solana.mint, 1000 * 1_000_000).await?;
                solana.deal(&victim.address, &solana.mint_2022, 1000 * SOL).await?;
            }
        }
        Ok(victim)
    }

    /// Rich, with small change to spend, and shown to work: an allowed payment goes through.
    pub(crate) async fn with_pocket(target: &Target, on: On) -> Result<Self> {
        let victim = Self::rich(target, on).await?;
        victim.policy(target, "SPENDING_LIMIT", pocket(target, on)?).await?;
        victim.works().await?;
        Ok(victim)
    }

    /// The same, and its tokens may leave.
    pub(crate) async fn with_tokens(target: &Target, on: On) -> Result<Self> {
        let victim = Self::with_pocket(target, on).await?;
        let tokens = match on {
            On::Evm => json!([{ "address": target.evm()?.erc20 }]),
            On::Solana => {
                json!([{ "address": target.solana()?.mint }, { "address": target.solana()?.mint_2022 }])
            }
        };
        victim.policy(target, "ALLOWED_TOKENS", json!({ "tokens": tokens })).await?;
        Ok(victim)
    }

    /// A policy of this wallet on its local network.
    pub(crate) async fn policy(&self, target: &Target, kind: &str, rules: Value) -> Result<String> {
        let (network, _) = target.place(self.on);
        let body = json!({ "walletId": self.wallet, "network": network, "type": kind, "rules": rules });
        let made = target.operator().post("/v1/policies", body).await?.expect(201)?;
        text(&made, "id")
    }

    /// Asks for a transaction.
    pub(crate) async fn send(&self, body: Value) -> Result<Answer> {
        self.api.post("/v1/transactions/send", body).await
    }

    /// Asks for coins to be sent.
    pub(crate) async fn pay(&self, to: &str, amount: &str) -> Result<Answer> {
        self.send(json!({ "type": "TRANSFER", "to": to, "amount": amount })).await
    }

    /// A permitted payment confirms. Without this, an attack could fail for want of a working wallet.
    pub(crate) async fn works(&self) -> Result<()> {
        let sent = self.pay(&self.on.stranger(), "0.002").await?.expect(201)?;
        let ended = self.ended(&text(&sent, "id")?).await?;
        ensure!(ended["status"] == "CONFIRMED", "what is allowed does not work: {ended}");
        Ok(())
    }

    /// The transaction as it is now.
    pub(crate) async fn transaction(&self, id: &str) -> Result<Value> {
        self.api.get(&format!("/v1/transactions/{id}")).await?.expect(200)
    }

    /// The transaction once it can change no more.
    pub(crate) async fn ended(&self, id: &str) -> Result<Value> {
        until("the end of a transaction", PATIENCE, || async {
            let tx = self.transaction(id).await?;
            let status = tx["status"].as_str().unwrap_or_default();
            let over = ["CONFIRMED", "FAILED", "CANCELLED", "EXPIRED", "DENIED", "SIGNED"];
            Ok(over.contains(&status).then_some(tx))
        })
        .await
    }

    /// Gives the wallet an owner who has proved the key.
    pub(crate) async fn lock_owner(&self, target: &Target, owner: &OwnerKey) -> Result<()> {
        let path = format!("/v1/wallets/{}/owner", self.wallet);
        let body = json!({ "ownerAddress": owner.address() });
        let set = target.operator().put(&path, body).await?.expect(200)?;
        let proof = owner.answering(&target.anonymous(), &set["challenge"])?;
        let locked = proof.post_empty(&format!("{path}/verify")).await?.expect(200)?;
        ensure!(locked["ownerState"] == "LOCKED", "not locked: {locked}");
        Ok(())
    }
}

/// A field that is text.
pub(crate) fn text(value: &Value, field: &str) -> Result<String> {
    Ok(value[field].as_str().with_context(|| format!("{field} in {value}"))?.to_owned())
}
