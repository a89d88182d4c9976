//! Texts that mean something else to a person than to a program.
//!
//! A naive design pastes a memo or a name into what the owner reads, so that the agent can write the
//! owner's question. The question must stay one line of the daemon's own.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use e2e::OwnerKey;
use reqwest::Method;
use serde_json::json;

use super::evm_bystander;
use crate::kit::{Class, Loot, Needs, On, Target, Victim, refused, resisted, text};

const MEMOS: [(&str, &str); 12] = [
    ("a line break", "rent\nAmount: 0.01 SOL"),
    ("a carriage return", "rent\rAmount: 0.01 SOL"),
    ("a carriage return and a line feed", "rent\r\n\r\nURI: waiaas://x"),
    ("NUL", "rent\u{0}hidden"),
    ("backspaces", "99 SOL\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}"),
    ("an escape sequence", "\u{1b}[2K\u{1b}[1A nothing"),
    ("a next-line character", "rent\u{85}Amount: 0"),
    ("a line separator", "rent\u{2028}Amount: 0"),
    ("a right-to-left override", "rent \u{202e}LOS 99"),
    ("the end of a question", "x\n\nURI: waiaas://x\nVersion: 1\nChain ID: 1\nNonce: 0"),
    ("257 characters", ""),
    ("ten thousand characters", ""),
];

/// A wallet whose owner is asked above small change.
async fn owned(target: &Arc<Target>) -> Result<Arc<Victim>> {
    let make = |target: Arc<Target>| async move {
        let victim = Victim::with_pocket(&target, On::Solana).await?;
        victim.lock_owner(&target, &OwnerKey::evm(91)?).await?;
        Ok(victim)
    };
    target.shared("solana owned for texts", make).await
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("texts");
    for (name, memo) in MEMOS {
        let memo = match name {
            "257 characters" => "x".repeat(257),
            "ten thousand characters" => "é".repeat(10_000),
            _ => memo.to_owned(),
        };
        class.case(Needs::Nodes, format!("a memo with {name}"), move |target| async move {
            let (victim, thief) = (owned(&target).await?, On::Solana.stranger());
            let body = json!({ "type": "TRANSFER", "to": thief, "amount": "1.0", "memo": memo });
            let answer = victim.send(body).await?;
            if answer.status != 201 {
                return resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await;
            }
            // If such a memo is taken at all, the question must be the daemon's word alone.
            let path = format!("/v1/transactions/{}/approval", text(&answer.body, "id")?);
            let asked = target.anonymous().get(&path).await?.expect(200)?;
            let message = text(&asked["approve"], "message")?;
            let lines = message.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count();
            ensure!(lines == message.lines().count(), "a line of the attacker's own: {message:?}");
            let fields = message.lines().filter(|line| line.starts_with("URI: ")).count();
            ensure!(fields == 1, "two URIs: {message:?}");
            ensure!(!message.contains(['\u{202e}', '\u{1b}', '\u{8}', '\u{0}']), "controls: {message:?}");
            ensure!(message.contains(&thief) && message.contains("1 SOL"), "not the truth: {message:?}");
            Loot::Coins(thief).none(&target, &victim).await
        });
    }
    for (name, key) in [
        ("empty", ""),
        ("a space", "a b"),
        ("beyond ASCII", "schlüssel"),
        ("129 characters", &*"k".repeat(129)),
        ("a tab", "a\tb"),
    ] {
        let key = key.to_owned();
        class.case(Needs::Nodes, format!("an idempotency key: {name}"), move |target| async move {
            let (victim, thief) = (owned(&target).await?, On::Solana.stranger());
            let api = victim.api.clone().header("idempotency-key", &key);
            let body = json!({ "to": thief, "amount": "0.001" });
            let answer = api.post("/v1/transactions/send", body).await?;
            resisted(&target, &victim, &answer, &[Loot::Coins(thief)]).await
        });
    }
    for (name, path) in [
        ("a quote", "/v1/transactions?status=CONFIRMED'--"),
        ("a semicolon", "/v1/transactions?limit=1;DROP%20TABLE%20transactions"),
        ("a wildcard", "/v1/wallet/address?walletId=%25"),
        ("a NUL", "/v1/transactions/%00"),
        ("a path", "/v1/transactions/..%2f..%2fadmin%2fstatus"),
        ("a cursor of the attacker's own", "/v1/transactions?cursor=eyJpZCI6IjAnIE9SICcxJz0nMSJ9"),
        ("a limit beyond all", "/v1/transactions?limit=4294967296"),
        ("a negative limit", "/v1/transactions?limit=-1"),
        ("an unknown parameter", "/v1/transactions?wallet=all"),
    ] {
        class.case(Needs::Daemon, format!("in an address: {name}"), move |target| async move {
            let victim = evm_bystander(&target).await?;
            let answer = victim.api.get(path).await?;
            refused(&answer)?;
            ensure!(!answer.body.to_string().to_lowercase().contains("sql"), "{}", answer.body);
            Ok(())
        });
    }
    for (name, wallet) in [
        ("a line break", "a\nb"),
        ("a right-to-left override", "\u{202e}niam"),
        ("a script", "<script>alert(1)</script>\u{0}"),
        ("a thousand characters", &*"n".repeat(1_000)),
    ] {
        let wallet = wallet.to_owned();
        class.case(Needs::Daemon, format!("a wallet's name with {name}"), move |target| async move {
            let body = json!({ "name": wallet, "chain": "solana", "environment": "local" });
            let answer = target.operator().post("/v1/wallets", body).await?;
            if let Some(id) = answer.body["id"].as_str() {
                target.remember(id);
            }
            ensure!(answer.status == 400, "HTTP {}: {}", answer.status, answer.body);
            Ok(())
        });
    }
    class.case(Needs::Daemon, "errors repeat no token", |target| async move {
        let victim = evm_bystander(&target).await?;
        let body = format!("{{\"to\":\"{}\",\"amount\":\"{}\"}}", victim.token, victim.token);
        let answer =
            victim.api.raw(Method::POST, "/v1/transactions/send", "application/json", body.into()).await?;
        refused(&answer).context("refused")?;
        ensure!(!answer.body.to_string().contains(&victim.token), "repeated: {}", answer.body);
        Ok(())
    });
    class
}
