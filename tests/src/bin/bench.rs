//! Figures of the whole daemon, printed and never asserted: `cargo xtask bench`.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

use std::fs::File;
use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use argon2::{Algorithm, Argon2, Params, Version};
use e2e::{Agent, Daemon, DaemonOptions, Localnet, OwnerKey};
use serde_json::json;
use sqlx::Connection as _;

const ETHER: u128 = 1_000_000_000_000_000_000;
/// Sends per connection.
const ROUNDS: usize = 20;
/// Decisions replayed, unless `REPLAY_ROWS` says otherwise. A million take some 3 GB of disk.
const MILLION: i64 = 1_000_000;

#[tokio::main]
async fn main() -> Result<()> {
    let localnet = Localnet::start()?;
    let mut options = DaemonOptions::of(&localnet);
    options.extra = "\n[security]\nrate_limit_global_ip_rpm = 100000\nrate_limit_session_rpm = 100000\n\
                     rate_limit_tx_rpm = 10000\n"
        .into();
    let mut daemon = Daemon::start(&options)?;

    let kdf = median(5, || {
        let params = Params::new(65_536, 3, 1, Some(32)).map_err(|e| anyhow::anyhow!("{e}"))?;
        let mut key = [0u8; 32];
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon
            .hash_password_into(b"my-secret-password", &[7; 16], &mut key)
            .map_err(|e| anyhow::anyhow!("{e}"))
    })?;
    let start = median(5, || daemon.restart())?;
    println!("password KDF alone                     {}", show(kdf));
    println!("start to ready                         {}", show(start));
    println!("resident memory, idle                  {}", resident(&daemon)?);

    let commit = {
        let mut file = File::create(daemon.data_dir().join("raw.bin"))?;
        median(200, || {
            file.write_all(&[0; 4096])?;
            Ok(file.sync_data()?)
        })?
    };
    println!("raw durable write, same disk           {}", show(commit));

    for connections in [1, 32] {
        let (median, per_second) = sends(&localnet, &daemon, connections).await?;
        println!(
            "send, {connections:>2} connection(s)                 {} median, {per_second} per second",
            show(median)
        );
    }
    let (requests, filling, took) = replay(&mut daemon).await?;
    println!("replay of {requests} recorded requests      {} (filling took {})", show(took), show(filling));
    daemon.stop()
}

/// Copies of the sends above, a million in all, judged again by another set of policies over HTTP. Copies
/// differ in id only, but every one is read, parsed and judged by itself.
async fn replay(daemon: &mut Daemon) -> Result<(u64, Duration, Duration)> {
    const COPIES: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1), \
        first AS MATERIALIZED (SELECT rowid AS number, * FROM transactions) \
        INSERT INTO transactions (id, wallet_id, session_id, kind, network, status, tier, intent, to_address, \
        amount, asset, effects, verdict, denial_code, usd_micros, kill_generation, request_digest, created_at, \
        updated_at) SELECT printf('%08x-0000-7000-8000-%012x', i, number), wallet_id, session_id, kind, network, \
        'FAILED', tier, intent, to_address, amount, asset, effects, verdict, denial_code, usd_micros, \
        kill_generation, request_digest, created_at, updated_at FROM n, first LIMIT $1";
    let rows: i64 = std::env::var("REPLAY_ROWS").map_or(Ok(MILLION), |rows| rows.parse())?;
    daemon.stop()?;
    let began = Instant::now();
    sqlx::any::install_default_drivers();
    let file = daemon.data_dir().join("data/waiaas.db");
    let mut books = sqlx::AnyConnection::connect(&format!("sqlite://{}", file.display())).await?;
    sqlx::query(COPIES).bind(rows).execute(&mut books).await?;
    books.close().await?;
    let filling = began.elapsed();
    daemon.restart()?;
    let limits = json!({ "instant_max_usd": 1, "daily_limit_usd": 5 });
    let policies = json!([
        { "type": "SPENDING_LIMIT", "rules": limits },
        { "type": "RATE_LIMIT", "rules": { "max_requests": 10, "window_seconds": 60 } },
    ]);
    let body = json!({ "since": 0, "policies": policies });
    let began = Instant::now();
    let report = daemon.operator().post("/v1/admin/policies/replay", body).await?.expect(200)?;
    let took = began.elapsed();
    Ok((report["decisions"].as_u64().context("a number")?, filling, took))
}

/// Each connection is an agent with a wallet of its own, sending one transfer after the other. Includes
/// the node's work: building, estimating, broadcasting.
async fn sends(localnet: &Localnet, daemon: &Daemon, connections: u8) -> Result<(Duration, u64)> {
    let mut agents = Vec::new();
    for _ in 0..connections {
        let agent = Agent::create(daemon, "ethereum").await?;
        localnet.evm.fund(&agent.address, 1000 * ETHER).await?;
        let limits = json!({ "instant_max_usd": 1_000_000 });
        daemon.operator().policy(&agent.wallet, "SPENDING_LIMIT", limits).await?;
        agents.push(agent);
    }
    let to = OwnerKey::evm(99)?.address();
    let began = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for agent in agents {
        let (api, to) = (agent.api(daemon), to.clone());
        running.spawn(async move {
            let mut times = Vec::new();
            for _ in 0..ROUNDS {
                let body = json!({ "type": "TRANSFER", "to": to, "amount": "1000" });
                let began = Instant::now();
                let answer = api.post("/v1/transactions/send", body).await?;
                ensure!(answer.status == 201, "{answer:?}");
                times.push(began.elapsed());
            }
            Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = running.join_next().await {
        times.extend(done??);
    }
    let total = u128::try_from(times.len())? * 1000 / began.elapsed().as_millis().max(1);
    times.sort_unstable();
    Ok((*times.get(times.len() / 2).context("no times")?, u64::try_from(total)?))
}

fn median(rounds: usize, mut work: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..rounds {
        let began = Instant::now();
        work()?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    times.get(rounds / 2).copied().context("no rounds")
}

fn show(time: Duration) -> String {
    format!("{:>7} µs", time.as_micros())
}

fn resident(daemon: &Daemon) -> Result<String> {
    let pid = daemon.pid()?.as_raw_nonzero();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("VmRSS")?;
    Ok(line.trim_start_matches("VmRSS:").trim().to_owned())
}
