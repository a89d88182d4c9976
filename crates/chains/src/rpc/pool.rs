//! The endpoints of one network, asked in order of preference.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::{Instant, timeout};
use waiaas_core::network::NetworkId;
use waiaas_outbound::Lane;

use super::body::{bounded_body, broken, read};
use super::endpoint::{Endpoint, EndpointHealth, Record, Round};
use super::envelope::{self, Answer};
use super::failure::RpcFailure;
use super::limits;
use crate::{ChainError, Refusal};

/// Timeouts, pauses and limits of a pool.
#[derive(Clone, Debug)]
pub struct RpcOptions {
    /// Timeout of one attempt at one endpoint, from connecting to the last byte.
    pub timeout: Duration,
    /// Pause after the first failure of an endpoint; doubled by each further one.
    pub cooldown: Duration,
    /// The longest pause.
    pub longest_cooldown: Duration,
    /// Largest accepted answer, in bytes. Most methods have a lower limit of their own.
    pub max_answer: usize,
    /// An endpoint that takes this long for an answer rests as after a failure, if there are others.
    pub slow: Duration,
}

impl Default for RpcOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            cooldown: Duration::from_secs(1),
            longest_cooldown: Duration::from_secs(300),
            max_answer: limits::MOST_OF_ALL,
            slow: Duration::from_millis(2_500),
        }
    }
}

/// Makes an HTTP client for [`RpcPool`]. It follows no redirects, which could send a request elsewhere.
///
/// # Errors
///
/// The error of [`reqwest`] if the client cannot be built.
pub fn http_client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .build()
}

/// The endpoints of one network. Clones share everything.
#[derive(Clone)]
pub struct RpcPool {
    shared: Arc<Shared>,
    identity: Option<Arc<Identity>>,
    only: Option<usize>,
}

struct Shared {
    network: NetworkId,
    endpoints: Vec<Endpoint>,
    records: Mutex<Vec<Record>>,
    client: Client,
    options: RpcOptions,
    next_id: AtomicU64,
}

/// The call whose result identifies the chain, and the endpoints that passed it.
struct Identity {
    method: &'static str,
    params: Value,
    expected: Value,
    passed: Vec<AtomicBool>,
}

impl fmt::Debug for RpcPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RpcPool({}, {} endpoints)", self.shared.network, self.shared.endpoints.len())
    }
}

/// An answer, or the failure of this attempt. A node's error object is an answer.
type Attempt<R> = Result<Answer<R>, RpcFailure>;

