//! The real binary on a directory of its own.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::api::Api;
use crate::http::plain_client;
use crate::localnet::Localnet;

/// The operator's password in tests, as in the article.
pub const PASSWORD: &str = "my-secret-password";

/// The Solana endpoint of a daemon that has no Solana node: the default setting.
pub const NO_SOLANA: &str = "http://127.0.0.1:8899";

/// How a daemon is set up.
#[derive(Clone, Debug)]
pub struct DaemonOptions {
    /// Solana endpoint.
    pub solana: String,
    /// EVM endpoint.
    pub evm: String,
    /// Dollar prices by CAIP-19 id, beside the built-in table.
    pub prices: Vec<(String, String)>,
    /// More lines for config.toml.
    pub extra: String,
    /// A program and its first arguments that become the daemon, such as `env`; none when empty.
    pub through: Vec<String>,
}

impl DaemonOptions {
    /// Straight to the nodes, with a price for each test token.
    pub fn of(localnet: &Localnet) -> Self {
        Self {
            solana: localnet.solana.rpc.clone(),
            evm: localnet.evm.rpc.clone(),
            prices: vec![
                (format!("solana:localnet/token:{}", localnet.solana.spl_mint), "1".into()),
                (format!("solana:localnet/token:{}", localnet.solana.token2022_mint), "2".into()),
                (format!("eip155:31337/erc20:{}", localnet.evm.erc20.to_lowercase()), "1".into()),
                (format!("eip155:31337/erc20:{}", localnet.evm.coin.to_lowercase()), "1".into()),
            ],
            extra: String::new(),
            through: Vec::new(),
        }
    }

    /// Straight to an EVM node, while no Solana node is there.
    pub fn of_evm(evm: &str) -> Self {
        let (solana, evm) = (NO_SOLANA.to_owned(), evm.to_owned());
        Self { solana, evm, prices: Vec::new(), extra: String::new(), through: Vec::new() }
    }

    fn config(&self) -> String {
        let mut text = format!(
            "[daemon]\nport = 0\n\n\
             [rpc]\nsolana_localnet = \"{}\"\nevm_localnet = \"{}\"\n\n\
             [confirmation]\npoll_interval_ms = 100\n\n[prices]\nsources = []\n\n[prices.table]\n",
            self.solana, self.evm
        );
        for (asset, price) in &self.prices {
            text.push_str(&format!("\"{asset}\" = \"{price}\"\n"));
        }
        text.push_str(&self.extra);
        text
    }
}

/// A running daemon. Dropping it kills the process and removes the directory.
pub struct Daemon {
    child: Child,
    dir: TempDir,
    url: String,
    metrics: Option<String>,
    through: Vec<String>,
}

/// `waiaas`, built beside the tests.
pub fn binary() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let found = here.ancestors().skip(1).take(2).map(|dir| dir.join("waiaas")).find(|path| path.exists());
    found.context("target/debug/waiaas is missing; run `cargo build --package waiaas-cli` first")
}

impl Daemon {
    /// Starts one on an empty directory, which it sets up by itself.
    pub fn start(options: &DaemonOptions) -> Result<Self> {
        let dir = TempDir::new()?;
        std::fs::write(dir.path().join("config.toml"), options.config())?;
        let Launched { child, url, metrics } = launch(dir.path(), &options.through)?;
        Ok(Self { child, dir, url, metrics, through: options.through.clone() })
    }

