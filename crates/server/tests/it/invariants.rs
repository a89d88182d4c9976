//! The invariants the doors answer for. SECURITY.md lists all twenty, with the tests of the other crates.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::daemon::{Daemon, PASSWORD, read};

/// Some id that nothing has.
const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000001";

/// A body of every shape that a request can have, and where in it anything may stand.
fn bodies(wallet: &str) -> Vec<(&'static str, &'static str, Value)> {
    let send = json!({
        "type": "BATCH", "dryRun": true, "gasCondition": { "maxGasPrice": "1", "timeout": 60 },
        "instructions": [
            { "type": "TOKEN_TRANSFER", "to": "r", "amount": "1", "token": { "address": "m", "decimals": 6 } },
            { "type": "APPROVE", "spender": "s", "amount": "0", "nft": { "tokenId": "1", "standard": "ERC-721" },
              "token": { "address": "c" } },
            { "type": "CONTRACT_CALL", "programId": "p", "instructionData": "AA==",
              "accounts": [{ "pubkey": "a", "isSigner": false, "isWritable": true }],
              "preInstructions": [{ "programId": "p", "data": "AA==",
                "accounts": [{ "pubkey": "a", "isSigner": false, "isWritable": true }] }] },
        ],
    });
    let rules = json!({
        "instant_max_usd": 1, "token_limits": { "native:solana":
            { "instant_max": "1", "notify_max": "2", "delay_max": "3" } },
    });
    let new_wallet = json!({ "name": "w", "chain": "solana", "environment": "local" });
    let mut imported = new_wallet.clone();
    imported["privateKey"] = json!("none");
    let candidate = json!({ "type": "SPENDING_LIMIT", "rules": rules.clone() });
    vec![
        ("POST", "/v1/admin/policies/replay", json!({ "since": 0, "policies": [candidate] })),
        ("POST", "/v1/admin/transactions/{id}/close", json!({ "confirm": false })),
        ("PUT", "/v1/admin/master-password", json!({ "newPassword": "short" })),
        (
            "DELETE",
            "/v1/tokens",
            json!({ "network": "evm-localnet", "address": format!("0x{}", "5".repeat(40)) }),
        ),
        ("POST", "/v1/proof", json!({ "address": "localhost", "session": "", "share": "" })),
        ("POST", "/v1/policies", json!({ "type": "SPENDING_LIMIT", "rules": rules, "walletId": wallet })),
        ("PUT", "/v1/policies/{id}", json!({ "enabled": false, "priority": 1 })),
        ("POST", "/v1/sessions", json!({ "walletIds": [UNKNOWN_ID], "ttl": 600 })),
        ("POST", "/v1/sessions/{id}/wallets", json!({ "walletId": UNKNOWN_ID })),
        ("PUT", "/v1/sessions/{id}/default-wallet", json!({ "walletId": UNKNOWN_ID })),
        ("POST", "/v1/transactions/send", send.clone()),
        ("POST", "/v1/transactions/simulate", send),
        ("POST", "/v1/transactions/sign", json!({ "transaction": "AA==", "chain": "solana" })),
        ("POST", "/v1/transactions/sign-message", json!({ "message": "hello", "signType": "personal" })),
        ("POST", "/v1/transactions/{id}/replace", json!({ "with": "HIGHER_FEE" })),
        ("POST", "/v1/utils/encode-calldata", json!({ "abi": [{}], "functionName": "f", "args": [] })),
        ("POST", "/v1/wallets", new_wallet),
        ("POST", "/v1/wallets/import", imported),
        ("PUT", "/v1/wallets/{id}", json!({ "name": "w" })),
        ("PUT", "/v1/wallets/{id}/default-network", json!({ "network": null })),
        ("PUT", "/v1/wallets/{id}/owner", json!({ "ownerAddress": "nobody" })),
        ("POST", "/v1/wallets/{id}/suspend", json!({ "reason": "why" })),
        ("PUT", "/v1/telegram/chats/{chatId}", json!({ "role": "ADMIN" })),
        ("POST", "/v1/webhooks", json!({ "url": "https://hooks.example.com/", "events": ["TX_CONFIRMED"] })),
        ("PUT", "/v1/webhooks/{id}", json!({ "enabled": false })),
    ]
}

/// Lists whose members have a foreign format.
const FOREIGN: [&str; 2] = ["abi", "args"];