impl RpcPool {
    /// Makes a pool over `urls`, most preferred first. `client` should come from [`http_client`].
    ///
    /// # Errors
    ///
    /// [`Refusal::Unsupported`] if `urls` is empty or an entry is not an `http` or `https` URL.
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
        let shared = Shared { network: network.clone(), endpoints, records, client, options, next_id };
        Ok(Self { shared: Arc::new(shared), identity: None, only: None })
    }

    /// Returns a pool of the same endpoints, each of which must answer `method` with exactly `expected`
    /// before any other request, and again after each of its failures. An endpoint of another chain is
    /// skipped; if no other is left the call fails with [`RpcFailure::WrongChain`].
    #[must_use]
    pub fn expecting(&self, method: &'static str, params: Value, expected: Value) -> Self {
        let passed = self.shared.endpoints.iter().map(|_| AtomicBool::new(false)).collect();
        let identity = Some(Arc::new(Identity { method, params, expected, passed }));
        Self { shared: self.shared.clone(), identity, only: self.only }
    }

    /// Returns one pool per endpoint, for questions whose answers must come from the same node.
    pub fn singles(&self) -> Vec<Self> {
        let positions = (0..self.shared.endpoints.len()).filter(|p| self.only.is_none_or(|only| only == *p));
        positions.map(|position| Self { only: Some(position), ..self.clone() }).collect()
    }

    /// Returns those of [`RpcPool::singles`] that do not rest after failures, or all if fewer than `least` do
    /// not.
    pub fn awake(&self, least: usize) -> Vec<Self> {
        let all = self.singles();
        let awake: Vec<Self> = all.iter().filter(|one| !one.rests()).cloned().collect();
        if awake.len() < least { all } else { awake }
    }

    /// Returns the number of endpoints that this pool may ask.
    pub fn len(&self) -> usize {
        self.only.map_or(self.shared.endpoints.len(), |_| 1)
    }

    /// Whether the pool has no endpoint. No pool is made without one.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the position of the only endpoint, if this is one of [`RpcPool::singles`].
    pub const fn position(&self) -> Option<usize> {
        self.only
    }

    /// Returns the network of this pool.
    pub fn network(&self) -> &NetworkId {
        &self.shared.network
    }

    /// Calls `method`. Each endpoint is tried at most once. An error object of a node is an answer and ends
    /// the search, except one for a busy node.
    ///
    /// # Errors
    ///
    /// [`RpcFailure::Node`] for an error object, otherwise the failure of the last endpoint tried, or
    /// [`RpcFailure::BadAnswer`] for a result of another type.
    pub async fn call<R>(&self, method: &str, params: Value) -> Result<R, RpcFailure>
    where
        R: DeserializeOwned + Send + 'static,
    {
        let mut round = Round::default();
        let mut failure = RpcFailure::Unreachable("no node is configured".to_owned());
        loop {
            let next = round.next(&self.records(), Instant::now(), self.only);
            let Some(position) = next else { return Err(failure) };
            let began = Instant::now();
            match self.attempt(position, method, &params).await {
                Ok(answer) => {
                    self.note_answer(position, began, method);
                    return shaped(answer, method);
                }
                Err(why) => {
                    self.note_failure(position, began, method, &why);
                    failure = why;
                }
            }
        }
    }

    /// Calls `method` as [`RpcPool::call`] does, for callers that do not handle a node's error object.
    ///
    /// # Errors
    ///
    /// The failure of [`RpcPool::call`] as a [`ChainError`] of the network.
    pub async fn ask<R>(&self, method: &str, params: Value) -> Result<R, ChainError>
    where
        R: DeserializeOwned + Send + 'static,
    {
        self.call(method, params).await.map_err(|failure| failure.into_chain_error(&self.shared.network))
    }

    /// Whether every endpoint of this pool rests after failures.
    pub fn rests(&self) -> bool {
        let now = Instant::now();
        let records = self.records();
        let mut mine = records.iter().enumerate().filter(|(at, _)| self.only.is_none_or(|only| only == *at));
        mine.all(|(_, record)| record.cooling_for(now).is_some())
    }

    /// Returns the state of all endpoints, in configured order.
    pub fn health(&self) -> Vec<EndpointHealth> {
        let now = Instant::now();
        let records = self.records();
        records.iter().enumerate().map(|(position, record)| record.health(position, now)).collect()
    }

    async fn attempt<R>(&self, position: usize, method: &str, params: &Value) -> Attempt<R>
    where
        R: DeserializeOwned + Send + 'static,
    {
        let endpoint = self.shared.endpoints.get(position);
        let endpoint = endpoint.ok_or_else(|| RpcFailure::Unreachable("no such node".to_owned()))?;
        if let Some(identity) = &self.identity {
            let passed = identity.passed.get(position);
            if !passed.is_some_and(|passed| passed.load(Ordering::Acquire)) {
                self.shared.identify(endpoint, identity).await?;
                if let Some(passed) = passed {
                    passed.store(true, Ordering::Release);
                }
            }
        }
        self.shared.exchange(endpoint, method, params).await
    }

    fn note_answer(&self, position: usize, began: Instant, method: &str) {
        let options = &self.shared.options;
        let is_slow = began.elapsed() >= options.slow && !limits::is_up_to_others(method);
        self.with_record(position, |record| {
            if is_slow && self.shared.endpoints.len() > 1 {
                let why = format!("the answer took {:.1} seconds", began.elapsed().as_secs_f32());
                record.failed(began, Instant::now(), options.cooldown, options.longest_cooldown, why);
            } else {
                record.succeeded();
            }
        });
    }

    fn note_failure(&self, position: usize, began: Instant, method: &str, why: &RpcFailure) {
        tracing::debug!(network = %self.shared.network, endpoint = position, method, reason = %why, "node failed");
        if matches!(why, RpcFailure::TooLarge(_)) && limits::is_up_to_others(method) {
            return;
        }
        if let Some(passed) = self.identity.as_ref().and_then(|identity| identity.passed.get(position)) {
            passed.store(false, Ordering::Release);
        }
        let options = &self.shared.options;
        self.with_record(position, |record| {
            let now = Instant::now();
            record.failed(began, now, options.cooldown, options.longest_cooldown, why.to_string());
        });
    }

    fn records(&self) -> MutexGuard<'_, Vec<Record>> {
        // A panic while the lock is held leaves at worst an outdated pause.
        self.shared.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_record(&self, position: usize, change: impl FnOnce(&mut Record)) {
        if let Some(record) = self.records().get_mut(position) {
            change(record);
        }
    }
}

