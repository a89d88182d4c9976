//! The ways to the daemon: a foreign process on the port, and crowds that could block the operator.
//!
//! A naive design sends its password to any process that listens on a port, counts the operator's requests with
//! those of others on the machine, checks the lock before it queues, and waits for peers who do nothing.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{Daemon, FullDisk, PASSWORD, Squatter, until};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpStream, UnixStream};

use crate::kit::{Class, Needs, Target};

const PATIENCE: Duration = Duration::from_secs(60);
/// Commands that carry the master password.
const COMMANDS: [&[&str]; 4] =
    [&["status"], &["wallet", "list"], &["kill-switch", "activate"], &["session", "list"]];

fn authority(daemon: &Daemon) -> String {
    daemon.url().trim_start_matches("http://").trim_end_matches('/').to_owned()
}

/// Runs a command without blocking the tasks that have to answer it.
fn waiting<T>(command: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(command)
}

/// Nothing that is the password, or was made from it to be tried out, came along.
fn nothing_secret(seen: &str) -> Result<()> {
    let seen = seen.to_lowercase();
    ensure!(!seen.contains("x-master-password") && !seen.contains(PASSWORD), "{seen}");
    Ok(())
}

/// On the port of a daemon that was killed, the command line says nothing to any process.
async fn squat(target: Arc<Target>, command: &'static [&'static str]) -> Result<()> {
    let (mut daemon, _) = target.beside(|_| {})?;
    let port = authority(&daemon).rsplit(':').next().context("a port")?.parse()?;
    daemon.kill();
    let squatter = Squatter::answering(port, |_| (200, json!({ "status": "ok" }).to_string())).await?;
    let output = waiting(|| daemon.cli(command))?;
    ensure!(output.status.code() == Some(3), "{output:?}");
    ensure!(squatter.seen().is_empty(), "it was sent: {}", squatter.seen());
    Ok(())
}

/// At a URL that the operator was talked into.
async fn lure(target: Arc<Target>, how: &'static str) -> Result<()> {
    let (daemon, _) = target.beside(|_| {})?;
    let salt = "00".repeat(16);
    let (memory, passes) = if how == "a cheap stretch" { (8, 1) } else { (19_456, 2) };
    let parameters =
        json!({ "kdf": "argon2id", "memoryKib": memory, "passes": passes, "lanes": 1, "salt": salt })
            .to_string();
    let health = json!({ "status": "ok", "version": "0", "schemaVersion": 1, "uptime": 1, "timestamp": 1 });
    let squatter = match how {
        "a relay" => Squatter::relaying(daemon.url()).await?,
        _ => {
            Squatter::answering(0, move |request| {
                let line = request.lines().next().unwrap_or_default();
                if line.starts_with("GET /health") {
                    return (200, health.to_string());
                }
                if line.starts_with("GET /v1/proof") {
                    return (200, parameters.clone());
                }
                let body = request.split("\r\n\r\n").nth(1).unwrap_or_default();
                let sent: Value = serde_json::from_str(body).unwrap_or_default();
                (200, json!({ "share": sent["share"], "confirmation": "00".repeat(64) }).to_string())
            })
            .await?
        }
    };
    for command in COMMANDS {
        let output = waiting(|| daemon.cli(&[&["--base-url", &squatter.url()], command].concat()))?;
        ensure!(output.status.code() == Some(3), "{output:?}");
    }
    nothing_secret(&squatter.seen())
}

/// Asks `count` times, many at once.
fn flood(daemon: &Daemon, count: usize, how: &'static str) -> tokio::task::JoinSet<()> {
    let mut crowd = tokio::task::JoinSet::new();
    for n in 0..count {
        let api = match how {
            "health" => daemon.anonymous(),
            _ => daemon.anonymous().password(&format!("guess-{n}")),
        };
        let path = if how == "health" { "/health" } else { "/v1/admin/status" };
        crowd.spawn(async move {
            let _ = api.get(path).await;
        });
    }
    crowd
}

async fn against_the_kill_switch(target: Arc<Target>, how: &'static str) -> Result<()> {
    let (daemon, _) = target.beside(|options| {
        options.extra = "\n[security]\nrate_limit_global_ip_rpm = 60\n".to_owned();
    })?;
    let mut held = Vec::new();
    if how == "silent connections" {
        for _ in 0..1100 {
            match tokio::time::timeout(Duration::from_secs(1), TcpStream::connect(authority(&daemon))).await {
                Ok(Ok(stream)) => held.push(stream),
                Ok(Err(_)) | Err(_) => break,
            }
        }
    }
    let mut at_the_socket = Vec::new();
    if how == "silent peers at the socket" {
        for _ in 0..500 {
            match UnixStream::connect(daemon.data_dir().join("daemon.sock")).await {
                Ok(stream) => at_the_socket.push(stream),
                Err(_) => break,
            }
        }
    }
    let crowd = flood(&daemon, 600, how);
    for _ in 0..10 {
        let output = waiting(|| daemon.cli_without_password(&["kill-switch", "activate"]))?;
        ensure!(output.status.success(), "the kill switch was not activated: {output:?}");
    }
    ensure!(waiting(|| daemon.cli_json(&["kill-switch", "show"]))?["signing"] == "stopped");
    drop((crowd, held, at_the_socket));
    Ok(())
}

