//! Around a list of methods.
//!
//! A naive design compares the first ten characters of a text, or lets a contract without data through.
//! One method of one contract is named; the wallet may spend small change.

use alloy_primitives::U256;
use serde_json::{Value, json};

use super::wrappers;
use crate::kit::{Class, Loot, Needs, resisted};

/// Call data and value beside the named `0x12345678`.
fn attempts() -> Vec<(&'static str, Value, Vec<u8>)> {
    let call = |data: &str| json!({ "calldata": data });
    let bytes = |data: &str| hex::decode(data).unwrap_or_default();
    vec![
        ("another method", call("0x87654321"), bytes("87654321")),
        ("the last digit", call("0x12345679"), bytes("12345679")),
        ("three bytes of it", call("0x123456"), bytes("123456")),
        ("one byte", call("0x12"), bytes("12")),
        ("the method later on", call("0x0012345678"), bytes("0012345678")),
        (
            "the method behind a zero word",
            call(&format!("0x{}12345678", "0".repeat(64))),
            bytes(&format!("{}12345678", "0".repeat(64))),
        ),
        ("no data", call("0x"), Vec::new()),
        ("no data but a coin", json!({ "value": "1000000000000000000" }), Vec::new()),
        (
            "the method with too much value",
            json!({ "calldata": "0x12345678", "value": "1000000000000000000" }),
            bytes("12345678"),
        ),
        (
            "the method with all value",
            json!({ "calldata": "0x12345678", "value": U256::MAX.to_string() }),
            bytes("12345678"),
        ),
        (
            "the method with negative value",
            json!({ "calldata": "0x12345678", "value": "-1" }),
            bytes("12345678"),
        ),
        (
            "the method with value in hex",
            json!({ "calldata": "0x12345678", "value": "0xde0b6b3a7640000" }),
            bytes("12345678"),
        ),
        (
            "the method with value as number",
            json!({ "calldata": "0x12345678", "value": 1 }),
            bytes("12345678"),
        ),
        (
            "the method with an amount",
            json!({ "calldata": "0x12345678", "amount": "1.0" }),
            bytes("12345678"),
        ),
        (
            "an ABI that says otherwise",
            json!({ "calldata": "0x87654321", "abi": [{ "name": "harmless", "type": "function", "inputs": [] }] }),
            bytes("87654321"),
        ),
        ("the method in a list", json!({ "calldata": ["0x12345678", "0x87654321"] }), bytes("87654321")),
        ("Cyrillic digits", call("0x1234567а"), bytes("12345678")),
        ("the method as programId", json!({ "calldata": "0x12345678", "programId": "x" }), bytes("12345678")),
    ]
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("method lists");
    for (name, fields, data) in attempts() {
        class.case(Needs::Nodes, name, move |target| async move {
            let victim = wrappers(&target).await?;
            let mut body = fields;
            body["type"] = json!("CONTRACT_CALL");
            body["to"] = json!(victim.contract);
            let answer = victim.send(body).await?;
            if answer.body["code"] == "INSUFFICIENT_BALANCE" {
                return Loot::Coins(victim.contract.clone()).none(&target, &victim).await;
            }
            let mut loot = vec![Loot::Coins(victim.contract.clone())];
            // The named method itself was called when the victim was made ready.
            if data != [0x12, 0x34, 0x56, 0x78] {
                loot.push(Loot::Call(victim.contract.clone(), data));
            }
            resisted(&target, &victim, &answer, &loot).await
        });
    }
    for (name, address) in [("another contract", false), ("the token", true)] {
        class.case(Needs::Nodes, format!("the method of {name}"), move |target| async move {
            let victim = wrappers(&target).await?;
            let evm = target.evm()?;
            let to = if address { evm.unpriced_token().await? } else { evm.telltale().await? };
            let body = json!({ "type": "CONTRACT_CALL", "to": to, "calldata": "0x12345678" });
            let answer = victim.send(body).await?;
            if answer.body["code"] == "SIMULATION_FAILED" {
                return Ok(()); // A token without such a method.
            }
            let loot = Loot::Call(to, vec![0x12, 0x34, 0x56, 0x78]);
            resisted(&target, &victim, &answer, &[loot]).await
        });
    }
    class
}