impl Shared {
    async fn identify(&self, endpoint: &Endpoint, identity: &Identity) -> Result<(), RpcFailure> {
        match self.exchange::<Value>(endpoint, identity.method, &identity.params).await? {
            Answer::Result(found) if found == identity.expected => Ok(()),
            Answer::Result(found) => {
                let found = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
                let found = found.chars().take(80).collect::<String>();
                Err(RpcFailure::WrongChain(endpoint.redact(&found)))
            }
            Answer::Shapeless | Answer::Error { .. } | Answer::Busy => {
                Err(RpcFailure::BadAnswer("the node does not report its chain".to_owned()))
            }
        }
    }

    /// Asks one endpoint within the time limit, which timers of the connection's own threads could exceed.
    async fn exchange<R>(&self, endpoint: &Endpoint, method: &str, params: &Value) -> Attempt<R>
    where
        R: DeserializeOwned + Send + 'static,
    {
        let late = || Err(RpcFailure::Unreachable("the node did not answer in time".to_owned()));
        timeout(self.options.timeout, self.exchanged(endpoint, method, params))
            .await
            .unwrap_or_else(|_| late())
    }

    async fn exchanged<R>(&self, endpoint: &Endpoint, method: &str, params: &Value) -> Attempt<R>
    where
        R: DeserializeOwned + Send + 'static,
    {
        let unreachable = |reason: &str| Err(RpcFailure::Unreachable(reason.to_owned()));
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let request = self.client.post(endpoint.url.clone()).timeout(self.options.timeout);
        let request = request.json(&envelope::request(id, method, params)).build().map_err(broken)?;
        // Without the login, which moved into a header.
        let asked = request.url().clone();
        let client = self.client.clone();
        let sent = Lane::Services.run(async move { client.execute(request).await }).await;
        let response = sent.map_err(|error| RpcFailure::Unreachable(error.to_string()))?.map_err(broken)?;
        let status = response.status();
        let http = format!("HTTP {}", status.as_u16());
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return unreachable(&http);
        }
        if *response.url() != asked {
            return unreachable("the node redirects to another URL");
        }
        let most = limits::most(method).min(self.options.max_answer);
        // Held until the answer is read, so that memory holds one huge answer per endpoint.
        let mut huge = None;
        let body = bounded_body(response, most, &endpoint.huge, &mut huge).await?;
        match read(body, id).await? {
            Ok(Answer::Busy) => unreachable("the node is too busy"),
            Ok(Answer::Error { code, message, data }) => {
                let message = endpoint.redact(&message);
                let data = data.filter(|data| !endpoint.leaks_in(&data.to_string()));
                Ok(Answer::Error { code, message, data })
            }
            Ok(answer @ (Answer::Result(_) | Answer::Shapeless)) => Ok(answer),
            // A refusal in the provider's own format, such as for an expired key.
            Err(_) if !status.is_success() => unreachable(&http),
            Err(reason) => Err(RpcFailure::BadAnswer(reason.to_owned())),
        }
    }
}

fn shaped<R>(answer: Answer<R>, method: &str) -> Result<R, RpcFailure> {
    match answer {
        Answer::Result(result) => Ok(result),
        Answer::Shapeless => Err(RpcFailure::BadAnswer(format!("the result of {method} has another type"))),
        Answer::Error { code, message, data } => Err(RpcFailure::Node { code, message, data }),
        Answer::Busy => Err(RpcFailure::Unreachable("the node is too busy".to_owned())),
    }
}
