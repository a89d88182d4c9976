//! Conditions on the price of gas.
//!
//! A naive design parks a request with a condition before the waiting for delay and owner, and executes
//! it straight away when the condition is met. Every condition here is met at once.

use std::sync::Arc;

use anyhow::{Result, ensure};
use e2e::OwnerKey;
use serde_json::{Value, json};

use super::evm_pocket;
use crate::kit::{Class, Loot, Needs, On, Target, Victim, admitted, resisted, text};

fn conditions() -> Vec<(&'static str, Value)> {
    vec![
        ("a huge gas price", json!({ "maxGasPrice": "999999999999999" })),
        ("the largest number", json!({ "maxGasPrice": u128::MAX.to_string() })),
        ("a huge priority fee", json!({ "maxPriorityFee": "999999999999999" })),
        ("both", json!({ "maxGasPrice": "999999999999999", "maxPriorityFee": "999999999999999" })),
        ("a short time-out", json!({ "maxGasPrice": "999999999999999", "timeout": 60 })),
    ]
}

/// Up to 0.01 at once, up to 0.5 delayed, above that the owner.
async fn stepped(target: &Arc<Target>, on: On) -> Result<Arc<Victim>> {
    let key = if on == On::Evm { "evm stepped" } else { "solana stepped" };
    let make = move |target: Arc<Target>| async move {
        let victim = Victim::rich(&target, on).await?;
        let unit: u128 = if on == On::Evm { 1_000_000_000_000_000_000 } else { 1_000_000_000 };
        let small = (unit / 100).to_string();
        let rules = json!({
            "instant_max": small, "notify_max": small, "delay_max": (unit / 2).to_string(),
            "delay_seconds": 3600,
        });
        victim.policy(&target, "SPENDING_LIMIT", rules).await?;
        victim.lock_owner(&target, &OwnerKey::evm(92)?).await?;
        victim.works().await?;
        Ok(victim)
    };
    target.shared(key, make).await
}

/// A payment with the same condition that needs no waiting goes through: the worker of gas
/// conditions has taken a turn.
async fn round(victim: &Victim, condition: &Value) -> Result<()> {
    let body = json!({ "to": victim.on.stranger(), "amount": "0.002", "gasCondition": condition });
    let sent = victim.send(body).await?.expect(201)?;
    let ended = victim.ended(&text(&sent, "id")?).await?;
    ensure!(ended["status"] == "CONFIRMED", "the condition is met: {ended}");
    Ok(())
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("gas condition");
    for on in [On::Evm, On::Solana] {
        for (what, amount, parked) in
            [("a delay", "0.1", "QUEUED"), ("an approval", "1.0", "PENDING_APPROVAL")]
        {
            for (name, condition) in conditions() {
                class.case(
                    Needs::Nodes,
                    format!("{} {what} with {name}", on.chain()),
                    move |target| async move {
                        let (victim, thief) = (stepped(&target, on).await?, on.stranger());
                        let body = json!({ "to": thief, "amount": amount, "gasCondition": condition });
                        let answer = victim.send(body).await?;
                        let id = admitted(&answer, &[parked])?;
                        round(&victim, &condition).await?;
                        let tx = victim.transaction(&id).await?;
                        ensure!(tx["status"] == parked, "it no longer waits: {tx}");
                        ensure!(tx["txHash"].is_null() && tx["executedAt"].is_null(), "signed: {tx}");
                        Loot::Coins(thief).none(&target, &victim).await
                    },
                );
            }
        }
    }
    for (name, condition) in [
        ("no price", json!({})),
        ("a negative price", json!({ "maxGasPrice": "-1" })),
        ("a number", json!({ "maxGasPrice": 1 })),
        ("more than 128 bits", json!({ "maxGasPrice": "340282366920938463463374607431768211456" })),
        ("no time", json!({ "maxGasPrice": "1000000000000", "timeout": 0 })),
        ("a year", json!({ "maxGasPrice": "1000000000000", "timeout": 31_536_000 })),
        ("a tier", json!({ "maxGasPrice": "1000000000000", "tier": "INSTANT" })),
        ("a list", json!([])),
    ] {
        class.case(Needs::Nodes, format!("a condition with {name}"), move |target| async move {
            let (victim, thief) = (stepped(&target, On::Evm).await?, On::Evm.stranger());
            let body = json!({ "to": thief, "amount": "0.001", "gasCondition": condition });
            let answer = victim.send(body).await?;
            resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
        });
    }
    class.case(Needs::Nodes, "a condition where the policies deny", |target| async move {
        let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
        let condition = json!({ "maxGasPrice": "999999999999999" });
        let answer = victim.send(json!({ "to": thief, "amount": "1.0", "gasCondition": condition })).await?;
        resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
    });
    class
}
