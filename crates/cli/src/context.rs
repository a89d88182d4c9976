//! The data directory, the daemon and the caller's credentials.
//!
//! Commands reach the daemon of their data directory only through its Unix socket, because another process
//! may listen on a port. Only an explicit URL leads elsewhere.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use secrecy::SecretString;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::Instant;
use waiaas_api::client::{Client, ClientError};
use waiaas_engine::config::Config;
use waiaas_engine::{DataDir, Hardening};

use crate::exit::NoDaemon;
use crate::{environment, password, proof};

/// Maximum duration of resolving `localhost`.
const LOOK: Duration = Duration::from_secs(5);

/// Maximum wait for a full queue of the socket.
const QUEUE: Duration = Duration::from_secs(5);
/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// The state that every command needs.
pub(crate) struct Context {
    data_dir: DataDir,
    base_url: Option<String>,
    json: bool,
    hardening: Hardening,
}

impl Context {
    pub(crate) fn new(
        data_dir: Option<PathBuf>,
        base_url: Option<String>,
        json: bool,
        hardening: Hardening,
    ) -> Self {
        let home = || environment::variable("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from);
        let path = data_dir.unwrap_or_else(|| home().join(".waiaas"));
        Self { data_dir: DataDir::new(path), base_url, json, hardening }
    }

    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// The protection of this process from dumps, debuggers and swap.
    pub(crate) fn hardening(&self) -> Hardening {
        self.hardening
    }

    pub(crate) fn data_dir(&self) -> &DataDir {
        &self.data_dir
    }

    /// The configuration of the data directory, overridden by the environment and `flags`.
    ///
    /// # Errors
    ///
    /// If it is not valid, or if other users may change it.
    pub(crate) fn config(&self, flags: Vec<(String, String)>) -> Result<Config> {
        self.data_dir.refuse_shared()?;
        Ok(Config::load(self.data_dir.path(), environment::all(), flags)?)
    }

    /// The file to which a running daemon writes its URL, for people and their agents. Commands do not use
    /// it.
    pub(crate) fn url_file(&self) -> PathBuf {
        self.data_dir.path().join("daemon.url")
    }

    /// The URL of the daemon for agents: the given one, else the one written by the running daemon, else the
    /// configured one.
    pub(crate) fn base_url(&self) -> Result<String> {
        if let Some(url) = &self.base_url {
            return Ok(url.clone());
        }
        if let Ok(url) = std::fs::read_to_string(self.url_file()) {
            return Ok(url.trim().to_owned());
        }
        let daemon = self.config(Vec::new())?.daemon;
        Ok(format!("http://127.0.0.1:{}", daemon.port))
    }

    /// Whether the daemon is that of the data directory.
    pub(crate) fn is_local(&self) -> bool {
        self.base_url.is_none()
    }

    /// A client without credentials.
    pub(crate) async fn anonymous(&self) -> Result<Client> {
        match &self.base_url {
            Some(url) => pinned(Client::new(url)?).await,
            None => Ok(Client::over_socket(&self.local_daemon().await?)?),
        }
    }

    /// A client with the operator's password from its source. A password is asked for only after a daemon
    /// answers.
    pub(crate) async fn operator(&self) -> Result<Client> {
        self.refuse_shared()?;
        let client = self.anonymous().await?;
        if !self.is_local()
            && let Err(error) = client.health().await
            // A daemon that refuses for too many requests is running as well.
            && !matches!(error, ClientError::Api(_))
        {
            return Err(error.into());
        }
        let password = password::master(&self.data_dir)?;
        self.with_password(client, password).await
    }

    /// [`Context::operator`] with a given password.
    pub(crate) async fn operator_with(&self, password: SecretString) -> Result<Client> {
        self.refuse_shared()?;
        let client = self.anonymous().await?;
        self.with_password(client, password).await
    }

    /// Refuses a directory that other users may write to: no secret is sent to or read from it.
    pub(crate) fn refuse_shared(&self) -> Result<()> {
        Ok(self.data_dir.refuse_shared()?)
    }

    async fn with_password(&self, client: Client, password: SecretString) -> Result<Client> {
        if !self.is_local() {
            proof::demand(&client, &password).await?;
        }
        Ok(client.master_password(password))
    }

    /// The socket of the data directory, if this user or root answers on it. For root it may also be the
    /// directory's owner: no secret is sent then ([`Context::operator`] refuses such a directory), but the
    /// kill switch of a service user's daemon can be activated.
    async fn local_daemon(&self) -> Result<PathBuf> {
        let (dir, socket) = (self.data_dir.path().display(), self.data_dir.socket());
        let stream = match connected(&socket).await {
            Ok(stream) => stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let message = format!("too many processes are connecting to {}; try again", socket.display());
                return Err(NoDaemon(message).into());
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
                let message = format!("no daemon runs on {dir}; start one with `waiaas start`");
                return Err(NoDaemon(message).into());
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                bail!("{} belongs to another user; run this command as the daemon's user", socket.display())
            }
            Err(error) => bail!("cannot connect to {}: {error}", socket.display()),
        };
        let answers = stream.peer_cred().with_context(|| format!("asking who answers on {dir}"))?.uid();
        let me = rustix::process::geteuid();
        let owner = std::fs::metadata(self.data_dir.path()).map(|found| found.uid()).ok();
        let owner = owner.filter(|_| me.is_root());
        let trusted = [Some(me.as_raw()), owner, Some(0)];
        if !trusted.contains(&Some(answers)) {
            let socket = socket.display();
            let message =
                format!("user {answers}, who is neither you nor root, answers on {socket}; nothing was sent");
            return Err(NoDaemon(message).into());
        }
        Ok(socket)
    }
}

/// Connects; if the queue is full (`EAGAIN`), tries again for a while.
#[expect(clippy::disallowed_methods, reason = "the queue of a socket says nothing when it has room")]
async fn connected(socket: &Path) -> std::io::Result<UnixStream> {
    let until = Instant::now() + QUEUE;
    loop {
        match UnixStream::connect(socket).await {
            Err(error) if error.kind() == ErrorKind::WouldBlock && Instant::now() < until => {
                tokio::time::sleep(PAUSE).await;
            }
            connected => return connected,
        }
    }
}

/// A name such as `localhost` has several addresses, which may belong to different processes. It is resolved
/// once; everything that follows uses and names the one address that answered.
async fn pinned(client: Client) -> Result<Client> {
    let Some((name, port)) = client.local_name() else { return Ok(client) };
    let found = tokio::time::timeout(LOOK, TcpStream::connect((name, port))).await;
    let ip = match found.map(|connected| connected.and_then(|stream| stream.peer_addr())) {
        Ok(Ok(address)) => address.ip(),
        // Nothing answers; the first request reports that.
        Ok(Err(_)) | Err(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    Ok(client.pinned_to(ip)?)
}
