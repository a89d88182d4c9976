//! Many requests at once against one limit.
//!
//! A naive design reads the sum, compares, and writes later; or stops counting pending requests. The test
//! is the sum on chain, which must not be less than one request's worth either.

use std::sync::Arc;

use alloy_primitives::U256;
use anyhow::{Context as _, Result, ensure};
use e2e::{Answer, Api, OwnerKey};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::kit::{Class, Needs, On, Target, Victim, text};

/// So many callers, at the same moment.
async fn stampede(calls: Vec<(Api, String, Value)>) -> Result<Vec<Answer>> {
    let barrier = Arc::new(Barrier::new(calls.len()));
    let mut running = JoinSet::new();
    for (api, path, body) in calls {
        let barrier = barrier.clone();
        running.spawn(async move {
            barrier.wait().await;
            api.post(&path, body).await
        });
    }
    let mut answers = Vec::new();
    while let Some(answer) = running.join_next().await {
        answers.push(answer??);
    }
    Ok(answers)
}

fn sends(victim: &Victim, bodies: impl IntoIterator<Item = Value>) -> Vec<(Api, String, Value)> {
    let call = |body| (victim.api.clone(), "/v1/transactions/send".to_owned(), body);
    bodies.into_iter().map(call).collect()
}

/// Waits for everything that was taken up; how many that were.
async fn settled(victim: &Victim, answers: &[Answer]) -> Result<usize> {
    let mut admitted = 0;
    for answer in answers {
        ensure!(answer.status < 500, "HTTP {}: {}", answer.status, answer.body);
        if answer.status == 201 {
            victim.ended(&text(&answer.body, "id")?).await?;
            admitted += 1;
        }
    }
    Ok(admitted)
}

/// One unit per payment at once, three units a day.
async fn limited(target: &Target, on: On, token: bool) -> Result<Victim> {
    let victim = Victim::rich(target, on).await?;
    let (native, asset, address) = match on {
        On::Evm => ("native:ethereum", target.evm()?.asset(), target.evm()?.erc20.clone()),
        On::Solana => {
            let mint = target.solana()?.mint.clone();
            ("native:solana", format!("solana:localnet/token:{mint}"), mint)
        }
    };
    let per = |most: &str, day: &str| json!({ "instant_max": most, "notify_max": most, "delay_max": most, "daily_max": day });
    let limits = match token {
        true => {
            json!({ native: { "instant_max": "9", "notify_max": "9", "delay_max": "9" }, asset: per("1", "3") })
        }
        false => json!({ native: per("1", "3.05") }),
    };
    victim.policy(target, "SPENDING_LIMIT", json!({ "token_limits": limits })).await?;
    victim.policy(target, "ALLOWED_TOKENS", json!({ "tokens": [{ "address": address }] })).await?;
    Ok(victim)
}

async fn tokens_of(target: &Target, on: On, who: &str) -> Result<U256> {
    match on {
        On::Evm => target.evm()?.token_balance(&target.evm()?.erc20.clone(), who).await,
        On::Solana => Ok(U256::from(target.solana()?.token_balance(who, &target.solana()?.mint).await?)),
    }
}

