//! The kill switch, and attempts to get past it.
//!
//! A naive design stops new requests and lets waiting requests run on, or forgets a way of signing.
//! These attacks run one at a time on a daemon of their own.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::OwnerKey;
use serde_json::{Value, json};

use crate::kit::{Class, Fragile, Loot, Needs, On, Victim, leaks_no_signature, text, unsigned_1559};
use alloy_primitives::U256;

/// More than a delay of a minute.
const PATIENCE: Duration = Duration::from_secs(90);

/// Ways to ask for a signature.
const WAYS: [&str; 7] = ["send", "send with an old key", "simulate", "sign", "sign-message", "renew", "read"];

/// A victim on the fragile daemon: small change at once, up to half a coin delayed, more the owner.
async fn victim(fragile: &Fragile<'_>) -> Result<Victim> {
    let victim = Victim::rich(&fragile.target, On::Evm).await?;
    let rules = json!({
        "instant_max": "10000000000000000", "notify_max": "10000000000000000",
        "delay_max": "500000000000000000", "delay_seconds": 60,
    });
    victim.policy(&fragile.target, "SPENDING_LIMIT", rules).await?;
    victim.lock_owner(&fragile.target, &OwnerKey::evm(99)?).await?;
    victim.works().await?;
    Ok(victim)
}

async fn activate(fragile: &Fragile<'_>) -> Result<()> {
    fragile.target.operator().post_empty("/v1/admin/kill-switch").await?.expect(200).map(drop)
}

