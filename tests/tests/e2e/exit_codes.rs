//! The table of exit codes, and commands that end with each of them.

use std::collections::BTreeSet;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use e2e::{Daemon, OwnerKey, PASSWORD};
use tempfile::TempDir;

use crate::cli::Home;
use crate::credential_matrix::unreachable_nodes;

/// Every exit code of the table that the help texts and the book show, each by commands that end with it.
#[tokio::test(flavor = "multi_thread")]
async fn every_exit_code_of_the_table_is_what_commands_end_with() -> Result<()> {
    let daemon = Daemon::start(&unreachable_nodes())?;
    // A wallet with a proved owner, so that releasing the kill switch waits.
    let wallet = daemon.cli_json(&["wallet", "create", "w", "--chain", "ethereum"])?;
    let wallet = wallet["id"].as_str().context("an id")?.to_owned();
    let owner = OwnerKey::evm(3)?.address();
    let dir = TempDir::new()?;
    let key = dir.path().join("owner.key");
    std::fs::write(&key, format!("0x{}\n", hex::encode([3u8; 32])))?;
    let key = key.display().to_string();
    daemon.cli_json(&["owner", "set", &wallet, &owner])?;
    daemon.cli_json(&["owner", "verify", &wallet, "--key-file", &key, "--yes"])?;

    let stopped = Home::new(Some(PASSWORD))?;
    let broken = Home::new(Some(PASSWORD))?;
    broken.write("config.toml", "[daemon]\nprot = 1\n")?;
    let unreadable = dir.path().join("no-such-file").display().to_string();
    let empty = dir.path().join("empty");
    std::fs::write(&empty, "\n")?;
    let empty = empty.display().to_string();
    let there = dir.path().join("there");
    std::fs::write(&there, "precious")?;
    let there = there.display().to_string();
    let id = "018f3a4e-0000-7000-8000-000000000001";

    let run = |arguments: &[&str]| daemon.cli(arguments);
    let with = |arguments: &[&str], environment: &[(&str, &str)]| daemon.cli_with(arguments, environment);
    let file = "WAIAAS_MASTER_PASSWORD_FILE";
    let plain = "WAIAAS_MASTER_PASSWORD";
    let full = || Ok::<_, anyhow::Error>(std::fs::OpenOptions::new().write(true).open("/dev/full")?);
    let ended = [
        (0, run(&["health"])?),
        (0, run(&["--help"])?),
        (1, run(&["backup", "--to", &there])?),
        (2, run(&["nonsense"])?),
        (2, run(&["tx", "show", "7"])?),
        (2, run(&["tx", "list", "--status", "NONSENSE"])?),
        (2, run(&["change", "list", "--status", "NONSENSE"])?),
        (2, run(&["start", "--set", "nonsense"])?),
        (2, run(&["policy", "create", "SPENDING_LIMIT", "--rules", "{"])?),
        (2, run(&["policy", "diff", &there])?),
        (2, run(&["--base-url", "ftp://127.0.0.1", "health"])?),
        (3, stopped.command(&["status"])?.output()?),
        (3, stopped.command(&["stop"])?.output()?),
        (3, run(&["--base-url", "http://127.0.0.1:9", "health"])?),
        (4, with(&["status"], &[(plain, "not-the-password")])?),
        (4, daemon.cli_without_password(&["status"])?),
        (4, daemon.cli_without_password(&["--base-url", daemon.url(), "kill-switch", "activate"])?),
        (4, with(&["status"], &[(plain, ""), (file, &unreadable)])?),
        (4, with(&["status"], &[(plain, ""), (file, &empty)])?),
        (4, with(&["status"], &[(file, &empty)])?),
        (4, Home::new(None)?.command(&["init"])?.output()?),
        (4, run(&["owner", "verify", &wallet, "--key-file", &unreadable, "--yes"])?),
        (5, run(&["wallet", "create", "w"])?),
        (5, run(&["wallet", "show", id])?),
        (5, run(&["wallet", "show", "nobody"])?),
        (5, run(&["tx", "show", id])?),
        (5, run(&["--base-url", daemon.url(), "backup", "--to", &unreadable])?),
        (6, broken.command(&["config", "check"])?.output()?),
        (6, broken.command(&["stop"])?.output()?),
        (0, run(&["kill-switch", "activate"])?),
        (7, run(&["kill-switch", "recover"])?),
        (
            8,
            stopped
                .command(&["config", "defaults"])?
                .stdout(full()?)
                .stderr(Stdio::null())
                .spawn()?
                .wait_with_output()?,
        ),
    ];
    for (row, (code, output)) in ended.iter().enumerate() {
        assert_eq!(output.status.code(), Some(*code), "row {row}: {output:?}");
    }
    let help = String::from_utf8(run(&["--help"])?.stdout)?;
    let (_, table) = help.split_once("Exit codes:\n").context("the table")?;
    let told: BTreeSet<i32> =
        table.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
    let shown: BTreeSet<i32> = ended.iter().map(|(code, _)| *code).collect();
    assert_eq!(told, shown, "a code that the table does not have, or no command shows");
    Ok(())
}
