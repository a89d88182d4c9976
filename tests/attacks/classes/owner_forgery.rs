//! Answers the owner did not give.
//!
//! A naive design checks that the owner once signed something, or that a text names the transaction.
//! Each attack stands before a payment that waits for the owner, which must go on waiting.

use std::sync::Arc;

use anyhow::{Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::{Api, OwnerKey};
use serde_json::{Value, json};

use crate::kit::{Class, Loot, Needs, On, Target, Victim, text};

const FORGERIES: [&str; 24] = [
    "nothing",
    "the session token",
    "the master password",
    "the master password and the session token",
    "a signature without its message",
    "a message without its signature",
    "another key's signature",
    "the other chain's key",
    "the owner's signature over another waiting payment",
    "the owner's signature over the rejection",
    "the owner's signature over a verification of long ago",
    "the owner's signature over a login elsewhere",
    "one character altered and signed again",
    "another amount and signed again",
    "one space more",
    "the message without its digest",
    "the message without its expiry",
    "zeroes as signature",
    "an empty signature",
    "a signature with its last byte flipped",
    "a signature of the message's hash",
    "two signatures",
    "the right answer under another address",
    "the right answer to another transaction's route",
];

fn headers(api: &Api, message: &str, signature: &str) -> Api {
    let message = STANDARD.encode(message);
    api.clone().header("x-owner-message", &message).header("x-owner-signature", signature)
}

/// Small change at once, more takes this owner.
async fn owned(target: &Arc<Target>) -> Result<Arc<Victim>> {
    let make = |target: Arc<Target>| async move {
        let victim = Victim::with_pocket(&target, On::Evm).await?;
        victim.lock_owner(&target, &owner()?).await?;
        Ok(victim)
    };
    target.shared("evm owned", make).await
}

fn owner() -> Result<OwnerKey> {
    OwnerKey::evm(95)
}

/// A waiting payment: its path and the question to the owner.
async fn waiting(target: &Target, victim: &Victim, to: &str) -> Result<(String, Value)> {
    let sent = victim.pay(to, "0.5").await?.expect(201)?;
    ensure!(sent["status"] == "PENDING_APPROVAL", "{sent}");
    let path = format!("/v1/transactions/{}", text(&sent, "id")?);
    let asked = target.anonymous().get(&format!("{path}/approval")).await?.expect(200)?;
    Ok((path, asked))
}

fn flipped(signature: &str) -> String {
    let last = if signature.ends_with('b') { 'c' } else { 'b' };
    let kept = signature.get(..signature.len().saturating_sub(1)).unwrap_or_default();
    format!("{kept}{last}")
}

/// The forged answers.
async fn forge(target: &Arc<Target>, victim: &Victim, how: &str, asked: &Value) -> Result<Api> {
    let (owner, thief) = (owner()?, OwnerKey::evm(96)?);
    let (anonymous, yes) = (target.anonymous(), text(&asked["approve"], "message")?);
    let signed = owner.sign(&yes)?;
    let again = |message: String| -> Result<Api> {
        ensure!(message != yes, "nothing was altered in {yes}");
        let signature = owner.sign(&message)?;
        Ok(headers(&anonymous, &message, &signature))
    };
    Ok(match how {
        "nothing" => anonymous,
        "the session token" => victim.api.clone(),
        "the master password" => target.operator(),
        "the master password and the session token" => victim.api.clone().password(target.password()),
        "a signature without its message" => anonymous.header("x-owner-signature", &signed),
        "a message without its signature" => anonymous.header("x-owner-message", &STANDARD.encode(&yes)),
        "another key's signature" => headers(&anonymous, &yes, &thief.sign(&yes)?),
        "the other chain's key" => headers(&anonymous, &yes, &OwnerKey::solana(95).sign(&yes)?),
        "the owner's signature over another waiting payment" => {
            let (_, other) = waiting(target, victim, &On::Evm.stranger()).await?;
            again(text(&other["approve"], "message")?)?
        }
        "the owner's signature over the rejection" => again(text(&asked["reject"], "message")?)?,
        "the owner's signature over a verification of long ago" => {
            let path = format!("/v1/wallets/{}/owner/challenge", victim.wallet);
            let challenge = target.operator().post_empty(&path).await?;
            match challenge.body["message"].as_str() {
                Some(message) => again(message.to_owned())?,
                None => again(yes.replace("urn:waiaas:action:approve", "urn:waiaas:action:verify-owner"))?,
            }
        }
        "the owner's signature over a login elsewhere" => {
            again(yes.replacen("waiaas.local", "dapp.example", 1))?
        }
        "one character altered and signed again" => again(yes.replacen("Version: 1", "Version: 2", 1))?,
        "another amount and signed again" => again(yes.replacen("0.5", "0.6", 1))?,
        "one space more" => again(format!("{yes} "))?,
        "the message without its digest" => {
            let kept: Vec<_> = yes.lines().filter(|line| !line.contains("digest")).collect();
            again(kept.join("\n"))?
        }
        "the message without its expiry" => {
            let kept: Vec<_> = yes.lines().filter(|line| !line.starts_with("Expiration")).collect();
            again(kept.join("\n"))?
        }
        "zeroes as signature" => headers(&anonymous, &yes, &format!("0x{}", "0".repeat(130))),
        "an empty signature" => headers(&anonymous, &yes, ""),
        "a signature with its last byte flipped" => headers(&anonymous, &yes, &flipped(&signed)),
        "a signature of the message's hash" => {
            let hash = hex::encode(alloy_primitives::keccak256(&yes));
            headers(&anonymous, &yes, &owner.sign(&hash)?)
        }
        "two signatures" => {
            headers(&anonymous, &yes, &thief.sign(&yes)?).header("x-owner-signature", &signed)
        }
        "the right answer under another address" => {
            headers(&anonymous, &yes, &signed).header("x-owner-address", &thief.address())
        }
        _ => headers(&anonymous, &yes, &signed),
    })
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("owner message forgery");
    for how in FORGERIES {
        class.case(Needs::Nodes, how, move |target| async move {
            let (victim, thief) = (owned(&target).await?, On::Evm.stranger());
            let (mut path, asked) = waiting(&target, &victim, &thief).await?;
            let right = path.clone();
            let forger = forge(&target, &victim, how, &asked).await?;
            if how == "the right answer to another transaction's route" {
                path = waiting(&target, &victim, &On::Evm.stranger()).await?.0;
            }
            let answer = forger.post_empty(&format!("{path}/approve")).await?;
            ensure!((400..500).contains(&answer.status), "HTTP {}: {}", answer.status, answer.body);
            for path in [&right, &path] {
                let tx = victim.api.get(path).await?.expect(200)?;
                ensure!(tx["status"] == "PENDING_APPROVAL" && tx["txHash"].is_null(), "{tx}");
            }
            Loot::Coins(thief).none(&target, &victim).await
        });
    }
    class.case(Needs::Nodes, "the same answer twice", |target| async move {
        let (victim, thief) = (owned(&target).await?, On::Evm.stranger());
        let (path, asked) = waiting(&target, &victim, &thief).await?;
        let yes = owner()?.answering(&target.anonymous(), &asked["approve"])?;
        yes.post_empty(&format!("{path}/approve")).await?.expect(200)?;
        victim.ended(path.rsplit('/').next().unwrap_or_default()).await?;
        let again = yes.post_empty(&format!("{path}/approve")).await?;
        ensure!(again.status == 409, "HTTP {}: {}", again.status, again.body);
        let got = target.evm()?.balance(&thief).await?;
        ensure!(got == alloy_primitives::U256::from(500_000_000_000_000_000_u64), "{got} wei");
        Ok(())
    });
    class.case(Needs::Nodes, "an answer after the agent cancelled", |target| async move {
        let (victim, thief) = (owned(&target).await?, On::Evm.stranger());
        let (path, asked) = waiting(&target, &victim, &thief).await?;
        victim.api.post_empty(&format!("{path}/cancel")).await?.expect(200)?;
        let yes = owner()?.answering(&target.anonymous(), &asked["approve"])?;
        let late = yes.post_empty(&format!("{path}/approve")).await?;
        ensure!(late.status == 409, "HTTP {}: {}", late.status, late.body);
        Loot::Coins(thief).none(&target, &victim).await
    });
    class.case(Needs::Nodes, "the wallet signs its own question as a message", |target| async move {
        // Where the agent's wallet is the owner of another one, sign-message would be the approval.
        let (victim, thief) = (owned(&target).await?, On::Evm.stranger());
        let (path, asked) = waiting(&target, &victim, &thief).await?;
        let message = text(&asked["approve"], "message")?;
        let hexed = format!("0x{}", hex::encode(&message));
        for message in [message.clone(), format!(" {message}"), message.to_uppercase(), hexed] {
            let body = json!({ "message": message });
            let answer = victim.api.post("/v1/transactions/sign-message", body).await?;
            ensure!((400..500).contains(&answer.status), "HTTP {}: {}", answer.status, answer.body);
            crate::kit::leaks_no_signature(&answer.body)?;
        }
        let tx = victim.api.get(&path).await?.expect(200)?;
        ensure!(tx["status"] == "PENDING_APPROVAL", "{tx}");
        Ok(())
    });
    class
}
