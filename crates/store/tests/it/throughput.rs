//! A measurement, not a check: run it with `--run-ignored all --no-capture`.

use std::time::{Duration, Instant};

use sqlx::{AnyConnection, Connection as _};
use waiaas_core::transaction::TxStatus;
use waiaas_store::{StatusChange, Store};

use crate::backend::Backend;
use crate::fixtures::{NOW, admit, advance, new_tx, seed, signed, spend, tx_id, wallet_id};

const SPAN: Duration = Duration::from_secs(3);

/// Admissions per second with so many callers at once, and admissions per commit.
async fn admissions(store: &Store, callers: u32, first: u32) -> (u64, u64) {
    let (before, start) = (store.stats(), Instant::now());
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in (first + caller..).step_by(callers as usize) {
                    if start.elapsed() >= SPAN {
                        return;
                    }
                    let new = new_tx(n, TxStatus::Executing);
                    admit(&store, new, vec![spend(1, 1)], NOW).await.expect("admit");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("task");
    }
    let after = store.stats();
    let (jobs, commits) = (after.jobs - before.jobs, after.commits - before.commits);
    (jobs / start.elapsed().as_secs().max(1), jobs / commits.max(1))
}

/// The cost of a request to the store until its bytes may leave: the commit that reserves
/// and the commit that keeps the signed bytes. Median for one request, and requests per second.
async fn requests(store: &Store, callers: u32, first: u32) -> (Duration, u64) {
    let start = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                for n in (first + caller..).step_by(callers as usize) {
                    if start.elapsed() >= SPAN {
                        break;
                    }
                    let began = Instant::now();
                    let new = new_tx(n, TxStatus::Executing);
                    admit(&store, new, vec![spend(1, 1)], NOW).await.expect("admit");
                    let bytes = StatusChange::Signed(signed(u64::from(n)));
                    advance(&store, tx_id(n), TxStatus::Executing, bytes, NOW).await.expect("sign");
                    times.push(began.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.expect("task"));
    }
    times.sort_unstable();
    (times[times.len() / 2], times.len() as u64 / start.elapsed().as_secs().max(1))
}

/// Median of a durable write of 4 KiB to a file that grows, without any database.
fn raw_write() -> Duration {
    use std::io::Write as _;
    let mut file = tempfile::tempfile().expect("file");
    let mut times = Vec::new();
    for _ in 0..500 {
        let began = Instant::now();
        file.write_all(&[0; 4096]).expect("write");
        file.sync_data().expect("fdatasync");
        times.push(began.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

/// Durable commits per second of one insert each, one after the other, without the store.
async fn raw_loop() -> u64 {
    sqlx::any::install_default_drivers();
    let dir = tempfile::tempdir().expect("temporary directory");
    let url = format!("sqlite:{}?mode=rwc", dir.path().join("raw.db").display());
    let mut conn = AnyConnection::connect(&url).await.expect("connect");
    let setup = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (a BIGINT, b TEXT)";
    sqlx::raw_sql(setup).execute(&mut conn).await.expect("setup");
    let (start, mut count) = (Instant::now(), 0u64);
    while start.elapsed() < SPAN {
        let query = sqlx::query("INSERT INTO t VALUES ($1, $2)").bind(count as i64).bind("x".repeat(500));
        query.execute(&mut conn).await.expect("insert");
        count += 1;
    }
    count / start.elapsed().as_secs().max(1)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn group_commit_against_a_raw_loop() {
    println!("raw 4 KiB write and fdatasync: {:?}", raw_write());
    println!("raw loop of durable single-row commits: {}/s", raw_loop().await);
    for (name, backend) in [("SQLite", Backend::sqlite()), ("PostgreSQL (fsync off)", Backend::postgres())] {
        let db = backend.open().await;
        seed(&db.store).await;
        for (round, callers) in [1, 8, 64, 256].into_iter().enumerate() {
            let first = 1_000_000 * (1 + round as u32);
            let (rate, share) = admissions(&db.store, callers, first).await;
            println!("{name}: {callers} callers: {rate} admissions/s (row, hold, audit), {share} per commit");
        }
        for (round, callers) in [1, 32].into_iter().enumerate() {
            let first = 100_000_000 * (1 + round as u32);
            let (median, rate) = requests(&db.store, callers, first).await;
            println!("{name}: {callers} callers: {rate} requests/s (reserved and signed), median {median:?}");
        }
        let start = Instant::now();
        let ledger = db.store.ledger(wallet_id(1), NOW, &[]).await.expect("ledger");
        let rows = ledger.asset_day.values().sum::<waiaas_core::U256>();
        println!("{name}: ledger over {rows} rows in {:?}", start.elapsed());
        let start = Instant::now();
        let chain = db.store.verify_chain().await.expect("chain");
        println!("{name}: chain of {} rows verified in {:?}", chain.rows, start.elapsed());
    }
}
