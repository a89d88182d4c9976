//! The client for services that the operator chose in the configuration, such as the Telegram Bot API.
//!
//! Their addresses are not checked, since no one else can set them. Redirects are not followed, and answers are
//! bounded. Errors never repeat a URL, which can contain a token.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use crate::client::{OutboundError, failure};
use crate::lanes::Lane;

/// Time to connect.
const CONNECT: Duration = Duration::from_secs(10);
/// Most bytes of an answer.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;

/// The client. Its connections are reused.
#[derive(Clone, Debug)]
pub struct TrustedClient(Client);

/// An answer with its body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl TrustedClient {
    /// Creates a client.
    ///
    /// # Errors
    ///
    /// [`OutboundError::Setup`] if this machine has no usable TLS certificates.
    pub fn new() -> Result<Self, OutboundError> {
        let client = Client::builder().redirect(Policy::none()).referer(false).connect_timeout(CONNECT);
        client.build().map(Self).map_err(|_| OutboundError::Setup)
    }

    /// Posts JSON and reads the answer, of any status.
    ///
    /// # Errors
    ///
    /// [`OutboundError`] if there is no answer in time, or a longer one than the limit.
    pub async fn post_json(
        &self,
        url: &str,
        json: Vec<u8>,
        timeout: Duration,
    ) -> Result<Reply, OutboundError> {
        let post = self.0.post(url).timeout(timeout).header(CONTENT_TYPE, "application/json").body(json);
        let exchange = async {
            let sent = Lane::Services.run(async move { post.send().await });
            read(sent.await?.map_err(|error| failure(&error))?).await
        };
        tokio::time::timeout(timeout, exchange).await.unwrap_or(Err(OutboundError::Timeout))
    }
}

/// Reads an answer up to the limit.
async fn read(mut response: Response) -> Result<Reply, OutboundError> {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len().saturating_add(chunk.len()) > LONGEST_ANSWER {
            return Err(OutboundError::Unreachable);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, body })
}
