//! Requests that are denied, in such numbers or of such a length that they fill the disk, hide what
//! matters, or use up a service that others need.
//!
//! A naive design keeps every denied request whole, asks nodes and price services before it asks its
//! policies, and lets one agent use up what all share.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::{evm_bystander, evm_pocket};
use crate::kit::{Class, Needs, On, Victim, text};

/// A text of this many bytes that no policy lets sign.
fn long(bytes: usize, salt: &str) -> Value {
    json!({ "message": format!("{salt} {}", "x ".repeat(bytes / 2)) })
}

async fn sign(victim: &Victim, body: Value) -> Result<Value> {
    let answer = victim.api.post("/v1/transactions/sign-message", body).await?;
    ensure!(answer.status == 403, "HTTP {}: {}", answer.status, answer.body);
    Ok(answer.body)
}

async fn rows(victim: &Victim) -> Result<Vec<Value>> {
    let listed = victim.api.get("/v1/transactions?limit=200").await?.expect(200)?;
    Ok(listed["items"].as_array().context("items")?.clone())
}

/// Bytes of all that the daemon of `data_dir` keeps in its database.
fn kept(data_dir: &std::path::Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(data_dir.join("data"))? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("floods of denials");
    class.case(Needs::Daemon, "the same long text a hundred times is one row", |target| async move {
        let victim = Victim::poor(&target, On::Evm).await?;
        let first = sign(&victim, long(60_000, "again")).await?;
        for _ in 0..100 {
            let again = sign(&victim, long(60_000, "again")).await?;
            ensure!(again["details"]["transactionId"] == first["details"]["transactionId"], "{again}");
        }
        let rows = rows(&victim).await?;
        ensure!(rows.len() == 1 && rows[0]["denials"] == 101, "{rows:?}");
        ensure!(rows[0].to_string().len() < 8_000, "{} bytes are shown", rows[0].to_string().len());
        Ok(())
    });
    class.case(Needs::Daemon, "a long text is not in the answers about it", |target| async move {
        let victim = Victim::poor(&target, On::Evm).await?;
        let denied = sign(&victim, long(60_000, "long")).await?;
        let id = text(&denied["details"], "transactionId")?;
        let explained = victim.api.get(&format!("/v1/transactions/{id}/explain")).await?.expect(200)?;
        ensure!(explained.to_string().len() < 16_000, "{} bytes", explained.to_string().len());
        ensure!(explained["notKept"].as_array().is_some_and(|parts| !parts.is_empty()), "{explained}");
        Ok(())
    });
    class.case(Needs::Own, "long texts without end fill no disk", |target| async move {
        let quota = "\n[policy]\ndenials_kept_per_day = 20\n";
        let (daemon, target) = target.beside(|options| options.extra.push_str(quota))?;
        let victim = Victim::poor(&target, On::Evm).await?;
        sign(&victim, long(60_000, "first")).await?;
        let before = kept(daemon.data_dir())?;
        for n in 0..200 {
            sign(&victim, long(60_000, &n.to_string())).await?;
        }
        let grown = kept(daemon.data_dir())?.saturating_sub(before);
        // The write-ahead log of SQLite takes a few megabytes by itself.
        ensure!(grown < 6_000_000, "200 texts of 60 kB grew the database by {grown} bytes");
        ensure!(rows(&victim).await?.len() == 20, "more is kept than the session may have kept");
        let stopped = target.operator().post_empty("/v1/admin/kill-switch").await?;
        ensure!(stopped.status == 200, "the kill switch: HTTP {} {}", stopped.status, stopped.body);
        Ok(())
    });
    for (name, body) in [
        (
            "an unlisted token",
            json!({ "type": "TOKEN_TRANSFER", "humanAmount": "1", "token": { "address": "0x00000000000000000000000000000000000000f1" } }),
        ),
        ("an unlisted contract", json!({ "type": "CONTRACT_CALL", "calldata": "0x12345678" })),
    ] {
        class.case(Needs::Own, format!("{name} makes the daemon ask no node"), move |target| async move {
            let nowhere = "http://127.0.0.1:9".to_owned();
            let (_daemon, target) = target.beside(|options| options.evm = nowhere)?;
            let victim = Victim::poor(&target, On::Evm).await?;
            let mut body = body;
            body["to"] = json!(On::Evm.stranger());
            let answer = victim.send(body).await?;
            ensure!(answer.status == 403, "HTTP {}: {}", answer.status, answer.body);
            Ok(())
        });
    }
    class.case(Needs::Nodes, "a flood of denials uses up no other's rate limit", |target| async move {
        let (victim, thief) = (evm_pocket(&target).await?, On::Evm.stranger());
        for n in 0..50 {
            sign(&victim, long(100, &format!("flood {n}"))).await?;
        }
        let paid = victim.send(json!({ "to": thief, "amount": "0.001" })).await?.expect(201)?;
        victim.ended(&text(&paid, "id")?).await?;
        Ok(())
    });
    class.case(Needs::Daemon, "another session's key is not found by its name", |target| async move {
        let (victim, other) = (Victim::poor(&target, On::Evm).await?, evm_bystander(&target).await?);
        let body = json!({ "to": On::Evm.stranger(), "amount": "1" });
        victim.api.clone().header("idempotency-key", "flood-key").post("/v1/transactions/send", body).await?;
        let found = other.api.get("/v1/transactions?idempotencyKey=flood-key").await?.expect(200)?;
        ensure!(found["items"] == json!([]), "{found}");
        Ok(())
    });
    class
}
