//! Sessions: bounds, limits, renewal, rotation, revocation, forgery, and the stop conditions above them.

use std::time::Duration;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use e2e::{Agent, Daemon, DaemonOptions, Localnet, OwnerKey, until};
use serde_json::{Value, json};

use crate::credential_matrix::unreachable_nodes;

const SOL: u64 = 1_000_000_000;
const PREFIX: &str = "wai_sess_";
const ADDRESS: &str = "/v1/wallet/address";

fn number(value: &Value, field: &str) -> Result<i64> {
    value[field].as_i64().with_context(|| format!("{field} in {value}"))
}

fn string(value: &Value, field: &str) -> Result<String> {
    Ok(value[field].as_str().with_context(|| format!("{field} in {value}"))?.to_owned())
}

/// The code a token gets on its next request, or none when it works.
async fn verdict(daemon: &Daemon, token: &str) -> Result<Option<(u16, String)>> {
    let answer = daemon.agent(token).get(ADDRESS).await?;
    if answer.status == 200 {
        return Ok(None);
    }
    let status = answer.status;
    Ok(Some((status, answer.refused(status)?)))
}

fn refused(status: u16, code: &str) -> Option<(u16, String)> {
    Some((status, code.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn lifetimes_are_finite_and_bounded() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let operator = daemon.operator();
    let wallet = Agent::create(&daemon, "solana").await?.wallet;
    let before = number(&operator.get("/v1/admin/status").await?.expect(200)?, "timestamp")?;
    let made = operator.post("/v1/sessions", json!({ "walletId": wallet })).await?.expect(201)?;
    let (token_end, end) = (number(&made, "expiresAt")?, number(&made, "absoluteExpiresAt")?);
    assert_eq!(end - token_end, 30 * 86_400 - 86_400, "24 hours and 30 days: {made}");
    assert!((86_400..86_400 + 60).contains(&(token_end - before)), "{made}");
    assert_eq!((&made["maxRenewals"], &made["renewalCount"]), (&json!(30), &json!(0)));

    for (field, value) in [
        ("ttl", json!(299)),
        ("ttl", json!(31_536_001)),
        ("ttl", json!(0)),
        ("ttl", json!(-300)),
        ("ttl", json!(300.5)),
        ("ttl", json!("300")),
        ("ttl", json!(4_294_967_596_u64)),
        ("absoluteLifetime", json!(299)),
        ("absoluteLifetime", json!(0)),
        ("absoluteLifetime", json!(86_399)),
        ("absoluteLifetime", json!(315_360_001)),
        ("maxRenewals", json!(-1)),
        ("expiresIn", json!(3600)),
        ("constraints", json!({})),
    ] {
        let mut body = json!({ "walletId": wallet });
        body[field] = value;
        let code = operator.post("/v1/sessions", body.clone()).await?.refused(400)?;
        assert_eq!(code, "ACTION_VALIDATION_FAILED", "{body}");
    }
    // A token that outlives its session is a contradiction, not a longer session.
    let body = json!({ "walletId": wallet, "ttl": 31_536_000 });
    assert_eq!(operator.post("/v1/sessions", body).await?.status, 400);
    for body in [
        json!({ "walletId": wallet, "ttl": 300, "absoluteLifetime": 300, "maxRenewals": 0 }),
        json!({ "walletId": wallet, "ttl": 31_536_000, "absoluteLifetime": 31_536_000 }),
    ] {
        let made = operator.post("/v1/sessions", body.clone()).await?.expect(201)?;
        assert_eq!(made["expiresAt"], made["absoluteExpiresAt"], "{body}");
    }
    for body in [json!({}), json!({ "walletIds": [] }), json!({ "walletId": wallet, "walletIds": [wallet] })]
    {
        assert_eq!(operator.post("/v1/sessions", body.clone()).await?.status, 400, "{body}");
    }
    let unknown = json!({ "walletId": uuid::Uuid::now_v7() });
    assert_eq!(operator.post("/v1/sessions", unknown).await?.refused(404)?, "WALLET_NOT_FOUND");

    // Four live sessions so far; one may follow, then no more until one is revoked.
    operator.post("/v1/sessions", json!({ "walletId": wallet })).await?.expect(201)?;
    let full = operator.post("/v1/sessions", json!({ "walletId": wallet })).await?.refused(403)?;
    assert_eq!(full, "SESSION_LIMIT_EXCEEDED");
    let path = format!("/v1/sessions/{}", string(&made, "id")?);
    assert_eq!(operator.delete(&path).await?.expect(200)?["status"], "REVOKED");
    operator.post("/v1/sessions", json!({ "walletId": wallet })).await?.expect(201)?;
    let list = operator.get(&format!("/v1/sessions?walletId={wallet}")).await?.expect(200)?;
    assert!(!list.to_string().contains(PREFIX), "no list shows a token");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_several_wallets_says_which_where_more_than_one_fits() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let operator = daemon.operator();
    let (one, two) = (Agent::create(&daemon, "solana").await?, Agent::create(&daemon, "ethereum").await?);
    let wallets = json!({ "walletIds": [one.wallet, two.wallet, one.wallet] });
    let made = operator.post("/v1/sessions", wallets).await?.expect(201)?;
    assert_eq!(made["wallets"].as_array().map(Vec::len), Some(2), "{made}");
    let (session, agent) = (string(&made, "id")?, daemon.agent(&string(&made, "token")?));

    let first = agent.get(ADDRESS).await?.expect(200)?;
    assert_eq!(first["address"], one.address.as_str(), "reading means the first wallet named");
    let send = json!({ "to": OwnerKey::solana(7).address(), "amount": "1" });
    let denied = agent.post("/v1/transactions/send", send.clone()).await?;
    assert_eq!(denied.refused(403)?, "SPENDING_LIMIT_REQUIRED", "only one wallet fits");
    let text = json!({ "message": "either wallet could sign this" });
    assert_eq!(agent.post("/v1/transactions/sign-message", text).await?.refused(400)?, "WALLET_ID_REQUIRED");
    for owned in [&one, &two] {
        let seen = agent.get(&format!("{ADDRESS}?walletId={}", owned.wallet)).await?.expect(200)?;
        assert_eq!(seen["address"], owned.address.as_str());
    }
    let linked = format!("/v1/sessions/{session}/wallets");
    let again = operator.post(&linked, json!({ "walletId": one.wallet })).await?;
    assert_eq!(again.refused(409)?, "WALLET_ALREADY_LINKED");
    assert_eq!(operator.delete(&format!("{linked}/{}", two.wallet)).await?.status, 204);
    // Effective on the very next request of the same token.
    let denied = agent.get(&format!("{ADDRESS}?walletId={}", two.wallet)).await?;
    assert_eq!(denied.refused(403)?, "WALLET_ACCESS_DENIED");
    assert_eq!(agent.get(ADDRESS).await?.expect(200)?["address"], one.address.as_str());
    let last = operator.delete(&format!("{linked}/{}", one.wallet)).await?;
    assert_eq!(last.refused(400)?, "SESSION_REQUIRES_WALLET");
    assert_eq!(operator.delete(&format!("{linked}/{}", two.wallet)).await?.status, 404);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn old_tokens_die_at_once() -> Result<()> {
    let mut daemon = Daemon::start(&unreachable_nodes())?;
    let (mine, other) = (Agent::create(&daemon, "solana").await?, Agent::create(&daemon, "solana").await?);
    let session = format!("/v1/sessions/{}", mine.session);

    let client = reqwest::Client::new();
    let early =
        client.put(format!("{}{session}/renew", daemon.url())).bearer_auth(&mine.token).send().await?;
    assert_eq!(early.status().as_u16(), 403);
    let wait: u64 = early.headers()["retry-after"].to_str()?.parse()?;
    assert!((43_000..=43_200).contains(&wait), "half of 24 hours, {wait}");
    let body: Value = serde_json::from_slice(&early.bytes().await?)?;
    assert_eq!((&body["code"], &body["retryable"]), (&json!("RENEWAL_TOO_EARLY"), &json!(true)));
    assert_eq!(verdict(&daemon, &mine.token).await?, None, "a refused renewal leaves the token alone");
    let foreign =
        client.put(format!("{}{session}/renew", daemon.url())).bearer_auth(&other.token).send().await?;
    assert_eq!(foreign.status().as_u16(), 403);

    let operator = daemon.operator();
    let rotated = operator.post_empty(&format!("{session}/rotate")).await?.expect(200)?;
    let fresh = string(&rotated, "token")?;
    assert_ne!(fresh, mine.token);
    assert_eq!(rotated["tokenIssuedCount"], 2);
    assert_eq!(verdict(&daemon, &mine.token).await?, refused(401, "INVALID_TOKEN"));
    assert_eq!(verdict(&daemon, &fresh).await?, None);

    // The first rotation of the signing key is free; tokens of the old key live on for the window.
    operator.post_empty("/v1/admin/rotate-secret").await?.expect(200)?;
    assert_eq!(verdict(&daemon, &fresh).await?, None, "signed with the previous key");
    let newer = Agent::create(&daemon, "solana").await?;
    assert_eq!(verdict(&daemon, &newer.token).await?, None, "signed with the new key");
    let second = operator.post_empty("/v1/admin/rotate-secret").await?;
    assert_eq!(second.refused(429)?, "ROTATION_TOO_RECENT");
    daemon.restart()?;
    for token in [&fresh, &newer.token, &other.token] {
        assert_eq!(verdict(&daemon, token).await?, None, "keys and sessions outlive the process");
    }

    let operator = daemon.operator();
    for _ in 0..2 {
        assert_eq!(operator.delete(&session).await?.expect(200)?["status"], "REVOKED");
        assert_eq!(verdict(&daemon, &fresh).await?, refused(401, "SESSION_REVOKED"));
    }
    assert_ne!(operator.post_empty(&format!("{session}/rotate")).await?.status, 200, "revoked is for good");
    assert_eq!(verdict(&daemon, &other.token).await?, None, "no other session is touched");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_tokens_open_nothing() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let elsewhere = Daemon::start(&unreachable_nodes())?;
    let (mine, other) = (Agent::create(&daemon, "solana").await?, Agent::create(&daemon, "solana").await?);
    let stranger = Agent::create(&elsewhere, "solana").await?;
    let jwt = mine.token.strip_prefix(PREFIX).context("a prefix")?;
    let [header, claims, signature] = jwt.split('.').collect::<Vec<_>>()[..] else {
        anyhow::bail!("three parts");
    };
    let open = |part: &str| -> Result<Value> { Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part)?)?) };
    let shut = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let with = |value: &Value, field: &str, new: Value| {
        let mut value = value.clone();
        value[field] = new;
        value
    };
    let (head, body) = (open(header)?, open(claims)?);
    assert_eq!((&head["alg"], &body["sub"]), (&json!("HS256"), &json!(mine.session)));
    for claim in ["jti", "iss", "iat", "exp"] {
        assert!(!body[claim].is_null(), "{claim}");
    }
    let strangers = stranger.token.strip_prefix(PREFIX).context("a prefix")?;
    let stranger_head = strangers.split('.').next().context("a header")?;
    let mut forged = vec![
        format!("{}.{claims}.", shut(&with(&head, "alg", json!("none")))),
        format!("{}.{claims}.{signature}", shut(&with(&head, "alg", json!("none")))),
        format!("{}.{claims}.{signature}", shut(&with(&head, "alg", json!("HS512")))),
        format!("{}.{claims}.{signature}", shut(&with(&head, "kid", json!("../../dev/null")))),
        format!("{stranger_head}.{claims}.{signature}"),
        format!("{header}.{claims}."),
        format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([0u8; 32])),
        format!("{header}.{claims}"),
        strangers.to_owned(),
        "a.b.c".to_owned(),
        String::new(),
    ];
    for (claim, value) in [
        ("sub", json!(other.session)),
        ("exp", json!(4_102_444_800_u64)),
        ("iat", json!(0)),
        ("iss", json!(uuid::Uuid::now_v7())),
        ("jti", json!("another")),
    ] {
        forged.push(format!("{header}.{}.{signature}", shut(&with(&body, claim, value))));
    }
    // Signed well, with a key that is not the daemon's.
    for key in [&b""[..], b"secret", e2e::PASSWORD.as_bytes()] {
        let signed = format!("{header}.{}", shut(&with(&body, "sub", json!(other.session))));
        forged.push(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(hmac_sha256(key, signed.as_bytes()))));
    }
    for jwt in &forged {
        let code = verdict(&daemon, &format!("{PREFIX}{jwt}")).await?;
        assert_eq!(code, refused(401, "INVALID_TOKEN"), "{jwt}");
    }
    assert_eq!(verdict(&daemon, jwt).await?, refused(401, "INVALID_TOKEN"), "without its prefix");
    assert_eq!(verdict(&daemon, &mine.token).await?, None, "the genuine one still works");
    Ok(())
}

