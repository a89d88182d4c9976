//! The two ways to the daemon: commands reach the daemon of their directory by its socket, and over TCP only
//! one that has proved itself; the kill switch works however crowded the port is.

use std::net::{Ipv6Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{Daemon, DaemonOptions, PASSWORD, Squatter, until};
use rustix::process::{Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use serde_json::json;
use tokio::net::UnixStream;

use crate::credential_matrix::unreachable_nodes;

const PATIENCE: Duration = Duration::from_secs(60);
/// Every kind of command that carries the password.
const COMMANDS: [&[&str]; 6] = [
    &["status"],
    &["wallet", "list"],
    &["kill-switch", "show"],
    &["kill-switch", "activate"],
    &["kill-switch", "recover"],
    &["backup"],
];

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The command ended with this code, and said nothing secret.
fn ended(output: &Output, code: i32) -> Result<String> {
    let text = text(output);
    ensure!(output.status.code() == Some(code), "exit {:?}: {text}", output.status.code());
    ensure!(!text.contains(PASSWORD), "{text}");
    Ok(text)
}

fn port(daemon: &Daemon) -> Result<u16> {
    let port = daemon.url().trim_end_matches('/').rsplit(':').next();
    Ok(port.context("a port")?.parse()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_squatter_on_the_port_of_a_dead_daemon_is_sent_nothing() -> Result<()> {
    let mut daemon = Daemon::start(&unreachable_nodes())?;
    let port = port(&daemon)?;
    daemon.kill();
    for left in ["daemon.url", "daemon.pid", "daemon.sock"] {
        ensure!(daemon.data_dir().join(left).exists(), "{left} is what a crash leaves");
    }
    let squatter = Squatter::answering(port, |_| (200, json!({ "status": "ok" }).to_string())).await?;
    for command in COMMANDS.iter().chain(&[&["health"][..]]) {
        let told = ended(&daemon.cli(command)?, 3)?;
        ensure!(told.contains("no daemon runs on"), "{command:?}: {told}");
    }
    ensure!(squatter.seen().is_empty(), "{}", squatter.seen());
    drop(squatter);

    // The socket that a crash left is no obstacle, and the new one is private again.
    daemon.restart()?;
    let mode = std::fs::metadata(daemon.data_dir().join("daemon.sock"))?.permissions().mode();
    ensure!(mode & 0o777 == 0o600, "{mode:o}");
    ended(&daemon.cli(&["status"])?, 0)?;
    daemon.stop()?;
    ensure!(!daemon.data_dir().join("daemon.sock").exists());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_squatter_at_a_given_url_gets_nothing_to_try_out() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let parameters = |memory: u32, passes: u32| {
        let salt = "ab".repeat(32);
        json!({ "kdf": "argon2id", "memoryKib": memory, "passes": passes, "lanes": 1, "salt": salt })
    };
    let health = json!({ "status": "ok", "version": "0", "schemaVersion": 1, "uptime": 1, "timestamp": 1 })
        .to_string();
    for (what, parameters) in [
        ("nothing", json!({ "code": "NOT_FOUND" })),
        ("a cheap stretch", parameters(8, 1)),
        ("an endless stretch", parameters(u32::MAX, u32::MAX)),
        ("a made-up proof", parameters(19_456, 2)),
    ] {
        let health = health.clone();
        let squatter = Squatter::answering(0, move |request| match request.lines().next() {
            Some(line) if line.starts_with("GET /health") => (200, health.clone()),
            Some(line) if line.starts_with("GET /v1/proof") => (200, parameters.to_string()),
            Some(line) if line.starts_with("POST /v1/proof") => {
                // Echoes the share.
                let body = request.split("\r\n\r\n").nth(1).unwrap_or_default();
                let sent: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
                (200, json!({ "share": sent["share"], "confirmation": "00".repeat(64) }).to_string())
            }
            _ => (200, json!({ "items": [], "data": [] }).to_string()),
        })
        .await?;
        for command in COMMANDS {
            let told = ended(&daemon.cli(&[&["--base-url", &squatter.url()], command].concat())?, 3)?;
            ensure!(told.contains("was not sent"), "{what}, {command:?}: {told}");
        }
        let seen = squatter.seen().to_lowercase();
        ensure!(seen.contains("get /health"), "it was asked: {seen}");
        ensure!(!seen.contains("x-master-password") && !seen.contains(PASSWORD), "{what}: {seen}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tcp_the_daemon_proves_itself_and_a_relay_is_noticed() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let at = |url: &str, command: &[&str]| daemon.cli(&[&["--base-url", url], command].concat());
    for url in [daemon.url().to_owned(), daemon.url().replace("127.0.0.1", "localhost")] {
        ended(&at(&url, &["status"])?, 0)?;
    }
    ended(&at(daemon.url(), &["kill-switch", "activate"])?, 0)?;
    ended(&at(daemon.url(), &["kill-switch", "recover"])?, 0)?;

    let relay = Squatter::relaying(daemon.url()).await?;
    let told = ended(&at(&relay.url(), &["status"])?, 3)?;
    ensure!(told.contains("passes on what you send"), "{told}");
    let seen = relay.seen().to_lowercase();
    ensure!(seen.contains("post /v1/proof") && !seen.contains("x-master-password"), "{seen}");

    // The same port of the other loopback address belongs to another process, and `localhost` may lead there.
    let port = port(&daemon)?;
    let neighbour = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    let neighbour = Squatter::relaying_at(neighbour, daemon.url()).await?;
    let told = ended(&at(&neighbour.url(), &["status"])?, 3)?;
    ensure!(told.contains("passes on what you send"), "{told}");
    at(&format!("http://localhost:{port}"), &["status"])?;
    let seen = neighbour.seen().to_lowercase();
    ensure!(seen.contains("post /v1/proof") && !seen.contains("x-master-password"), "{seen}");

    // After a change of the password it proves the new one, and not the old one.
    let next = daemon.data_dir().join("next");
    std::fs::write(&next, "correct horse battery staple\n")?;
    let new = json!({ "newPassword": "correct horse battery staple" });
    daemon.local_operator()?.put("/v1/admin/master-password", new).await?.expect(200)?;
    let told = ended(&at(daemon.url(), &["status"])?, 3)?;
    ensure!(told.contains("does not know this master password"), "{told}");
    let file = next.display().to_string();
    let with_next = daemon.cli_with(
        &["--base-url", daemon.url(), "status"],
        &[("WAIAAS_MASTER_PASSWORD", ""), ("WAIAAS_MASTER_PASSWORD_FILE", &file)],
    )?;
    ended(&with_next, 0).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_password_is_asked_for_where_no_daemon_answers() -> Result<()> {
    let mut daemon = Daemon::start(&unreachable_nodes())?;
    let url = daemon.url().to_owned();
    daemon.stop()?;
    for command in COMMANDS {
        ended(&daemon.cli_without_password(command)?, 3)?;
        let told = ended(&daemon.cli_without_password(&[&["--base-url", &url], command].concat())?, 3)?;
        ensure!(!told.contains("assword"), "{command:?}: {told}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_machine_the_kill_switch_needs_no_password() -> Result<()> {
    let mut daemon = Daemon::start(&unreachable_nodes())?;
    let stopped = |daemon: &Daemon| -> Result<bool> {
        Ok(daemon.cli_json(&["kill-switch", "show"])?["signing"] == "stopped")
    };
    let told = ended(&daemon.cli_without_password(&["kill-switch", "activate"])?, 0)?;
    ensure!(told.contains("Signing is stopped"), "{told}");
    ensure!(stopped(&daemon)?);
    ended(&daemon.cli_without_password(&["kill-switch", "activate"])?, 0)?;
    let elsewhere = ["--base-url", daemon.url(), "kill-switch", "activate"];
    ended(&daemon.cli_without_password(&elsewhere)?, 4)?;
    ended(&daemon.cli_without_password(&["kill-switch", "recover"])?, 4)?;
    let told = ended(&daemon.cli(&["kill-switch", "recover"])?, 0)?;
    ensure!(told.contains("Signing is running"), "{told}");
    ensure!(!stopped(&daemon)?);

    kill_process(daemon.pid()?, Signal::USR1)?;
    until("the signal's effect", PATIENCE, || async { Ok(stopped(&daemon)?.then_some(())) }).await?;
    daemon.restart()?;
    ensure!(stopped(&daemon)?, "a restart releases nothing");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kill_switch_works_during_a_flood() -> Result<()> {
    let extra = "[security]\nmaster_lockout_failures = 1\nmaster_lockout_base_seconds = 600\n";
    let daemon = Daemon::start(&DaemonOptions { extra: extra.to_owned(), ..unreachable_nodes() })?;
    let mut flood = tokio::task::JoinSet::new();
    for n in 0..64 {
        let (health, guess) = (daemon.anonymous(), daemon.anonymous().password(&format!("guess-{n}")));
        flood.spawn(async move {
            loop {
                let _ = health.get("/health").await;
                let _ = guess.get("/v1/admin/status").await;
            }
        });
    }
    until("the crowd", PATIENCE, || async {
        Ok((daemon.anonymous().get("/health").await?.status == 429).then_some(()))
    })
    .await?;
    for _ in 0..30 {
        ended(&daemon.cli_without_password(&["kill-switch", "activate"])?, 0)?;
    }
    ended(&daemon.cli(&["status"])?, 0)?;
    flood.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_socket_is_silent_a_signal_pulls_the_kill_switch() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    let pid = daemon.pid()?;
    let stopped = || async {
        let shown = daemon.cli_json(&["kill-switch", "show"])?;
        Ok::<_, anyhow::Error>((shown["signing"] == "stopped").then_some(()))
    };
    let activate = || daemon.cli_without_password(&["kill-switch", "activate"]);

    // A process that is named by the lock file and does not hold the lock is sent nothing.
    let lock = daemon.data_dir().join("daemon.lock");
    let named = std::fs::read_to_string(&lock)?;
    kill_process(pid, Signal::STOP)?;
    std::fs::write(&lock, format!("{}\n", std::process::id()))?;
    let told = ended(&activate()?, 1)?;
    ensure!(told.contains("cannot be shown to hold"), "{told}");
    std::fs::write(&lock, named)?;

    let told = ended(&activate()?, 0)?;
    ensure!(told.contains("SIGUSR1") && told.contains(&pid.as_raw_nonzero().to_string()), "{told}");
    kill_process(pid, Signal::CONT)?;
    until("the signal's effect", PATIENCE, stopped).await?;
    ended(&daemon.cli(&["kill-switch", "recover"])?, 0)?;

    // A queue that is full refuses connections at once.
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files })?;
    kill_process(pid, Signal::STOP)?;
    let mut held = Vec::new();
    while let Ok(stream) = UnixStream::connect(daemon.data_dir().join("daemon.sock")).await {
        held.push(stream);
    }
    ended(&daemon.cli(&["status"])?, 3)?;
    let told = ended(&activate()?, 0)?;
    ensure!(told.contains("SIGUSR1"), "{told}");
    kill_process(pid, Signal::CONT)?;
    // With all of them still connected, and none asking for anything.
    until("the signal's effect", PATIENCE, stopped).await?;
    drop(held);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_on_the_daemons_machine_alone() -> Result<()> {
    let (local, mut remote) = (Daemon::start(&unreachable_nodes())?, Daemon::start(&unreachable_nodes())?);
    let url = local.url().to_owned();
    remote.stop()?;
    // The directory of `remote` has no daemon, and its password is the same.
    let next = remote.data_dir().join("next");
    std::fs::write(&next, "correct horse battery staple\n")?;
    let new = [("WAIAAS_NEW_MASTER_PASSWORD_FILE", next.to_str().context("a path")?)];
    let told = ended(&remote.cli_with(&["--base-url", &url, "set-master"], &new)?, 2)?;
    ensure!(told.contains("docker exec") && !told.contains("staple"), "{told}");
    ended(&local.cli(&["status"])?, 0)?;
    remote.restart()?;
    ended(&remote.cli(&["status"])?, 0)?;
    let next = local.data_dir().join("next");
    std::fs::write(&next, "correct horse battery staple\n")?;
    let new = [("WAIAAS_NEW_MASTER_PASSWORD_FILE", next.to_str().context("a path")?)];
    ended(&local.cli_with(&["set-master"], &new)?, 0)?;
    ended(&local.cli(&["status"])?, 4).map(drop)
}
