//! Texts that are no amounts, or that other parsers read as other amounts.
//!
//! A naive design reads numbers as floats, wraps around, or compares texts, and then a huge or negative
//! amount passes a limit. The thief must not get one base unit.

use serde_json::{Value, json};

use super::{evm_pocket, evm_tokens, solana_pocket};
use crate::kit::{Class, Loot, Needs, On, resisted};

/// 2^256, 2^256 + 1, 2^256 - 1 and others around the edges of number types.
const EDGES: [&str; 9] = [
    "115792089237316195423570985008687907853269984665640564039457584007913129639936",
    "115792089237316195423570985008687907853269984665640564039457584007913129639937",
    "115792089237316195423570985008687907853269984665640564039457584007913129639935",
    "57896044618658097711785492504343953926634992332820282019728792003956564819968",
    "340282366920938463463374607431768211456",
    "18446744073709551616",
    "18446744073709551617",
    "9223372036854775808",
    "9007199254740993000",
];

const TEXTS: [(&str, &str); 22] = [
    ("nothing", ""),
    ("a space", " "),
    ("negative", "-1000000000000000000"),
    ("negative zero", "-0"),
    ("plus sign", "+1000000000000000000"),
    ("exponent", "1e18"),
    ("capital exponent", "1E18"),
    ("negative exponent", "1e-1"),
    ("not a number", "NaN"),
    ("infinity", "Infinity"),
    ("hex", "0xde0b6b3a7640000"),
    ("comma", "1,0"),
    ("underscores", "1_000_000_000_000_000_000"),
    ("Arabic digits", "١٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠"),
    ("full-width digits", "１０００００００００００００００００"),
    ("zero-width space inside", "1\u{200b}000000000000000000"),
    ("NUL at the end", "1000000000000000000\u{0}"),
    ("line break at the end", "1000000000000000000\n"),
    ("leading point", ".9"),
    ("trailing point", "1."),
    ("two points", "0.0.1"),
    ("finer than a base unit", "0.0000000000000000001"),
];

fn values() -> Vec<(&'static str, Value)> {
    vec![
        ("a JSON number", json!(1_000_000_000_000_000_000_u64)),
        ("a JSON fraction", json!(0.5)),
        ("a negative JSON number", json!(-1)),
        ("null", Value::Null),
        ("true", json!(true)),
        ("a list", json!(["1"])),
        ("an object", json!({ "amount": "1" })),
    ]
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("amounts");
    let texts = TEXTS.iter().map(|(name, text)| ((*name).to_owned(), json!(text)));
    let values = values().into_iter().map(|(name, value)| (name.to_owned(), value));
    let edges = EDGES.iter().map(|edge| (format!("the number {edge}"), json!(edge)));
    for (name, amount) in texts.chain(values).chain(edges) {
        let (one, two) = (amount.clone(), amount.clone());
        class.case(Needs::Nodes, format!("{name} as amount of wei"), move |target| async move {
            let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
            let answer = victim.send(json!({ "type": "TRANSFER", "to": thief, "amount": one })).await?;
            // A number above the balance may be refused for that alone; it moves nothing.
            let refused_as_too_much = answer.body["code"] == "INSUFFICIENT_BALANCE";
            if refused_as_too_much {
                return Loot::Coins(thief).none(&target, &victim).await;
            }
            resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
        });
        class.case(Needs::Nodes, format!("{name} as humanAmount of a token"), move |target| async move {
            let (victim, thief) = (evm_tokens(&target).await?, On::Evm.stranger());
            let token = target.evm()?.erc20.clone();
            let body = json!({
                "type": "TOKEN_TRANSFER", "to": thief, "humanAmount": two, "token": { "address": token },
            });
            let answer = victim.send(body).await?;
            let loot = Loot::Tokens(token, thief);
            if answer.body["code"] == "INSUFFICIENT_TOKEN_BALANCE" {
                return loot.none(&target, &victim).await;
            }
            resisted(&target, &victim, &answer, &[loot]).await
        });
    }
    for (name, body) in [
        ("both amount and humanAmount", json!({ "amount": "1", "humanAmount": "1.0" })),
        ("no amount at all", json!({})),
        ("the sum of everything there is", json!({ "amount": "99.9" })),
        ("one lamport above the limit", json!({ "amount": "10000001" })),
        ("above the limit by a hair", json!({ "humanAmount": "0.010000001" })),
        ("leading zeros before too much", json!({ "amount": "000000000000000000010000001" })),
    ] {
        class.case(Needs::Nodes, name, move |target| async move {
            let (victim, thief) = (solana_pocket(&target).await?, On::Solana.stranger());
            let mut request = body;
            request["to"] = json!(thief);
            let answer = victim.send(request).await?;
            resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
        });
    }
    class
}