async fn coins_of(target: &Target, on: On, who: &str) -> Result<U256> {
    match on {
        On::Evm => target.evm()?.balance(who).await,
        On::Solana => Ok(U256::from(target.solana()?.balance(who).await?)),
    }
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("races on limits");
    for on in [On::Evm, On::Solana] {
        class.case(
            Needs::Nodes,
            format!("sixteen coins against three a day on {}", on.chain()),
            move |target| async move {
                let (victim, thief) = (limited(&target, on, false).await?, on.stranger());
                let body = json!({ "to": thief, "amount": "1.0" });
                let answers = stampede(sends(&victim, vec![body; 16])).await?;
                let admitted = settled(&victim, &answers).await?;
                let unit =
                    U256::from(if on == On::Evm { 1_000_000_000_000_000_000_u64 } else { 1_000_000_000 });
                let got = coins_of(&target, on, &thief).await?;
                ensure!(got == unit * U256::from(3u8), "{got} arrived of {admitted} admitted");
                Ok(())
            },
        );
        class.case(
            Needs::Nodes,
            format!("sixteen tokens against three a day on {}", on.chain()),
            move |target| async move {
                let (victim, thief) = (limited(&target, on, true).await?, on.stranger());
                let token = match on {
                    On::Evm => target.evm()?.erc20.clone(),
                    On::Solana => target.solana()?.mint.clone(),
                };
                let body = json!({
                    "type": "TOKEN_TRANSFER", "to": thief, "humanAmount": "1", "token": { "address": token },
                });
                let answers = stampede(sends(&victim, vec![body; 16])).await?;
                let admitted = settled(&victim, &answers).await?;
                let unit = U256::from(if on == On::Evm { 1_000_000_000_000_000_000_u64 } else { 1_000_000 });
                let got = tokens_of(&target, on, &thief).await?;
                ensure!(got == unit * U256::from(3u8), "{got} arrived of {admitted} admitted");
                Ok(())
            },
        );
        class.case(
            Needs::Nodes,
            format!("one after the other, faster than they confirm, on {}", on.chain()),
            move |target| async move {
                let (victim, thief) = (limited(&target, on, false).await?, on.stranger());
                let mut answers = Vec::new();
                for _ in 0..6 {
                    answers.push(victim.pay(&thief, "1.0").await?);
                }
                settled(&victim, &answers).await?;
                // And once more when nothing is pending any more: settled amounts go on counting.
                answers = vec![victim.pay(&thief, "1.0").await?];
                ensure!(settled(&victim, &answers).await? == 0, "a fourth coin: {answers:?}");
                let unit =
                    U256::from(if on == On::Evm { 1_000_000_000_000_000_000_u64 } else { 1_000_000_000 });
                ensure!(coins_of(&target, on, &thief).await? == unit * U256::from(3u8), "not three");
                Ok(())
            },
        );
        class.case(
            Needs::Nodes,
            format!("dust against a daily limit on {}", on.chain()),
            move |target| async move {
                let (victim, thief) = (limited(&target, on, false).await?, on.stranger());
                let sizes = ["0.9", "0.7", "0.6", "0.5", "0.4", "0.3", "0.3", "0.2", "0.2", "0.1", "0.1"];
                let bodies = sizes.map(|size| json!({ "to": thief, "amount": size }));
                let answers = stampede(sends(&victim, bodies)).await?;
                settled(&victim, &answers).await?;
                let unit =
                    U256::from(if on == On::Evm { 1_000_000_000_000_000_000_u64 } else { 1_000_000_000 });
                let got = coins_of(&target, on, &thief).await?;
                let most = unit * U256::from(305u16) / U256::from(100u8);
                ensure!(got <= most, "{got} arrived");
                ensure!(got >= unit, "{got} arrived: the limit itself is usable");
                Ok(())
            },
        );
    }
    class.case(Needs::Nodes, "through five sessions of one wallet", |target| async move {
        let (victim, thief) = (limited(&target, On::Evm, false).await?, On::Evm.stranger());
        let mut calls = Vec::new();
        for _ in 0..4 {
            let body = json!({ "walletId": victim.wallet });
            let made = target.operator().post("/v1/sessions", body).await?.expect(201)?;
            let api = target.agent(&text(&made, "token")?);
            for _ in 0..4 {
                let body = json!({ "to": thief, "amount": "1.0" });
                calls.push((api.clone(), "/v1/transactions/send".to_owned(), body));
            }
        }
        let answers = stampede(calls).await?;
        settled(&victim, &answers).await?;
        let got = target.evm()?.balance(&thief).await?;
        ensure!(got == U256::from(3_000_000_000_000_000_000_u64), "{got} arrived");
        Ok(())
    });
    class.case(Needs::Nodes, "a limit on the number of requests", |target| async move {
        let (victim, thief) = (Victim::rich(&target, On::Evm).await?, On::Evm.stranger());
        let rules = json!({ "instant_max": "1000", "notify_max": "1000", "delay_max": "1000" });
        victim.policy(&target, "SPENDING_LIMIT", rules).await?;
        let rules = json!({ "max_requests": 3, "window_seconds": 86_400 });
        victim.policy(&target, "RATE_LIMIT", rules).await?;
        let answers = stampede(sends(&victim, vec![json!({ "to": thief, "amount": "10" }); 12])).await?;
        settled(&victim, &answers).await?;
        let (got, used) = (target.evm()?.balance(&thief).await?, target.evm()?.nonce(&victim.address).await?);
        ensure!((got, used) == (U256::from(30u8), U256::from(3u8)), "{got} wei in {used} transactions");
        Ok(())
    });
    class.case(Needs::Nodes, "one approval given eight times", |target| async move {
        let (victim, thief) = (Victim::with_pocket(&target, On::Evm).await?, On::Evm.stranger());
        let owner = OwnerKey::evm(93)?;
        victim.lock_owner(&target, &owner).await?;
        let before = target.evm()?.nonce(&victim.address).await?;
        let sent = victim.pay(&thief, "1.0").await?.expect(201)?;
        let path = format!("/v1/transactions/{}", text(&sent, "id")?);
        let asked = target.anonymous().get(&format!("{path}/approval")).await?.expect(200)?;
        let yes = owner.answering(&target.anonymous(), &asked["approve"])?;
        let answers = stampede(vec![(yes, format!("{path}/approve"), json!({})); 8]).await?;
        victim.ended(&text(&sent, "id")?).await?;
        let won = answers.iter().filter(|answer| answer.status == 200).count();
        let used = target.evm()?.nonce(&victim.address).await? - before;
        let got = target.evm()?.balance(&thief).await?;
        ensure!(used == U256::from(1u8), "{used} transactions");
        ensure!(got == U256::from(1_000_000_000_000_000_000_u64), "{got} wei, {won} of 8 accepted");
        Ok(())
    });
    class.case(Needs::Nodes, "cancel against approve", |target| async move {
        let (victim, thief) = (Victim::with_pocket(&target, On::Evm).await?, On::Evm.stranger());
        let owner = OwnerKey::evm(94)?;
        victim.lock_owner(&target, &owner).await?;
        let sent = victim.pay(&thief, "1.0").await?.expect(201)?;
        let id = text(&sent, "id")?;
        let path = format!("/v1/transactions/{id}");
        let asked = target.anonymous().get(&format!("{path}/approval")).await?.expect(200)?;
        let yes = owner.answering(&target.anonymous(), &asked["approve"])?;
        let calls = vec![
            (yes, format!("{path}/approve"), json!({})),
            (victim.api.clone(), format!("{path}/cancel"), json!({})),
        ];
        stampede(calls).await?;
        let ended = victim.ended(&id).await?;
        let got = target.evm()?.balance(&thief).await?;
        let paid = ended["status"] == "CONFIRMED";
        ensure!(paid != got.is_zero(), "the record says {}, the thief has {got}", ended["status"]);
        Ok(())
    });
    class.case(Needs::Nodes, "revoke against send", |target| async move {
        let (victim, thief) = (limited(&target, On::Evm, false).await?, On::Evm.stranger());
        let operator = target.operator();
        let path = format!("/v1/sessions/{}", victim.session);
        let body = json!({ "to": thief, "amount": "0.5" });
        let (answers, revoked) =
            tokio::join!(stampede(sends(&victim, vec![body; 6])), operator.delete(&path));
        revoked?.expect(200)?;
        answers.context("every call is answered")?;
        let late = victim.pay(&thief, "0.5").await?;
        ensure!(late.status == 401, "after the revocation: HTTP {}", late.status);
        let got = target.evm()?.balance(&thief).await?;
        ensure!(got <= U256::from(3_050_000_000_000_000_000_u64), "{got} arrived");
        Ok(())
    });
    class
}
