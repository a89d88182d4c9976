//! Malformed and hostile requests: every answer is the right refusal, in the one shape of errors, and
//! repeats nothing of the request.

use anyhow::{Context as _, Result};
use e2e::{Agent, Daemon, OwnerKey, PASSWORD};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::credential_matrix::unreachable_nodes;

pub(crate) const SEND: &str = "/v1/transactions/send";
/// Part of many bodies here, and of no answer.
pub(crate) const MARKER: &str = "s3cr3t4242";

/// An answer with its headers.
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Talks to one daemon, and holds every error to the one shape.
pub(crate) struct Caller<'a> {
    daemon: &'a Daemon,
    client: Client,
    pub(crate) token: String,
}

impl<'a> Caller<'a> {
    pub(crate) fn new(daemon: &'a Daemon, agent: &Agent) -> Self {
        Self { daemon, client: Client::new(), token: agent.token.clone() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.daemon.url()))
    }

    pub(crate) fn as_agent(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).bearer_auth(&self.token)
    }

    pub(crate) fn as_operator(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).header("x-master-password", PASSWORD)
    }

    pub(crate) async fn reply(&self, request: RequestBuilder) -> Result<Reply> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        for secret in [PASSWORD, self.token.as_str(), "127.0.0.1:9", MARKER] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? };
        Ok(Reply { status, headers, body })
    }

    /// The code of an error of this status, in the one shape.
    pub(crate) async fn refused(&self, request: RequestBuilder, status: u16) -> Result<String> {
        let reply = self.reply(request).await?;
        assert_eq!(reply.status, status, "{}", reply.body);
        let problem = reply.body.as_object().with_context(|| format!("an object: {}", reply.body))?;
        let known = ["code", "message", "retryable", "requestId", "hint", "details"];
        assert!(problem.keys().all(|key| known.contains(&key.as_str())), "{}", reply.body);
        assert!(problem["message"].as_str().is_some_and(|text| !text.is_empty()), "{}", reply.body);
        assert!(problem["retryable"].is_boolean(), "{}", reply.body);
        assert_eq!(problem["requestId"].as_str(), reply.header("x-request-id"), "{}", reply.body);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        Ok(problem["code"].as_str().context("a code")?.to_owned())
    }

    pub(crate) async fn send(&self, body: impl Into<reqwest::Body>, status: u16) -> Result<String> {
        let request = self.as_agent(Method::POST, SEND).header("content-type", "application/json").body(body);
        self.refused(request, status).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_not_requests() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let solana = Agent::create(&daemon, "solana").await?;
    let caller = Caller::new(&daemon, &solana);
    let to = OwnerKey::solana(7).address();
    let deep = format!("{{\"to\":{}{}}}", "[".repeat(60_000), "]".repeat(60_000));
    let twice = format!(r#"{{"to":"{to}","amount":"1","to":"{MARKER}"}}"#);
    let nested = format!(r#"{{"to":"{to}","amount":"1","token":{{"address":"a","address":"{MARKER}"}}}}"#);
    for text in [
        "",
        " ",
        "{",
        "null",
        "[]",
        "7",
        "\"x\"",
        "{} {}",
        "\u{feff}{}",
        "{'to':1}",
        MARKER,
        &deep,
        &twice,
        &nested,
    ] {
        let code = caller.send(text.to_owned(), 400).await?;
        assert_eq!(code, "ACTION_VALIDATION_FAILED", "{}", text.chars().take(80).collect::<String>());
    }
    caller.send(vec![0xff, 0xfe, b'{', 0x80], 400).await?;
    let mut not_utf8 = format!(r#"{{"amount":"1","to":"{MARKER}"#).into_bytes();
    not_utf8.extend([0xc3, 0x28, b'"', b'}']);
    caller.send(not_utf8, 400).await?;

    let good = json!({ "to": to, "amount": "1" });
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body.to_string()
    };
    for (field, value) in [
        ("actionProvider", json!(MARKER)),
        ("actionName", json!(MARKER)),
        ("gasCondition", json!({})),
        ("dry_run", json!(true)),
        ("dryrun", json!(true)),
        ("wallet_ids", json!([])),
        ("tier", json!("INSTANT")),
        ("approved", json!(true)),
        ("", json!(1)),
        ("walletId", json!(MARKER)),
        ("walletId", json!(7)),
        ("dryRun", json!("true")),
        ("humanAmount", json!("1")),
        ("token", json!({ "address": to })),
        ("memo", json!("line\nbreak")),
        ("memo", json!("x".repeat(257))),
        ("memo", json!([])),
        ("network", json!("")),
        ("to", json!(null)),
        ("to", json!(["a"])),
        ("to", json!("x".repeat(129))),
    ] {
        assert_eq!(caller.send(with(field, value), 400).await?, "ACTION_VALIDATION_FAILED", "{field}");
    }
    for kind in ["CONTRACT_CALL", "APPROVE", "BATCH", "NFT_TRANSFER", "CONTRACT_DEPLOY"] {
        assert_eq!(caller.send(with("type", json!(kind)), 400).await?, "ACTION_VALIDATION_FAILED", "{kind}");
    }
    for kind in ["transfer", "SIGN", "CANCELLATION", "X402_PAYMENT", "", MARKER] {
        assert_eq!(caller.send(with("type", json!(kind)), 400).await?, "UNSUPPORTED_TX_TYPE", "{kind}");
    }
    // The wallet's own network only.
    for network in ["solana-mainnet", "evm-localnet", "eip155:31337"] {
        assert_eq!(caller.send(with("network", json!(network)), 400).await?, "ENVIRONMENT_NETWORK_MISMATCH");
    }
    assert_eq!(caller.send(with("network", json!(MARKER)), 400).await?, "NETWORK_NOT_FOUND");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_and_addresses_that_are_none() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let (solana, evm) = (Agent::create(&daemon, "solana").await?, Agent::create(&daemon, "ethereum").await?);
    let (to, checksummed) = (OwnerKey::solana(7).address(), OwnerKey::evm(7)?.address());
    let caller = Caller::new(&daemon, &solana);
    let (seventy_nine, too_big) = ("1".repeat(79), "9".repeat(78));
    for amount in [
        "",
        " ",
        "-1",
        "+1",
        "1e18",
        "1E3",
        "NaN",
        "Infinity",
        "-0",
        "0x10",
        "1,5",
        "1_000",
        "1 000",
        ".5",
        "5.",
        "1.2.3",
        "٣",
        "１",
        "1\u{200b}",
        "null",
        "0.0000000001",
        &seventy_nine,
        &too_big,
        &format!("{too_big}.5"),
    ] {
        for field in ["amount", "humanAmount"] {
            let body = json!({ "to": to, field: amount });
            let code = caller.send(body.to_string(), 400).await?;
            assert!(
                matches!(code.as_str(), "ACTION_VALIDATION_FAILED" | "INVALID_AMOUNT"),
                "{amount}: {code}"
            );
        }
    }
    for number in ["5", "5.5", "-1", "1e400", "1e18", "NaN", "true", "[1]", "{}", &too_big] {
        let body = format!(r#"{{"to":"{to}","amount":{number}}}"#);
        assert_eq!(caller.send(body, 400).await?, "ACTION_VALIDATION_FAILED", "{number}");
    }

    let (near, far) = ("1".repeat(31), "1".repeat(33));
    for bad in [checksummed.as_str(), &near, &far, "0OIl", "alice.sol", "../..", MARKER] {
        let body = json!({ "to": bad, "amount": "1" });
        assert_eq!(caller.send(body.to_string(), 400).await?, "INVALID_ADDRESS", "{bad}");
    }
    let caller = Caller::new(&daemon, &evm);
    // One letter in the other case: the checksum of EIP-55 no longer holds.
    let at = checksummed.rfind(|c: char| c.is_ascii_alphabetic()).context("a letter")?;
    let mut flipped = checksummed.clone().into_bytes();
    flipped[at] ^= 0x20;
    let flipped = String::from_utf8(flipped)?;
    let short = checksummed.get(..41).unwrap_or_default();
    let bare = checksummed.get(2..).unwrap_or_default();
    for bad in [to.as_str(), &flipped, short, bare, &format!("{checksummed}0"), "vitalik.eth", "0x", MARKER] {
        let body = json!({ "to": bad, "amount": "1" });
        assert_eq!(caller.send(body.to_string(), 400).await?, "INVALID_ADDRESS", "{bad}");
    }
    // A good request that policy might grant fails for want of a node, and the answer does not name the node.
    daemon.operator().policy(&evm.wallet, "SPENDING_LIMIT", e2e::generous_policy()).await?;
    for to in [checksummed.clone(), checksummed.to_lowercase()] {
        let body = json!({ "to": to, "amount": "1" }).to_string();
        assert_eq!(caller.send(body, 502).await?, "CHAIN_ERROR");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_the_wrong_form() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let agent = Agent::create(&daemon, "solana").await?;
    let caller = Caller::new(&daemon, &agent);
    let good = json!({ "to": OwnerKey::solana(7).address(), "amount": "1" }).to_string();
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"]
    {
        let request =
            caller.as_agent(Method::POST, SEND).header("content-type", content_type).body(good.clone());
        assert_eq!(caller.refused(request, 415).await?, "UNSUPPORTED_MEDIA_TYPE", "{content_type}");
    }
    let request = caller.as_agent(Method::POST, SEND).body(good.clone());
    assert_eq!(caller.refused(request, 415).await?, "UNSUPPORTED_MEDIA_TYPE", "no content type");
    let huge = format!(r#"{{"to":"{}"}}"#, "x".repeat(262_144));
    assert_eq!(caller.send(huge, 413).await?, "PAYLOAD_TOO_LARGE");

    for path in
        ["/", "/nope", "/v1", "/v1/wallets/", "/V1/wallets", "//health", "/health/x", "/v1/admin/approve"]
    {
        let code = caller.refused(caller.as_operator(Method::GET, path), 404).await?;
        assert_eq!(code, "NOT_FOUND", "{path}");
    }
    for (method, path) in [
        (Method::POST, "/health"),
        (Method::DELETE, "/doc"),
        (Method::GET, SEND),
        (Method::PATCH, "/v1/wallets"),
        (Method::PUT, "/v1/admin/shutdown"),
        (Method::TRACE, "/v1/admin/status"),
    ] {
        let code = caller.refused(caller.as_operator(method.clone(), path), 405).await?;
        assert_eq!(code, "METHOD_NOT_ALLOWED", "{method} {path}");
    }
    for path in [
        "/v1/transactions/7",
        "/v1/transactions/%00",
        "/v1/transactions?limit=0",
        "/v1/transactions?limit=201",
        "/v1/transactions?limit=x",
        "/v1/transactions?offset=1",
        "/v1/transactions?walletId=x",
        "/v1/transactions?cursor=%27",
        "/v1/transactions?status=WON",
        "/v1/wallet/address?wallet=x",
    ] {
        let code = caller.refused(caller.as_agent(Method::GET, path), 400).await?;
        assert_eq!(code, "ACTION_VALIDATION_FAILED", "{path}");
    }
    let query = caller
        .as_agent(Method::POST, &format!("{SEND}?wait=forever"))
        .header("content-type", "application/json");
    assert_eq!(caller.refused(query.body(good.clone()), 400).await?, "ACTION_VALIDATION_FAILED");

    // Headers beyond reason.
    let long = "x".repeat(9_000);
    let request = caller.request(Method::GET, "/v1/wallet/address").bearer_auth(format!("wai_sess_{long}"));
    assert_eq!(caller.refused(request, 401).await?, "INVALID_TOKEN");
    let request = caller.request(Method::GET, "/v1/admin/status").header("x-master-password", &long);
    assert_eq!(caller.refused(request, 401).await?, "INVALID_MASTER_PASSWORD");
    let request = caller
        .as_agent(Method::POST, SEND)
        .header("idempotency-key", &long)
        .header("content-type", "application/json");
    assert_eq!(caller.refused(request.body(good.clone()), 400).await?, "ACTION_VALIDATION_FAILED");
    let crowd = (0..100).fold(caller.as_agent(Method::GET, "/v1/wallet/address"), |request, n| {
        request.header(format!("x-{n}"), "1")
    });
    assert_eq!(crowd.send().await?.status().as_u16(), 431);
    for name in ["authorization", "x-master-password"] {
        let twice =
            caller.as_operator(Method::GET, "/v1/wallets").bearer_auth(&caller.token).header(name, "x");
        let status = twice.send().await?.status().as_u16();
        assert!(matches!(status, 400 | 401), "{name} twice: {status}");
    }

    // A private key that cannot be read is not repeated.
    for key in
        [json!(MARKER), json!([MARKER]), json!(7), json!("0x00"), json!(format!("0x{}", "00".repeat(32)))]
    {
        let body = json!({ "name": "a", "chain": "ethereum", "environment": "local", "privateKey": key });
        caller.refused(caller.as_operator(Method::POST, "/v1/wallets/import").json(&body), 400).await?;
    }
    assert_eq!(caller.reply(caller.request(Method::GET, "/health")).await?.status, 200, "still well");
    Ok(())
}
