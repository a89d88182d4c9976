//! One more EVM node, of any chain id, that ends with the test.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context as _, Result};

use crate::parts::Parts;

/// Runs the node under a shell that holds a pipe from us. The kernel closes our end however we go, and then the
/// shell ends the node.
const LIFELINE: &str =
    "\"$@\" </dev/null & exec >/dev/null; read -r nothing; kill -KILL $! 2>/dev/null; wait";

/// A running node, which mines each transaction at once.
pub struct Anvil {
    shell: Child,
    lifeline: Option<ChildStdin>,
    url: String,
}

impl Anvil {
    /// Starts one on a free port.
    pub fn start(parts: &Parts, chain_id: u64) -> Result<Self> {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", LIFELINE, "anvil-lifeline"])
            .arg(&parts.anvil)
            .args(["--host", "127.0.0.1", "--port", "0", "--gas-limit", "60000000"])
            .args(["--chain-id", &chain_id.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting anvil")?;
        let lifeline = shell.stdin.take();
        let mut lines = BufReader::new(shell.stdout.take().context("stdout")?).lines();
        let listening = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let address = line.strip_prefix("Listening on ")?;
            Some(format!("http://{}", address.trim()))
        });
        let url = listening.context("anvil ended before it listened")?;
        // Unread, its log would fill the pipe and stop it; the thread ends with the node.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Ok(Self { shell, lifeline, url })
    }

    /// Its JSON-RPC.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let _ = self.shell.wait();
    }
}
