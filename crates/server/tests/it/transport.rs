//! The layers that every request passes, on any path.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::daemon::{Daemon, PASSWORD, read};

#[tokio::test]
async fn errors_have_one_shape_everywhere() {
    let daemon = Daemon::start().await;
    let ask = |method: &str, path: &str| read(daemon.ask(method, path).header("x-request-id", "mine-1"));
    for (method, path, status, code) in [
        ("GET", "/nothing/here", 404, "NOT_FOUND"),
        ("GET", "/v1/../etc/passwd", 404, "NOT_FOUND"),
        ("PATCH", "/v1/wallets", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/health", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/v1/wallets", 401, "INVALID_TOKEN"),
        ("GET", "/v1/transactions/not-a-uuid/approval", 400, "ACTION_VALIDATION_FAILED"),
        ("GET", "/v1/transactions/018f3a4e-0000-7000-8000-000000000001/approval", 404, "TX_NOT_FOUND"),
    ] {
        let (answered, body) = ask(method, path).await;
        assert_eq!((answered, &body["code"]), (status, &json!(code)), "{method} {path}: {body}");
        assert_eq!(body["requestId"], "mine-1");
        assert!(body["message"].is_string() && body["retryable"].is_boolean());
    }
}

#[tokio::test]
async fn answers_are_numbered_and_hardened() {
    let daemon = Daemon::start().await;
    let response = daemon.ask("GET", "/health").send().await.expect("answer");
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    assert_eq!(header("x-request-id").len(), 36);
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cache-control"), "no-store");
    assert!(header("content-security-policy").contains("default-src 'none'"));
    let health: Value = response.json().await.expect("JSON");
    assert_eq!(health["status"], "ok");
}

#[tokio::test]
async fn a_rebound_name_is_refused() {
    let daemon = Daemon::with(&[("daemon.allowed_hosts", "wallet.internal")]).await;
    for (host, status) in [("evil.example", 421), ("wallet.internal", 200), ("localhost:3100", 200)] {
        let (answered, body) = read(daemon.ask("GET", "/health").header("host", host)).await;
        assert_eq!(answered, status, "{host}: {body}");
    }
    let (_, body) = read(daemon.ask("GET", "/health").header("host", "evil.example")).await;
    assert_eq!(body["code"], "HOST_NOT_ALLOWED");
}

#[tokio::test]
async fn pages_of_configured_origins_may_call_owner_routes() {
    let daemon = Daemon::with(&[("security.cors_origins", "https://app.example")]).await;
    let preflight = |origin: &str| {
        let request = daemon.ask("OPTIONS", "/v1/transactions/018f3a4e-0000-7000-8000-000000000001/approve");
        request
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "x-owner-signature,x-owner-message,x-owner-address")
            .send()
    };
    let allowed = preflight("https://app.example").await.expect("answer");
    assert_eq!(allowed.headers()["access-control-allow-origin"], "https://app.example");
    let names = allowed.headers()["access-control-allow-headers"].to_str().expect("text").to_owned();
    for name in
        ["x-owner-signature", "x-owner-message", "x-owner-address", "idempotency-key", "x-master-password"]
    {
        assert!(names.contains(name), "{names}");
    }
    let refused = preflight("https://evil.example").await.expect("answer");
    assert!(!refused.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn the_daemons_own_origins_are_those_of_its_port() {
    let daemon = Daemon::with(&[("daemon.port", "4100")]).await;
    for (origin, expected) in [
        ("http://localhost:4100", 200),
        ("http://127.0.0.1:4100", 200),
        ("http://localhost:3100", 403),
        ("http://127.0.0.1:3100", 403),
    ] {
        let (status, body) = read(daemon.ask("GET", "/health").header("origin", origin)).await;
        assert_eq!(status, expected, "{origin}: {body}");
    }
}

#[tokio::test]
async fn bodies_have_a_largest_size() {
    let daemon = Daemon::with(&[("security.max_body_bytes", "1024")]).await;
    let body = json!({"name": "x".repeat(2000)}).to_string();
    let request = daemon.ask("POST", "/v1/wallets").header("x-master-password", PASSWORD);
    let (status, body) = read(request.header("content-type", "application/json").body(body)).await;
    assert_eq!((status, &body["code"]), (413, &json!("PAYLOAD_TOO_LARGE")));
}

#[tokio::test]
async fn a_body_of_unknown_length_is_refused_before_its_end() {
    let daemon = Daemon::with(&[("security.max_body_bytes", "1024")]).await;
    let authority = daemon.base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(authority).await.expect("connection");
    // A chunk of a gigabyte is announced and hardly begun.
    let head = format!(
        "POST /v1/wallets HTTP/1.1\r\nhost: {authority}\r\nx-master-password: {PASSWORD}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n40000000\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("head");
    stream.write_all(&[b' '; 2000]).await.expect("a beginning");
    let mut answer = Vec::new();
    let deadline = Duration::from_secs(20);
    // The rest is never sent, so an answer that comes did not wait for it.
    while !String::from_utf8_lossy(&answer).contains("requestId") {
        let more = tokio::time::timeout(deadline, stream.read_buf(&mut answer)).await.expect("an answer");
        assert_ne!(more.expect("read"), 0, "ended with {}", String::from_utf8_lossy(&answer));
    }
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("\"PAYLOAD_TOO_LARGE\""), "{answer}");
}

#[tokio::test]
async fn the_limit_per_peer_ignores_what_headers_claim() {
    let daemon = Daemon::with(&[("security.rate_limit_global_ip_rpm", "3")]).await;
    let mut last = (0, Value::Null);
    for n in 0..4 {
        let claimed = format!("10.0.0.{n}");
        let request = daemon.ask("GET", "/health").header("x-forwarded-for", &claimed);
        last =
            read(request.header("x-real-ip", &claimed).header("forwarded", format!("for={claimed}"))).await;
    }
    assert_eq!((last.0, &last.1["code"], &last.1["retryable"]), (429, &json!("RATE_LIMITED"), &json!(true)));
    let response = daemon.ask("GET", "/health").send().await.expect("answer");
    let wait: u64 = response.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1..=60).contains(&wait));
}

#[tokio::test]
async fn nothing_sent_comes_back_in_an_error() {
    let daemon = Daemon::start().await;
    let send = |body: &'static str| {
        let request = daemon.ask("POST", "/v1/wallets/import").header("x-master-password", PASSWORD);
        read(request.header("content-type", "application/json").body(body))
    };
    for body in [
        r#"{"name":"a","chain":"solana","environment":"local","privateKey":"5Kmarker9"}"#,
        r#"{"name":"a","chain":"solana","environment":"local","privateKey":{"5Kmarker9":1}}"#,
        r#"{"name":"a","chain":"5Kmarker9","environment":"local","privateKey":"x"}"#,
        r#"{"privateKey":"5Kmarker9","#,
    ] {
        let (status, answer) = send(body).await;
        assert_eq!(status, 400, "{answer}");
        assert!(!answer.to_string().contains("5Kmarker9"), "{answer}");
    }
}

#[tokio::test]
async fn a_waiting_connection_does_not_hold_up_the_end() {
    let daemon = Daemon::start().await;
    read(daemon.ask("GET", "/health")).await;
    daemon.stop.cancel();
    daemon.serving.await.expect("task").expect("clean end");
    assert!(daemon.http.get(format!("{}/health", daemon.base)).send().await.is_err());
}
