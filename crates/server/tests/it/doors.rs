//! The two ways in: the rights of the socket, and crowds at the port.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use waiaas_api::audit::AuditQuery;
use waiaas_api::client::Client;
use waiaas_api::proof::ProofRequest;
use waiaas_core::audit::AuditEventKind;
use waiaas_core::wallet::KillSwitch;
use waiaas_server::{AuthClass, inventory, openapi_json};

use crate::daemon::{Daemon, PASSWORD, read};

/// Longer than anything here takes; the end of a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

fn operator(daemon: &Daemon) -> Client {
    daemon.local().master_password(PASSWORD.into())
}

async fn failed_logins(daemon: &Daemon) -> usize {
    let query = AuditQuery { event_type: Some(AuditEventKind::MasterAuthFailed), ..AuditQuery::default() };
    operator(daemon).audit_logs(&query).await.expect("audit log").data.len()
}

#[tokio::test]
async fn by_the_socket_the_kill_switch_needs_no_password_and_all_else_does() {
    let daemon = Daemon::start().await;
    let local = daemon.local();
    assert_eq!(local.health().await.expect("health").status, "ok");
    let activated = local.activate_kill_switch().await.expect("activated");
    assert_eq!(activated.state, KillSwitch::Activated);
    assert_eq!(local.activate_kill_switch().await.expect("again"), activated);
    let wrong = daemon.local().master_password("not-the-password".into());
    let refused = wrong.activate_kill_switch().await.expect_err("a wrong password is worse than none");
    assert_eq!(refused.code(), Some("INVALID_MASTER_PASSWORD"));
    for code in [
        wrong.recover().await.expect_err("refused").code().map(str::to_owned),
        wrong.status().await.expect_err("refused").code().map(str::to_owned),
    ] {
        assert_eq!(code.as_deref(), Some("INVALID_MASTER_PASSWORD"));
    }
    operator(&daemon).recover().await.expect("recovered");
    let query = AuditQuery { event_type: Some(AuditEventKind::KillSwitchActivated), ..AuditQuery::default() };
    let logged = operator(&daemon).audit_logs(&query).await.expect("audit log").data;
    assert_eq!(logged.len(), 1, "an activation that changes nothing is no event");
    assert_eq!((logged[0].actor.as_str(), &logged[0].details["by"]), ("local-user", &json!("socket")));
    let (status, _) = read(daemon.ask("POST", "/v1/admin/kill-switch")).await;
    assert_eq!(status, 401, "not so by TCP");
}

#[tokio::test]
async fn what_the_password_alone_must_not_do_is_done_by_the_socket_alone() {
    let daemon = Daemon::start().await;
    let local_only: Vec<_> =
        inventory().into_iter().filter(|door| door.auth == AuthClass::LocalMaster).collect();
    let paths: Vec<_> = local_only.iter().map(|door| door.path.trim_start_matches("/v1/admin/")).collect();
    assert_eq!(paths, ["/v1/tokens", "master-password", "backup/download", "shutdown"]);
    for door in &local_only {
        for (password, expected) in
            [(PASSWORD, (403, "SOCKET_ONLY")), ("guess", (401, "INVALID_MASTER_PASSWORD"))]
        {
            // A header does not prove where a caller is.
            let request = daemon.ask(door.method, &door.path).header("x-master-password", password);
            let (status, body) = read(request.header("x-forwarded-for", "unix:daemon.sock")).await;
            assert_eq!((status, body["code"].as_str().expect("a code")), expected, "{}: {body}", door.path);
            assert_eq!(body["details"], json!(null), "{body}");
        }
    }
    let mut fetched = Vec::new();
    let refused = daemon.operator().download_backup(&mut fetched).await.expect_err("over TCP");
    assert_eq!((refused.code(), fetched.len()), (Some("SOCKET_ONLY"), 0));
    operator(&daemon).download_backup(&mut fetched).await.expect("by the socket");
    assert!(fetched.starts_with(b"WAIAAS\0"));
    let without = daemon.local().master_password("not-the-password".into());
    let refused = without.download_backup(&mut Vec::new()).await.expect_err("the socket is not enough");
    assert_eq!(refused.code(), Some("INVALID_MASTER_PASSWORD"));

    // The document says so as well.
    let document: Value = serde_json::from_str(&openapi_json()).expect("document");
    let mut marked = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("item") {
            if operation["x-waiaas-socket-only"] == true {
                assert!(operation["responses"]["403"].is_object(), "{path}");
                marked.push((method.to_uppercase(), path.clone()));
            }
        }
    }
    let registered = local_only.iter().map(|door| (door.method.to_owned(), door.path.clone()));
    let mut registered: Vec<_> = registered.collect();
    registered.sort();
    marked.sort();
    assert_eq!(marked, registered);
}

