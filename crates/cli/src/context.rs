//! Where the data is, where the daemon is, and who asks.
//!
//! Commands reach the daemon of their data directory through its Unix socket and nothing else: a port
//! may belong to anybody. Only a URL given by name leads elsewhere.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use secrecy::SecretString;
use tokio::net::{TcpStream, UnixStream};
use waiaas_api::client::{Client, ClientError};
use waiaas_engine::config::Config;
use waiaas_engine::{DataDir, Hardening};

use crate::exit::NoDaemon;
use crate::{environment, password, proof};

/// How long one look at where `localhost` leads may take.
const LOOK: Duration = Duration::from_secs(5);

/// How long a full queue at the socket is waited for.
const QUEUE: Duration = Duration::from_secs(5);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// What every command needs.
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
        let home = || std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from);
        let path = data_dir.unwrap_or_else(|| home().join(".waiaas"));
        Self { data_dir: DataDir::new(path), base_url, json, hardening }
    }

    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// How far this process is kept out of dumps, debuggers and swap.
    pub(crate) fn hardening(&self) -> Hardening {
        self.hardening
    }

    pub(crate) fn data_dir(&self) -> &DataDir {
        &self.data_dir
    }

    /// The configuration of the data directory, with environment and `flags` over it.
    ///
    /// # Errors
    ///
    /// Also where others may change what it says.
    pub(crate) fn config(&self, flags: Vec<(String, String)>) -> Result<Config> {
        self.data_dir.refuse_shared()?;
        Ok(Config::load(self.data_dir.path(), environment::all(), flags)?)
    }

    /// Written by a running daemon, for people and their agents. Commands do not go by it.
    pub(crate) fn url_file(&self) -> PathBuf {
        self.data_dir.path().join("daemon.url")
    }

    /// Where agents reach the daemon: as told, else as the running daemon wrote it, else as configured.
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

    /// Whether the daemon is the one of the data directory.
    pub(crate) fn is_local(&self) -> bool {
        self.base_url.is_none()
    }

    /// A client that proves nothing.
    pub(crate) async fn anonymous(&self) -> Result<Client> {
        match &self.base_url {
            Some(url) => pinned(Client::new(url)?).await,
            None => Ok(Client::over_socket(&self.local_daemon().await?)?),
        }
    }

    /// A client with the operator's password, from wherever it is. Nobody is asked for it before a
    /// daemon answers.
    pub(crate) async fn operator(&self) -> Result<Client> {
        self.refuse_shared()?;
        let client = self.anonymous().await?;
        if !self.is_local()
            && let Err(error) = client.health().await
            // A daemon that is asked too much is there as well.
            && !matches!(error, ClientError::Api(_))
        {
            return Err(error.into());
        }
        let password = password::master(&self.data_dir)?;
        self.with_password(client, password).await
    }

    /// The same with a password that was found already.
    pub(crate) async fn operator_with(&self, password: SecretString) -> Result<Client> {
        self.refuse_shared()?;
        let client = self.anonymous().await?;
        self.with_password(client, password).await
    }

    /// Nothing secret is said in a directory that others may fill, nor read from it.
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
    /// directory's owner: then nothing secret is said ([`Context::operator`] refuses such a directory), and the
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
            Err(error) if error.kind() == ErrorKind::PermissionDenied => bail!(
                "{} is another user's; run this command as the user the daemon runs as",
                socket.display()
            ),
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

/// Connects, and where the queue is full (`EAGAIN`) tries again for a while.
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

/// A name such as `localhost` stands for several addresses, which may belong to different processes. It is
/// looked up once; everything that follows goes to the one address that answered, and names that one.
async fn pinned(client: Client) -> Result<Client> {
    let Some((name, port)) = client.local_name() else { return Ok(client) };
    let found = tokio::time::timeout(LOOK, TcpStream::connect((name, port))).await;
    let ip = match found.map(|connected| connected.and_then(|stream| stream.peer_addr())) {
        Ok(Ok(address)) => address.ip(),
        // Nobody answers, and the first request will say so.
        Ok(Err(_)) | Err(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    Ok(client.pinned_to(ip)?)
}
