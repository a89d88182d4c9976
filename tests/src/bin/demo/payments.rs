//! One payment of each tier, and one that is denied.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{Agent, Daemon, OwnerKey, SolanaNode, rpc, until};
use serde_json::{Value, json};

use crate::table::Row;

/// Lamports of one SOL.
pub(crate) const SOL: u128 = 1_000_000_000;
/// Wei of one ETH.
pub(crate) const ETHER: u128 = 1_000_000_000_000_000_000;

/// Where a payment shows.
pub(crate) enum Node {
    /// The JSON-RPC of an EVM node.
    Evm(String),
    /// A Solana node.
    Solana(SolanaNode),
}

impl Node {
    /// Gives an account this much of the chain's coin.
    pub(crate) async fn fund(&self, address: &str, amount: u128) -> Result<()> {
        match self {
            Self::Evm(url) => {
                rpc(url, "anvil_setBalance", json!([address, format!("{amount:#x}")])).await.map(drop)
            }
            Self::Solana(node) => node.fund(address, u64::try_from(amount)?).await,
        }
    }

    /// An account's balance of the chain's coin.
    async fn balance(&self, address: &str) -> Result<String> {
        Ok(match self {
            Self::Evm(url) => {
                let wei = quantity(&rpc(url, "eth_getBalance", json!([address, "latest"])).await?)?;
                format!("{}.{:018} ETH", wei / ETHER, wei % ETHER)
            }
            Self::Solana(node) => {
                let lamports = u128::from(node.balance(address).await?);
                format!("{}.{:09} SOL", lamports / SOL, lamports % SOL)
            }
        })
    }

    /// An account's base units of an ERC-20.
    async fn tokens(&self, token: &str, holder: &str) -> Result<String> {
        let Self::Evm(url) = self else { anyhow::bail!("an ERC-20 is on an EVM chain") };
        let holder = holder.trim_start_matches("0x").to_lowercase();
        let question = json!([{ "to": token, "data": format!("0x70a08231{holder:0>64}") }, "latest"]);
        Ok(quantity(&rpc(url, "eth_call", question).await?)?.to_string())
    }
}

/// An agent, and the node of its wallet's chain.
pub(crate) struct Payer {
    /// The agent.
    pub(crate) agent: Agent,
    /// The node.
    pub(crate) node: Node,
}

impl Payer {
    /// Less than 10 dollars.
    pub(crate) async fn instant(&self, daemon: &Daemon, to: &str, amount: &str) -> Result<Row> {
        let before = self.node.balance(to).await?;
        let tx = self.agent.send(daemon, to, amount).await?.expect(201)?;
        self.row("small payment", daemon, &tx, to, before, 30).await
    }

    /// Less than 100 dollars.
    pub(crate) async fn notify(&self, daemon: &Daemon, to: &str, amount: &str) -> Result<Row> {
        let before = self.node.balance(to).await?;
        let tx = self.agent.send(daemon, to, amount).await?.expect(201)?;
        ensure!(tx["tier"] == "NOTIFY", "not watched: {tx}");
        self.row("medium payment", daemon, &tx, to, before, 30).await
    }

    /// Less than 1000 dollars: waits.
    pub(crate) async fn delay(&self, daemon: &Daemon, to: &str, amount: &str) -> Result<Row> {
        let before = self.node.balance(to).await?;
        let tx = self.agent.send(daemon, to, amount).await?.expect(201)?;
        ensure!(tx["status"] == "QUEUED", "not queued: {tx}");
        self.row("larger payment", daemon, &tx, to, before, 120).await
    }

    /// More: the owner signs.
    #[expect(clippy::print_stdout, reason = "a demonstration prints")]
    pub(crate) async fn approval(
        &self,
        daemon: &Daemon,
        to: &str,
        amount: &str,
        owner: &OwnerKey,
    ) -> Result<Row> {
        let before = self.node.balance(to).await?;
        let tx = self.agent.send(daemon, to, amount).await?.expect(201)?;
        ensure!(tx["status"] == "PENDING_APPROVAL", "not waiting: {tx}");
        let path = format!("/v1/transactions/{}", tx["id"].as_str().context("an id")?);
        let asked = daemon.anonymous().get(&format!("{path}/approval")).await?.expect(200)?;
        println!("   the owner is asked to sign:");
        for line in asked["approve"]["message"].as_str().context("a message")?.lines() {
            println!("     | {line}");
        }
        let answer = owner.answering(&daemon.anonymous(), &asked["approve"])?;
        answer.post_empty(&format!("{path}/approve")).await?.expect(200)?;
        self.row("large payment, approved", daemon, &tx, to, before, 30).await
    }

    /// A token that no policy allows.
    #[expect(clippy::print_stdout, reason = "a demonstration prints")]
    pub(crate) async fn denied(&self, daemon: &Daemon, to: &str, token: &str) -> Result<Row> {
        let before = self.node.tokens(token, to).await?;
        let named = json!({ "address": token });
        let body = json!({ "type": "TOKEN_TRANSFER", "to": to, "amount": "1.0", "token": named });
        let answer = self.agent.api(daemon).post("/v1/transactions/send", body).await?.expect(403)?;
        println!("   denied: {} — {}", answer["message"], answer["hint"]);
        let id = answer["details"]["transactionId"].as_str().context("an id")?;
        let tx = self.agent.transaction(daemon, id).await?;
        let after = self.node.tokens(token, to).await?;
        Ok(Row { what: "token not allowed", tx, before, after })
    }

    /// The row of a payment, once it is confirmed.
    #[expect(clippy::print_stdout, reason = "a demonstration prints")]
    async fn row(
        &self,
        what: &'static str,
        daemon: &Daemon,
        sent: &Value,
        to: &str,
        before: String,
        seconds: u64,
    ) -> Result<Row> {
        let id = sent["id"].as_str().context("an id")?;
        let tx = until("confirmation", Duration::from_secs(seconds), || async {
            let tx = self.agent.transaction(daemon, id).await?;
            Ok((tx["status"] == "CONFIRMED").then_some(tx))
        })
        .await?;
        println!("   {what}: {} confirmed", tx["amountFormatted"].as_str().unwrap_or("–"));
        Ok(Row { what, tx, before, after: self.node.balance(to).await? })
    }
}

fn quantity(value: &Value) -> Result<u128> {
    let digits = value.as_str().context("a quantity")?.trim_start_matches("0x").trim_start_matches('0');
    Ok(if digits.is_empty() { 0 } else { u128::from_str_radix(digits, 16)? })
}
