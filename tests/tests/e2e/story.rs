//! The product's story on both chains: four tiers, a denial, an approval, the audit log.

use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::{Agent, Daemon, DaemonOptions, Localnet, OwnerKey, generous_policy, until};
use serde_json::{Value, json};

const SOL: u64 = 1_000_000_000;
const ETHER: u128 = 1_000_000_000_000_000_000;

async fn final_status(daemon: &Daemon, agent: &Agent, id: &str) -> Result<Value> {
    until("a final status", Duration::from_secs(30), || async {
        let tx = agent.transaction(daemon, id).await?;
        let status = tx["status"].as_str().unwrap_or_default().to_owned();
        Ok(matches!(status.as_str(), "CONFIRMED" | "FAILED" | "CANCELLED" | "EXPIRED").then_some(tx))
    })
    .await
}

fn id(tx: &Value) -> Result<&str> {
    tx["id"].as_str().context("an id")
}

#[tokio::test(flavor = "multi_thread")]
async fn solana_in_four_tiers_and_a_denial() -> Result<()> {
    let localnet = Localnet::start()?;
    let daemon = Daemon::start(&DaemonOptions::of(&localnet))?;
    let agent = Agent::create(&daemon, "solana").await?;
    localnet.solana.fund(&agent.address, 100 * SOL).await?;
    let to = OwnerKey::solana(7).address();

    let refused = agent.send(&daemon, &to, "0.05").await?.refused(403)?;
    assert_eq!(refused, "SPENDING_LIMIT_REQUIRED", "no policy, no spending");
    daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", generous_policy()).await?;

    // The table prices a SOL at 150 dollars: 7.50, 75, 750 and 7500 dollars.
    let instant = agent.send(&daemon, &to, "0.05").await?.expect(201)?;
    assert_eq!((&instant["tier"], &instant["status"]), (&json!("INSTANT"), &json!("SUBMITTED")));
    assert_eq!(instant["amountFormatted"], "0.05 SOL");
    let notify = agent.send(&daemon, &to, "0.5").await?.expect(201)?;
    assert_eq!(notify["tier"], "NOTIFY");
    let delay = agent.send(&daemon, &to, "5.0").await?.expect(201)?;
    assert_eq!((&delay["tier"], &delay["status"]), (&json!("DELAY"), &json!("QUEUED")));
    assert!(delay["executeAfter"].is_i64());
    assert_eq!(agent.send(&daemon, &to, "50").await?.expect(201)?["amount"], "50", "digits are lamports");
    assert_eq!(agent.send(&daemon, &to, "50.0").await?.refused(403)?, "OWNER_REQUIRED");

    let owner = OwnerKey::evm(3)?;
    agent.lock_owner(&daemon, &owner).await?;
    let waiting = agent.send(&daemon, &to, "50.0").await?.expect(201)?;
    assert_eq!((&waiting["tier"], &waiting["status"]), (&json!("APPROVAL"), &json!("PENDING_APPROVAL")));
    let path = format!("/v1/transactions/{}", id(&waiting)?);
    let asked = daemon.anonymous().get(&format!("{path}/approval")).await?.expect(200)?;
    let message = asked["approve"]["message"].as_str().context("a message")?;
    assert!(message.contains("50 SOL") && message.contains(&to), "{message}");
    let before = localnet.solana.balance(&to).await?;
    let yes = owner.answering(&daemon.anonymous(), &asked["approve"])?;
    yes.post_empty(&format!("{path}/approve")).await?.expect(200)?;
    assert_eq!(final_status(&daemon, &agent, id(&waiting)?).await?["status"], "CONFIRMED");
    assert_eq!(localnet.solana.balance(&to).await?, before + 50 * SOL);
    let again = yes.post_empty(&format!("{path}/approve")).await?;
    assert_eq!(again.refused(409)?, "TX_ALREADY_PROCESSED", "one signature, one execution");

    for tx in [&instant, &notify] {
        assert_eq!(final_status(&daemon, &agent, id(tx)?).await?["status"], "CONFIRMED");
    }
    let cancelled =
        agent.api(&daemon).post_empty(&format!("/v1/transactions/{}/cancel", id(&delay)?)).await?;
    assert_eq!(cancelled.expect(200)?["status"], "CANCELLED");
    let report = daemon.operator().get("/v1/admin/audit/verify").await?.expect(200)?;
    assert_eq!(report["intact"], true);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn evm_native_and_token_transfers_confirm() -> Result<()> {
    let localnet = Localnet::start()?;
    let daemon = Daemon::start(&DaemonOptions::of(&localnet))?;
    let agent = Agent::create(&daemon, "ethereum").await?;
    localnet.evm.fund(&agent.address, 10 * ETHER).await?;
    localnet.evm.fund_erc20(&agent.address, 1000 * ETHER).await?;
    let operator = daemon.operator();
    operator.policy(&agent.wallet, "SPENDING_LIMIT", generous_policy()).await?;
    let asset = format!("eip155:31337/erc20:{}", localnet.evm.erc20);
    let tokens = json!({ "tokens": [{ "address": localnet.evm.erc20, "assetId": asset }] });
    operator.policy(&agent.wallet, "ALLOWED_TOKENS", tokens).await?;
    let to = OwnerKey::evm(9)?.address();

    let native = agent.send(&daemon, &to, "0.001").await?.expect(201)?;
    assert_eq!(final_status(&daemon, &agent, id(&native)?).await?["status"], "CONFIRMED");
    assert_eq!(localnet.evm.balance(&to).await?, ETHER / 1000);

    let body = json!({
        "type": "TOKEN_TRANSFER", "to": to, "humanAmount": "2.5", "token": { "address": localnet.evm.erc20 },
    });
    let sent =
        agent.api(&daemon).post("/v1/transactions/send?wait=confirmed", body.clone()).await?.expect(201)?;
    assert_eq!(sent["status"], "CONFIRMED", "{sent}");
    assert_eq!(localnet.evm.erc20_balance(&to).await?, 5 * ETHER / 2);

    let mut lie = body;
    lie["token"]["decimals"] = json!(6);
    assert_eq!(agent.api(&daemon).post("/v1/transactions/send", lie).await?.refused(400)?, "TOKEN_MISMATCH");
    Ok(())
}
