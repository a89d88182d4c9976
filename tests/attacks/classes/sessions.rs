//! Tokens after their time, altered, or made up.
//!
//! A naive design checks a signature and an expiry, and forgets that a session was revoked, rotated or
//! unlinked; or believes the algorithm the token names.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::evm_bystander;
use crate::kit::{Class, Loot, Needs, On, Target, Victim, refused, resisted, text};

const PREFIX: &str = "wai_sess_";

/// The fault of a forged token.
const FORGERIES: [&str; 16] = [
    "algorithm none",
    "algorithm none, signature kept",
    "algorithm HS512",
    "algorithm RS256",
    "a key id that is a path",
    "no signature",
    "a signature of zeroes",
    "another session as subject",
    "a later expiry",
    "an earlier issue",
    "another issuer",
    "another id",
    "more claims",
    "signed with the master password",
    "without its prefix",
    "two parts",
];

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    use k256::sha2::{Digest as _, Sha256};
    let mut block = [0u8; 64];
    for (slot, byte) in block.iter_mut().zip(key) {
        *slot = *byte;
    }
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

fn forged(token: &str, how: &str, other: &str, password: &str) -> Result<String> {
    let jwt = token.strip_prefix(PREFIX).context("a prefix")?;
    let mut parts = jwt.split('.');
    let (head, claims, signature) = (
        parts.next().context("a header")?,
        parts.next().context("claims")?,
        parts.next().context("a signature")?,
    );
    let open = |part: &str| -> Result<Value> { Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part)?)?) };
    let with = |part: &str, field: &str, value: Value| -> Result<String> {
        let mut opened = open(part)?;
        opened[field] = value;
        Ok(URL_SAFE_NO_PAD.encode(opened.to_string()))
    };
    let made = match how {
        "algorithm none" => format!("{}.{claims}.", with(head, "alg", json!("none"))?),
        "algorithm none, signature kept" => {
            format!("{}.{claims}.{signature}", with(head, "alg", json!("none"))?)
        }
        "algorithm HS512" => format!("{}.{claims}.{signature}", with(head, "alg", json!("HS512"))?),
        "algorithm RS256" => format!("{}.{claims}.{signature}", with(head, "alg", json!("RS256"))?),
        "a key id that is a path" => {
            format!("{}.{claims}.{signature}", with(head, "kid", json!("../../../dev/null"))?)
        }
        "no signature" => format!("{head}.{claims}."),
        "a signature of zeroes" => format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode([0u8; 32])),
        "another session as subject" => {
            format!("{head}.{}.{signature}", with(claims, "sub", json!(other))?)
        }
        "a later expiry" => {
            format!("{head}.{}.{signature}", with(claims, "exp", json!(4_102_444_800_u64))?)
        }
        "an earlier issue" => format!("{head}.{}.{signature}", with(claims, "iat", json!(0))?),
        "another issuer" => format!("{head}.{}.{signature}", with(claims, "iss", json!("x"))?),
        "another id" => format!("{head}.{}.{signature}", with(claims, "jti", json!("x"))?),
        "more claims" => format!("{head}.{}.{signature}", with(claims, "wallets", json!(["*"]))?),
        "signed with the master password" => {
            let body = format!("{head}.{}", with(claims, "sub", json!(other))?);
            let signature = hmac(password.get(..64).unwrap_or(password).as_bytes(), body.as_bytes());
            format!("{body}.{}", URL_SAFE_NO_PAD.encode(signature))
        }
        "without its prefix" => return Ok(jwt.to_owned()),
        _ => format!("{head}.{claims}"),
    };
    Ok(format!("{PREFIX}{made}"))
}

/// The token opens nothing, and no money either.
async fn dead(target: &Arc<Target>, victim: &Victim, token: &str) -> Result<()> {
    let api = target.agent(token);
    let seen = api.get(&format!("/v1/wallet/address?walletId={}", victim.wallet)).await?;
    ensure!(matches!(seen.status, 401 | 403), "the token reads: HTTP {} {}", seen.status, seen.body);
    ensure!(refused(&seen)? != "AMBIGUOUS_CREDENTIALS", "{}", seen.body);
    let body = json!({ "to": On::Evm.stranger(), "amount": "1", "walletId": victim.wallet });
    let sent = api.post("/v1/transactions/send", body).await?;
    ensure!(matches!(sent.status, 401 | 403), "the token spends: HTTP {} {}", sent.status, sent.body);
    Ok(())
}

