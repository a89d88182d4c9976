//! The obligation of each tier before anything is signed, the parties that may stop a waiting request, and
//! repeats of a request. The engine's tests show with a movable clock that waiting ends in time.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use e2e::{Agent, Answer, OwnerKey, generous_policy};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::world::{ETHER, SOL, World, evm_payee, solana_payee, text};

/// The audit events of one transaction.
async fn events(world: &World, tx: &str) -> Result<Vec<String>> {
    let page =
        world.daemon.operator().get(&format!("/v1/audit-logs?tx_id={tx}&limit=200")).await?.expect(200)?;
    let rows = page["data"].as_array().context("data")?;
    Ok(rows.iter().filter_map(|row| row["eventType"].as_str().map(str::to_owned)).collect())
}

/// Withdrawn for good: no signature, no money moved, no second answer.
async fn assert_stopped(world: &World, tx: &str, to: &str) -> Result<()> {
    let row = world.agent.transaction(&world.daemon, tx).await?;
    assert_eq!((&row["status"], &row["txHash"]), (&json!("CANCELLED"), &json!(null)), "{row}");
    assert_eq!(world.localnet.solana.balance(to).await?, 0);
    let again = world.agent.api(&world.daemon).post_empty(&format!("/v1/transactions/{tx}/cancel")).await?;
    assert_eq!(again.refused(409)?, "TX_ALREADY_PROCESSED");
    let again = world.daemon.operator().post_empty(&format!("/v1/admin/transactions/{tx}/cancel")).await?;
    assert_eq!(again.refused(409)?, "TX_ALREADY_PROCESSED");
    let signed = events(world, tx).await?;
    assert!(!signed.iter().any(|event| event.contains("SIGNED")), "{signed:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn notify_goes_at_once_and_delay_waits_unsigned() -> Result<()> {
    let world = World::solana().await?;
    let mut rules = generous_policy();
    rules["delay_seconds"] = json!(60);
    world.policy("SPENDING_LIMIT", rules).await?;
    let (now, later) = (solana_payee(7), solana_payee(8));
    let notify = world.send(&now, "0.5").await?.expect(201)?;
    assert_eq!((&notify["tier"], &notify["status"]), (&json!("NOTIFY"), &json!("SUBMITTED")));
    assert_eq!(notify["executeAfter"], json!(null));
    assert_eq!(world.ended(text(&notify, "id")?).await?["status"], "CONFIRMED");
    assert_eq!(world.localnet.solana.balance(&now).await?, SOL / 2);

    let delay = world.send(&later, "5.0").await?.expect(201)?;
    let id = text(&delay, "id")?;
    assert_eq!((&delay["tier"], &delay["status"]), (&json!("DELAY"), &json!("QUEUED")));
    let created = delay["createdAt"].as_i64().context("createdAt")?;
    assert_eq!(delay["executeAfter"], json!(created + 60));
    assert_eq!((&delay["txHash"], &delay["approvalExpiresAt"]), (&json!(null), &json!(null)));
    assert_eq!(delay["reasons"][0]["tier"], "DELAY");
    // A later request of the same wallet overtakes it; it neither blocks nor is dragged along.
    let small = world.send(&now, "0.01").await?.expect(201)?;
    assert_eq!(world.ended(text(&small, "id")?).await?["status"], "CONFIRMED");
    let waiting = world.agent.transaction(&world.daemon, id).await?;
    assert_eq!((&waiting["status"], &waiting["txHash"]), (&json!("QUEUED"), &json!(null)));
    assert!(!events(&world, id).await?.iter().any(|event| event.contains("SIGNED")));
    assert_eq!(world.localnet.solana.balance(&later).await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_can_be_stopped_by_those_it_concerns() -> Result<()> {
    let world = World::solana().await?;
    let (daemon, to) = (&world.daemon, solana_payee(7));
    world.policy("SPENDING_LIMIT", generous_policy()).await?;
    let owner = OwnerKey::evm(3)?;
    world.agent.lock_owner(daemon, &owner).await?;
    let waiting = async |amount: &str, status: &str| -> Result<String> {
        let sent = world.send(&to, amount).await?.expect(201)?;
        assert_eq!(sent["status"], status);
        Ok(text(&sent, "id")?.to_owned())
    };
    // By the session, a delay and an approval; a session of another wallet does not even see them.
    let stranger = Agent::create(daemon, "solana").await?;
    for (amount, status) in [("5.0", "QUEUED"), ("20.0", "PENDING_APPROVAL")] {
        let tx = waiting(amount, status).await?;
        let path = format!("/v1/transactions/{tx}/cancel");
        assert_eq!(stranger.api(daemon).post_empty(&path).await?.refused(404)?, "TX_NOT_FOUND");
        let cancelled = world.agent.api(daemon).post_empty(&path).await?.expect(200)?;
        assert_eq!(cancelled["status"], "CANCELLED");
        assert_stopped(&world, &tx, &to).await?;
    }
    // By the operator, cancelling either and rejecting an approval.
    for (amount, status, act) in [
        ("5.0", "QUEUED", "cancel"),
        ("20.0", "PENDING_APPROVAL", "cancel"),
        ("20.0", "PENDING_APPROVAL", "reject"),
    ] {
        let tx = waiting(amount, status).await?;
        let path = format!("/v1/admin/transactions/{tx}/{act}");
        assert_eq!(world.agent.api(daemon).post_empty(&path).await?.status, 401, "an agent is no operator");
        daemon.operator().post_empty(&path).await?.expect(200)?;
        assert_stopped(&world, &tx, &to).await?;
    }
    let delayed = waiting("5.0", "QUEUED").await?;
    let rejected = daemon.operator().post_empty(&format!("/v1/admin/transactions/{delayed}/reject")).await?;
    assert_eq!(rejected.refused(409)?, "TX_ALREADY_PROCESSED", "a delay asks no owner");

    // By the owner, whose yes to the same transaction is worth nothing afterwards.
    let tx = waiting("20.0", "PENDING_APPROVAL").await?;
    let path = format!("/v1/transactions/{tx}");
    let asked = daemon.anonymous().get(&format!("{path}/approval")).await?.expect(200)?;
    let yes = owner.answering(&daemon.anonymous(), &asked["approve"])?;
    let no = owner.answering(&daemon.anonymous(), &asked["reject"])?;
    assert_eq!(
        yes.post_empty(&format!("{path}/reject")).await?.refused(401)?,
        "INVALID_NONCE",
        "a yes is no no"
    );
    assert_eq!(
        no.post_empty(&format!("{path}/approve")).await?.refused(401)?,
        "INVALID_NONCE",
        "a no is no yes"
    );
    no.post_empty(&format!("{path}/reject")).await?.expect(200)?;
    assert_eq!(yes.post_empty(&format!("{path}/approve")).await?.refused(409)?, "TX_ALREADY_PROCESSED");
    assert_eq!(world.agent.transaction(daemon, &tx).await?["errorCode"], "OWNER_REJECTED");
    assert_stopped(&world, &tx, &to).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_withdrawn_no_longer_counts() -> Result<()> {
    let world = World::solana().await?;
    let to = solana_payee(7);
    let mut rules = generous_policy();
    rules["daily_limit_usd"] = json!(800);
    world.policy("SPENDING_LIMIT", rules).await?;
    let first = world.send(&to, "5.0").await?.expect(201)?;
    assert_eq!(first["status"], "QUEUED");
    assert_eq!(world.send(&to, "5.0").await?.refused(403)?, "OWNER_REQUIRED", "what waits is held");
    let path = format!("/v1/transactions/{}/cancel", text(&first, "id")?);
    world.agent.api(&world.daemon).post_empty(&path).await?.expect(200)?;
    assert_eq!(world.send(&to, "5.0").await?.expect(201)?["status"], "QUEUED");
    Ok(())
}

/// A transfer with an idempotency key.
async fn keyed(world: &World, key: &str, body: &Value) -> Result<Answer> {
    world
        .agent
        .api(&world.daemon)
        .header("idempotency-key", key)
        .post("/v1/transactions/send", body.clone())
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_is_one_transaction() -> Result<()> {
    let world = World::ethereum().await?;
    world.policy("SPENDING_LIMIT", generous_policy()).await?;
    let to = evm_payee(9)?;
    let body = json!({ "type": "TRANSFER", "to": to, "amount": "0.001" });
    let first = keyed(&world, "one", &body).await?.expect(201)?;
    let repeat = keyed(&world, "one", &body).await?;
    assert!(matches!(repeat.status, 200 | 201), "{}", repeat.body);
    assert_eq!(repeat.body["id"], first["id"]);
    for other in [
        json!({ "type": "TRANSFER", "to": to, "amount": "0.002" }),
        json!({ "type": "TRANSFER", "to": evm_payee(10)?, "amount": "0.001" }),
        json!({ "type": "TRANSFER", "to": to, "amount": "0.001", "memo": "again" }),
    ] {
        let refused = keyed(&world, "one", &other).await?.expect(409)?;
        assert_eq!(refused["code"], "IDEMPOTENCY_CONFLICT", "{other}");
    }
    assert_eq!(world.ended(text(&first, "id")?).await?["status"], "CONFIRMED");
    let late = keyed(&world, "one", &body).await?.body;
    assert_eq!((&late["id"], &late["status"]), (&first["id"], &json!("CONFIRMED")));
    assert_eq!(world.localnet.evm.balance(&to).await?, ETHER / 1000);

    // The same key of another session is another key; another key is another payment.
    let second = keyed(&world, "two", &body).await?.expect(201)?;
    assert_ne!(second["id"], first["id"]);
    assert_eq!(world.ended(text(&second, "id")?).await?["status"], "CONFIRMED");
    let made = world
        .daemon
        .operator()
        .post("/v1/sessions", json!({ "walletId": world.agent.wallet }))
        .await?
        .expect(201)?;
    let other = world.daemon.agent(text(&made, "token")?).header("idempotency-key", "one");
    let third = other.post("/v1/transactions/send", body).await?.expect(201)?;
    assert_ne!(third["id"], first["id"]);
    assert_eq!(world.ended(text(&third, "id")?).await?["status"], "CONFIRMED");
    assert_eq!(world.localnet.evm.nonce(&world.agent.address).await?, 3);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_repeats_are_one_transaction() -> Result<()> {
    let world = World::ethereum().await?;
    world.policy("SPENDING_LIMIT", generous_policy()).await?;
    let to = evm_payee(9)?;
    let body = json!({ "type": "TRANSFER", "to": to, "amount": "0.001" });
    for round in 1..=5u128 {
        let key = format!("round-{round}");
        let (one, two) = tokio::join!(keyed(&world, &key, &body), keyed(&world, &key, &body));
        let (one, two) = (one?, two?);
        for answer in [&one, &two] {
            assert!(matches!(answer.status, 200 | 201), "{}", answer.body);
        }
        assert_eq!(one.body["id"], two.body["id"]);
        assert_eq!(world.ended(text(&one.body, "id")?).await?["status"], "CONFIRMED");
        assert_eq!(world.localnet.evm.nonce(&world.agent.address).await?, round);
    }
    assert_eq!(world.localnet.evm.balance(&to).await?, 5 * ETHER / 1000);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_payments_without_a_key_are_as_many_transactions() -> Result<()> {
    let world = World::solana().await?;
    world.policy("SPENDING_LIMIT", generous_policy()).await?;
    let to = solana_payee(7);
    // On Solana equal messages over one blockhash would be one transaction with one signature.
    let mut running = JoinSet::new();
    for _ in 0..8 {
        let api = world.agent.api(&world.daemon);
        let body = json!({ "type": "TRANSFER", "to": to, "amount": "0.01" });
        running.spawn(async move { api.post("/v1/transactions/send", body).await });
    }
    let (mut ids, mut hashes) = (BTreeSet::new(), BTreeSet::new());
    while let Some(answer) = running.join_next().await {
        ids.insert(text(&answer??.expect(201)?, "id")?.to_owned());
    }
    for id in &ids {
        let ended = world.ended(id).await?;
        assert_eq!(ended["status"], "CONFIRMED");
        hashes.insert(text(&ended, "txHash")?.to_owned());
    }
    assert_eq!((ids.len(), hashes.len()), (8, 8), "payments reported, and those that are on chain");
    assert_eq!(world.localnet.solana.balance(&to).await?, 8 * SOL / 100);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_request_stays_denied_under_its_key() -> Result<()> {
    let world = World::solana().await?;
    let body = json!({ "type": "TRANSFER", "to": solana_payee(7), "amount": "0.01" });
    let first = keyed(&world, "k", &body).await?.expect(403)?;
    world.policy("SPENDING_LIMIT", generous_policy()).await?;
    let repeat = keyed(&world, "k", &body).await?.expect(403)?;
    assert_eq!(repeat["code"], "SPENDING_LIMIT_REQUIRED");
    assert_eq!(
        repeat["details"]["transactionId"], first["details"]["transactionId"],
        "the first answer stands"
    );
    keyed(&world, "fresh", &body).await?.expect(201)?;
    Ok(())
}