async fn recover(fragile: &Fragile<'_>) -> Result<()> {
    let change = fragile.target.operator().post_empty("/v1/admin/recover").await?.expect(202)?;
    let agreed = OwnerKey::evm(99)?.agrees(&fragile.target.anonymous(), &change).await?.expect(200)?;
    ensure!(agreed["status"] == "APPLIED", "{agreed}");
    Ok(())
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("kill switch");
    for way in WAYS {
        class.case(Needs::Own, format!("{way} while it is on"), move |target| async move {
            let fragile = target.fragile().await?;
            let (victim, thief) = (victim(&fragile).await?, On::Evm.stranger());
            activate(&fragile).await?;
            let body = json!({ "to": thief, "amount": "0.001" });
            let answer = match way {
                "send" => victim.send(body).await?,
                "send with an old key" => {
                    let api = victim.api.clone().header("idempotency-key", "before-the-kill-switch");
                    api.post("/v1/transactions/send", body).await?
                }
                "simulate" => victim.api.post("/v1/transactions/simulate", body).await?,
                "sign" => {
                    let raw = unsigned_1559(31337, 1, &thief, U256::from(1u8), &[]);
                    victim.api.post("/v1/transactions/sign", json!({ "transaction": raw })).await?
                }
                "sign-message" => {
                    victim.api.post("/v1/transactions/sign-message", json!({ "message": "x" })).await?
                }
                "renew" => {
                    victim.api.put(&format!("/v1/sessions/{}/renew", victim.session), json!({})).await?
                }
                _ => victim.api.get("/v1/wallet/balance").await?,
            };
            ensure!(answer.status == 503, "HTTP {}: {}", answer.status, answer.body);
            leaks_no_signature(&answer.body)?;
            Loot::Coins(thief).none(&fragile.target, &victim).await
        });
    }
    for (name, amount) in [("delayed", "0.3"), ("waiting for the owner", "1.0")] {
        class.case(
            Needs::Own,
            format!("a {name} payment comes back after the recovery"),
            move |target| async move {
                let fragile = target.fragile().await?;
                let (victim, thief) = (victim(&fragile).await?, On::Evm.stranger());
                let sent = victim.pay(&thief, amount).await?.expect(201)?;
                let id = text(&sent, "id")?;
                let path = format!("/v1/transactions/{id}");
                let asked: Value = fragile.target.anonymous().get(&format!("{path}/approval")).await?.body;
                activate(&fragile).await?;
                if asked["approve"].is_object() {
                    let yes = OwnerKey::evm(99)?.answering(&fragile.target.anonymous(), &asked["approve"])?;
                    // The owner may answer; nothing is signed for it.
                    let answer = yes.post_empty(&format!("{path}/approve")).await?;
                    ensure!(answer.body["txHash"].is_null(), "signed under the kill switch: {}", answer.body);
                }
                recover(&fragile).await?;
                victim.works().await?;
                if asked["approve"].is_object() {
                    let yes = OwnerKey::evm(99)?.answering(&fragile.target.anonymous(), &asked["approve"])?;
                    let answer = yes.post_empty(&format!("{path}/approve")).await?;
                    ensure!(answer.status >= 400, "approved after the kill switch: {}", answer.body);
                }
                // Also when the delay of a minute is over, and it is taken up to be signed.
                let tx = e2e::until("the end of the delay", PATIENCE, || async {
                    let tx = victim.transaction(&id).await?;
                    let under_way = ["QUEUED", "PENDING_APPROVAL", "EXECUTING"];
                    let waits = under_way.iter().any(|status| tx["status"] == **status);
                    Ok((!waits).then_some(tx))
                })
                .await?;
                ensure!(tx["status"] == "CANCELLED" && tx["txHash"].is_null(), "{tx}");
                Loot::Coins(thief).none(&fragile.target, &victim).await
            },
        );
    }
    for who in ["the agent", "an anonymous caller", "the owner"] {
        class.case(Needs::Own, format!("{who} releases it"), move |target| async move {
            let fragile = target.fragile().await?;
            let victim = victim(&fragile).await?;
            let sent = victim.pay(&On::Evm.stranger(), "1.0").await?.expect(201)?;
            let path = format!("/v1/transactions/{}/approval", text(&sent, "id")?);
            let asked = fragile.target.anonymous().get(&path).await?.expect(200)?;
            activate(&fragile).await?;
            let api = match who {
                "the agent" => victim.api.clone(),
                "an anonymous caller" => fragile.target.anonymous(),
                _ => OwnerKey::evm(99)?.answering(&fragile.target.anonymous(), &asked["approve"])?,
            };
            let answer = api.post_empty("/v1/admin/recover").await?;
            ensure!(answer.status >= 400, "HTTP {}: {}", answer.status, answer.body);
            let state = fragile.target.operator().get("/v1/admin/kill-switch").await?.expect(200)?;
            ensure!(state["state"] != "ACTIVE" || state["active"] == true, "released: {state}");
            let still = victim.pay(&On::Evm.stranger(), "0.001").await?;
            ensure!(still.status == 503, "HTTP {}: {}", still.status, still.body);
            Ok(())
        });
    }
    for who in ["the agent", "an anonymous caller"] {
        class.case(Needs::Own, format!("{who} activates it"), move |target| async move {
            let fragile = target.fragile().await?;
            let victim = victim(&fragile).await?;
            let api =
                if who == "an anonymous caller" { fragile.target.anonymous() } else { victim.api.clone() };
            let answer = api.post_empty("/v1/admin/kill-switch").await?;
            ensure!(answer.status == 401, "HTTP {}: {}", answer.status, answer.body);
            victim.works().await
        });
    }
    class.case(Needs::Own, "guessing the master password", |target| async move {
        let fragile = target.fragile().await?;
        let mut refused = 0;
        for guess in 0..8 {
            let api = fragile.target.anonymous().password(&format!("guess-{guess}"));
            let answer = api.get("/v1/admin/status").await?;
            ensure!(matches!(answer.status, 401 | 429), "HTTP {}: {}", answer.status, answer.body);
            refused += usize::from(answer.body["code"] == "MASTER_PASSWORD_LOCKED");
        }
        ensure!(refused > 0, "eight guesses in a row were all checked");
        // Let the lock run out, so that the next attack finds the door open.
        e2e::until("the end of the lock-out", Duration::from_secs(60), || async {
            let answer = fragile.target.operator().get("/v1/admin/status").await?;
            Ok((answer.status == 200).then_some(()))
        })
        .await
    });
    class
}
