//! One session's hands on another wallet.
//!
//! A naive design loads things by id alone. The thief has a session of a wallet of its own and knows
//! every id of the victim's.

use std::sync::Arc;

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::json;

use super::{evm_bystander, evm_pocket};
use crate::kit::{Class, Loot, Needs, On, Target, Victim, refused, resisted, text};

/// The thief's own wallet: small, working.
async fn thief(target: &Arc<Target>) -> Result<Arc<Victim>> {
    target.shared("thief", |target| async move { Victim::poor(&target, On::Evm).await }).await
}

/// Routes by id, of a session. `{tx}`, `{wallet}`, `{session}` are the victim's.
const ROUTES: [(&str, &str, &str); 16] = [
    ("GET", "/v1/transactions/{tx}", ""),
    ("POST", "/v1/transactions/{tx}/cancel", ""),
    ("GET", "/v1/transactions/{tx}/explain", ""),
    ("POST", "/v1/transactions/{tx}/replace", r#"{"with":"HIGHER_FEE"}"#),
    ("POST", "/v1/transactions/{tx}/replace", r#"{"with":"CANCELLATION"}"#),
    ("GET", "/v1/transactions?walletId={wallet}", ""),
    ("GET", "/v1/transactions/pending?walletId={wallet}", ""),
    ("GET", "/v1/wallets/{wallet}", ""),
    ("GET", "/v1/wallets/{wallet}/networks", ""),
    ("GET", "/v1/wallet/address?walletId={wallet}", ""),
    ("GET", "/v1/wallet/balance?walletId={wallet}", ""),
    ("GET", "/v1/wallet/assets?walletId={wallet}", ""),
    ("GET", "/v1/policies?walletId={wallet}", ""),
    ("PUT", "/v1/sessions/{session}/renew", "{}"),
    ("DELETE", "/v1/sessions/{session}", ""),
    ("POST", "/v1/sessions/{session}/wallets", r#"{"walletId":"{own}"}"#),
];

/// Requests in the name of the victim's wallet.
fn requests(on: &Victim, to: &str) -> Vec<(&'static str, &'static str, serde_json::Value)> {
    let wallet = &on.wallet;
    vec![
        ("send", "/v1/transactions/send", json!({ "to": to, "amount": "1", "walletId": wallet })),
        (
            "dry run",
            "/v1/transactions/send",
            json!({ "to": to, "amount": "1", "walletId": wallet, "dryRun": true }),
        ),
        ("simulate", "/v1/transactions/simulate", json!({ "to": to, "amount": "1", "walletId": wallet })),
        ("sign", "/v1/transactions/sign", json!({ "transaction": "0x02c0", "walletId": wallet })),
        ("sign-message", "/v1/transactions/sign-message", json!({ "message": "x", "walletId": wallet })),
    ]
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("cross-wallet reads and acts");
    for (method, path, body) in ROUTES {
        class.case(Needs::Nodes, format!("{method} {path} {body}"), move |target| async move {
            let (victim, thief) = (evm_pocket(&target).await?, thief(&target).await?);
            let to = On::Evm.stranger();
            let sent = victim.pay(&to, "0.001").await?.expect(201)?;
            let tx = text(&sent, "id")?;
            let fill = |text: &str| {
                text.replace("{tx}", &tx)
                    .replace("{wallet}", &victim.wallet)
                    .replace("{session}", &victim.session)
                    .replace("{own}", &thief.wallet)
            };
            let body = fill(body).into_bytes();
            let method: Method = method.parse()?;
            let answer = thief.api.raw(method, &fill(path), "application/json", body).await?;
            ensure!(
                matches!(answer.status, 401 | 403 | 404),
                "HTTP {} tells or does: {}",
                answer.status,
                answer.body
            );
            for secret in [victim.address.as_str(), &to, &victim.token] {
                ensure!(!answer.body.to_string().contains(secret), "{secret} in {}", answer.body);
            }
            // The victim's own transaction and session went on as if nothing had happened.
            ensure!(victim.ended(&tx).await?["status"] == "CONFIRMED", "the payment was disturbed");
            Ok(())
        });
    }
    for at in 0..5 {
        let name = ["send", "dry run", "simulate", "sign", "sign-message"][at];
        class.case(Needs::Nodes, format!("{name} in the name of another wallet"), move |target| async move {
            let (victim, thief) = (evm_pocket(&target).await?, thief(&target).await?);
            let to = On::Evm.stranger();
            let Some((_, path, body)) = requests(&victim, &to).into_iter().nth(at) else { return Ok(()) };
            let answer = thief.api.post(path, body).await?;
            resisted(&target, &victim, &answer, &[Loot::Coins(to)]).await?;
            ensure!(answer.status == 403, "HTTP {}: {}", answer.status, answer.body);
            Ok(())
        });
    }
    class.case(Needs::Nodes, "lists show nothing of others", |target| async move {
        let (victim, thief) = (evm_pocket(&target).await?, thief(&target).await?);
        let sent = victim.pay(&On::Evm.stranger(), "0.001").await?.expect(201)?;
        let tx = text(&sent, "id")?;
        for path in ["/v1/transactions", "/v1/transactions/pending", "/v1/wallets", "/v1/policies"] {
            let shown = thief.api.get(path).await?.expect(200)?.to_string();
            for secret in [tx.as_str(), &victim.wallet, &victim.address] {
                ensure!(!shown.contains(secret), "{path} shows {secret}");
            }
        }
        Ok(())
    });
    class.case(Needs::Nodes, "a cursor of the victim's list", |target| async move {
        let (victim, thief) = (evm_pocket(&target).await?, thief(&target).await?);
        for _ in 0..2 {
            victim.pay(&On::Evm.stranger(), "0.001").await?.expect(201)?;
        }
        let page = victim.api.get("/v1/transactions?limit=1").await?.expect(200)?;
        let cursor = text(&page, "nextCursor")?;
        let answer = thief.api.get(&format!("/v1/transactions?limit=50&cursor={cursor}")).await?;
        ensure!(!answer.body.to_string().contains(&victim.wallet), "shown: {}", answer.body);
        Ok(())
    });
    class.case(Needs::Daemon, "existence is not told apart from absence", |target| async move {
        let (victim, thief) = (evm_bystander(&target).await?, thief(&target).await?);
        let there = thief.api.get(&format!("/v1/wallet/address?walletId={}", victim.wallet)).await?;
        let nowhere = uuid::Uuid::now_v7();
        let absent = thief.api.get(&format!("/v1/wallet/address?walletId={nowhere}")).await?;
        ensure!(
            (there.status, refused(&there)?) == (absent.status, refused(&absent)?),
            "{there:?} {absent:?}"
        );
        Ok(())
    });
    class
}