/// Puts a field into the `at`th object inside, counted from the outside; the rest of `at` otherwise.
fn insert(value: &mut Value, at: usize, field: &str) -> Result<(), usize> {
    match value {
        Value::Object(object) if at == 0 => {
            object.insert(field.to_owned(), json!(true));
            Ok(())
        }
        Value::Object(object) => {
            let own = object.iter_mut().filter(|(key, _)| !FOREIGN.contains(&key.as_str()));
            first(own.map(|(_, value)| value), at - 1, field)
        }
        Value::Array(items) => first(items.iter_mut(), at, field),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Err(at),
    }
}

fn first<'a>(values: impl Iterator<Item = &'a mut Value>, at: usize, field: &str) -> Result<(), usize> {
    let mut left = at;
    for value in values {
        match insert(value, left, field) {
            Ok(()) => return Ok(()),
            Err(rest) => left = rest,
        }
    }
    Err(left)
}

/// Names that are none here: made up, in another spelling, or another request's.
fn names(round: u64) -> Vec<String> {
    let made_up = format!("x{:x}", round.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40);
    let near = ["dryrun", "wallet_id", "Amount", "approved", "tier", "newPassword ", "__proto__", ""];
    near.iter().map(|name| (*name).to_owned()).chain([made_up]).collect()
}

/// The codes of the faults of a body.
fn issues(body: &Value) -> Vec<(String, String)> {
    let text = |issue: &Value, field: &str| issue[field].as_str().unwrap_or_default().to_owned();
    let issues = body["details"]["issues"].as_array().cloned().unwrap_or_default();
    issues.iter().map(|issue| (text(issue, "path"), text(issue, "code"))).collect()
}

/// Invariant 19: of every request with a body, a field that is not known, at any depth, is an error that
/// names it, and nothing is done.
#[tokio::test]
async fn an_unknown_field_anywhere_in_any_body_is_refused() {
    let daemon = Daemon::start().await;
    let wallet = daemon.wallet("main").await;
    let token = daemon.agent_header(&daemon.session(&wallet).await);
    let (_, document) = read(daemon.ask("GET", "/doc")).await;
    let mut written = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            if !operation["requestBody"].is_null() {
                written.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    let bodies = bodies(&wallet.id.to_string());
    let covered = bodies.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(written, covered, "every request with a body has one here");

    let ask = async |method: &str, path: &str, body: &Value| {
        let request = match path {
            "/v1/admin/master-password" | "/v1/tokens" => daemon.ask_locally(method, path),
            _ => daemon.ask(method, &path.replace("{id}", UNKNOWN_ID).replace("{chatId}", "7000000001")),
        };
        let request = request.json(body);
        let by_agent = path.starts_with("/v1/transactions/") || path.starts_with("/v1/utils/");
        let (status, answer) = match by_agent {
            true => read(request.header("authorization", &token)).await,
            false => read(request.header("x-master-password", PASSWORD)).await,
        };
        (status, answer)
    };
    let rounds = std::env::var("INVARIANT_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(1u64);
    for (method, path, body) in &bodies {
        let (_, as_it_should_be) = ask(method, path, body).await;
        let known = issues(&as_it_should_be);
        assert!(known.iter().all(|(_, code)| code != "unrecognized_key"), "{path}: {as_it_should_be}");
        for round in 0..rounds {
            for (at, name) in (0..18).zip(names(round).into_iter().cycle()) {
                let mut altered = body.clone();
                // Deeper and deeper, until there is nothing deeper.
                let mut depth = (at * 5 + usize::try_from(round).expect("small")) % 12;
                while insert(&mut altered, depth, &name).is_err() {
                    depth /= 2;
                }
                let (status, answer) = ask(method, path, &altered).await;
                assert_eq!(status, 400, "{method} {path} took {altered}: {answer}");
                let text = answer.to_string();
                let said = issues(&answer).iter().any(|(at, code)| {
                    code == "unrecognized_key" && (name.is_empty() || at.ends_with(name.as_str()))
                });
                assert!(said || text.contains(&name), "{method} {path}: {altered}: {answer}");
            }
        }
    }
    let (_, still) = read(daemon.ask("GET", "/v1/wallets").header("x-master-password", PASSWORD)).await;
    assert_eq!(still["items"].as_array().or(still.as_array()).map(Vec::len), Some(2), "{still}");
}
