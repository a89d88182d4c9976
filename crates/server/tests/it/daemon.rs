//! A daemon of one's own for each test.

use std::sync::Arc;

use reqwest::{Method, RequestBuilder};
use secrecy::SecretString;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use waiaas_api::client::Client;
use waiaas_api::sessions::{CreateSession, IssuedSession};
use waiaas_api::wallets::Wallet;
use waiaas_core::network::{Chain, Environment};
use waiaas_engine::config::Config;
use waiaas_engine::offline::{InitMode, init};
use waiaas_engine::{Clock as _, DataDir, Engine, Setup, SystemClock};
use waiaas_server::{Listeners, ServeError, Socket, serve};

pub(crate) const PASSWORD: &str = "my-secret-password";

pub(crate) struct Daemon {
    pub(crate) base: String,
    /// The address for monitoring.
    pub(crate) monitoring: String,
    pub(crate) http: reqwest::Client,
    pub(crate) stop: CancellationToken,
    pub(crate) serving: JoinHandle<Result<(), ServeError>>,
    data: TempDir,
}

impl Daemon {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With settings other than the defaults.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().expect("directory");
        let dir = DataDir::new(data.path());
        let flags = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let config = Config::from_parts(None, [], flags).expect("config");
        let password = || SecretString::from(PASSWORD);
        init(&dir, &config, InitMode::Password(password()), SystemClock.now()).await.expect("init");
        let setup = Setup { data_dir: dir, config, password: password(), clock: Arc::new(SystemClock) };
        let engine = Engine::start(setup).await.expect("engine");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let base = format!("http://{}", listener.local_addr().expect("address"));
        let stop = CancellationToken::new();
        let socket = Socket::bind(&DataDir::new(data.path()).socket()).expect("socket");
        let metrics = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let monitoring = format!("http://{}", metrics.local_addr().expect("address"));
        let listeners = Listeners { tcp: listener, socket: Some(socket), metrics: Some(metrics) };
        let serving = tokio::spawn(serve(engine, listeners, stop.clone()));
        Self { base, monitoring, http: reqwest::Client::new(), stop, serving, data }
    }

    /// A client on the socket of the data directory, without credentials.
    pub(crate) fn local(&self) -> Client {
        Client::over_socket(&self.socket()).expect("client")
    }

    /// The socket of the data directory.
    pub(crate) fn socket(&self) -> std::path::PathBuf {
        DataDir::new(self.data.path()).socket()
    }

    /// The operator's client.
    pub(crate) fn operator(&self) -> Client {
        Client::new(&self.base).expect("client").master_password(PASSWORD.into())
    }

    /// An agent's client.
    pub(crate) fn agent(&self, session: &IssuedSession) -> Client {
        Client::new(&self.base).expect("client").session_token(session.token.clone().into_inner())
    }

    pub(crate) async fn wallet(&self, name: &str) -> Wallet {
        let new = waiaas_api::wallets::CreateWallet {
            name: name.to_owned(),
            chain: Chain::Solana,
            environment: Environment::Local,
            create_session: false,
        };
        self.operator().create_wallet(&new).await.expect("wallet").wallet
    }

    pub(crate) async fn session(&self, wallet: &Wallet) -> IssuedSession {
        let new = CreateSession { wallet_id: Some(wallet.id), ..CreateSession::default() };
        self.operator().create_session(&new).await.expect("session")
    }

    /// A bare request.
    pub(crate) fn ask(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("method");
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// A bare request by the socket.
    pub(crate) fn ask_locally(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("method");
        let http = reqwest::Client::builder().unix_socket(self.socket()).build().expect("client");
        http.request(method, format!("http://localhost{path}"))
    }
}

/// Status and body of an answer; every body is JSON, or there is none.
pub(crate) async fn read(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("answer");
    let status = response.status().as_u16();
    let text = response.text().await.expect("body");
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("JSON") };
    (status, body)
}

impl Daemon {
    /// The value of `Authorization` for a session.
    pub(crate) fn agent_header(&self, session: &IssuedSession) -> String {
        use secrecy::ExposeSecret as _;
        format!("Bearer {}", session.token.clone().into_inner().expose_secret())
    }
}