#[tokio::test]
async fn no_answer_over_the_port_carries_a_seal() {
    let daemon = Daemon::with(&[("security.rate_limit_global_ip_rpm", "10000")]).await;
    let (wallet, id) = (daemon.wallet("main").await, "018f3a4e-0000-7000-8000-000000000001");
    daemon.session(&wallet).await;
    let backup = daemon.operator().backup().await.expect("a backup, on the daemon's machine");
    let sealed = std::fs::read(&backup.path).expect("the backup");
    let clear = String::from_utf8_lossy(&sealed).into_owned();
    let parts: Vec<_> = ["wrapped", "commitment"].iter().map(|name| field(&clear, name)).collect();
    for door in inventory() {
        if door.path == "/v1/admin/kill-switch" {
            continue;
        }
        let path = door.path.replace("{walletId}", id);
        let path = path.replace("{id}", &wallet.id.to_string());
        let request = daemon.ask(door.method, &path).header("x-master-password", PASSWORD);
        let request = request.header("content-type", "application/json").body("{}");
        let answer = request.send().await.expect("answer").bytes().await.expect("body");
        let has = |part: &[u8]| answer.windows(part.len()).any(|window| window == part);
        assert!(!has(&sealed[..7]), "{} {path} answers with a backup", door.method);
        for part in &parts {
            assert!(!has(part.as_bytes()), "{} {path} answers with {part}", door.method);
        }
    }
}

/// A field of the key store's record, which a backup begins with in the clear.
fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("\"{name}\":\"")).expect("the field");
    rest.split_once('"').expect("its end").0
}

#[tokio::test]
async fn a_crowd_at_the_port_does_not_block_the_kill_switch() {
    let daemon = Daemon::with(&[
        ("security.rate_limit_global_ip_rpm", "5"),
        ("security.master_lockout_failures", "1"),
        ("security.master_lockout_base_seconds", "600"),
    ])
    .await;
    let mut floods = tokio::task::JoinSet::new();
    for n in 0..200 {
        let request = match n % 2 {
            0 => daemon.ask("GET", "/health"),
            _ => daemon.ask("GET", "/v1/admin/status").header("x-master-password", format!("guess-{n}")),
        };
        floods.spawn(read(request));
    }
    for _ in 0..30 {
        let activated = daemon.local().activate_kill_switch().await.expect("activated in the crowd");
        assert_eq!(activated.state, KillSwitch::Activated);
    }
    let answers = floods.join_all().await;
    let refused = |code: &str| answers.iter().filter(|(_, body)| body["code"] == code).count();
    let (limited, locked) = (refused("RATE_LIMITED"), refused("MASTER_PASSWORD_LOCKED"));
    assert!(limited > 50 && limited + locked > 100, "the crowd was none: {limited}, {locked}");
    // The port is shut to passwords now; the operator on the machine has a way in of their own.
    let (status, body) =
        read(daemon.ask("POST", "/v1/admin/kill-switch").header("x-master-password", PASSWORD)).await;
    assert_eq!((status, &body["code"]), (429, &json!("MASTER_PASSWORD_LOCKED")), "{body}");
    operator(&daemon).status().await.expect("the socket is open");
}

#[tokio::test]
async fn no_strangers_requests_stand_in_the_way_of_the_right_password() {
    let daemon = Daemon::with(&[("security.rate_limit_global_ip_rpm", "5")]).await;
    for _ in 0..7 {
        read(daemon.ask("GET", "/health")).await;
    }
    assert_eq!(read(daemon.ask("GET", "/health")).await.0, 429);
    // Requests that name no password, and fewer wrong ones than shut the door.
    for n in 0..40 {
        for path in ["/v1/admin/kill-switch", "/v1/admin/recover", "/v1/admin/rotate-secret"] {
            let mut request = daemon.ask("POST", path);
            if n % 20 == 0 {
                request = request.header("x-master-password", "guess");
            }
            if n % 20 != 0 || path == "/v1/admin/kill-switch" {
                assert_eq!(read(request).await.0, 401, "{path}");
            }
        }
    }
    let as_operator =
        |method: &str, path: &str| read(daemon.ask(method, path).header("x-master-password", PASSWORD));
    for _ in 0..7 {
        assert_eq!(as_operator("GET", "/v1/wallets").await.0, 200);
        assert_eq!(as_operator("GET", "/v1/admin/status").await.0, 200);
        assert_eq!(as_operator("POST", "/v1/admin/kill-switch").await.0, 200);
    }
    // A request for the proof has no credential, and is counted apart from the others.
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(read(daemon.ask("GET", "/v1/proof")).await.0);
    }
    assert_eq!((statuses.first(), statuses.last()), (Some(&200), Some(&429)), "{statuses:?}");
}

