//! Admission: requests that the wallet cannot pay, incomplete batches, and waiting requests.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::world::{ETHER, SOL, World, instant_up_to, solana_payee, text, verdict};

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_of_more_than_the_wallet_holds_shows_the_verdict_and_the_shortage() -> Result<()> {
    let world = World::solana().await?;
    world
        .policy(
            "SPENDING_LIMIT",
            json!({ "instant_max_usd": 100_000, "notify_max_usd": 200_000, "delay_max_usd": 300_000 }),
        )
        .await?;
    let tokens = json!({ "tokens": [{ "address": world.localnet.solana.spl_mint }] });
    world.policy("ALLOWED_TOKENS", tokens).await?;
    let to = solana_payee(7);
    let native = json!({ "to": to, "amount": "200.0" });
    let token = json!({
        "type": "TOKEN_TRANSFER", "to": to, "humanAmount": "5000",
        "token": { "address": world.localnet.solana.spl_mint },
    });
    for (body, code) in [(native, "INSUFFICIENT_BALANCE"), (token, "INSUFFICIENT_TOKEN_BALANCE")] {
        shortage(&world, body, code).await?;
    }
    // A denial by policy does not depend on the wallet's balance: 60000 dollars need an owner here.
    let much = json!({ "to": to, "amount": "4000.0" });
    ensure!(verdict(&world.dry_run(much).await?)? == "OWNER_REQUIRED");
    ensure!(world.localnet.solana.balance(&world.agent.address).await? == 100 * SOL);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_of_more_ether_or_tokens_than_there_are_does_so_too() -> Result<()> {
    let world = World::ethereum().await?;
    world
        .policy(
            "SPENDING_LIMIT",
            json!({ "instant_max_usd": 1_000_000, "notify_max_usd": 2_000_000, "delay_max_usd": 3_000_000 }),
        )
        .await?;
    let erc20 = world.localnet.evm.erc20.clone();
    let network = Some("evm-localnet");
    let listed = json!({
        "walletId": world.agent.wallet, "network": network, "type": "ALLOWED_TOKENS",
        "rules": { "tokens": [{ "address": erc20 }] },
    });
    world.daemon.operator().post("/v1/policies", listed).await?.expect(201)?;
    let to = e2e::OwnerKey::evm(77)?.address();
    let token =
        json!({ "type": "TOKEN_TRANSFER", "to": to, "humanAmount": "5000", "token": { "address": erc20 } });
    for (body, code) in [
        (json!({ "to": to, "amount": "200.0" }), "INSUFFICIENT_BALANCE"),
        (token, "INSUFFICIENT_TOKEN_BALANCE"),
    ] {
        shortage(&world, body, code).await?;
    }
    ensure!(world.localnet.evm.balance(&world.agent.address).await? == 100 * ETHER);
    Ok(())
}

/// Dry run and simulation show the verdict; only the live request is refused.
async fn shortage(world: &World, body: serde_json::Value, code: &str) -> Result<()> {
    let simulated = world.agent.api(&world.daemon).post("/v1/transactions/simulate", body.clone()).await?;
    for run in [world.dry_run(body.clone()).await?, simulated.expect(200)?] {
        ensure!(verdict(&run)? == "INSTANT" && run["success"] == true, "{run}");
        let warnings = run["warnings"].as_array().cloned().unwrap_or_default();
        ensure!(warnings.iter().any(|w| w["code"] == code && w["severity"] == "error"), "{run}");
        ensure!(run["simulation"]["success"] == false && run["fee"].is_null(), "{run}");
        let after = run["balanceChanges"][0]["afterBalance"].as_str().unwrap_or_default().to_owned();
        ensure!(after.starts_with('-'), "{run}");
    }
    let told = world.request(body).await?;
    let message = told.body["message"].as_str().unwrap_or_default().to_owned();
    ensure!(message.contains(" but needs ") && !message.contains("base units"), "{message}");
    ensure!(message.contains("needs 200 ") || message.contains("needs 5000 "), "human units: {message}");
    ensure!(told.refused(400)? == code);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_a_batch_may_leave_their_type_out() -> Result<()> {
    let world = World::solana().await?;
    world
        .policy(
            "SPENDING_LIMIT",
            json!({ "instant_max_usd": 1000, "notify_max_usd": 2000, "delay_max_usd": 3000 }),
        )
        .await?;
    let mint = &world.localnet.solana.spl_mint;
    world.policy("ALLOWED_TOKENS", json!({ "tokens": [{ "address": mint }] })).await?;
    let (one, two) = (solana_payee(7), solana_payee(8));
    world.localnet.solana.fund(&one, SOL).await?;
    let batch = json!({ "type": "BATCH", "instructions": [
        { "to": one, "amount": "0.5" },
        { "to": two, "amount": "0.25", "memo": "both" },
        { "to": one, "amount": "1000000", "token": { "address": mint } },
    ] });
    let sent = world.request(batch).await?.expect(201)?;
    ensure!(world.ended(text(&sent, "id")?).await?["status"] == "CONFIRMED");
    ensure!(world.localnet.solana.balance(&one).await? == SOL + SOL / 2);
    ensure!(world.localnet.solana.balance(&two).await? == SOL / 4);
    let unclear = json!({ "type": "BATCH", "instructions": [
        { "to": one, "amount": "0.5" },
        { "to": one, "amount": "0.5", "calldata": "0x" },
    ] });
    let refused = world.request(unclear).await?;
    ensure!(refused.body["details"]["issues"][0]["path"] == "instructions[1].type", "{}", refused.body);
    ensure!(refused.refused(400)? == "ACTION_VALIDATION_FAILED");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_transactions_are_listed_as_pending() -> Result<()> {
    let world = World::solana().await?;
    let rules =
        json!({ "instant_max_usd": 10, "notify_max_usd": 20, "delay_max_usd": 10_000, "delay_seconds": 900 });
    world.policy("SPENDING_LIMIT", rules).await?;
    let to = solana_payee(7);
    let small = world.send(&to, "0.01").await?.expect(201)?;
    let delayed = world.send(&to, "1.0").await?.expect(201)?;
    ensure!(delayed["status"] == "QUEUED", "{delayed}");
    let list = async |path: &str| -> Result<Vec<String>> {
        let list = world.agent.api(&world.daemon).get(path).await?.expect(200)?;
        let items = list["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|row| Ok(text(row, "id")?.to_owned())).collect()
    };
    let waiting = vec![text(&delayed, "id")?.to_owned()];
    ensure!(list("/v1/transactions/pending").await? == waiting);
    ensure!(list("/v1/transactions?status=QUEUED").await? == waiting);
    world.ended(text(&small, "id")?).await?;
    ensure!(list("/v1/transactions?status=CONFIRMED").await? == [text(&small, "id")?]);
    ensure!(list("/v1/transactions/pending").await? == waiting);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_denied_before_decimals_were_known_is_recorded_as_it_was_written() -> Result<()> {
    let world = World::solana().await?;
    world.policy("SPENDING_LIMIT", instant_up_to(100)).await?;
    let token = json!({ "address": world.localnet.solana.spl_mint });
    let body =
        json!({ "type": "TOKEN_TRANSFER", "to": solana_payee(7), "humanAmount": "5.25", "token": token });
    ensure!(world.request(body).await?.refused(403)? == "TOKEN_NOT_ALLOWED");
    let list = world.agent.api(&world.daemon).get("/v1/transactions").await?.expect(200)?;
    let denied = &list["data"][0];
    ensure!(text(denied, "amountFormatted")?.starts_with("5.25"), "{denied}");
    ensure!((&denied["amount"], &denied["amountDecimals"]) == (&json!("525"), &json!(2)), "{denied}");
    Ok(())
}
