//! Everything that a killed daemon had acknowledged is there afterwards.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use tempfile::tempdir;
use waiaas_core::audit::AuditEventKind;
use waiaas_store::{DatabaseUrl, Store, StoreError};

use crate::fixtures::{NOW, entry, new_wallet};

const PATH: &str = "WAIAAS_STORE_CRASH_DATABASE";

/// Not a case but the process to be killed: writes wallets from eight tasks and prints each number
/// once its commit was acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn child_writes_until_killed() {
    let Ok(path) = std::env::var(PATH) else { return };
    let url = DatabaseUrl::sqlite(path.as_ref()).expect("url");
    let store = Store::open(&url).await.expect("open");
    let tasks: Vec<_> = (0..8u32)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in (task..).step_by(8) {
                    let audit = entry(AuditEventKind::WalletCreated, NOW);
                    let done: Result<(), StoreError> = store
                        .write(move |tx| {
                            Box::pin(async move { tx.insert_wallet(new_wallet(n), audit).await })
                        })
                        .await;
                    done.expect("write");
                    println!("\nACK {n}");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("task");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_writes_survive_sigkill() {
    let dir = tempdir().expect("temporary directory");
    for round in 0..3 {
        let path = dir.path().join(format!("{round}.db"));
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "crash::child_writes_until_killed", "--nocapture"])
            .env(PATH, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("child");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
        let mut acknowledged = Vec::new();
        let number = |line: String| line.strip_prefix("ACK ").and_then(|n| n.trim().parse::<u32>().ok());
        while acknowledged.len() < 100 + round * 37 {
            let line = lines.next().expect("the child writes until it is killed").expect("line");
            acknowledged.extend(number(line));
        }
        child.kill().expect("SIGKILL");
        child.wait().expect("wait");
        // Lines printed before the kill and not read yet were acknowledged as well; a torn last line
        // may be a shortened number, so only complete lines count.
        let mut rest: Vec<String> = lines.map_while(Result::ok).collect();
        rest.pop();
        acknowledged.extend(rest.into_iter().filter_map(number));
        let store =
            Store::open(&DatabaseUrl::sqlite(&path).expect("url")).await.expect("open after the crash");
        let names: std::collections::HashSet<_> =
            store.wallets().await.expect("wallets").into_iter().map(|wallet| wallet.name).collect();
        let lost: Vec<_> = acknowledged.iter().filter(|n| !names.contains(&format!("wallet-{n}"))).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        let chain = store.verify_chain().await.expect("chain");
        assert_eq!((chain.rows, chain.first_bad), (names.len() as i64, None), "one audit row per wallet");
        store.close().await;
    }
}
