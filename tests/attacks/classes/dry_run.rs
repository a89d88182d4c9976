//! A dry run that does something, or says something else than the real thing.
//!
//! A naive design ignores `dryRun` and executes, or judges a dry run by another function. Its result
//! must match the live request, and it must change nothing.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::{evm_bystander, evm_pocket, evm_tokens, solana_pocket, solana_tokens};
use crate::kit::{Class, Loot, Needs, On, Target, Victim, bait, leaks_no_signature, text};
use alloy_primitives::U256;

/// The requests, in words.
const SHAPES: [&str; 17] = [
    "a small payment",
    "a payment at the limit",
    "a payment one base unit above it",
    "a large payment",
    "a token within its limit",
    "a token above its limit",
    "an unlisted token",
    "a call of an unlisted contract",
    "an approval",
    "an unlimited approval",
    "a collection of NFTs",
    "a deployment",
    "a small payment on Solana",
    "a large payment on Solana",
    "a token on Solana",
    "a token above its limit on Solana",
    "a batch on Solana",
];

async fn shape(target: &Arc<Target>, name: &str, thief: &str) -> Result<(Arc<Victim>, Value)> {
    let evm = target.evm()?;
    let coins = |amount: &str| json!({ "type": "TRANSFER", "to": thief, "amount": amount });
    let tokens = |address: &str, amount: &str| json!({ "type": "TOKEN_TRANSFER", "to": thief, "humanAmount": amount, "token": { "address": address } });
    Ok(match name {
        "a small payment" => (evm_pocket(target).await?, coins("0.001")),
        "a payment at the limit" => (evm_pocket(target).await?, coins("0.01")),
        "a payment one base unit above it" => (evm_pocket(target).await?, coins("10000000000000001")),
        "a large payment" => (evm_pocket(target).await?, coins("5.0")),
        "a token within its limit" => (evm_tokens(target).await?, tokens(&evm.erc20, "10")),
        "a token above its limit" => (evm_tokens(target).await?, tokens(&evm.erc20, "10.1")),
        "an unlisted token" => (evm_pocket(target).await?, tokens(&evm.erc20, "1")),
        "a call of an unlisted contract" => {
            let data = hex::encode(bait("sweep(address,uint256)", thief, U256::MAX)?);
            let body = json!({
                "type": "CONTRACT_CALL", "to": evm.telltale().await?, "calldata": format!("0x{data}"),
            });
            (evm_pocket(target).await?, body)
        }
        "an approval" | "an unlimited approval" => {
            let amount = if name == "an approval" { "1".to_owned() } else { U256::MAX.to_string() };
            let body = json!({
                "type": "APPROVE", "spender": thief, "amount": amount, "token": { "address": evm.erc20 },
            });
            (evm_tokens(target).await?, body)
        }
        "a collection of NFTs" => {
            let body = json!({
                "type": "APPROVE", "spender": thief, "amount": "1", "token": { "address": evm.telltale().await? },
                "nft": { "tokenId": "1", "standard": "ERC-721" },
            });
            (evm_pocket(target).await?, body)
        }
        "a deployment" => {
            (evm_pocket(target).await?, json!({ "type": "CONTRACT_DEPLOY", "bytecode": "0x6001600055" }))
        }
        "a small payment on Solana" => (solana_pocket(target).await?, coins("0.001")),
        "a large payment on Solana" => (solana_pocket(target).await?, coins("5.0")),
        "a token on Solana" => (solana_tokens(target).await?, tokens(&target.solana()?.mint, "1")),
        "a token above its limit on Solana" => {
            (solana_tokens(target).await?, tokens(&target.solana()?.mint, "11"))
        }
        _ => {
            let body = json!({ "type": "BATCH", "instructions": [coins("0.008"), coins("0.008")] });
            (solana_pocket(target).await?, body)
        }
    })
}

fn stranger(name: &str) -> String {
    if name.contains("Solana") { On::Solana.stranger() } else { On::Evm.stranger() }
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("dry run and live agreement");
    for name in SHAPES {
        class.case(
            Needs::Nodes,
            format!("{name}: nothing happens, then what was said"),
            move |target| async move {
                let thief = stranger(name);
                let (victim, body) = shape(&target, name, &thief).await?;
                let mut dry = body.clone();
                dry["dryRun"] = json!(true);
                let said = victim.send(dry).await?.expect(200)?;
                leaks_no_signature(&said)?;
                Loot::Coins(thief.clone()).none(&target, &victim).await.context("the dry run paid")?;
                let listed = victim.api.get("/v1/transactions?limit=200").await?.expect(200)?;
                ensure!(!listed.to_string().contains(&thief), "the dry run left a row");
                let simulated =
                    victim.api.post("/v1/transactions/simulate", body.clone()).await?.expect(200)?;
                ensure!(simulated["policy"]["allowed"] == said["policy"]["allowed"], "{simulated} {said}");
                ensure!(simulated["policy"]["tier"] == said["policy"]["tier"], "{simulated} {said}");
                let live = victim.send(body).await?;
                let allowed = said["policy"]["allowed"] == true;
                if allowed {
                    let live = live.expect(201)?;
                    ensure!(live["tier"] == said["policy"]["tier"], "said {said}, did {live}");
                    victim.ended(&text(&live, "id")?).await?;
                    return Ok(());
                }
                ensure!(live.status == 403, "said no, did: HTTP {} {}", live.status, live.body);
                let code = &live.body["code"];
                ensure!(*code == said["policy"]["code"], "said {}, did {code}", said["policy"]["code"]);
                Loot::Coins(thief).none(&target, &victim).await
            },
        );
    }
    for path in ["/v1/transactions/send", "/v1/transactions/simulate"] {
        class.case(
            Needs::Nodes,
            format!("a dry run through {path} sends nothing, however often"),
            move |target| async move {
                let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
                for _ in 0..5 {
                    let body = match path {
                        "/v1/transactions/send" => json!({ "to": thief, "amount": "0.01", "dryRun": true }),
                        _ => json!({ "to": thief, "amount": "0.01" }),
                    };
                    victim.api.post(path, body).await?.expect(200)?;
                }
                Loot::Coins(thief).none(&target, &victim).await
            },
        );
    }
    class.case(Needs::Nodes, "waiting for the confirmation of a dry run", |target| async move {
        let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
        let body = json!({ "to": thief, "amount": "0.01", "dryRun": true });
        victim.api.post("/v1/transactions/send?wait=confirmed&timeout=1", body).await?;
        Loot::Coins(thief).none(&target, &victim).await
    });
    class.case(Needs::Daemon, "a dry run without a credential", |target| async move {
        let victim = evm_bystander(&target).await?;
        let body = json!({ "to": On::Evm.stranger(), "amount": "1", "walletId": victim.wallet });
        let answer = target.anonymous().post("/v1/transactions/simulate", body).await?;
        ensure!(answer.status == 401, "HTTP {}: {}", answer.status, answer.body);
        Ok(())
    });
    class
}
