//! The client: one bounded POST to a checked address.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use crate::allowed::AllowList;
use crate::lanes::Lane;
use crate::target::{Refusal, Target};

/// The most addresses of one name that are tried.
const MOST_ADDRESSES: usize = 8;
/// The most bytes read of an answer, so that the receiver can finish its answer before the connection closes.
const MAX_ANSWER: usize = 64 * 1024;

/// Turns names into addresses.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// Returns the addresses of a name.
    ///
    /// # Errors
    ///
    /// An I/O error if there are none or the name service does not answer.
    async fn resolve(&self, name: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// The resolver of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, name: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// A POST request.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Its destination.
    pub target: &'a Target,
    /// Headers by name.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The time for everything: resolution, connection and answer.
    pub timeout: Duration,
}

/// The answer. Its body is read up to a limit and dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
}

/// The reason why there is no answer. No message repeats the URL.
#[derive(Debug, Error)]
pub enum OutboundError {
    /// The address is refused.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The name has no address, or the name service does not answer.
    #[error("its name cannot be resolved")]
    Unresolved,
    /// No answer in time.
    #[error("it did not answer in time")]
    Timeout,
    /// No connection, no valid certificate, or no HTTP.
    #[error("it cannot be reached")]
    Unreachable,
    /// A header that cannot be sent, or a client that cannot be made; a defect or a broken machine.
    #[error("the request cannot be made")]
    Setup,
}

/// The client.
#[derive(Clone)]
pub struct Outbound {
    allowed: AllowList,
    resolver: Arc<dyn Resolver>,
}

impl Outbound {
    /// A client with the operator's allow-list.
    pub fn new(allowed: AllowList, resolver: Arc<dyn Resolver>) -> Self {
        Self { allowed, resolver }
    }

    /// The operator's allow-list.
    pub const fn allowed(&self) -> &AllowList {
        &self.allowed
    }

    /// Sends a request and waits for the status of its answer. A redirect is an answer like any other.
    ///
    /// # Errors
    ///
    /// [`OutboundError`] if the address is refused or there is no answer.
    pub async fn post(&self, request: Request<'_>) -> Result<Answer, OutboundError> {
        let until = Instant::now() + request.timeout;
        let this = self.clone();
        let Request { target, headers, body, .. } = request;
        let target = target.clone();
        let sent = Lane::Others.run(async move { this.send(&target, headers, body).await });
        let response = timeout_at(until, sent).await.unwrap_or(Err(OutboundError::Timeout))??;
        let status = response.status().as_u16();
        // The status counts, even if the body cannot be read.
        let _ = timeout_at(until, drain(response)).await;
        Ok(Answer { status })
    }

    async fn send(
        &self,
        target: &Target,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    ) -> Result<Response, OutboundError> {
        let addresses = self.addresses(target).await?;
        let client = pinned(target, addresses)?;
        let mut post = client.post(target.url().clone()).body(body);
        for (name, value) in headers {
            post = post.header(name, value);
        }
        post.send().await.map_err(|error| failure(&error))
    }

    /// Returns every address of a target, each checked.
    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, OutboundError> {
        let found = match (target.literal(), target.name()) {
            (Some(ip), _) => vec![ip],
            (None, Some(name)) => {
                let found = self.resolver.resolve(name).await;
                found.map_err(|_| OutboundError::Unresolved)?
            }
            (None, None) => Vec::new(),
        };
        if found.is_empty() {
            return Err(OutboundError::Unresolved);
        }
        let mut addresses = Vec::new();
        for ip in found.into_iter().take(MOST_ADDRESSES) {
            let address = SocketAddr::new(ip, target.port());
            target.check_address(address, &self.allowed)?;
            addresses.push(address);
        }
        Ok(addresses)
    }
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbound").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

/// Reads a body up to the limit.
async fn drain(mut response: Response) {
    let mut read = 0usize;
    while let Ok(Some(chunk)) = response.chunk().await {
        read = read.saturating_add(chunk.len());
        if read > MAX_ANSWER {
            return;
        }
    }
}

/// Answers every name with the addresses that were checked.
struct Pinned(Vec<SocketAddr>);

impl Resolve for Pinned {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

/// A client for one request. It resolves no name itself.
fn pinned(target: &Target, addresses: Vec<SocketAddr>) -> Result<Client, OutboundError> {
    let client = Client::builder();
    // Without TLS the system's certificates need not be read.
    let client = if target.is_encrypted() { client } else { client.tls_certs_only([]) };
    client
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .http1_only()
        .pool_max_idle_per_host(0)
        .dns_resolver(Pinned(addresses))
        .build()
        .map_err(|_| OutboundError::Setup)
}

pub(crate) fn failure(error: &reqwest::Error) -> OutboundError {
    if error.is_timeout() {
        OutboundError::Timeout
    } else if error.is_builder() {
        OutboundError::Setup
    } else {
        OutboundError::Unreachable
    }
}

#[cfg(test)]
mod tests;
