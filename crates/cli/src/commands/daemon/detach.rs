//! `waiaas start --daemon`: runs the same command again, in the background.
//!
//! The parent asks for the password if it can and passes it on standard input. The child runs with `--json`,
//! so its first line is either its address or its error; the parent prints the same, with the child's exit
//! code. Only the process itself reports its process id, after it holds the data directory and listens.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use waiaas_api::client::Client;
use waiaas_engine::config::Config;
use waiaas_engine::offline::is_initialised;
use zeroize::Zeroizing;

use super::StartArgs;
use crate::context::Context;
use crate::exit::Relayed;
use crate::{output, password};

/// Maximum time until a daemon listens.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts the daemon in the background and waits until it listens.
pub(super) async fn run(context: &Context, config: &Config, args: &StartArgs) -> Result<()> {
    let password = password_for(context, config).await?;
    let log = context.data_dir().path().join("daemon.log");
    let open = OpenOptions::new().create(true).append(true).mode(0o600).open(&log);
    let file = open.with_context(|| format!("opening {}", log.display()))?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(again(context, args))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(file)
        .spawn()
        .context("starting the daemon")?;
    let said = tokio::time::timeout(PATIENCE, first_word(&mut child, password)).await;
    let Ok(said) = said else {
        child.kill().await.context("ending a daemon that does not become ready")?;
        bail!("the daemon was not ready after {} s and was ended; see {}", PATIENCE.as_secs(), log.display());
    };
    let said = said?;
    if said["event"] != "listening" {
        return Err(ended(&child.wait().await?, said, &log).into());
    }
    let url = said["url"].as_str().context("the daemon does not report its address")?;
    if let Err(error) = Client::new(url)?.health().await {
        child.kill().await.context("ending a daemon that does not answer")?;
        return Err(error).context("the daemon does not answer and was ended");
    }
    let value = json!({ "url": url, "pid": said["pid"], "instance": said["instance"], "log": log });
    output::show(context, &value, |v| {
        format!(
            "WAIaaS runs in the background at {url} (process {}); its log is {}.",
            v["pid"],
            log.display()
        )
    })
}

/// First steps of the child: leave the terminal, and read the password if it gets one.
pub(super) fn arrive() -> Result<Option<SecretString>> {
    // It fails only if the process already has its own session.
    let _ = rustix::process::setsid();
    let mut text = Zeroizing::new(String::new());
    std::io::stdin().read_to_string(&mut text).context("reading the password from the parent process")?;
    Ok(Some(text).filter(|text| !text.is_empty()).map(|text| SecretString::from(text.as_str())))
}

/// The password, if it must be asked for here. Fails if a daemon is running already.
async fn password_for(context: &Context, config: &Config) -> Result<Option<SecretString>> {
    context.data_dir().create()?;
    let _lock = context.data_dir().lock()?;
    if password::at_hand(context.data_dir())?.is_some() || !is_initialised(context.data_dir(), config).await?
    {
        return Ok(None);
    }
    password::prompt("Master password").map(Some)
}

fn again(context: &Context, args: &StartArgs) -> Vec<OsString> {
    let mut list: Vec<OsString> = vec!["--json".into(), "--data-dir".into()];
    list.push(context.data_dir().path().into());
    list.extend(["start".into(), "--detached".into()]);
    let mut option = |name: &str, value: String| list.push(format!("{name}={value}").into());
    args.port.iter().for_each(|port| option("--port", port.to_string()));
    args.hostname.iter().for_each(|hostname| option("--hostname", hostname.clone()));
    args.settings.iter().for_each(|setting| option("--set", setting.clone()));
    list
}

/// The child's first line; null if it ends without one.
async fn first_word(child: &mut Child, password: Option<SecretString>) -> Result<Value> {
    let mut input = child.stdin.take().context("standard input")?;
    if let Some(password) = password {
        input.write_all(password.expose_secret().as_bytes()).await.context("passing the password on")?;
    }
    drop(input);
    let mut out = BufReader::new(child.stdout.take().context("standard output")?);
    let mut line = String::new();
    out.read_line(&mut line).await.context("reading the daemon's output")?;
    Ok(serde_json::from_str(&line).unwrap_or(Value::Null))
}

/// The child's end as the parent's result.
fn ended(status: &ExitStatus, said: Value, log: &Path) -> Relayed {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    let document = if said["message"].is_string() {
        said
    } else {
        let how = match (status.signal(), status.code()) {
            (Some(signal), _) => format!("by signal {signal}"),
            (None, Some(code)) => format!("with code {code}"),
            (None, None) => "at once".to_owned(),
        };
        let message = format!("the daemon ended {how}; see {}", log.display());
        json!({ "code": "CLI_ERROR", "message": message })
    };
    Relayed { code: code.filter(|code| *code != 0).unwrap_or(1), document }
}
