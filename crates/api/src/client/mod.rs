//! A typed HTTP client for the daemon's API.
//!
//! One method per operation, one file per noun. The client follows no redirects, uses no proxy, has a timeout
//! on everything, and adds an `Idempotency-Key` to requests that move value. It makes no decisions, and
//! retries only a connection that a full queue refused.

mod admin;
mod changes;
mod error;
mod policies;
mod proof;
mod sessions;
mod telegram;
mod transactions;
mod walletconnect;
mod wallets;
mod webhooks;

use std::io;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

pub use changes::ChangeResult;
pub use error::{ApiError, ClientError};
pub use transactions::Sent;

use crate::problem::Problem;

/// Maximum length of an answer, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// Default timeout of a whole request.
const TIMEOUT: Duration = Duration::from_secs(90);
/// Maximum wait for a full queue of connections.
const QUEUE: Duration = Duration::from_secs(5);
/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// A connection to one daemon with the credentials it may use.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    /// Whether it uses the daemon's socket, where running as the daemon's user is a credential.
    local: bool,
    master: Option<SecretString>,
    session: Option<SecretString>,
}

/// An owner's answer to a challenge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnerSignature {
    /// The exact text signed.
    pub message: String,
    /// EVM: 65 bytes hex. Solana: 64 bytes base58 or base64.
    pub signature: String,
    /// The signer, if it is to be checked.
    pub address: Option<String>,
}

/// Which credential an operation carries.
#[derive(Clone, Copy)]
enum Credential<'a> {
    None,
    Master,
    Session,
    Owner(&'a OwnerSignature),
    MasterAndOwner(Option<&'a OwnerSignature>),
}

impl Client {
    /// A client for the daemon at `base_url`, such as `http://127.0.0.1:3100`.
    ///
    /// # Errors
    ///
    /// [`ClientError::BaseUrl`] if it is not an http or https URL, [`ClientError::Transport`] if the HTTP
    /// client cannot be set up.
    pub fn new(base_url: &str) -> Result<Self, ClientError> {
        Self::with_timeout(base_url, TIMEOUT)
    }

    /// [`Client::new`] with another timeout of whole requests.
    ///
    /// # Errors
    ///
    /// Those of [`Client::new`].
    pub fn with_timeout(base_url: &str, timeout: Duration) -> Result<Self, ClientError> {
        let base = Url::parse(base_url).map_err(|_| ClientError::BaseUrl)?;
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(ClientError::BaseUrl);
        }
        let http = builder(timeout).build().map_err(ClientError::transport)?;
        Ok(Self { http, base, local: false, master: None, session: None })
    }

    /// A client for the daemon on this machine that listens on the Unix socket `path`.
    ///
    /// # Errors
    ///
    /// [`ClientError::Transport`] if the HTTP client cannot be set up.
    pub fn over_socket(path: &Path) -> Result<Self, ClientError> {
        // The name is not resolved; the daemon accepts it in `Host`.
        let base = Url::parse("http://localhost/").map_err(|_| ClientError::BaseUrl)?;
        let http = builder(TIMEOUT).unix_socket(path).build().map_err(ClientError::transport)?;
        Ok(Self { http, base, local: true, master: None, session: None })
    }

    /// Uses the master password for operations that need it.
    #[must_use]
    pub fn master_password(mut self, password: SecretString) -> Self {
        self.master = Some(password);
        self
    }

    /// Uses a session token for operations that need it.
    #[must_use]
    pub fn session_token(mut self, token: SecretString) -> Self {
        self.session = Some(token);
        self
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        credential: Credential<'_>,
    ) -> Result<RequestBuilder, ClientError> {
        let url = self.base.join(path).map_err(|_| ClientError::BaseUrl)?;
        let mut headers = HeaderMap::new();
        match credential {
            Credential::None => {}
            Credential::Master => self.add_master(&mut headers)?,
            Credential::Session => self.add_session(&mut headers)?,
            Credential::Owner(owner) => add_owner(&mut headers, owner)?,
            Credential::MasterAndOwner(owner) => {
                self.add_master(&mut headers)?;
                if let Some(owner) = owner {
                    add_owner(&mut headers, owner)?;
                }
            }
        }
        Ok(self.http.request(method, url).headers(headers))
    }

    fn add_master(&self, headers: &mut HeaderMap) -> Result<(), ClientError> {
        let password = self.master.as_ref().ok_or(ClientError::NoMasterPassword)?;
        let value = secret_header(password.expose_secret())?;
        headers.insert(HeaderName::from_static("x-master-password"), value);
        Ok(())
    }

    fn add_session(&self, headers: &mut HeaderMap) -> Result<(), ClientError> {
        let token = self.session.as_ref().ok_or(ClientError::NoSessionToken)?;
        headers.insert(AUTHORIZATION, secret_header(&format!("Bearer {}", token.expose_secret()))?);
        Ok(())
    }

    /// The credential for activating the kill switch; over the socket none is needed.
    fn activator(&self) -> Credential<'static> {
        if self.local && self.master.is_none() { Credential::None } else { Credential::Master }
    }

    /// The credential for data that both an agent and the operator may read: the session token if there is
    /// one.
    fn either(&self) -> Credential<'static> {
        if self.session.is_some() { Credential::Session } else { Credential::Master }
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        credential: Credential<'_>,
    ) -> Result<T, ClientError> {
        answer(self.request(Method::GET, path, credential)?).await
    }

    async fn query<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &impl Serialize,
        credential: Credential<'_>,
    ) -> Result<T, ClientError> {
        let pairs = query_pairs(query)?;
        let mut url = self.base.join(path).map_err(|_| ClientError::BaseUrl)?;
        if !pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        answer(self.request(Method::GET, url.as_str(), credential)?).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        credential: Credential<'_>,
    ) -> Result<T, ClientError> {
        answer(self.request(method, path, credential)?).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
        credential: Credential<'_>,
    ) -> Result<T, ClientError> {
        answer(self.request(method, path, credential)?.json(body)).await
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

fn builder(timeout: Duration) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(timeout)
        .connect_timeout(timeout.min(Duration::from_secs(5)))
        .user_agent(concat!("waiaas/", env!("CARGO_PKG_VERSION")))
}