/// Over TCP, requests without the password use up the rate limit that the right password needs.
async fn against_the_password(target: Arc<Target>) -> Result<()> {
    let (daemon, _) = target.beside(|options| {
        options.extra = "\n[security]\nrate_limit_global_ip_rpm = 5\n".to_owned();
    })?;
    for path in ["/v1/admin/kill-switch", "/v1/admin/recover", "/health"] {
        for _ in 0..50 {
            daemon.anonymous().post_empty(path).await?;
        }
    }
    daemon.operator().post_empty("/v1/admin/kill-switch").await?.expect(200)?;
    daemon.operator().post_empty("/v1/admin/recover").await?.expect(200)?;
    Ok(())
}

async fn sixty_guesses(target: Arc<Target>) -> Result<()> {
    let (daemon, _) = target.beside(|options| {
        // The first wait outlasts the sixty, however slow the machine.
        options.extra = "\n[security]\nmaster_lockout_base_seconds = 3600\n\
            master_lockout_cap_seconds = 3600\n"
            .to_owned();
    })?;
    flood(&daemon, 60, "guess").join_all().await;
    let log = waiting(|| daemon.cli_json(&["audit", "list", "--limit", "200"]))?;
    let rows = log["data"].as_array().context("entries")?;
    let tried = rows.iter().filter(|row| row["eventType"] == "MASTER_AUTH_FAILED").count();
    ensure!((1..=5).contains(&tried), "{tried} of sixty guesses were tried");
    Ok(())
}

async fn slow_readers(target: Arc<Target>) -> Result<()> {
    let (mut daemon, _) = target.beside(|_| {})?;
    let authority = authority(&daemon);
    let request = format!("GET /doc HTTP/1.1\r\nhost: {authority}\r\n\r\n");
    let mut held = Vec::new();
    for _ in 0..5 {
        let mut stream = TcpStream::connect(&authority).await?;
        // Until the daemon can write no more.
        while let Ok(sent) =
            tokio::time::timeout(Duration::from_millis(200), stream.write_all(request.as_bytes())).await
        {
            if sent.is_err() {
                break;
            }
        }
        held.push(stream);
    }
    daemon.anonymous().get("/health").await?.expect(200).context("others are served")?;
    rustix::process::kill_process(daemon.pid()?, rustix::process::Signal::TERM)?;
    let mut ended = false;
    for _ in 0..100 {
        ended = daemon.has_ended()?;
        if ended {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    ensure!(ended, "SIGTERM waits for readers who do not read");
    drop(held);
    Ok(())
}

async fn full_disk(target: Arc<Target>) -> Result<()> {
    let disk = FullDisk::new()?;
    let through = disk.through();
    let (daemon, _) = target.beside(|options| options.through = through)?;
    disk.nearly_fill(true)?;
    let output = waiting(|| daemon.cli_without_password(&["kill-switch", "activate"]))?;
    ensure!(output.status.success(), "{output:?}");
    disk.nearly_fill(false)?;
    until("the kill switch", PATIENCE, || async {
        Ok((waiting(|| daemon.cli_json(&["kill-switch", "show"]))?["signing"] == "stopped").then_some(()))
    })
    .await
}

/// All users may write the directory, its configuration or its database, so anything may be in it.
async fn shared_house(target: Arc<Target>, what: &'static str) -> Result<()> {
    let (daemon, _) = target.beside(|_| {})?;
    let path = daemon.data_dir().join(what);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777))?;
    for command in [&["status"][..], &["wallet", "list"], &["session", "list"], &["set-master"], &["stop"]] {
        let output = waiting(|| daemon.cli(command))?;
        ensure!(!output.status.success(), "{command:?}: {output:?}");
    }
    daemon.anonymous().get("/health").await?.expect(200).map(drop)
}

async fn foreign_page(target: Arc<Target>, name: &'static str, value: &'static str) -> Result<()> {
    let page = target.anonymous().header(name, value).password("guess");
    for path in ["/v1/admin/kill-switch", "/v1/wallets"] {
        let answer = page.post_empty(path).await?;
        ensure!(answer.status == 403 && answer.body["code"] == "ORIGIN_NOT_ALLOWED", "{}", answer.body);
    }
    Ok(())
}

pub(crate) fn class() -> Class {
    let mut class = Class::new("doors");
    for command in COMMANDS {
        let name = format!("a squatter on a dead daemon's port hears `{}`", command.join(" "));
        class.case(Needs::Own, name, move |target| squat(target, command));
    }
    for how in ["a made-up proof", "a cheap stretch", "a relay"] {
        class.case(Needs::Own, format!("a lure with {how}"), move |target| lure(target, how));
    }
    for how in ["health", "guesses", "silent connections", "silent peers at the socket"] {
        let name = format!("a flood of {how} against the kill switch");
        class.case(Needs::Own, name, move |target| against_the_kill_switch(target, how));
    }
    let name = "requests without a password against the right one";
    class.case(Needs::Own, name, against_the_password);
    class.case(Needs::Own, "sixty guesses at once", sixty_guesses);
    class.case(Needs::Own, "readers who do not read hold up the end", slow_readers);
    for what in ["", "config.toml", "data"] {
        let name = format!("a data directory in which others may write '{what}'");
        class.case(Needs::Own, name, move |target| shared_house(target, what));
    }
    class.case(Needs::Own, "a full disk against the kill switch", full_disk);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        class.case(Needs::Daemon, format!("a page with {name}: {value}"), move |target| {
            foreign_page(target, name, value)
        });
    }
    class
}
