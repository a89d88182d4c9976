//! `waiaas start` and `waiaas stop`.

mod detach;

use std::io::IsTerminal as _;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::Pid;
use secrecy::SecretString;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use waiaas_engine::config::Config;
use waiaas_engine::offline::{InitMode, init, is_initialised};
use waiaas_engine::{
    Activator, Clock as _, DataDirError, Engine, Setup, StartError, SystemClock, check_new_password,
    write_private,
};
use waiaas_server::{Listeners, Socket};

use crate::context::Context;
use crate::exit::{NoDaemon, Usage};
use crate::{environment, output, password};

/// Run the daemon.
#[derive(clap::Args)]
pub(crate) struct StartArgs {
    /// Listen on this port (0 = any free one) instead of the configured one.
    #[arg(long)]
    port: Option<u16>,
    /// Listen on this address instead of the configured one.
    #[arg(long)]
    hostname: Option<String>,
    /// Run in the background once the daemon answers; its log is DATA_DIR/daemon.log.
    #[arg(long)]
    daemon: bool,
    /// Run as the background process of --daemon, with the password on standard input.
    #[arg(long, hide = true, conflicts_with = "daemon")]
    detached: bool,
    /// Any other setting, as section.key=value; may be repeated.
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE")]
    settings: Vec<String>,
}

impl StartArgs {
    fn flags(&self) -> Result<Vec<(String, String)>> {
        let mut flags = Vec::new();
        for setting in &self.settings {
            let pair = setting.split_once('=');
            // The text is not repeated: it can be a value that is secret.
            let pair = pair.ok_or_else(|| Usage("--set: it must be section.key=value".to_owned()))?;
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
    for warning in config.warnings() {
        output::progress(&format!("warning: {warning}."));
    }
    if args.daemon {
        return detach::run(context, &config, &args).await;
    }
    let handed_over = if args.detached { detach::arrive()? } else { None };
    log_to_stderr(&config)?;
    tracing::info!(report = ?context.hardening(), "process hardening");
    let stop = CancellationToken::new();
    stop_on_signals(stop.clone())?;
    // Before anything else: without a handler, this signal ends a process.
    let signal = signal(SignalKind::user_defined1())?;
    let engine = open(context, &config, handed_over).await?;
    activate_on_signal(signal, engine.clone());
    let socket = match Socket::bind(&context.data_dir().socket()) {
        Ok(socket) => socket,
        Err(error) => {
            engine.shutdown().await;
            return Err(error.into());
        }
    };
    let listener = match TcpListener::bind(config.daemon.listen()).await {
        Ok(listener) => listener,
        Err(error) => {
            engine.shutdown().await;
            return Err(error).with_context(|| cannot_listen(&config));
        }
    };
    let metrics = match listen_for_monitoring(&config).await {
        Ok(metrics) => metrics,
        Err(error) => {
            engine.shutdown().await;
            return Err(error);
        }
    };
    let address = listener.local_addr()?;
    let url = reachable(address);
    let files = [config.daemon.pid_path(context.data_dir().path()), context.url_file()];
    write_private(&files[0], format!("{}\n", std::process::id()).as_bytes())?;
    write_private(&files[1], format!("{url}\n").as_bytes())?;
    let monitoring = metrics.as_ref().map(TcpListener::local_addr).transpose()?;
    announce(context, &engine, (address, monitoring), &url);
    let listeners = Listeners { tcp: listener, socket: Some(socket), metrics };
    let served = waiaas_server::serve(engine.clone(), listeners, stop).await;
    engine.shutdown().await;
    for file in &files {
        remove(file);
    }
    if engine.is_displaced() {
        anyhow::bail!("another daemon has taken the database over");
    }
    Ok(served?)
}

/// The listener for the metrics, if the configuration asks for one.
async fn listen_for_monitoring(config: &Config) -> Result<Option<TcpListener>> {
    let Some(address) = config.metrics.listen else { return Ok(None) };
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!(
            "cannot listen on {address} (another program may use it; choose another port in metrics.listen)"
        )
    })?;
    tracing::info!(address = %listener.local_addr()?, "GET /metrics is answered here");
    Ok(Some(listener))
}

fn cannot_listen(config: &Config) -> String {
    let address = config.daemon.listen();
    format!(
        "cannot listen on {address} (another program may use it; choose another port with --port or daemon.port)"
    )
}

/// Starts the engine. In the usual case everything is set up, a password is available, and the database is
/// opened once.
async fn open(context: &Context, config: &Config, handed_over: Option<SecretString>) -> Result<Engine> {
    context.data_dir().create()?;
    let start = |password: SecretString| {
        warn_of(&password);
        let (data_dir, config) = (context.data_dir().clone(), config.clone());
        Engine::start(Setup { data_dir, config, password, clock: Arc::new(SystemClock) })
    };
    let shown = || format!("starting on {}", context.data_dir().path().display());
    let at_hand = match handed_over {
        Some(password) => Some(password),
        None => password::at_hand(context.data_dir())?,
    };
    if let Some(password) = at_hand {
        match start(password).await {
            Err(StartError::NotInitialised) => {}
            started => return started.with_context(shown),
        }
    }
    provision(context, config).await?;
    start(password::master(context.data_dir())?).await.with_context(shown)
}

