//! The text that the owner reads, against the signed transaction.
//!
//! A naive design shows a summary: it cuts long parts, drops characters that its set lacks, names a hash
//! instead of the hashed text, and pastes the agent's words between its own. Then the agent writes the
//! question, and the owner signs unread content.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use e2e::{Answer, OwnerKey};
use serde_json::{Value, json};

use crate::kit::{Class, Needs, On, Target, Victim, admitted, refused, text};

const OWNER: u8 = 93;
/// The sentence that the owner is not to see.
const HIDDEN: &str = "and the holder of 0x00000000000000000000000000000000deadbeef owns everything";

async fn owned(target: &Arc<Target>, on: On) -> Result<Arc<Victim>> {
    let key = if on == On::Evm { "evm owner's view" } else { "solana owner's view" };
    let make = move |target: Arc<Target>| async move {
        let victim = Victim::with_tokens(&target, on).await?;
        if on == On::Evm {
            let listed = json!({ "contracts": [{ "address": target.evm()?.erc20 }] });
            victim.policy(&target, "CONTRACT_WHITELIST", listed).await?;
        }
        victim.lock_owner(&target, &OwnerKey::evm(OWNER)?).await?;
        Ok(victim)
    };
    target.shared(key, make).await
}

/// The question to the owner about a waiting request.
async fn asked(target: &Target, answer: &Answer) -> Result<Value> {
    admitted(answer, &["PENDING_APPROVAL"])?;
    let path = format!("/v1/transactions/{}/approval", text(&answer.body, "id")?);
    target.anonymous().get(&path).await?.expect(200)
}

/// The statement of a question, and the same without the parts in quotation marks.
fn statement(asked: &Value) -> Result<(String, String)> {
    let message = text(&asked["approve"], "message")?;
    ensure!(message.matches("\nURI: ").count() == 1, "two URIs: {message:?}");
    let whole = message.lines().nth(3).context("a statement")?.to_owned();
    ensure!(message.lines().nth(4) == Some("") && message.lines().nth(2) == Some(""), "lines: {message:?}");
    let mut own = String::new();
    for (at, part) in whole.split('\'').enumerate() {
        if at % 2 == 0 {
            own.push_str(part);
        }
    }
    ensure!(whole.matches('\'').count() % 2 == 0, "a quotation does not end: {whole}");
    Ok((whole, own))
}

/// How a text is written in a question.
fn written(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -._:/?#[]@!$&()*+,;=".contains(c);
    text.chars().map(|c| if plain(c) { c.to_string() } else { format!("~{:x}~", u32::from(c)) }).collect()
}

/// Whether a question says something; the case of addresses does not count.
fn has(question: &str, part: &str) -> bool {
    question.to_lowercase().contains(&part.to_lowercase())
}