    /// Kills the process at once, as a power cut would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts again on the same directory after a kill or a stop.
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        let Launched { child, url, metrics } = launch(self.dir.path(), &self.through)?;
        (self.child, self.url, self.metrics) = (child, url, metrics);
        Ok(())
    }

    /// Stops it, changes config.toml and starts again.
    pub fn reconfigure(&mut self, edit: impl FnOnce(String) -> String) -> Result<()> {
        self.stop()?;
        let path = self.dir.path().join("config.toml");
        std::fs::write(&path, edit(std::fs::read_to_string(&path)?))?;
        self.restart()
    }

    /// Asks it to stop with SIGTERM and waits for a clean exit.
    pub fn stop(&mut self) -> Result<()> {
        kill_process(self.pid()?, Signal::TERM)?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the daemon exited with {status}");
        }
        Ok(())
    }

    /// Its process id.
    pub fn pid(&self) -> Result<Pid> {
        Pid::from_raw(i32::try_from(self.child.id())?).context("a process id")
    }

    /// Whether the process has ended.
    pub fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it gives its metrics by TCP, if it is configured to.
    pub fn metrics_url(&self) -> Option<&str> {
        self.metrics.as_deref()
    }

    /// Its metrics, by the control socket.
    pub async fn metrics(&self) -> Result<String> {
        let client = plain_client().unix_socket(self.data_dir().join("daemon.sock")).build()?;
        let answer = client.get("http://localhost/metrics").send().await?;
        Ok(answer.error_for_status()?.text().await?)
    }

    /// Its data directory.
    pub fn data_dir(&self) -> &Path {
        self.dir.path()
    }

    /// A caller without credentials.
    pub fn anonymous(&self) -> Api {
        Api::new(&self.url)
    }

    /// The operator.
    pub fn operator(&self) -> Api {
        self.anonymous().password(PASSWORD)
    }

    /// The operator on the daemon's own machine, by the socket.
    pub fn local_operator(&self) -> Result<Api> {
        Ok(Api::over_socket(&self.data_dir().join("daemon.sock"))?.password(PASSWORD))
    }

    /// An agent.
    pub fn agent(&self, token: &str) -> Api {
        self.anonymous().token(token)
    }

    /// Runs the command line against it.
    pub fn cli(&self, arguments: &[&str]) -> Result<Output> {
        let output = command(self.dir.path())?.args(arguments).output()?;
        Ok(output)
    }

    /// The same with more in its environment; an empty variable is taken out of it.
    pub fn cli_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Output> {
        let mut command = command(self.dir.path())?;
        for (name, value) in environment {
            if value.is_empty() {
                command.env_remove(name);
            } else {
                command.env(name, value);
            }
        }
        Ok(command.args(arguments).output()?)
    }

    /// The same where no password is to be had, on a terminal that is none.
    pub fn cli_without_password(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = command(self.dir.path())?;
        Ok(command.env_remove("WAIAAS_MASTER_PASSWORD").stdin(Stdio::null()).args(arguments).output()?)
    }

    /// Runs the command line with `--json` and reads what it prints.
    pub fn cli_json(&self, arguments: &[&str]) -> Result<Value> {
        let output = command(self.dir.path())?.arg("--json").args(arguments).output()?;
        if !output.status.success() {
            bail!("waiaas {arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `waiaas` with nothing of this process's environment that could configure it.
pub(crate) fn command(dir: &Path) -> Result<Command> {
    command_through(dir, &[])
}

fn command_through(dir: &Path, through: &[String]) -> Result<Command> {
    let mut command = match through {
        [] => Command::new(binary()?),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(binary()?);
            command
        }
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WAIAAS_")) {
        command.env_remove(name);
    }
    command.arg("--data-dir").arg(dir).env("WAIAAS_MASTER_PASSWORD", PASSWORD);
    Ok(command)
}

/// A daemon that has said where it listens.
struct Launched {
    child: Child,
    url: String,
    metrics: Option<String>,
}

fn launch(dir: &Path, through: &[String]) -> Result<Launched> {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(dir.join("test.log"))?;
    let mut child = command_through(dir, through)?
        .args(["--json", "start"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .context("starting waiaas")?;
    let stdout = child.stdout.take().context("stdout")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    let event: Value = serde_json::from_str(&line).unwrap_or_default();
    match event["url"].as_str() {
        Some(url) => {
            let metrics = event["metrics"].as_str().map(str::to_owned);
            Ok(Launched { child, url: url.to_owned(), metrics })
        }
        // An error is a JSON document as well.
        None => {
            let _ = child.kill();
            let _ = child.wait();
            let mut log = String::new();
            std::fs::File::open(dir.join("test.log"))?.read_to_string(&mut log)?;
            bail!("the daemon did not start: {line}{log}")
        }
    }
}
