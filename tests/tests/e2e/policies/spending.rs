//! SPENDING_LIMIT: the thresholds of one transaction, in base units, per token and in dollars.

use anyhow::Result;
use serde_json::json;

use super::assert_denied_by;
use crate::world::{ETHER, World, evm_payee, instant_up_to, solana_payee, text};

#[tokio::test(flavor = "multi_thread")]
async fn base_unit_thresholds_are_inclusive_on_solana() -> Result<()> {
    let world = World::solana().await?;
    let rules = json!({ "instant_max": "1000000", "notify_max": "2000000", "delay_max": "3000000" });
    let policy = world.policy("SPENDING_LIMIT", rules).await?;
    let to = solana_payee(7);
    for (lamports, verdict) in [
        ("1000000", "INSTANT"),
        ("1000001", "NOTIFY"),
        ("2000000", "NOTIFY"),
        ("2000001", "DELAY"),
        ("3000000", "DELAY"),
        ("3000001", "OWNER_REQUIRED"),
    ] {
        assert_eq!(world.judged(&to, lamports).await?, verdict, "{lamports} lamports");
    }
    let sent = world.send(&to, "1000000").await?.expect(201)?;
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    assert_eq!(world.localnet.solana.balance(&to).await?, 1_000_000);

    let refused = world.send(&to, "3000001").await?;
    let body = assert_denied_by(refused, "OWNER_REQUIRED", "SPENDING_LIMIT", Some(&policy))?;
    let row = world.agent.transaction(&world.daemon, text(&body["details"], "transactionId")?).await?;
    assert_eq!((&row["status"], &row["txHash"]), (&json!("DENIED"), &json!(null)));

    // A row that limits the coin says nothing about tokens, so tokens stay where they are.
    let mint = &world.localnet.solana.spl_mint;
    world.policy("ALLOWED_TOKENS", json!({ "tokens": [{ "address": mint }] })).await?;
    let token = world.send_token(mint, &to, "1").await?;
    assert_denied_by(token, "SPENDING_LIMIT_REQUIRED", "SPENDING_LIMIT", None)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn base_unit_and_dollar_thresholds_on_evm() -> Result<()> {
    let world = World::ethereum().await?;
    let to = evm_payee(9)?;
    // One threshold of three: the missing ones count as zero, so nothing is INSTANT or NOTIFY.
    let policy = world.policy("SPENDING_LIMIT", json!({ "delay_max": "1000000000000000" })).await?;
    assert_eq!(world.judged(&to, "1000000000000000").await?, "DELAY");
    assert_eq!(world.judged(&to, "1000000000000001").await?, "OWNER_REQUIRED");

    // An ether is worth 3000 dollars here. A wei above the edge is rounded against the agent.
    let rules =
        json!({ "instant_max_usd": 3, "notify_max_usd": 4.5, "delay_max_usd": 6, "delay_seconds": 60 });
    world.update(&policy, rules).await?.expect(200)?;
    for (wei, verdict) in [
        (ETHER / 1000, "INSTANT"),
        (ETHER / 1000 + 1, "NOTIFY"),
        (ETHER * 15 / 10_000, "NOTIFY"),
        (ETHER * 15 / 10_000 + 1, "DELAY"),
        (ETHER / 500, "DELAY"),
        (ETHER / 500 + 1, "OWNER_REQUIRED"),
    ] {
        assert_eq!(world.judged(&to, &wei.to_string()).await?, verdict, "{wei} wei");
    }
    let sent = world.send(&to, "0.001").await?.expect(201)?;
    assert_eq!(sent["tier"], "INSTANT");
    assert_eq!(world.ended(text(&sent, "id")?).await?["status"], "CONFIRMED");
    let refused = world.send(&to, &(ETHER / 500 + 1).to_string()).await?;
    assert_denied_by(refused, "OWNER_REQUIRED", "SPENDING_LIMIT", Some(&policy))?;
    assert_eq!(world.localnet.evm.balance(&to).await?, ETHER / 1000);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn token_limits_count_units_of_the_token_and_win_by_strictness() -> Result<()> {
    let world = World::solana().await?;
    let (to, mint) = (solana_payee(7), world.localnet.solana.spl_mint.clone());
    world.policy("ALLOWED_TOKENS", json!({ "tokens": [{ "address": mint }] })).await?;
    let asset = format!("solana:localnet/token:{mint}");
    let limits = json!({ "token_limits": {
        "native:solana": { "instant_max": "0.1", "notify_max": "0.2", "delay_max": "0.3" },
        asset: { "instant_max": "1.5", "notify_max": "2", "delay_max": "3", "daily_max": "5", "monthly_max": "6" },
    }});
    let policy = world.policy("SPENDING_LIMIT", limits).await?;
    let judged = async |amount: &str| -> Result<String> {
        let body = json!({
            "type": "TOKEN_TRANSFER", "to": to, "humanAmount": amount, "token": { "address": mint },
        });
        crate::world::verdict(&world.dry_run(body).await?)
    };
    for (units, verdict) in [
        ("1.5", "INSTANT"),
        ("1.500001", "NOTIFY"),
        ("2", "NOTIFY"),
        ("2.000001", "DELAY"),
        ("3", "DELAY"),
        ("3.000001", "OWNER_REQUIRED"),
    ] {
        assert_eq!(judged(units).await?, verdict, "{units} units");
    }
    assert_eq!(world.judged(&to, "0.1").await?, "INSTANT");
    assert_eq!(world.judged(&to, "0.100000001").await?, "NOTIFY");
    assert_eq!(world.judged(&to, "0.300000001").await?, "OWNER_REQUIRED");

    // 24 hours take exactly five units: 3 waiting count like 1.5 and 0.5 spent.
    for (units, status) in [("3", "QUEUED"), ("1.5", "SUBMITTED"), ("0.5", "SUBMITTED")] {
        assert_eq!(world.send_token(&mint, &to, units).await?.expect(201)?["status"], status, "{units}");
    }
    let over = world.send_token(&mint, &to, "0.000001").await?;
    assert_denied_by(over, "OWNER_REQUIRED", "SPENDING_LIMIT", Some(&policy))?;
    assert_eq!(world.judged(&to, "0.1").await?, "INSTANT", "the coin has its own limit");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_price_a_dollar_rule_asks_the_owner_and_never_lets_it_through() -> Result<()> {
    let world =
        World::ethereum_with(|options| options.prices.retain(|(id, _)| !id.starts_with("eip155:"))).await?;
    let (to, token) = (evm_payee(9)?, world.localnet.evm.erc20.clone());
    let asset = format!("eip155:31337/erc20:{token}");
    let tokens = json!({ "tokens": [{ "address": token, "assetId": asset }] });
    world.policy("ALLOWED_TOKENS", tokens).await?;
    let policy = world.policy("SPENDING_LIMIT", instant_up_to(1_000_000)).await?;
    let refused = world.send_token(&token, &to, "0.000001").await?;
    let body = assert_denied_by(refused, "OWNER_REQUIRED", "SPENDING_LIMIT", Some(&policy))?;
    assert!(text(&body, "message")?.contains("price"), "{body}");
    assert_eq!(world.send(&to, "0.001").await?.expect(201)?["tier"], "INSTANT", "ether has its price");

    // A window in dollars alone cannot be checked either; a limit in units needs no price.
    let units = json!({ asset.clone(): { "instant_max": "10", "notify_max": "10", "delay_max": "10" } });
    world.update(&policy, json!({ "token_limits": units, "daily_limit_usd": 1000 })).await?.expect(200)?;
    let refused = world.send_token(&token, &to, "0.000001").await?;
    assert_denied_by(refused, "OWNER_REQUIRED", "SPENDING_LIMIT", Some(&policy))?;
    world.update(&policy, json!({ "token_limits": units })).await?.expect(200)?;
    let sent = world.send_token(&token, &to, "10").await?.expect(201)?;
    assert_eq!((&sent["tier"], &sent["amountUsd"]), (&json!("INSTANT"), &json!(null)));

    world.update(&policy, instant_up_to(1_000_000)).await?.expect(200)?;
    world.agent.lock_owner(&world.daemon, &e2e::OwnerKey::evm(3)?).await?;
    let waiting = world.send_token(&token, &to, "0.000001").await?.expect(201)?;
    assert_eq!((&waiting["tier"], &waiting["status"]), (&json!("APPROVAL"), &json!("PENDING_APPROVAL")));
    assert_eq!(waiting["reasons"][0]["policyId"], json!(policy));
    Ok(())
}
