//! The endpoints of one network, asked in order of preference.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;
use waiaas_core::network::NetworkId;

use super::endpoint::{self, Endpoint, EndpointHealth, Record};
use super::envelope::{self, Answer};
use super::failure::RpcFailure;
use crate::{ChainError, Refusal};

/// How patient a pool is.
#[derive(Clone, Debug)]
pub struct RpcOptions {
    /// For one attempt at one endpoint, from connecting to the last byte.
    pub timeout: Duration,
    /// Pause after the first failure of an endpoint; doubles with each further one.
    pub cooldown: Duration,
    /// The longest pause.
    pub longest_cooldown: Duration,
    /// Largest answer accepted, in bytes.
    pub max_answer: usize,
}

impl Default for RpcOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            cooldown: Duration::from_secs(1),
            longest_cooldown: Duration::from_secs(300),
            max_answer: 8 * 1024 * 1024,
        }
    }
}

/// An HTTP client fit for [`RpcPool`]: it follows no redirects, which could carry a request elsewhere.
pub fn http_client() -> Result<Client, reqwest::Error> {
    Client::builder().redirect(reqwest::redirect::Policy::none()).connect_timeout(Duration::from_secs(5)).build()
}

/// The endpoints of one network. Clones share everything.
#[derive(Clone)]
pub struct RpcPool(Arc<Inner>);

struct Inner {
    network: NetworkId,
    endpoints: Vec<Endpoint>,
    records: Mutex<Vec<Record>>,
    client: Client,
    options: RpcOptions,
    next_id: AtomicU64,
}

impl fmt::Debug for RpcPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RpcPool({}, {} endpoints)", self.0.network, self.0.endpoints.len())
    }
}

/// How one attempt at one endpoint ended, short of an answer.
enum Attempt {
    Unreachable(String),
    BadAnswer(String),
}

impl From<Attempt> for RpcFailure {
    fn from(attempt: Attempt) -> Self {
        match attempt {
            Attempt::Unreachable(reason) => Self::Unreachable(reason),
            Attempt::BadAnswer(reason) => Self::BadAnswer(reason),
        }
    }
}

impl RpcPool {
    /// A pool over `urls`, most preferred first. Refuses an empty list and anything that is not an
    /// `http` or `https` URL. `client` should come from [`http_client`].
    pub fn new(
        network: &NetworkId,
        urls: Vec<String>,
        client: Client,
        options: RpcOptions,
    ) -> Result<Self, ChainError> {
        let refuse = |text: String| ChainError::Refused(Refusal::Unsupported(text));
        if urls.is_empty() {
            return Err(refuse(format!("no node is configured for {network}")));
        }
        let mut endpoints = Vec::with_capacity(urls.len());
        for (position, url) in urls.iter().enumerate() {
            let endpoint = Endpoint::parse(url)
                .ok_or_else(|| refuse(format!("node {} of {network} is not an http(s) URL", position + 1)))?;
            endpoints.push(endpoint);
        }
        let records = Mutex::new(vec![Record::default(); endpoints.len()]);
        let next_id = AtomicU64::new(1);
        Ok(Self(Arc::new(Inner { network: network.clone(), endpoints, records, client, options, next_id })))
    }

    /// The network served.
    pub fn network(&self) -> &NetworkId {
        &self.0.network
    }

