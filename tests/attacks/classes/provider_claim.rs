//! Claims of trust in the request itself.
//!
//! A naive design lets a caller say who built the request, what it is worth or what was decided about
//! it, and skips a check for it. Every claim here rides on a request that the policies refuse.

use serde_json::{Value, json};

use super::{evm_pocket, solana_pocket};
use crate::kit::{Class, Loot, Needs, On, resisted};

/// The false claims of an attacker.
fn claims() -> Vec<(&'static str, Value)> {
    vec![
        ("actionProvider", json!("jupiter_swap")),
        ("action_provider", json!("jupiter_swap")),
        ("actionName", json!("supply")),
        ("actionCategory", json!("swap")),
        ("action", json!({ "provider": "lido_staking", "name": "stake" })),
        ("origin", json!("internal")),
        ("provider", json!("xrpl_dex")),
        ("trusted", json!(true)),
        ("notionalUsd", json!(0)),
        ("amountUsd", json!("0.01")),
        ("venue", json!("uniswap")),
        ("tier", json!("INSTANT")),
        ("policyResult", json!({ "tier": "INSTANT", "allowed": true })),
        ("status", json!("APPROVED")),
        ("approved", json!(true)),
        ("clearance", json!("granted")),
        ("effects", json!([])),
        ("skipPolicy", json!(true)),
        ("force", json!(true)),
        ("ownerSignature", json!("0x")),
        ("sessionId", json!("00000000-0000-7000-8000-000000000000")),
        ("from", json!("0x0000000000000000000000000000000000000001")),
        ("fee", json!("0")),
        ("nonce", json!(0)),
    ]
}

/// Headers that a proxy or a sloppy gateway might honour.
const HEADERS: [(&str, &str); 7] = [
    ("x-action-provider", "jupiter_swap"),
    ("x-internal", "true"),
    ("x-waiaas-tier", "INSTANT"),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-real-ip", "127.0.0.1"),
    ("x-http-method-override", "PUT"),
    ("x-original-url", "/v1/admin/status"),
];

pub(crate) fn class() -> Class {
    let mut class = Class::new("provider claim");
    for (field, value) in claims() {
        let claim = value.clone();
        class.case(Needs::Nodes, format!("transfer with {field}"), move |target| async move {
            let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
            let mut body = json!({ "type": "TRANSFER", "to": thief, "amount": "1.0" });
            body[field] = claim;
            let answer = victim.send(body).await?;
            resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
        });
        class.case(
            Needs::Nodes,
            format!("call of an unlisted contract with {field}"),
            move |target| async move {
                let victim = evm_pocket(&target).await?;
                let contract = target.evm()?.telltale().await?;
                let mut body = json!({ "type": "CONTRACT_CALL", "to": contract, "calldata": "0x12345678" });
                body[field] = value;
                let answer = victim.send(body).await?;
                resisted(&target, &victim, &answer, &[Loot::Call(contract, vec![0x12, 0x34, 0x56, 0x78])])
                    .await
            },
        );
    }
    for (name, value) in HEADERS {
        class.case(Needs::Nodes, format!("header {name}"), move |target| async move {
            let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
            let api = victim.api.clone().header(name, value);
            let body = json!({ "type": "TRANSFER", "to": thief, "amount": "1.0" });
            let answer = api.post("/v1/transactions/send", body).await?;
            resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
        });
    }
    class.case(Needs::Nodes, "inside a member of a batch", |target| async move {
        let (victim, thief) = (solana_pocket(&target).await?, On::Solana.stranger());
        let member = json!({
            "type": "TRANSFER", "to": thief, "amount": "1.0", "actionProvider": "jupiter_swap",
        });
        let answer = victim.send(json!({ "type": "BATCH", "instructions": [member, member] })).await?;
        resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
    });
    class.case(Needs::Nodes, "query parameters of send", |target| async move {
        let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
        let body = json!({ "type": "TRANSFER", "to": thief, "amount": "1.0" });
        let path = "/v1/transactions/send?actionProvider=jupiter_swap&force=true&dryRun=false";
        let answer = victim.api.post(path, body).await?;
        resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
    });
    class
}