/// A connection of a peer that does nothing more than this.
async fn opened<S: AsyncWrite + Unpin>(mut stream: S, begun: &str) -> S {
    stream.write_all(begun.as_bytes()).await.expect("sent");
    stream
}

#[tokio::test]
async fn idle_peers_at_the_socket_do_not_block_the_kill_switch() {
    const HALF_A_BODY: &str = "POST /v1/proof HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: 1000\r\n\r\n{";
    let daemon = Daemon::start().await;
    // More than there are places, and than used to wait.
    for begun in ["", "POST /v1/admin/kill-switch HTTP/1.1\r\nhost:", HALF_A_BODY] {
        let mut held = Vec::new();
        for _ in 0..300 {
            let stream = UnixStream::connect(daemon.socket()).await.expect("connection");
            held.push(opened(stream, begun).await);
            if held.len() % 100 == 0 {
                let activated = timeout(PATIENCE, daemon.local().activate_kill_switch()).await;
                assert_eq!(activated.expect("in time").expect("activated").state, KillSwitch::Activated);
            }
        }
        // A process that goes on connecting while it keeps its connections.
        let path = daemon.socket();
        let crowd = tokio::spawn(async move {
            let mut more = Vec::new();
            loop {
                match UnixStream::connect(&path).await {
                    Ok(stream) => more.push(opened(stream, begun).await),
                    Err(_) => tokio::task::yield_now().await,
                }
                if more.len() > 500 {
                    more.drain(..250);
                }
            }
        });
        for _ in 0..5 {
            let answered =
                timeout(PATIENCE, async { while daemon.local().activate_kill_switch().await.is_err() {} });
            answered.await.expect("an answer in the crowd");
        }
        crowd.abort();
        drop(held);
    }
    operator(&daemon).recover().await.expect("recovered");
}

#[tokio::test]
async fn idle_peers_at_the_port_lock_no_caller_out() {
    let daemon = Daemon::with(&[("security.rate_limit_global_ip_rpm", "100000")]).await;
    let authority = daemon.base.trim_start_matches("http://");
    // Both ends are this process's.
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files }).expect("more files");
    let mut held = Vec::new();
    for _ in 0..1200 {
        held.push(TcpStream::connect(authority).await.expect("connection"));
    }
    let activate = daemon.ask("POST", "/v1/admin/kill-switch").header("x-master-password", PASSWORD);
    let answered = timeout(Duration::from_secs(8), read(activate)).await;
    assert_eq!(answered.expect("before any of them runs out of time").0, 200);
    drop(held);
}

#[tokio::test]
async fn of_sixty_guesses_at_once_five_are_tried() {
    let daemon = Daemon::start().await;
    let mut guesses = tokio::task::JoinSet::new();
    for n in 0..60 {
        guesses.spawn(read(
            daemon.ask("GET", "/v1/admin/status").header("x-master-password", format!("guess-{n}")),
        ));
    }
    let answers = guesses.join_all().await;
    let of = |code: &str| answers.iter().filter(|(_, body)| body["code"] == code).count();
    let (tried, locked, busy) =
        (of("INVALID_MASTER_PASSWORD"), of("MASTER_PASSWORD_LOCKED"), of("OVERLOADED"));
    assert_eq!(tried + locked + busy, 60, "{answers:?}");
    // Every try is in the audit log; the last one of five is answered with the lock.
    let runs = failed_logins(&daemon).await;
    assert!((1..=5).contains(&runs) && tried <= 4, "{runs} tries, {tried} answered as wrong");
    for (status, body) in &answers {
        assert_eq!(*status == 503, body["code"] == "OVERLOADED", "{body}");
    }
    // One after the other until the door is shut: as many as are free, and none more.
    for n in 0..8 {
        read(daemon.ask("GET", "/v1/admin/status").header("x-master-password", format!("more-{n}"))).await;
    }
    assert_eq!(failed_logins(&daemon).await, 5);
}