    /// Calls `method`. Each endpoint is tried at most once; an error object of a node is an answer and
    /// ends the search, except one that says the node is too busy.
    pub async fn call<R: DeserializeOwned>(&self, method: &str, params: Value) -> Result<R, RpcFailure> {
        let mut tried = Vec::new();
        let mut last_resort_used = false;
        let mut failure = RpcFailure::Unreachable("no node is configured".to_owned());
        loop {
            let next = endpoint::next(&self.records(), &tried, Instant::now(), last_resort_used);
            let Some((position, last_resort)) = next else { return Err(failure) };
            let Some(endpoint) = self.0.endpoints.get(position) else { return Err(failure) };
            tried.push(position);
            last_resort_used |= last_resort;
            let began = Instant::now();
            match self.attempt(endpoint, method, &params).await {
                Ok(answer) => {
                    self.with_record(position, Record::succeeded);
                    return answer.and_then(|result| {
                        serde_json::from_value(result)
                            .map_err(|_| RpcFailure::BadAnswer(format!("the result of {method} has another shape")))
                    });
                }
                Err(attempt) => {
                    failure = attempt.into();
                    tracing::warn!(network = %self.0.network, endpoint = position, method, reason = %failure, "node failed");
                    let options = &self.0.options;
                    self.with_record(position, |record| {
                        let why = failure.to_string();
                        record.failed(began, Instant::now(), options.cooldown, options.longest_cooldown, why);
                    });
                }
            }
        }
    }

    /// [`RpcPool::call`] for callers to whom a node's error object means nothing in particular.
    pub async fn ask<R: DeserializeOwned>(&self, method: &str, params: Value) -> Result<R, ChainError> {
        self.call(method, params).await.map_err(|failure| failure.into_chain_error(&self.0.network))
    }

    /// A snapshot of how the endpoints are doing, in configured order.
    pub fn health(&self) -> Vec<EndpointHealth> {
        let now = Instant::now();
        self.records().iter().enumerate().map(|(position, record)| record.health(position, now)).collect()
    }

    async fn attempt(
        &self,
        endpoint: &Endpoint,
        method: &str,
        params: &Value,
    ) -> Result<Result<Value, RpcFailure>, Attempt> {
        let id = self.0.next_id.fetch_add(1, Ordering::Relaxed);
        let request = self.0.client.post(endpoint.url.clone()).timeout(self.0.options.timeout);
        let response = request.json(&envelope::request(id, method, params)).send().await.map_err(broken)?;
        let status = response.status();
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return Err(Attempt::Unreachable(format!("HTTP {}", status.as_u16())));
        }
        if response.url() != &endpoint.url {
            return Err(Attempt::Unreachable("the node redirects elsewhere".to_owned()));
        }
        let body = self.bounded_body(response).await?;
        match envelope::read(&body, id) {
            Ok(Answer::Result(result)) => Ok(Ok(result)),
            Ok(Answer::Error { code, message, data }) => {
                let message = endpoint.redact(&message);
                let data = data.filter(|data| !endpoint.leaks_in(&data.to_string()));
                Ok(Err(RpcFailure::Node { code, message, data }))
            }
            Ok(Answer::Busy) => Err(Attempt::Unreachable("the node is too busy".to_owned())),
            // A refusal in the provider's own format, such as an expired key.
            Err(_) if !status.is_success() => Err(Attempt::Unreachable(format!("HTTP {}", status.as_u16()))),
            Err(reason) => Err(Attempt::BadAnswer(reason.to_owned())),
        }
    }

    async fn bounded_body(&self, mut response: Response) -> Result<Vec<u8>, Attempt> {
        let most = self.0.options.max_answer;
        let too_large = || Attempt::BadAnswer(format!("the answer is larger than {most} bytes"));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len().saturating_add(chunk.len()) > most {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn records(&self) -> MutexGuard<'_, Vec<Record>> {
        // A panic while holding the lock leaves at worst a stale pause behind.
        self.0.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_record(&self, position: usize, change: impl FnOnce(&mut Record)) {
        if let Some(record) = self.records().get_mut(position) {
            change(record);
        }
    }
}

/// Names a transport error without its text, which holds the URL.
#[expect(clippy::needless_pass_by_value, reason = "used as a map_err function")]
fn broken(error: reqwest::Error) -> Attempt {
    let reason = if error.is_timeout() {
        "the node did not answer in time"
    } else if error.is_connect() {
        "no connection to the node"
    } else {
        "the connection to the node broke"
    };
    Attempt::Unreachable(reason.to_owned())
}
