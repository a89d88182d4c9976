//! One daemon on both nodes with one funded agent: where most tests begin.

use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::{Agent, Answer, Daemon, DaemonOptions, Localnet, OwnerKey, until};
use serde_json::{Value, json};

/// Lamports of a SOL.
pub(crate) const SOL: u64 = 1_000_000_000;
/// Wei of an ether, and base units of the ERC-20's unit.
pub(crate) const ETHER: u128 = 1_000_000_000_000_000_000;

/// Daemon first, so that it ends before its nodes.
pub(crate) struct World {
    pub(crate) daemon: Daemon,
    pub(crate) agent: Agent,
    pub(crate) localnet: Localnet,
}

impl World {
    /// A Solana agent with 100 SOL and 1000 of the SPL token; no policies.
    pub(crate) async fn solana() -> Result<Self> {
        Self::solana_with(|_| {}).await
    }

    /// The same with other options.
    pub(crate) async fn solana_with(change: impl FnOnce(&mut DaemonOptions)) -> Result<Self> {
        let world = Self::on("solana", change).await?;
        world.localnet.solana.fund(&world.agent.address, 100 * SOL).await?;
        let units = 10u64.pow(u32::from(world.localnet.solana.spl_decimals));
        world.localnet.solana.fund_spl(&world.agent.address, 1000 * units).await?;
        Ok(world)
    }

    /// An EVM agent with 100 ether and 1000 of the ERC-20; no policies.
    pub(crate) async fn ethereum() -> Result<Self> {
        Self::ethereum_with(|_| {}).await
    }

    /// The same with other options.
    pub(crate) async fn ethereum_with(change: impl FnOnce(&mut DaemonOptions)) -> Result<Self> {
        let world = Self::on("ethereum", change).await?;
        world.localnet.evm.fund(&world.agent.address, 100 * ETHER).await?;
        world.localnet.evm.fund_erc20(&world.agent.address, 1000 * ETHER).await?;
        Ok(world)
    }

    async fn on(chain: &str, change: impl FnOnce(&mut DaemonOptions)) -> Result<Self> {
        let localnet = Localnet::start()?;
        let mut options = DaemonOptions::of(&localnet);
        change(&mut options);
        let daemon = Daemon::start(&options)?;
        let agent = Agent::create(&daemon, chain).await?;
        Ok(Self { daemon, agent, localnet })
    }

    /// A policy of the agent's wallet.
    pub(crate) async fn policy(&self, policy_type: &str, rules: Value) -> Result<String> {
        self.daemon.operator().policy(&self.agent.wallet, policy_type, rules).await
    }

    /// Replaces a policy's rules.
    pub(crate) async fn update(&self, policy: &str, rules: Value) -> Result<Answer> {
        let body = json!({ "rules": rules });
        self.daemon.operator().put(&format!("/v1/policies/{policy}"), body).await
    }

    /// A native transfer.
    pub(crate) async fn send(&self, to: &str, amount: &str) -> Result<Answer> {
        self.agent.send(&self.daemon, to, amount).await
    }

    /// A transfer of the token at `token`, in human units.
    pub(crate) async fn send_token(&self, token: &str, to: &str, amount: &str) -> Result<Answer> {
        self.request(json!({
            "type": "TOKEN_TRANSFER", "to": to, "humanAmount": amount, "token": { "address": token },
        }))
        .await
    }

    /// Any request.
    pub(crate) async fn request(&self, body: Value) -> Result<Answer> {
        self.agent.api(&self.daemon).post("/v1/transactions/send", body).await
    }

    /// The judgement of a native transfer by dry run: a tier, or the code of the denial.
    pub(crate) async fn judged(&self, to: &str, amount: &str) -> Result<String> {
        verdict(&self.dry_run(json!({ "to": to, "amount": amount })).await?)
    }

    /// A dry run.
    pub(crate) async fn dry_run(&self, mut body: Value) -> Result<Value> {
        body["dryRun"] = json!(true);
        self.request(body).await?.expect(200)
    }

    /// Waits until a transaction has ended and gives its last state.
    pub(crate) async fn ended(&self, id: &str) -> Result<Value> {
        until("a final status", Duration::from_secs(60), || async {
            let tx = self.agent.transaction(&self.daemon, id).await?;
            let status = tx["status"].as_str().unwrap_or_default().to_owned();
            Ok(matches!(status.as_str(), "CONFIRMED" | "FAILED" | "CANCELLED" | "EXPIRED").then_some(tx))
        })
        .await
    }
}

/// A daemon none of whose nodes answers, for what must work without them.
pub(crate) fn daemon_without_nodes() -> Result<Daemon> {
    const NOWHERE: &str = "http://127.0.0.1:9";
    let mut through = vec!["env".to_owned()];
    for network in [
        "SOLANA_DEVNET",
        "SOLANA_TESTNET",
        "EVM_ETHEREUM_SEPOLIA",
        "EVM_POLYGON_AMOY",
        "EVM_ARBITRUM_SEPOLIA",
        "EVM_OPTIMISM_SEPOLIA",
        "EVM_BASE_SEPOLIA",
        "EVM_HYPEREVM_TESTNET",
    ] {
        through.push(format!("WAIAAS_RPC_{network}={NOWHERE}"));
    }
    Daemon::start(&DaemonOptions {
        solana: NOWHERE.to_owned(),
        evm: NOWHERE.to_owned(),
        prices: Vec::new(),
        extra: String::new(),
        through,
    })
}

/// Tier or denial of a dry run.
pub(crate) fn verdict(dry_run: &Value) -> Result<String> {
    let policy = &dry_run["policy"];
    let word = if policy["allowed"] == true { &policy["tier"] } else { &policy["code"] };
    Ok(word.as_str().with_context(|| format!("a verdict in {policy}"))?.to_owned())
}

/// A field that is text.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value[field].as_str().with_context(|| format!("{field} in {value}"))
}

/// A recipient on Solana.
pub(crate) fn solana_payee(seed: u8) -> String {
    OwnerKey::solana(seed).address()
}

/// A recipient on EVM.
pub(crate) fn evm_payee(seed: u8) -> Result<String> {
    Ok(OwnerKey::evm(seed)?.address())
}

/// Rules that grant INSTANT to requests worth up to `dollars`.
pub(crate) fn instant_up_to(dollars: u64) -> Value {
    json!({ "instant_max_usd": dollars, "notify_max_usd": dollars, "delay_max_usd": dollars })
}