#[tokio::test]
async fn pages_of_others_are_refused_before_anything_is_counted() {
    let daemon = Daemon::with(&[
        ("security.rate_limit_global_ip_rpm", "3"),
        ("security.master_lockout_failures", "1"),
        ("security.cors_origins", "https://app.example"),
    ])
    .await;
    let own = daemon.base.clone();
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://localhost:8080"),
    ] {
        for (method, path) in [("POST", "/v1/admin/kill-switch"), ("GET", "/health"), ("POST", "/v1/proof")] {
            let request = daemon.ask(method, path).header(name, value).header("x-master-password", "guess");
            let (status, body) = read(request).await;
            assert_eq!((status, &body["code"]), (403, &json!("ORIGIN_NOT_ALLOWED")), "{name}: {value}");
        }
    }
    for origin in ["https://app.example", own.as_str()] {
        assert_eq!(read(daemon.ask("GET", "/health").header("origin", origin)).await.0, 200, "{origin}");
    }
    assert_eq!(read(daemon.ask("GET", "/health")).await.0, 200, "nothing was counted");
    assert_eq!(failed_logins(&daemon).await, 0);
}

#[tokio::test]
async fn proofs_are_counted_until_a_right_password_comes() {
    let daemon = Daemon::with(&[
        ("security.master_lockout_failures", "1"),
        ("security.rate_limit_global_ip_rpm", "1000"),
    ])
    .await;
    let client = Client::new(&daemon.base).expect("client");
    let parameters = client.proof_parameters().await.expect("parameters");
    assert_eq!((parameters.kdf.as_str(), parameters.salt.len()), ("argon2id", 64));
    // Any point is a share; this one is the generator of ristretto255.
    let share = "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76";
    let ask = |address: String, share: &str| {
        let request = ProofRequest { address, session: "00".repeat(16), share: share.to_owned() };
        let client = client.clone();
        async move { client.prove(&request).await.map_err(|e| e.code().unwrap_or_default().to_owned()) }
    };
    for (address, share) in [
        ("127.0.0.1:1".to_owned(), share),
        (client.authority(), "00".repeat(32).as_str()),
        (client.authority(), "zz"),
    ] {
        assert_eq!(ask(address, share).await, Err("ACTION_VALIDATION_FAILED".to_owned()));
    }
    for _ in 0..4 {
        let proof = ask(client.authority(), share).await.expect("a proof");
        assert_eq!((proof.share.len(), proof.confirmation.len()), (64, 128));
    }
    assert_eq!(ask(client.authority(), share).await, Err("MASTER_PASSWORD_LOCKED".to_owned()));
    // A caller with the password is not affected, and ends the lockout.
    daemon.operator().status().await.expect("the right password");
    ask(client.authority(), share).await.expect("a proof");
}

#[tokio::test]
async fn an_unread_answer_ends_its_connection() {
    let daemon = Daemon::with(&[("security.rate_limit_global_ip_rpm", "100000")]).await;
    let authority = daemon.base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(authority).await.expect("connection");
    let head = format!("GET /doc HTTP/1.1\r\nhost: {authority}\r\n\r\n");
    let ended = timeout(PATIENCE, async { while stream.write_all(head.as_bytes()).await.is_ok() {} });
    ended.await.expect("the daemon ends what is not read");
}

#[tokio::test]
async fn peers_who_do_nothing_do_not_hold_up_the_end() {
    let daemon =
        Daemon::with(&[("daemon.shutdown_timeout", "300"), ("security.rate_limit_global_ip_rpm", "100000")])
            .await;
    let authority = daemon.base.trim_start_matches("http://").to_owned();
    let connect = || async { TcpStream::connect(&authority).await.expect("connection") };
    let doc = format!("GET /doc HTTP/1.1\r\nhost: {authority}\r\n\r\n");
    let health = format!("GET /health HTTP/1.1\r\nhost: {authority}\r\n\r\n");

    let mut idle = connect().await;
    idle.write_all(health.as_bytes()).await.expect("sent");
    let mut byte = [0];
    idle.read_exact(&mut byte).await.expect("answered");
    let silent = connect().await;
    let mut half_a_head = connect().await;
    half_a_head.write_all(b"GET /health HTTP/1.1\r\nhost:").await.expect("sent");
    let mut half_a_body = connect().await;
    let head = format!(
        "POST /v1/wallets HTTP/1.1\r\nhost: {authority}\r\nx-master-password: {PASSWORD}\r\n\
         content-type: application/json\r\ncontent-length: 1000\r\n\r\n{{"
    );
    half_a_body.write_all(head.as_bytes()).await.expect("sent");
    let mut unread = connect().await;
    // Until the daemon cannot write any more, and so does not read either.
    while let Ok(sent) = timeout(Duration::from_millis(500), unread.write_all(doc.as_bytes())).await {
        sent.expect("sent");
    }
    // And on the socket as well: a client that keeps its connection.
    let local = daemon.local();
    local.health().await.expect("health");

    daemon.stop.cancel();
    let ended = timeout(PATIENCE, daemon.serving).await.expect("no peer is waited for");
    ended.expect("task").expect("clean end");
    drop((idle, silent, half_a_head, half_a_body, unread, local));
}
