//! New contracts, whose code is not judged.
//!
//! A naive design has no destination to check and no amount to judge. Nothing may be created here.

use alloy_primitives::U256;
use serde_json::{Value, json};

use super::contracts;
use crate::kit::{Class, Loot, Needs, Rlp, resisted};

fn bodies() -> Vec<(&'static str, Value)> {
    let deploy = |fields: Value| {
        let mut body = fields;
        body["type"] = json!("CONTRACT_DEPLOY");
        body
    };
    vec![
        ("small", deploy(json!({ "bytecode": "0x6001600055" }))),
        ("with value", deploy(json!({ "bytecode": "0x6001600055", "value": "1000" }))),
        ("with all value", deploy(json!({ "bytecode": "0x6001600055", "value": "90000000000000000000" }))),
        ("with arguments", deploy(json!({ "bytecode": "0x6001600055", "constructorArgs": "0x00" }))),
        ("of a thing that gives its money away", deploy(json!({ "bytecode": "0x33ff", "value": "1000" }))),
        ("large", deploy(json!({ "bytecode": format!("0x{}", "5b".repeat(24_000)) }))),
        ("empty", deploy(json!({ "bytecode": "0x" }))),
        ("not hex", deploy(json!({ "bytecode": "6001600055" }))),
        (
            "with a recipient",
            deploy(json!({ "bytecode": "0x6001600055", "to": format!("0x{}", "0".repeat(40)) })),
        ),
        ("as a call without recipient", json!({ "type": "CONTRACT_CALL", "calldata": "0x6001600055" })),
        (
            "as a call without a recipient",
            json!({ "type": "CONTRACT_CALL", "to": "", "calldata": "0x6001600055" }),
        ),
        ("as a call of null", json!({ "type": "CONTRACT_CALL", "to": null, "calldata": "0x6001600055" })),
        (
            "in a batch",
            json!({ "type": "BATCH", "instructions": [{ "type": "CONTRACT_DEPLOY" }, { "type": "CONTRACT_DEPLOY" }] }),
        ),
    ]
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("deployments");
    for (name, body) in bodies() {
        class.case(Needs::Nodes, name, move |target| async move {
            let victim = contracts(&target).await?;
            let answer = victim.send(body).await?;
            resisted(&target, &victim, &answer, &[Loot::Transaction]).await
        });
    }
    for legacy in [false, true] {
        let how = if legacy { "a legacy transaction" } else { "an EIP-1559 transaction" };
        class.case(Needs::Nodes, format!("signed as {how}"), move |target| async move {
            let victim = contracts(&target).await?;
            let (price, gas) = (Rlp::small(2_000_000_000), Rlp::small(100_000));
            let nonce = Rlp::number(victim.nonce);
            let empty = || Rlp::Bytes(Vec::new());
            let code = Rlp::hex("0x6001600055");
            let value = Rlp::number(U256::ZERO);
            let fields = if legacy {
                let eip155 = [Rlp::small(31337), empty(), empty()];
                [vec![nonce, price, gas, empty(), value, code], eip155.to_vec()].concat()
            } else {
                let tip = Rlp::small(1);
                vec![Rlp::small(31337), nonce, tip, price, gas, empty(), value, code, Rlp::List(Vec::new())]
            };
            let prefix = if legacy { "0x" } else { "0x02" };
            let raw = format!("{prefix}{}", hex::encode(Rlp::List(fields).encode()));
            let answer = victim.api.post("/v1/transactions/sign", json!({ "transaction": raw })).await?;
            resisted(&target, &victim, &answer, &[Loot::Transaction]).await
        });
    }
    class
}