/// A header with exactly this value. Blanks at its ends would be dropped on the way (RFC 9110 §5.5), and the
/// rest would be taken for another credential.
fn secret_header(text: &str) -> Result<HeaderValue, ClientError> {
    if text.trim() != text {
        return Err(ClientError::NotAHeader);
    }
    let mut value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| ClientError::NotAHeader)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The message is sent on one line, each line break written as `\n`.
fn add_owner(headers: &mut HeaderMap, owner: &OwnerSignature) -> Result<(), ClientError> {
    let line = owner.message.replace('\n', "\\n");
    headers.insert(HeaderName::from_static("x-owner-message"), secret_header(&line)?);
    headers.insert(HeaderName::from_static("x-owner-signature"), secret_header(&owner.signature)?);
    if let Some(address) = &owner.address {
        headers.insert(HeaderName::from_static("x-owner-address"), secret_header(address)?);
    }
    Ok(())
}

/// A flat query object as key-value pairs; `null` is skipped.
fn query_pairs(query: &impl Serialize) -> Result<Vec<(String, String)>, ClientError> {
    let value = serde_json::to_value(query).map_err(|_| ClientError::NotJson)?;
    let object = value.as_object().cloned().unwrap_or_default();
    Ok(object
        .into_iter()
        .filter_map(|(key, value)| match value {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some((key, text)),
            other => Some((key, other.to_string())),
        })
        .collect())
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, ClientError> {
    let (status, body) = raw(request).await?;
    parsed(status, &body)
}

fn parsed<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<T, ClientError> {
    if (200..300).contains(&status) {
        // An answer without a body is parsed as `null`.
        let text: &[u8] = if body.is_empty() { b"null" } else { body };
        return serde_json::from_slice(text).map_err(|_| ClientError::NotJson);
    }
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => Err(ClientError::Api(Box::new(ApiError { status, problem }))),
        Err(_) => Err(ClientError::NotTheDaemon { status }),
    }
}

/// Sends a request. If the queue of the daemon's socket is full (`EAGAIN`), it tries again for a while,
/// because nothing has been sent yet.
#[expect(clippy::disallowed_methods, reason = "the queue of a socket says nothing when it has room")]
async fn sent(mut request: RequestBuilder) -> Result<Response, ClientError> {
    let until = Instant::now() + QUEUE;
    loop {
        let again = request.try_clone();
        match (request.send().await, again) {
            (Err(error), Some(next)) if is_queue_full(&error) && Instant::now() < until => {
                tokio::time::sleep(PAUSE).await;
                request = next;
            }
            (answer, _) => return answer.map_err(ClientError::transport),
        }
    }
}

fn is_queue_full(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(this) = cause {
        if this.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::WouldBlock) {
            return error.is_connect();
        }
        cause = this.source();
    }
    false
}

async fn raw(request: RequestBuilder) -> Result<(u16, Vec<u8>), ClientError> {
    let mut response = sent(request).await?;
    let body = body(&mut response).await?;
    Ok((response.status().as_u16(), body))
}

async fn body(response: &mut Response) -> Result<Vec<u8>, ClientError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(ClientError::transport)? {
        if body.len().saturating_add(chunk.len()) > MAX_ANSWER {
            return Err(ClientError::NotJson);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::secret_header;

    #[test]
    fn nothing_is_sent_that_would_arrive_as_something_else() {
        for whole in ["my-secret-password", "two words", "pässwörd"] {
            assert!(secret_header(whole).is_ok_and(|value| value.as_bytes() == whole.as_bytes()), "{whole}");
        }
        for other in [" password", "password ", "password\t", "pass\nword", "password\r\n", "pass\0word"] {
            assert!(secret_header(other).is_err(), "{other:?}");
        }
    }
}
