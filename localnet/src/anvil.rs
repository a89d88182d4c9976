//! The anvil process: its start, its port and its guaranteed end.
//!
//! Belongs here: everything about the child as a process. Its chain's content belongs to `evm`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

const START_TIMEOUT: Duration = Duration::from_secs(20);
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs anvil under a shell that holds a pipe from this process, the lifeline. The kernel closes this end in
/// any case, also after SIGKILL, and then the shell kills and reaps anvil. That needs no signal from this
/// process, no `unsafe` and no Linux-only tool. The shell ignores terminal signals, so that Ctrl-C cannot end
/// it before its work is done. Its standard output is closed, so that the end of anvil's output means the end
/// of anvil.
const LIFELINE: &str = r#"
trap '' INT TERM HUP
"$@" </dev/null &
exec >/dev/null
read -r nothing
kill -KILL $! 2>/dev/null
wait
"#;

/// The dev mnemonic of all EVM test tools; given explicitly so that the accounts cannot change with an anvil
/// version.
const MNEMONIC: &str = "test test test test test test test test test test test junk";

/// A running anvil. Dropping it also stops the process, without waiting for it.
pub struct Anvil {
    shell: Child,
    lifeline: Option<ChildStdin>,
    output: JoinHandle<()>,
    port: u16,
}

impl Anvil {
    /// Starts the binary on a free loopback port and waits until it listens. Every transaction is mined at once.
    pub async fn start(binary: &Path, chain_id: u64) -> Result<Self> {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", LIFELINE, "anvil-lifeline"])
            .arg(binary)
            // With port 0 the kernel chooses, so another process cannot take the port in between.
            .args(["--host", "127.0.0.1", "--port", "0"])
            .args(["--chain-id", &chain_id.to_string(), "--mnemonic", MNEMONIC])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start /bin/sh")?;
        let lifeline = shell.stdin.take();
        let stdout = shell.stdout.take().context("anvil has no standard output")?;
        let mut lines = BufReader::new(stdout).lines();

        let port = timeout(START_TIMEOUT, read_port(&mut lines))
            .await
            .with_context(|| format!("{} does not become ready", binary.display()))?
            .with_context(|| format!("{} does not start", binary.display()))?;
        // anvil logs every request; an unread pipe would fill up and stop it.
        let output = tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { shell, lifeline, output, port })
    }

    /// Returns its URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits until anvil ends by itself, which is a failure.
    pub async fn died(&mut self) {
        // A failed reader no longer sees anvil's output, which is a failure too.
        let _ = (&mut self.output).await;
    }

    /// Stops anvil and waits until it has ended and is reaped.
    pub async fn stop(mut self) -> Result<()> {
        drop(self.lifeline.take());
        timeout(STOP_TIMEOUT, self.shell.wait())
            .await
            .context("anvil does not stop")?
            .context("anvil cannot be waited for")?;
        Ok(())
    }
}

async fn read_port(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<u16> {
    while let Some(line) = lines.next_line().await.context("anvil's output")? {
        if let Some(address) = line.strip_prefix("Listening on ") {
            let port = address.rsplit(':').next().and_then(|port| port.trim().parse().ok());
            return port.ok_or_else(|| anyhow!("no port in {line:?}"));
        }
    }
    Err(anyhow!("it ended before it listened"))
}
