//! Repeats, and keys that belong to another session.
//!
//! A naive design has no idempotency, so that a retry pays twice; or looks keys up without asking whose
//! they are, so that a key returns another session's transaction.

use std::sync::Arc;

use alloy_primitives::U256;
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::evm_pocket;
use crate::kit::{Class, Loot, Needs, On, Target, Victim, refused, resisted, text};

const SEND: &str = "/v1/transactions/send";

async fn keyed(victim: &Victim, key: &str, body: Value) -> Result<e2e::Answer> {
    victim.api.clone().header("idempotency-key", key).post(SEND, body).await
}

async fn paid(target: &Arc<Target>, thief: &str, wei: u64) -> Result<()> {
    let got = target.evm()?.balance(thief).await?;
    ensure!(got == U256::from(wei), "{got} wei arrived, not {wei}");
    Ok(())
}

/// Bodies that are not the first one's, under the same key.
fn changes() -> Vec<(&'static str, Value)> {
    vec![
        ("another amount", json!({ "amount": "2000" })),
        ("another way to write more", json!({ "amount": "0.009" })),
        (
            "another type",
            json!({ "type": "TOKEN_TRANSFER", "token": { "address": "0x1111111111111111111111111111111111111111" } }),
        ),
        ("a memo", json!({ "memo": "x" })),
        ("a gas condition", json!({ "gasCondition": { "maxGasPrice": "999999999999" } })),
    ]
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("idempotency and replay");
    for (name, change) in changes() {
        class.case(Needs::Nodes, format!("one key, {name}"), move |target| async move {
            let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
            let key = uuid::Uuid::now_v7().to_string();
            let mut body = json!({ "to": thief, "amount": "1000" });
            let first = keyed(&victim, &key, body.clone()).await?.expect(201)?;
            victim.ended(&text(&first, "id")?).await?;
            for (field, value) in change.as_object().into_iter().flatten() {
                body[field] = value.clone();
            }
            let second = keyed(&victim, &key, body).await?;
            ensure!(refused(&second)? == "IDEMPOTENCY_CONFLICT", "{}", second.body);
            paid(&target, &thief, 1000).await
        });
    }
    class.case(Needs::Nodes, "one key, the same type spelt out", |target| async move {
        let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
        let key = uuid::Uuid::now_v7().to_string();
        let first = keyed(&victim, &key, json!({ "to": thief, "amount": "1000" })).await?.expect(201)?;
        victim.ended(&text(&first, "id")?).await?;
        let body = json!({ "type": "TRANSFER", "to": thief, "amount": "1000" });
        let second = keyed(&victim, &key, body).await?.expect(201)?;
        ensure!(second["id"] == first["id"], "{second}");
        paid(&target, &thief, 1000).await
    });
    class.case(Needs::Nodes, "one key, another recipient", |target| async move {
        let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
        let key = uuid::Uuid::now_v7().to_string();
        let friend = On::Evm.stranger();
        keyed(&victim, &key, json!({ "to": friend, "amount": "1000" })).await?.expect(201)?;
        let second = keyed(&victim, &key, json!({ "to": thief, "amount": "1000" })).await?;
        resisted(&target, &victim, &second, &[Loot::Coins(thief)]).await
    });
    class.case(Needs::Nodes, "one key and body, twenty times at once", |target| async move {
        let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
        let key = uuid::Uuid::now_v7().to_string();
        let mut running = JoinSet::new();
        for _ in 0..20 {
            let (victim, key) = (victim.clone(), key.clone());
            let body = json!({ "to": thief, "amount": "1000" });
            running.spawn(async move { keyed(&victim, &key, body).await });
        }
        let mut ids = std::collections::BTreeSet::new();
        while let Some(answer) = running.join_next().await {
            let answer = answer??;
            ensure!(matches!(answer.status, 200 | 201 | 409), "HTTP {}: {}", answer.status, answer.body);
            ids.extend(answer.body["id"].as_str().map(str::to_owned));
        }
        ensure!(ids.len() == 1, "{} transactions for one key", ids.len());
        for id in &ids {
            victim.ended(id).await?;
        }
        paid(&target, &thief, 1000).await
    });
    class.case(Needs::Nodes, "one key and body, one after the other", |target| async move {
        let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
        let key = uuid::Uuid::now_v7().to_string();
        let body = json!({ "to": thief, "amount": "1000" });
        let first = keyed(&victim, &key, body.clone()).await?.expect(201)?;
        victim.ended(&text(&first, "id")?).await?;
        for _ in 0..3 {
            let again = keyed(&victim, &key, body.clone()).await?;
            ensure!(again.body["id"] == first["id"], "another transaction: {}", again.body);
        }
        paid(&target, &thief, 1000).await
    });
    class.case(Needs::Nodes, "another wallet's key", |target| async move {
        let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
        let other = Victim::poor(&target, On::Evm).await?;
        let key = uuid::Uuid::now_v7().to_string();
        let body = json!({ "to": thief, "amount": "1000" });
        let first = keyed(&victim, &key, body.clone()).await?.expect(201)?;
        victim.ended(&text(&first, "id")?).await?;
        let told = keyed(&other, &key, body).await?;
        ensure!(told.body["id"] != first["id"], "another session's transaction: {}", told.body);
        ensure!(!told.body.to_string().contains(&victim.address), "told: {}", told.body);
        paid(&target, &thief, 1000).await
    });
    class.case(Needs::Nodes, "a denied key, asked again after the policies changed", |target| async move {
        let victim = Victim::with_pocket(&target, On::Evm).await?;
        let thief = On::Evm.stranger();
        let key = uuid::Uuid::now_v7().to_string();
        let body = json!({ "to": thief, "amount": "1.0" });
        let first = keyed(&victim, &key, body.clone()).await?;
        refused(&first)?;
        let again = keyed(&victim, &key, body).await?;
        resisted(&target, &victim, &again, &[Loot::Coins(thief)]).await
    });
    class.case(Needs::Nodes, "a key used for a dry run first", |target| async move {
        let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
        let key = uuid::Uuid::now_v7().to_string();
        let dry = json!({ "to": thief, "amount": "1000", "dryRun": true });
        keyed(&victim, &key, dry).await?.expect(200)?;
        Loot::Coins(thief.clone()).none(&target, &victim).await?;
        let sent = keyed(&victim, &key, json!({ "to": thief, "amount": "1000" })).await?;
        if sent.status == 201 {
            victim.ended(&text(&sent.body, "id")?).await?;
            return paid(&target, &thief, 1000).await;
        }
        resisted(&target, &victim, &sent, &[Loot::Coins(thief)]).await
    });
    class.case(Needs::Nodes, "a key of send used for sign", |target| async move {
        let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
        let key = uuid::Uuid::now_v7().to_string();
        keyed(&victim, &key, json!({ "to": thief, "amount": "1000" })).await?.expect(201)?;
        let api = victim.api.clone().header("idempotency-key", &key);
        let answer = api.post("/v1/transactions/sign-message", json!({ "message": "hello" })).await?;
        resisted(&target, &victim, &answer, &[]).await
    });
    class
}