/// RFC 2104 over SHA-256, with the hash of k256's signature crate.
fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    use k256::sha2::{Digest as _, Sha256};
    let mut block = [0u8; 64];
    block[..key.len()].copy_from_slice(key);
    let pad = |byte: u8| block.map(|b| b ^ byte);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_kill_switch_caught_waiting_is_never_signed() -> Result<()> {
    let localnet = Localnet::start()?;
    let daemon = Daemon::start(&DaemonOptions::of(&localnet))?;
    let operator = daemon.operator();
    // One delayed transfer each, to an address of its own; only the last may ever arrive.
    let mut waiting = Vec::new();
    for seed in [11, 12, 13, 14, 15] {
        let agent = Agent::create(&daemon, "solana").await?;
        localnet.solana.fund(&agent.address, 10 * SOL).await?;
        let rules =
            json!({ "instant_max_usd": 1, "notify_max_usd": 1, "delay_max_usd": 1000, "delay_seconds": 60 });
        operator.policy(&agent.wallet, "SPENDING_LIMIT", rules).await?;
        waiting.push((agent, OwnerKey::solana(seed).address()));
    }
    let queue = async |agent: &Agent, to: &str| -> Result<String> {
        let sent = agent.send(&daemon, to, "1.0").await?.expect(201)?;
        assert_eq!(sent["status"], "QUEUED", "{sent}");
        string(&sent, "id")
    };
    let killed = queue(&waiting[0].0, &waiting[0].1).await?;
    let wallet = |index: usize| format!("/v1/wallets/{}", waiting[index].0.wallet);

    // The kill switch, over the first.
    let activated = operator.post_empty("/v1/admin/kill-switch").await?.expect(200)?;
    assert_eq!(activated["signing"], "stopped", "{activated}");
    assert_eq!(
        operator.post_empty("/v1/admin/kill-switch").await?.expect(200)?,
        activated,
        "activated already"
    );
    for path in [ADDRESS, "/v1/transactions", "/v1/wallets"] {
        assert_eq!(waiting[0].0.api(&daemon).get(path).await?.refused(503)?, "SYSTEM_LOCKED", "{path}");
    }
    let (agent, to) = &waiting[0];
    assert_eq!(agent.send(&daemon, to, "0.001").await?.refused(503)?, "SYSTEM_LOCKED");
    operator.post_empty("/v1/admin/recover").await?.expect(200)?;
    assert_eq!(operator.post_empty("/v1/admin/recover").await?.refused(409)?, "KILL_SWITCH_NOT_ACTIVE");
    assert_eq!(verdict(&daemon, &agent.token).await?, None, "sessions work again");

    // A fresh request after the recovery waits its turn and runs, so the absence of the others is not
    // for lack of patience. Three more are stopped by a kill switch of their own.
    let control = queue(&waiting[4].0, &waiting[4].1).await?;
    let mut stopped = Vec::new();
    for (agent, to) in &waiting[1..4] {
        stopped.push(queue(agent, to).await?);
    }
    let session = format!("/v1/sessions/{}", waiting[1].0.session);
    assert_eq!(operator.delete(&session).await?.status, 200);
    let told = operator.post_empty(&format!("{}/suspend", wallet(2))).await?.expect(200)?;
    assert_eq!(told["status"], "SUSPENDED");
    let (agent, to) = &waiting[2];
    assert_eq!(agent.send(&daemon, to, "0.001").await?.refused(409)?, "WALLET_SUSPENDED");
    assert_eq!(operator.delete(&wallet(3)).await?.expect(200)?["status"], "TERMINATED");
    let (agent, to) = &waiting[3];
    assert_eq!(agent.send(&daemon, to, "0.001").await?.refused(410)?, "WALLET_TERMINATED");
    assert_ne!(
        operator.post_empty(&format!("{}/resume", wallet(3))).await?.status,
        200,
        "terminated is for good"
    );

    final_status(&daemon, &control, "CONFIRMED", Value::Null).await?;
    let [revoked, suspended, terminated] = &stopped[..] else { anyhow::bail!("three") };
    for (id, status, code) in [
        (&killed, "CANCELLED", "SYSTEM_LOCKED"),
        (revoked, "FAILED", "SESSION_REVOKED"),
        (suspended, "FAILED", "WALLET_SUSPENDED"),
        (terminated, "FAILED", "WALLET_TERMINATED"),
    ] {
        let tx = final_status(&daemon, id, status, json!(code)).await?;
        assert_eq!(tx["txHash"], Value::Null, "nothing was signed: {tx}");
    }
    for (_, to) in &waiting[..4] {
        assert_eq!(localnet.solana.balance(to).await?, 0, "nothing arrived");
    }
    assert_eq!(localnet.solana.balance(&waiting[4].1).await?, SOL);
    // Resuming a wallet does not revive the requests that the suspension stopped.
    assert_eq!(operator.post_empty(&format!("{}/resume", wallet(2))).await?.expect(200)?["status"], "ACTIVE");
    final_status(&daemon, suspended, "FAILED", json!("WALLET_SUSPENDED")).await?;
    assert_eq!(operator.get("/v1/admin/audit/verify").await?.expect(200)?["intact"], true);
    Ok(())
}

async fn final_status(daemon: &Daemon, id: &str, wanted: &str, code: Value) -> Result<Value> {
    let path = format!("/v1/admin/transactions/{id}");
    let ended = until("a final status", Duration::from_secs(90), || async {
        let tx = daemon.operator().get(&path).await?.expect(200)?;
        let ended = matches!(
            tx["status"].as_str(),
            Some("CONFIRMED" | "FAILED" | "CANCELLED" | "EXPIRED" | "DENIED")
        );
        Ok(ended.then_some(tx))
    });
    let tx = ended.await?;
    assert_eq!((&tx["status"], &tx["errorCode"]), (&json!(wanted), &code), "{tx}");
    Ok(tx)
}