/// Warns if the password of an old installation does not meet the current rule.
fn warn_of(password: &SecretString) {
    if let Err(weak) = check_new_password(password)
        && weak.is_unsendable()
    {
        output::progress(&format!(
            "warning: {weak}. It opens the keys, but commands cannot hand it to the daemon: stop the daemon \
             and choose another with `waiaas set-master`."
        ));
    }
}

/// Sets up an empty data directory if the environment gives a master password or asks for a generated one.
async fn provision(context: &Context, config: &Config) -> Result<()> {
    if is_initialised(context.data_dir(), config).await? {
        return Ok(());
    }
    let auto =
        environment::text("WAIAAS_AUTO_PROVISION")?.is_some_and(|value| value == "true" || value == "1");
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
        tracing::warn!(file = %file.display(), "a random master password was written to this file; replace it with `waiaas set-master`");
    }
    Ok(())
}

/// Prints the daemon's address, with a warning if other machines can reach it.
fn announce(
    context: &Context,
    engine: &Engine,
    (address, monitoring): (SocketAddr, Option<SocketAddr>),
    url: &str,
) {
    if context.json() {
        let event = json!({
            "event": "listening",
            "url": url,
            "address": address.to_string(),
            "metrics": monitoring.map(|at| format!("http://{at}/metrics")),
            "pid": std::process::id(),
            "instance": engine.instance(),
        });
        output::announce(&event.to_string());
    } else if address.ip().is_unspecified() {
        let version = Engine::version();
        output::announce(&format!(
            "WAIaaS {version} is listening on all addresses of this machine, port {}; from here: {url}",
            address.port()
        ));
    } else {
        output::announce(&format!("WAIaaS {} is listening on {url}", Engine::version()));
    }
    if !address.ip().is_loopback() {
        output::progress(&format!(
            "warning: other machines can reach {address}, and passwords and tokens travel unencrypted. Put a \
             proxy with TLS in front, or listen on 127.0.0.1 only. Host names that clients use must be in \
             daemon.allowed_hosts."
        ));
    }
}

/// A URL that works from this machine, whatever the listening address.
fn reachable(address: SocketAddr) -> String {
    let ip = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        SocketAddr::V4(_) | SocketAddr::V6(_) => address.ip(),
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

fn log_to_stderr(config: &Config) -> Result<()> {
    let filter = match environment::text("WAIAAS_LOG")? {
        Some(text) => EnvFilter::try_new(text).context("WAIAAS_LOG")?,
        None => EnvFilter::new(config.daemon.log_level.as_str()),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // A log that cannot be written, for example on a full disk, must not end the daemon.
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

/// Activates the kill switch on SIGUSR1, and retries until it succeeds, because no error would be seen.
#[expect(clippy::disallowed_methods, reason = "a pause between two tries")]
fn activate_on_signal(mut signal: Signal, engine: Engine) {
    tokio::spawn(async move {
        while signal.recv().await.is_some() {
            while let Err(error) = engine.activate_kill_switch(&Activator::by_signal()).await {
                tracing::error!(%error, "SIGUSR1: the kill switch cannot be activated; trying again");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            tracing::warn!("SIGUSR1: the kill switch is activated; nothing is signed");
        }
    });
}

/// Stops the daemon and waits until it has released its directory.
#[expect(clippy::disallowed_methods, reason = "a lock of another process says nothing when it is free")]
pub(crate) async fn stop(context: &Context) -> Result<()> {
    let config = context.config(Vec::new())?;
    let pid = running(context, &config)?;
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

/// The process of the running daemon. The lock shows whether there is one, not the file with the id: a stale
/// id may belong to another process, and a command that holds the directory is not a daemon.
fn running(context: &Context, config: &Config) -> Result<Pid> {
    let dir = context.data_dir().path();
    let file = config.daemon.pid_path(dir);
    let written = std::fs::read_to_string(&file).ok();
    let told = written.as_ref().and_then(|text| text.trim().parse::<u32>().ok());
    let holder = match context.data_dir().lock() {
        Err(DataDirError::InUse { pid, .. }) => pid,
        Ok(_) if written.is_some() => {
            remove(&file);
            remove(&context.url_file());
            let text = format!("no daemon runs on {}; removed a stale {}", dir.display(), file.display());
            return Err(NoDaemon(text).into());
        }
        Ok(_) => return Err(NoDaemon(format!("no daemon runs on {}", dir.display())).into()),
        Err(DataDirError::Io { reason, .. }) if reason.kind() == std::io::ErrorKind::NotFound => {
            return Err(NoDaemon(format!("no daemon runs on {}", dir.display())).into());
        }
        Err(error) => return Err(error.into()),
    };
    if told.is_none() || holder.is_some_and(|holder| Some(holder) != told) {
        let who = holder.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
        bail!("{who} is using {}, and is not a daemon that is ready; try again shortly", dir.display());
    }
    let pid = told.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    pid.with_context(|| format!("{} does not hold a process id", file.display()))
}

fn remove(path: &Path) {
    // The file may be gone already.
    let _ = std::fs::remove_file(path);
}
