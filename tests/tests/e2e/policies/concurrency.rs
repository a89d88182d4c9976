//! Many requests at once against one window. No interleaving may exceed it.

use std::sync::Arc;

use anyhow::{Result, ensure};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::world::{ETHER, SOL, World, evm_payee, instant_up_to, solana_payee, text};

/// At the same moment, `requests` transfers of `amount`; the ids of those admitted. Every other one
/// must have been refused for want of an owner, and for nothing else.
async fn stampede(world: &World, to: &str, amount: &str, requests: usize) -> Result<Vec<String>> {
    let barrier = Arc::new(Barrier::new(requests));
    let mut running = JoinSet::new();
    for _ in 0..requests {
        let (barrier, api) = (barrier.clone(), world.agent.api(&world.daemon));
        let body = serde_json::json!({ "type": "TRANSFER", "to": to, "amount": amount });
        running.spawn(async move {
            barrier.wait().await;
            api.post("/v1/transactions/send", body).await
        });
    }
    let mut admitted = Vec::new();
    while let Some(answer) = running.join_next().await {
        let answer = answer??;
        if answer.status == 201 {
            ensure!(answer.body["tier"] == "INSTANT", "{}", answer.body);
            admitted.push(text(&answer.body, "id")?.to_owned());
        } else {
            assert_eq!(answer.refused(403)?, "OWNER_REQUIRED");
        }
    }
    Ok(admitted)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stampede_on_solana_stays_within_the_daily_limit() -> Result<()> {
    let world = World::solana().await?;
    let to = solana_payee(7);
    let mut rules = instant_up_to(1000);
    rules["daily_limit_usd"] = 100.into();
    world.policy("SPENDING_LIMIT", rules).await?;
    // Ten dollars are 66 666 666 lamports, rounded up to the micro-dollar. Ten of them and their fees
    // are more than a hundred dollars, nine are not.
    let admitted = stampede(&world, &to, "66666666", 20).await?;
    assert_eq!(admitted.len(), 9);
    for id in &admitted {
        assert_eq!(world.ended(id).await?["status"], "CONFIRMED");
    }
    assert_eq!(world.localnet.solana.balance(&to).await?, 9 * 66_666_666);
    assert_eq!(world.judged(&to, "66666666").await?, "OWNER_REQUIRED", "settled sums go on counting");
    let spent = 100 * SOL - world.localnet.solana.balance(&world.agent.address).await?;
    assert!(spent > 9 * 66_666_666 && spent < 100 * SOL / 150, "{spent} lamports for 100 dollars");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stampede_on_evm_stays_within_the_daily_limit() -> Result<()> {
    let world = World::ethereum().await?;
    let to = evm_payee(9)?;
    let mut rules = instant_up_to(1000);
    // Room for ten times ten dollars and their fees, but not for eleven.
    rules["daily_limit_usd"] = 109.into();
    world.policy("SPENDING_LIMIT", rules).await?;
    let tenth = ETHER / 300;
    let admitted = stampede(&world, &to, &tenth.to_string(), 20).await?;
    assert_eq!(admitted.len(), 10);
    for id in &admitted {
        assert_eq!(world.ended(id).await?["status"], "CONFIRMED");
    }
    assert_eq!(world.localnet.evm.balance(&to).await?, 10 * tenth);
    assert_eq!(world.localnet.evm.nonce(&world.agent.address).await?, 10);
    Ok(())
}