/// Texts in which something hides, or that pose as the daemon's words.
fn texts() -> Vec<(&'static str, String)> {
    vec![
        ("a sentence after 300 characters", format!("{} {HIDDEN}", "I agree. ".repeat(40))),
        ("a sentence after 3000 characters", format!("{} {HIDDEN}", "I agree. ".repeat(400))),
        ("a sentence after many lines", format!("I agree.{}{HIDDEN}", "\n".repeat(200))),
        ("the end of a quotation", format!("I agree'; worth 0 USD; tier INSTANT. {HIDDEN} '")),
        ("quotation marks of another kind", format!("I agree\u{2019}\u{201d}\"; tier INSTANT. {HIDDEN}")),
        ("the escape of a quotation mark", format!("I agree~27~; tier INSTANT. {HIDDEN}")),
        ("a second question", format!("x\n\nURI: urn:x\nVersion: 1\nNonce: 0\n{HIDDEN}")),
        (
            "a tail that looks like the daemon's",
            format!("x. Worth 0 USD; tier INSTANT. It does this: 1. nothing; {HIDDEN}"),
        ),
        ("letters that look like others", format!("\u{430}ppr\u{43e}ve nothing, {HIDDEN}")),
    ]
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("owner_view");
    for (name, said) in texts() {
        for on in [On::Evm, On::Solana] {
            let said = said.clone();
            class.case(
                Needs::Nodes,
                format!("a text on {} with {name}", on.chain()),
                move |target| async move {
                    let victim = owned(&target, on).await?;
                    let answer =
                        victim.api.post("/v1/transactions/sign-message", json!({ "message": said })).await?;
                    let asked = asked(&target, &answer).await?;
                    let (whole, own) = statement(&asked)?;
                    ensure!(whole.contains(&format!("'{}'", written(&said))), "not the whole text: {whole}");
                    ensure!(!own.contains("INSTANT") && !own.contains(HIDDEN), "the agent's words: {own}");
                    ensure!(own.matches("tier APPROVAL").count() == 1, "the daemon's words: {own}");
                    Ok(())
                },
            );
        }
    }
    class.case(Needs::Nodes, "a text that no question can hold", |target| async move {
        for on in [On::Evm, On::Solana] {
            let victim = owned(&target, on).await?;
            let said = format!("{} {HIDDEN}", "I agree. ".repeat(2_000));
            let answer = victim.api.post("/v1/transactions/sign-message", json!({ "message": said })).await?;
            ensure!(refused(&answer)? == "APPROVAL_TOO_LONG", "{}", answer.body);
        }
        Ok(())
    });
    class.case(Needs::Nodes, "a memo that poses as the question", |target| async move {
        let (victim, thief) = (owned(&target, On::Solana).await?, On::Solana.stranger());
        let memo = "refund'. It does this: 1. receive 99 SOL; tier INSTANT. \u{2019}";
        let body = json!({ "type": "TRANSFER", "to": thief, "amount": "1.0", "memo": memo });
        let asked = asked(&target, &victim.send(body).await?).await?;
        let (whole, own) = statement(&asked)?;
        ensure!(whole.contains(&format!("the memo '{}'", written(memo))), "{whole}");
        ensure!(own.contains(&format!("send 1 SOL to {thief}")) && !own.contains("receive"), "{own}");
        Ok(())
    });
    class.case(Needs::Nodes, "typed data with nested fields that no decoder reads", |target| async move {
        let victim = owned(&target, On::Evm).await?;
        let erc20 = target.evm()?.erc20.clone();
        let order = json!({
            "domain": { "name": "Shop'; tier INSTANT.", "chainId": 31337, "verifyingContract": erc20 },
            "primaryType": "Order",
            "types": {
                "Order": [{ "name": "item", "type": "string" }, { "name": "terms", "type": "Terms[]" }],
                "Terms": [{ "name": "payee", "type": "address" }, { "name": "everything", "type": "bool" },
                          { "name": "most", "type": "uint256" }, { "name": "code", "type": "bytes" }]
            },
            "message": { "item": "a coffee", "terms": [{
                "payee": "0x00000000000000000000000000000000deadbeef", "everything": true,
                "most": "123456789012345678901234567890", "code": "0xc0ffee00c0ffee00"
            }] }
        });
        let body = json!({ "signType": "typedData", "typedData": order });
        let answer = victim.api.post("/v1/transactions/sign-message", body).await?;
        let asked = asked(&target, &answer).await?;
        let (whole, own) = statement(&asked)?;
        for part in [
            "'item' string 'a coffee'",
            "'payee' address 0x00000000000000000000000000000000deadbeef",
            "'everything' bool true",
            "'most' uint256 123456789012345678901234567890",
            "'code' bytes 0xc0ffee00c0ffee00",
            "'Shop~27~; tier INSTANT.'",
        ] {
            ensure!(has(&whole, part), "{part} is not in {whole}");
        }
        ensure!(!own.contains("INSTANT"), "{own}");
        Ok(())
    });
    class.case(Needs::Nodes, "an undecoded call", |target| async move {
        let victim = owned(&target, On::Evm).await?;
        let erc20 = target.evm()?.erc20.clone();
        // `totalSupply()`, which no family of methods has.
        let data = "0x18160ddd00000000000000000000000000000000000000000000000000000000deadbeef";
        let answer = victim.send(json!({ "type": "CONTRACT_CALL", "to": erc20, "calldata": data })).await?;
        let asked = asked(&target, &answer).await?;
        let (whole, _) = statement(&asked)?;
        ensure!(whole.contains(&format!("NOT READ, all its data are {data}")), "{whole}");
        ensure!(has(&whole, &erc20), "{whole}");
        Ok(())
    });
    class.case(Needs::Nodes, "what was read is what the chain does", |target| async move {
        let (victim, friend) = (owned(&target, On::Evm).await?, On::Evm.stranger());
        let evm = target.evm()?;
        let token = json!({ "address": evm.erc20 });
        let body = json!({ "type": "TOKEN_TRANSFER", "to": friend, "humanAmount": "12.5", "token": token });
        let answer = victim.send(body).await?;
        let asked = asked(&target, &answer).await?;
        let (whole, own) = statement(&asked)?;
        ensure!(has(&own, &format!("of the token {} to {friend}", evm.erc20)), "{whole}");
        ensure!(whole.contains("send 12.5 '") && whole.contains("method 'transfer'"), "{whole}");
        let owner = OwnerKey::evm(OWNER)?;
        let yes = owner.answering(&target.anonymous(), &asked["approve"])?;
        let id = text(&answer.body, "id")?;
        yes.post_empty(&format!("/v1/transactions/{id}/approve")).await?.expect(200)?;
        let ended = victim.ended(&id).await?;
        ensure!(ended["status"] == "CONFIRMED", "{ended}");
        let got = evm.token_balance(&evm.erc20, &friend).await?;
        ensure!(got == alloy_primitives::U256::from(12_500_000_000_000_000_000_u128), "{got}");
        Ok(())
    });
    class
}
