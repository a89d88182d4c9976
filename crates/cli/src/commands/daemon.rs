//! `waiaas start` and `waiaas stop`.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use waiaas_engine::config::Config;
use waiaas_engine::offline::{InitMode, init, is_initialised};
use waiaas_engine::{Clock as _, Engine, Setup, StartError, SystemClock, write_private};

use crate::context::Context;
use crate::exit::NoDaemon;
use crate::{output, password};

/// Run the daemon.
#[derive(clap::Args)]
pub(crate) struct StartArgs {
    /// Listen on this port (0 takes any free one) instead of the configured one.
    #[arg(long)]
    port: Option<u16>,
    /// Listen on this address instead of the configured one.
    #[arg(long)]
    hostname: Option<String>,
    /// Go to the background once the daemon answers.
    #[arg(long)]
    daemon: bool,
    /// Any other setting, as section.key=value; may be repeated.
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE")]
    settings: Vec<String>,
}

impl StartArgs {
    fn flags(&self) -> Result<Vec<(String, String)>> {
        let mut flags = Vec::new();
        for setting in &self.settings {
            let pair =
                setting.split_once('=').with_context(|| format!("--set {setting}: section.key=value"))?;
            flags.push((pair.0.to_owned(), pair.1.to_owned()));
        }
        if let Some(port) = self.port {
            flags.push(("daemon.port".to_owned(), port.to_string()));
        }
        if let Some(hostname) = &self.hostname {
            flags.push(("daemon.hostname".to_owned(), hostname.clone()));
        }
        Ok(flags)
    }
}

pub(crate) async fn start(context: &Context, args: StartArgs) -> Result<()> {
    let config = context.config(args.flags()?)?;
    if args.daemon {
        return detach(context).await;
    }
    log_to_stderr(&config)?;
    waiaas_engine::harden_process();
    let stop = CancellationToken::new();
    stop_on_signals(stop.clone())?;
    let engine = open(context, &config).await?;
    let listener = TcpListener::bind(config.daemon.listen()).await;
    let listener = listener.with_context(|| format!("listening on {}", config.daemon.listen()))?;
    let url = reachable(&listener)?;
    let files = [config.daemon.pid_path(context.data_dir().path()), context.url_file()];
    write_private(&files[0], format!("{}\n", std::process::id()).as_bytes())?;
    write_private(&files[1], format!("{url}\n").as_bytes())?;
    announce(context, &url);
    let served = waiaas_server::serve(engine.clone(), listener, stop).await;
    engine.shutdown().await;
    for file in &files {
        remove(file);
    }
    Ok(served?)
}

/// Starts the engine. The usual case comes first: all is set up, a password is at hand, and the
/// database is opened once.
async fn open(context: &Context, config: &Config) -> Result<Engine> {
    context.data_dir().create()?;
    let start = |password| {
        let (data_dir, config) = (context.data_dir().clone(), config.clone());
        Engine::start(Setup { data_dir, config, password, clock: Arc::new(SystemClock) })
    };
    let shown = || format!("starting on {}", context.data_dir().path().display());
    if let Some(password) = password::at_hand(context.data_dir())? {
        match start(password).await {
            Err(StartError::NotInitialised) => {}
            started => return started.with_context(shown),
        }
    }
    provision(context, config).await?;
    start(password::master(context.data_dir())?).await.with_context(shown)
}

/// Sets an empty data directory up when a master password, or the wish for one, is in the environment.
async fn provision(context: &Context, config: &Config) -> Result<()> {
    if is_initialised(context.data_dir(), config).await? {
        return Ok(());
    }
    let auto = std::env::var("WAIAAS_AUTO_PROVISION").is_ok_and(|value| value == "true" || value == "1");
    let mode = match password::given()? {
        Some(password) => InitMode::Password(password),
        None if auto => InitMode::AutoProvision,
        None => bail!(
            "{} is not initialised; run `waiaas init`, or set WAIAAS_MASTER_PASSWORD_FILE or WAIAAS_AUTO_PROVISION=true",
            context.data_dir().path().display()
        ),
    };
    let report = init(context.data_dir(), config, mode, SystemClock.now()).await?;
    if report.auto_provisioned {
        let file = context.data_dir().recovery_key();
        tracing::warn!(file = %file.display(), "a random master password was left here; replace it with `waiaas set-master`");
    }
    Ok(())
}

