//! The doors before any handler: host names, origins, request ids, rate limits, password lock-out.

use anyhow::{Context as _, Result};
use e2e::{Agent, Daemon, DaemonOptions, OwnerKey};
use reqwest::Method;
use serde_json::json;

use crate::bad_input::{Caller, MARKER};
use crate::credential_matrix::unreachable_nodes;

#[tokio::test(flavor = "multi_thread")]
async fn hosts_origins_and_request_ids() -> Result<()> {
    let mut options = unreachable_nodes();
    options.extra.push_str("[security]\ncors_origins = [\"http://localhost:3100\"]\n");
    let daemon = Daemon::start(&options)?;
    let agent = Agent::create(&daemon, "solana").await?;
    let caller = Caller::new(&daemon, &agent);
    for host in ["evil.example", "localhost.evil.example", "evil.example:3100", "127.0.0.1@evil.example"] {
        for request in [
            caller.as_operator(Method::GET, "/v1/admin/status"),
            caller.as_agent(Method::GET, "/v1/wallet/address"),
            caller.request(Method::GET, "/health"),
        ] {
            assert_eq!(
                caller.refused(request.header("host", host), 421).await?,
                "HOST_NOT_ALLOWED",
                "{host}"
            );
        }
    }
    let local = caller.as_agent(Method::GET, "/v1/wallet/address").header("host", "localhost:1");
    assert_eq!(caller.reply(local).await?.status, 200);

    let wanted =
        "x-owner-signature,x-owner-message,x-owner-address,x-master-password,authorization,idempotency-key";
    let preflight = |origin: &str| {
        caller
            .request(Method::OPTIONS, "/v1/transactions/018f3a4e-0000-7000-8000-000000000001/approve")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", wanted)
    };
    let reply = caller.reply(preflight("http://localhost:3100")).await?;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-allow-origin"), Some("http://localhost:3100"));
    let allowed = reply.header("access-control-allow-headers").context("headers")?.to_lowercase();
    let allowed: Vec<_> = allowed.split(',').map(str::trim).collect();
    assert!(wanted.split(',').all(|name| allowed.contains(&name)), "{allowed:?}");
    assert_eq!(reply.header("access-control-allow-credentials"), None);
    for origin in
        ["https://evil.example", "null", "http://localhost:3101", "http://localhost:3100.evil.example"]
    {
        let reply = caller.reply(preflight(origin)).await?;
        assert_eq!(reply.header("access-control-allow-origin"), None, "{origin}");
        let read = caller.as_agent(Method::GET, "/v1/wallets").header("origin", origin);
        assert_eq!(caller.reply(read).await?.header("access-control-allow-origin"), None, "{origin}");
    }

    for (given, kept) in
        [("agent-7.run_3:a", true), ("a b", false), ("<script>", false), (&*"x".repeat(129), false)]
    {
        for path in ["/health", "/nope"] {
            let reply = caller.reply(caller.request(Method::GET, path).header("x-request-id", given)).await?;
            let id = reply.header("x-request-id").context("an id")?;
            assert_eq!(id == given, kept, "{given} on {path} became {id}");
        }
    }
    let ids = (
        caller.reply(caller.request(Method::GET, "/nope")).await?,
        caller.reply(caller.request(Method::GET, "/nope")).await?,
    );
    assert_ne!(ids.0.body["requestId"], ids.1.body["requestId"]);
    assert_eq!(ids.0.header("cache-control"), Some("no-store"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests() -> Result<()> {
    let extra =
        "[security]\nrate_limit_tx_rpm = 3\nrate_limit_session_rpm = 15\nrate_limit_global_ip_rpm = 80\n";
    let daemon = Daemon::start(&DaemonOptions { extra: extra.to_owned(), ..unreachable_nodes() })?;
    let (mine, other) = (Agent::create(&daemon, "solana").await?, Agent::create(&daemon, "solana").await?);
    for agent in [&mine, &other] {
        daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", e2e::generous_policy()).await?;
    }
    let caller = Caller::new(&daemon, &mine);
    let good = json!({ "to": OwnerKey::solana(7).address(), "amount": "1" }).to_string();
    for _ in 0..3 {
        assert_eq!(caller.send(good.clone(), 502).await?, "CHAIN_ERROR");
    }
    assert_eq!(caller.send(good.clone(), 429).await?, "RATE_LIMITED");
    assert_eq!(
        Caller::new(&daemon, &other).send(good, 502).await?,
        "CHAIN_ERROR",
        "each session has its own"
    );

    let limited = async |agent: &Agent| -> Result<bool> {
        let caller = Caller::new(&daemon, agent);
        let reply = caller.reply(caller.as_agent(Method::GET, "/v1/wallet/address")).await?;
        if reply.status == 429 {
            let wait: u64 = reply.header("retry-after").context("Retry-After")?.parse()?;
            assert!((1..=60).contains(&wait), "{wait}");
            assert_eq!(
                (&reply.body["code"], &reply.body["retryable"]),
                (&json!("RATE_LIMITED"), &json!(true))
            );
        }
        Ok(reply.status == 429)
    };
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(limited(&mine).await?);
    }
    assert!(!answers[0] && answers[19], "{answers:?}");
    assert!(!limited(&other).await?);

    // Another claimed address on each request is still the same socket's peer.
    let mut refused = 0;
    for n in 0..120 {
        let claimed = format!("10.0.0.{n}");
        let request = caller.request(Method::GET, "/health").header("x-forwarded-for", &claimed);
        let request = request.header("x-real-ip", &claimed).header("forwarded", format!("for={claimed}"));
        refused += usize::from(caller.reply(request).await?.status == 429);
    }
    assert!(refused > 20, "{refused}");
    assert_eq!(caller.refused(caller.as_agent(Method::GET, "/v1/wallets"), 429).await?, "RATE_LIMITED");
    // The operator is not in that crowd, and the kill switch is in none.
    for method in [Method::GET, Method::POST] {
        let request = caller.as_operator(method.clone(), "/v1/admin/kill-switch");
        assert_eq!(caller.reply(request).await?.status, 200, "{method}");
    }
    assert_eq!(caller.reply(caller.as_operator(Method::GET, "/v1/wallets")).await?.status, 200);
    // Nor is there one of the operator's own that requests without the password could use up.
    for _ in 0..90 {
        let stranger = caller.request(Method::GET, "/v1/admin/status");
        assert_eq!(caller.reply(stranger).await?.status, 401);
    }
    assert_eq!(caller.reply(caller.as_operator(Method::GET, "/v1/admin/status")).await?.status, 200);
    assert_eq!(caller.reply(caller.as_operator(Method::POST, "/v1/admin/kill-switch")).await?.status, 200);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_the_master_password_locks_it_even_over_a_restart() -> Result<()> {
    let extra = "[security]\nmaster_lockout_failures = 3\nmaster_lockout_base_seconds = 600\n";
    let mut daemon = Daemon::start(&DaemonOptions { extra: extra.to_owned(), ..unreachable_nodes() })?;
    let agent = Agent::create(&daemon, "solana").await?;
    {
        let caller = Caller::new(&daemon, &agent);
        let status = |password: &str| {
            caller.request(Method::GET, "/v1/admin/status").header("x-master-password", password)
        };
        for wrong in [MARKER, "my-secret-passwor"] {
            assert_eq!(caller.refused(status(wrong), 401).await?, "INVALID_MASTER_PASSWORD");
        }
        assert_eq!(caller.refused(status("My-secret-password"), 429).await?, "MASTER_PASSWORD_LOCKED");
    }
    for restart in [false, true] {
        if restart {
            daemon.restart()?;
        }
        let caller = Caller::new(&daemon, &agent);
        let reply = caller.reply(caller.as_operator(Method::GET, "/v1/admin/status")).await?;
        assert_eq!(
            (reply.status, &reply.body["code"]),
            (429, &json!("MASTER_PASSWORD_LOCKED")),
            "restarted: {restart}"
        );
        let wait: u64 = reply.header("retry-after").context("Retry-After")?.parse()?;
        assert!((1..=600).contains(&wait), "{wait}");
        let read = caller.as_agent(Method::GET, "/v1/wallet/address");
        assert_eq!(caller.reply(read).await?.status, 200, "agents go on");
        assert_eq!(daemon.cli(&["status"])?.status.code(), Some(0), "on the machine the operator goes on");
        let elsewhere = daemon.cli(&["--base-url", daemon.url(), "status"])?;
        assert_eq!(elsewhere.status.code(), Some(4), "{elsewhere:?}");
    }
    Ok(())
}