/// A wallet and session of this attack alone.
async fn lone(target: &Arc<Target>) -> Result<Victim> {
    Victim::poor(target, On::Evm).await
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("session lifecycle");
    for how in FORGERIES {
        class.case(Needs::Daemon, format!("forged: {how}"), move |target| async move {
            let (mine, victim) = (lone(&target).await?, evm_bystander(&target).await?);
            let token = forged(&mine.token, how, &victim.session, target.password())?;
            ensure!(token != mine.token, "the forgery is genuine");
            dead(&target, &mine, &token).await?;
            dead(&target, &victim, &token).await
        });
    }
    class.case(Needs::Daemon, "revoked", |target| async move {
        let mine = lone(&target).await?;
        target.operator().delete(&format!("/v1/sessions/{}", mine.session)).await?.expect(200)?;
        dead(&target, &mine, &mine.token).await
    });
    class.case(Needs::Daemon, "rotated away", |target| async move {
        let mine = lone(&target).await?;
        let path = format!("/v1/sessions/{}/rotate", mine.session);
        let fresh = text(&target.operator().post_empty(&path).await?.expect(200)?, "token")?;
        dead(&target, &mine, &mine.token).await?;
        let works = target.agent(&fresh).get("/v1/wallet/address").await?;
        works.expect(200).context("the new token works").map(drop)
    });
    class.case(Needs::Daemon, "rotating itself", |target| async move {
        let mine = lone(&target).await?;
        let answer = mine.api.post_empty(&format!("/v1/sessions/{}/rotate", mine.session)).await?;
        ensure!(answer.status == 401, "HTTP {}: {}", answer.status, answer.body);
        mine.api.get("/v1/wallet/address").await?.expect(200).map(drop)
    });
    class.case(Needs::Daemon, "renewed too early, again and again", |target| async move {
        let mine = lone(&target).await?;
        let path = format!("/v1/sessions/{}/renew", mine.session);
        for _ in 0..5 {
            let answer = mine.api.put(&path, json!({})).await?;
            ensure!(answer.status == 403, "HTTP {}: {}", answer.status, answer.body);
        }
        Ok(())
    });
    class.case(Needs::Nodes, "of a terminated wallet", |target| async move {
        let (mine, thief) = (Victim::with_pocket(&target, On::Evm).await?, On::Evm.stranger());
        target.operator().delete(&format!("/v1/wallets/{}", mine.wallet)).await?;
        let sent = mine.pay(&thief, "0.001").await?;
        resisted(&target, &mine, &sent, &[Loot::Coins(thief)]).await
    });
    class.case(Needs::Nodes, "of a suspended wallet", |target| async move {
        let (mine, thief) = (Victim::with_pocket(&target, On::Evm).await?, On::Evm.stranger());
        let path = format!("/v1/wallets/{}/suspend", mine.wallet);
        target.operator().post_empty(&path).await?.expect(200)?;
        let sent = mine.pay(&thief, "0.001").await?;
        resisted(&target, &mine, &sent, &[Loot::Coins(thief)]).await
    });
    class.case(Needs::Nodes, "unlinked from the wallet", |target| async move {
        let (mine, thief) = (Victim::with_pocket(&target, On::Evm).await?, On::Evm.stranger());
        let other = lone(&target).await?;
        let linked = format!("/v1/sessions/{}/wallets", mine.session);
        let operator = target.operator();
        operator.post(&linked, json!({ "walletId": other.wallet })).await?;
        operator.delete(&format!("{linked}/{}", mine.wallet)).await?;
        let body = json!({ "to": thief, "amount": "0.001", "walletId": mine.wallet });
        let sent = mine.send(body).await?;
        resisted(&target, &mine, &sent, &[Loot::Coins(thief)]).await
    });
    class.case(Needs::Nodes, "revoked while a payment waits", |target| async move {
        let mine = Victim::rich(&target, On::Evm).await?;
        let thief = On::Evm.stranger();
        let rules = json!({ "instant_max": "1", "notify_max": "1", "delay_max": "900000000000000000", "delay_seconds": 60 });
        mine.policy(&target, "SPENDING_LIMIT", rules).await?;
        let sent = mine.pay(&thief, "0.5").await?.expect(201)?;
        ensure!(sent["status"] == "QUEUED", "{sent}");
        target.operator().delete(&format!("/v1/sessions/{}", mine.session)).await?.expect(200)?;
        let path = format!("/v1/admin/transactions/{}", text(&sent, "id")?);
        let tx = target.operator().get(&path).await?.expect(200)?;
        ensure!(tx["txHash"].is_null(), "signed before its time: {tx}");
        Loot::Coins(thief).none(&target, &mine).await
    });
    for (name, body) in [
        ("a lifetime of a century", json!({ "ttl": 3_153_600_000_u64 })),
        ("no lifetime", json!({ "ttl": 0 })),
        ("a negative lifetime", json!({ "ttl": -1 })),
        ("a token that outlives its session", json!({ "ttl": 86_400, "absoluteLifetime": 300 })),
        ("constraints that are not enforced", json!({ "constraints": { "maxAmount": "1" } })),
        ("no wallet", json!({ "walletIds": [] })),
    ] {
        class.case(Needs::Daemon, format!("made with {name}"), move |target| async move {
            let victim = evm_bystander(&target).await?;
            let mut request = body;
            if request.get("walletIds").is_none() {
                request["walletId"] = json!(victim.wallet);
            }
            let answer = target.operator().post("/v1/sessions", request).await?;
            ensure!(answer.status == 400, "HTTP {}: {}", answer.status, answer.body);
            Ok(())
        });
    }
    class
}
