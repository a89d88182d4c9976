//! Bodies read in two ways.
//!
//! A naive design takes the last of two equal keys where a gateway took the first, ignores what it does
//! not know, or reads a body that is not JSON. The one that is refused whole cannot be misread.

use anyhow::Result;
use e2e::Answer;
use reqwest::Method;
use serde_json::json;

use super::evm_pocket;
use crate::kit::{Class, Loot, Needs, On, resisted};

const SEND: &str = "/v1/transactions/send";

/// Bodies as text; THIEF stands for the attacker's address. Each would pay small change if it were
/// read generously.
const BODIES: [(&str, &str); 30] = [
    ("two recipients", r#"{"to":"0x52908400098527886E0F7030069857D2E4169EE7","amount":"1000","to":"THIEF"}"#),
    ("two amounts", r#"{"to":"THIEF","amount":"1","amount":"1000"}"#),
    ("two types", r#"{"to":"THIEF","amount":"1000","type":"X","type":"TRANSFER"}"#),
    ("a key in two cases", r#"{"to":"THIEF","amount":"1000","Amount":"1"}"#),
    ("an escaped key", r#"{"to":"THIEF","amount":"1000","\u0061mount":"1"}"#),
    ("a misspelt dry run", r#"{"to":"THIEF","amount":"1000","dry_run":true}"#),
    ("a dry run in capitals", r#"{"to":"THIEF","amount":"1000","DRYRUN":true}"#),
    ("a dry run as text", r#"{"to":"THIEF","amount":"1000","dryRun":"true"}"#),
    ("a dry run as number", r#"{"to":"THIEF","amount":"1000","dryRun":1}"#),
    ("a dry run of null", r#"{"to":"THIEF","amount":"1000","dryRun":null}"#),
    ("an unknown field", r#"{"to":"THIEF","amount":"1000","comment":"hi"}"#),
    ("an empty key", r#"{"to":"THIEF","amount":"1000","":"x"}"#),
    ("a prototype", r#"{"to":"THIEF","amount":"1000","__proto__":{"dryRun":true}}"#),
    ("two documents", r#"{"to":"THIEF","amount":"1000"}{"to":"THIEF","amount":"1000"}"#),
    ("a document and a rest", r#"{"to":"THIEF","amount":"1000"} trailing"#),
    ("a list of one", r#"[{"to":"THIEF","amount":"1000"}]"#),
    ("a list of values", r#"["THIEF","1000"]"#),
    ("JSON in a string", r#""{\"to\":\"THIEF\",\"amount\":\"1000\"}""#),
    ("comments", r#"{"to":"THIEF",/* small */"amount":"1000"}"#),
    ("a trailing comma", r#"{"to":"THIEF","amount":"1000",}"#),
    ("single quotes", r#"{'to':'THIEF','amount':'1000'}"#),
    ("unquoted keys", r#"{to:"THIEF",amount:"1000"}"#),
    ("a byte order mark", "\u{feff}{\"to\":\"THIEF\",\"amount\":\"1000\"}"),
    ("a recipient in an object", r#"{"to":{"address":"THIEF"},"amount":"1000"}"#),
    ("recipients in a list", r#"{"to":["THIEF"],"amount":"1000"}"#),
    ("call data on a transfer", r#"{"to":"THIEF","amount":"1000","calldata":"0x"}"#),
    ("a token on a transfer", r#"{"to":"THIEF","amount":"1000","token":{"address":"THIEF"}}"#),
    ("members on a transfer", r#"{"to":"THIEF","amount":"1000","instructions":[]}"#),
    ("a type in lower case", r#"{"to":"THIEF","amount":"1000","type":"transfer"}"#),
    ("a type with a space", r#"{"to":"THIEF","amount":"1000","type":"TRANSFER "}"#),
];

const CONTENT_TYPES: [&str; 6] = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/xml",
    "text/json",
    "application/octet-stream",
];

pub(crate) fn class() -> Class {
    let mut class = Class::new("strict bodies");
    for (name, body) in BODIES {
        class.case(Needs::Nodes, name, move |target| async move {
            let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
            let body = body.replace("THIEF", &thief).into_bytes();
            let answer = victim.api.raw(Method::POST, SEND, "application/json", body).await?;
            resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
        });
    }
    for content_type in CONTENT_TYPES {
        class.case(Needs::Nodes, format!("sent as {content_type}"), move |target| async move {
            let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
            let body = json!({ "to": thief, "amount": "1000" }).to_string().into_bytes();
            let answer = victim.api.raw(Method::POST, SEND, content_type, body).await?;
            resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
        });
    }
    for (name, method) in [("GET", Method::GET), ("PUT", Method::PUT), ("PATCH", Method::PATCH)] {
        class.case(Needs::Nodes, format!("sent by {name}"), move |target| async move {
            let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
            let body = json!({ "to": thief, "amount": "1000" }).to_string().into_bytes();
            let answer: Result<Answer> = victim.api.raw(method, SEND, "application/json", body).await;
            resisted(&target, &victim, &answer?, &[Loot::Coins(thief)]).await
        });
    }
    for (name, depth) in [("nested a thousand deep", 1_000), ("nested sixty thousand deep", 60_000)] {
        class.case(Needs::Nodes, name, move |target| async move {
            let victim = evm_pocket(&target).await?;
            let body = format!("{{\"to\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
            let answer = victim.api.raw(Method::POST, SEND, "application/json", body.into_bytes()).await?;
            resisted(&target, &victim, &answer, &[]).await?;
            victim.api.get("/v1/wallet/address").await?.expect(200).map(drop)
        });
    }
    class
}