fn announce(context: &Context, url: &str) {
    if context.json() {
        output::line(&json!({ "event": "listening", "url": url, "pid": std::process::id() }).to_string());
    } else {
        output::line(&format!("WAIaaS {} is listening on {url}", Engine::version()));
    }
}

/// A URL that works from this machine, whatever address is listened on.
fn reachable(listener: &TcpListener) -> Result<String> {
    let address = listener.local_addr()?;
    let host = if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { address.ip().to_string() };
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    Ok(format!("http://{host}:{}", address.port()))
}

fn log_to_stderr(config: &Config) -> Result<()> {
    let filter = match std::env::var("WAIAAS_LOG") {
        Ok(text) => EnvFilter::try_new(text).context("WAIAAS_LOG")?,
        Err(_) => EnvFilter::new(config.daemon.log_level.as_str()),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // A log that cannot be written, on a full disk say, must not end what it is about.
        .log_internal_errors(false)
        .init();
    Ok(())
}

fn stop_on_signals(stop: CancellationToken) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    });
    Ok(())
}

/// Starts this very command again without `--daemon`, in a process group of its own, and waits until
/// it answers. It has no terminal to ask on, so the password must be in the environment, in a file
/// named there, or in recovery.key.
async fn detach(context: &Context) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    use std::os::unix::process::CommandExt as _;
    context.data_dir().create()?;
    let log = context.data_dir().path().join("daemon.log");
    let open = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(&log);
    let file = open.with_context(|| format!("opening {}", log.display()))?;
    let arguments = std::env::args_os().skip(1).filter(|argument| argument != "--daemon");
    let mut child = Command::new(std::env::current_exe()?)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .process_group(0)
        .spawn()
        .context("starting the daemon")?;
    let client_deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(status) = child.try_wait()? {
            bail!("the daemon ended at once ({status}); see {}", log.display());
        }
        if context.url_file().exists() && context.anonymous()?.health().await.is_ok() {
            break;
        }
        if tokio::time::Instant::now() >= client_deadline {
            bail!("the daemon does not answer; see {}", log.display());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let value = json!({ "url": context.base_url()?, "pid": child.id(), "log": log });
    output::show(context, &value, |_| {
        format!("WAIaaS runs in the background (process {}); its log is {}.", child.id(), log.display())
    })
}

pub(crate) async fn stop(context: &Context) -> Result<()> {
    let config = context.config(Vec::new())?;
    let file = config.daemon.pid_path(context.data_dir().path());
    let text = std::fs::read_to_string(&file)
        .map_err(|_| NoDaemon(format!("no daemon runs here ({} cannot be read)", file.display())))?;
    let pid = text.trim().parse::<i32>().ok().and_then(rustix::process::Pid::from_raw);
    let pid = pid.with_context(|| format!("{} does not hold a process id", file.display()))?;
    // The lock, not the file, says whether a daemon runs: a stale id may belong to anybody.
    if context.data_dir().lock().is_ok() {
        remove(&file);
        remove(&context.url_file());
        let dir = context.data_dir().path().display().to_string();
        return Err(NoDaemon(format!("no daemon runs on {dir}; removed a stale {}", file.display())).into());
    }
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).context("sending SIGTERM")?;
    let patience = Duration::from_secs(config.daemon.shutdown_timeout.saturating_add(5));
    let deadline = tokio::time::Instant::now() + patience;
    while context.data_dir().lock().is_err() {
        if tokio::time::Instant::now() >= deadline {
            bail!("the daemon (process {}) did not stop in time", pid.as_raw_nonzero());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    output::show(context, &json!({ "stopped": true }), |_| "Stopped.".to_owned())
}

fn remove(path: &Path) {
    // Gone already is just as well.
    let _ = std::fs::remove_file(path);
}
