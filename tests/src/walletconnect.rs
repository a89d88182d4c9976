//! The other side of WalletConnect: a relay, and owners' wallets made with WalletKit. Both run under Node with the
//! packages that localnet installed, and end with the test.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alloy_primitives::keccak256;
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use crate::owner::OwnerKey;
use crate::parts::Parts;
use crate::until;

/// A project id of the right form.
pub const PROJECT: &str = "00112233445566778899aabbccddeeff";
/// The longest wait for an event.
const PATIENCE: Duration = Duration::from_secs(60);

const RELAY: &str = include_str!("../peers/walletconnect/relay.mjs");
const WALLET: &str = include_str!("../peers/walletconnect/wallet.mjs");

/// A program under Node: orders go in as lines, and lines come out.
struct Peer {
    child: Child,
    orders: Option<ChildStdin>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    fn start(parts: &Parts, name: &str, text: &str, arguments: &[&str]) -> Result<Self> {
        let script = placed(parts, name, text)?;
        let mut child = Command::new("node")
            .arg(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("starting node")?;
        let output = BufReader::new(child.stdout.take().context("stdout")?);
        let lines = Arc::new(Mutex::new(Vec::new()));
        let seen = lines.clone();
        // It ends with the process.
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                seen.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        Ok(Self { orders: child.stdin.take(), child, lines })
    }

    fn order(&mut self, line: &str) -> Result<()> {
        let orders = self.orders.as_mut().context("stdin")?;
        writeln!(orders, "{line}").and_then(|()| orders.flush()).context("the peer has ended")
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for a line after the first `from`, and returns it with the number of lines up to it.
    async fn line(&self, what: &str, from: usize, wanted: impl Fn(&str) -> bool) -> Result<(usize, String)> {
        let found = until(what, PATIENCE, || async {
            let lines = self.lines();
            let at = lines.iter().skip(from).position(|line| wanted(line));
            Ok(at.and_then(|at| Some((from + at + 1, lines.get(from + at)?.clone()))))
        });
        found.await.with_context(|| format!("the peer printed {:?}", self.lines()))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Puts a script beside the packages, since Node looks for them above the script.
fn placed(parts: &Parts, name: &str, text: &str) -> Result<PathBuf> {
    let above = parts.modules.parent().context("a folder above the packages")?;
    let path = above.join(format!("peer-{}-{name}", &hex::encode(keccak256(text))[..16]));
    if !Path::exists(&path) {
        let part = above.join(format!("{}-{name}", uuid::Uuid::new_v4()));
        std::fs::write(&part, text)?;
        std::fs::rename(&part, &path)?;
    }
    Ok(path)
}

/// A relay.
pub struct WcRelay {
    peer: Peer,
    url: String,
}

impl WcRelay {
    /// Starts one.
    pub async fn start(parts: &Parts) -> Result<Self> {
        let peer = Peer::start(parts, "relay.mjs", RELAY, &[])?;
        let (_, line) = peer.line("the relay", 0, |line| line.starts_with("relay=")).await?;
        Ok(Self { peer, url: line.trim_start_matches("relay=").to_owned() })
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Gives a command: `drop`, `mute`, `unmute`, `replay`, `garble`, `burden TOPIC`.
    pub async fn does(&mut self, command: &str) -> Result<()> {
        let before = self.peer.lines().len();
        self.peer.order(command)?;
        self.peer.line(command, before, |line| line == format!("ok {command}")).await.map(drop)
    }
}

/// An owner's wallet on its phone.
pub struct WalletApp {
    peer: Peer,
    read: usize,
}

impl WalletApp {
    /// Starts a wallet with the owner's key. It can claim another account than the key's.
    pub async fn start(
        parts: &Parts,
        relay: &WcRelay,
        owner: &OwnerKey,
        claims: Option<&str>,
    ) -> Result<Self> {
        let (kind, key) = match owner {
            OwnerKey::Evm(key) => ("--evm", hex::encode(key.to_bytes())),
            OwnerKey::Solana(key) => ("--solana", hex::encode(key.to_bytes())),
        };
        let mut arguments = vec!["--relay", relay.url(), "--project", PROJECT, kind, &key];
        arguments.extend(claims.map(|account| ["--account", account]).into_iter().flatten());
        let mut app = Self { peer: Peer::start(parts, "wallet.mjs", WALLET, &arguments)?, read: 0 };
        app.event("ready").await?;
        Ok(app)
    }

    /// Gives an order, and waits until it is carried out.
    pub async fn does(&mut self, order: Value) -> Result<()> {
        let before = self.peer.lines().len();
        let name = order["do"].as_str().context("do")?.to_owned();
        self.peer.order(&order.to_string())?;
        let done = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap_or_default();
            line["do"] == name.as_str()
        };
        let (_, line) = self.peer.line(&name, before, done).await?;
        let line: Value = serde_json::from_str(&line)?;
        ensure!(line["event"] == "done", "{line}");
        Ok(())
    }

    /// How it answers requests from now on: `sign`, `refuse`, `hold`, `wrong-key` or `twice`.
    pub async fn answers(&mut self, how: &str) -> Result<()> {
        self.does(json!({ "do": "requests", "answer": how })).await
    }

    /// Waits for the next event of a kind. Earlier ones are passed over.
    pub async fn event(&mut self, kind: &str) -> Result<Value> {
        let wanted = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap_or_default();
            line["event"] == kind || (line["event"] == "error" && kind != "error")
        };
        let (read, line) = self.peer.line(kind, self.read, wanted).await?;
        self.read = read;
        let event: Value = serde_json::from_str(&line)?;
        if event["event"] != kind {
            bail!("the wallet failed: {event}");
        }
        Ok(event)
    }

    /// The events of a kind so far.
    pub fn events(&self, kind: &str) -> Vec<Value> {
        let lines = self.peer.lines();
        let events = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        events.filter(|event| event["event"] == kind).collect()
    }
}
