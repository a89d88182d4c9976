//! The relay: JSON-RPC over a WebSocket. It keeps messages for absent peers and cannot read them.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use thiserror::Error;
use tokio::time::timeout;
use waiaas_core::UnixSeconds;
use waiaas_core::foreign::shown;
use waiaas_outbound::Socket;

use super::Random;
use super::crypto::Topic;
use super::identity::Identity;
use super::rpc::Tag;

/// Time for the answer to a call.
const ANSWER: Duration = Duration::from_secs(10);
/// Most deliveries, and most bytes of them, kept while a call waits for its answer. More are dropped: the relay sends
/// what is not acknowledged again over the next connection.
const MOST_KEPT: (usize, usize) = (256, 1024 * 1024);
/// Most characters of a relay's error that are kept.
const LONGEST_ERROR: usize = 200;

/// The relay to use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RelayConfig {
    /// Its URL, `wss://…`; `ws://` for one on this machine.
    pub url: String,
    /// The project id, given by the relay's operator.
    pub project: String,
}

/// Why the relay cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum LinkError {
    /// No connection, or it ended.
    #[error("the WalletConnect relay cannot be reached, or refuses the project id")]
    Unreachable,
    /// No answer in time.
    #[error("the WalletConnect relay does not answer")]
    Timeout,
    /// The relay refused a call.
    #[error("the WalletConnect relay refuses the call: {0}")]
    Refused(String),
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness")]
    NoRandomness,
}

/// A message of a peer, still sealed. The relay sends it again until it is acknowledged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    id: FrameId,
    /// The conversation.
    pub topic: Topic,
    /// The envelope.
    pub envelope: String,
}

/// A connection to the relay.
pub struct Relay {
    socket: Socket,
    last_id: u64,
    kept: VecDeque<Delivery>,
    dropped: bool,
}

/// The id of a frame. No other form is read, so that a frame takes no more memory than its text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum FrameId {
    Number(u64),
    Text(String),
}

/// A frame of the relay: a request, or the answer to a call.
#[derive(Deserialize)]
struct Frame {
    id: FrameId,
    method: Option<String>,
    params: Option<Box<RawValue>>,
    error: Option<RelayFault>,
}

#[derive(Deserialize)]
struct RelayFault {
    #[serde(default)]
    message: String,
}

impl Relay {
    /// Connects.
    ///
    /// # Errors
    ///
    /// [`LinkError`].
    pub async fn connect(
        config: &RelayConfig,
        identity: &Identity,
        random: Random,
        now: UnixSeconds,
    ) -> Result<Self, LinkError> {
        let subject = random().ok_or(LinkError::NoRandomness)?;
        let token = identity.token(&config.url, subject, now);
        let base = config.url.trim_end_matches('/');
        // The upgrade is an HTTP request.
        let base = match (base.strip_prefix("wss://"), base.strip_prefix("ws://")) {
            (Some(rest), _) => format!("https://{rest}"),
            (None, Some(rest)) => format!("http://{rest}"),
            (None, None) => base.to_owned(),
        };
        let version = env!("CARGO_PKG_VERSION");
        let url = format!("{base}/?auth={token}&projectId={}&ua=wc-2/waiaas-{version}", config.project);
        let socket = Socket::connect(&url).await.map_err(|_| LinkError::Unreachable)?;
        let first = u64::try_from(now).unwrap_or(0).saturating_mul(1_000_000);
        Ok(Self { socket, last_id: first, kept: VecDeque::new(), dropped: false })
    }

    /// Asks for the messages of a topic, those kept for it included.
    ///
    /// # Errors
    ///
    /// [`LinkError`].
    pub async fn subscribe(&mut self, topic: Topic) -> Result<(), LinkError> {
        self.call("irn_subscribe", json!({ "topic": topic.to_string() })).await
    }

    /// Publishes an envelope; the relay keeps it for `ttl` seconds.
    ///
    /// # Errors
    ///
    /// [`LinkError`].
    pub async fn publish(
        &mut self,
        topic: Topic,
        envelope: &str,
        tag: Tag,
        ttl: UnixSeconds,
    ) -> Result<(), LinkError> {
        let params = json!({
            "topic": topic.to_string(),
            "message": envelope,
            "ttl": ttl,
            "tag": tag.number(),
            "prompt": tag.prompts(),
        });
        self.call("irn_publish", params).await
    }

    /// Waits for the next message. Cancelling it loses none.
    ///
    /// # Errors
    ///
    /// [`LinkError::Unreachable`] if the connection has ended.
    pub async fn next(&mut self) -> Result<Delivery, LinkError> {
        loop {
            if let Some(kept) = self.kept.pop_front() {
                return Ok(kept);
            }
            let frame = self.socket.next().await.ok_or(LinkError::Unreachable)?;
            if let Some(delivery) = read(&frame).and_then(delivery) {
                return Ok(delivery);
            }
        }
    }

    /// Whether messages were dropped that come again over another connection, and none is kept.
    pub fn is_drained(&self) -> bool {
        self.dropped && self.kept.is_empty()
    }

    /// Acknowledges a message, so that it is not sent again.
    ///
    /// # Errors
    ///
    /// [`LinkError::Unreachable`] if the connection has ended.
    pub async fn acknowledge(&mut self, delivery: &Delivery) -> Result<(), LinkError> {
        self.send(&json!({ "id": delivery.id, "jsonrpc": "2.0", "result": true })).await
    }

    async fn call(&mut self, method: &str, params: Value) -> Result<(), LinkError> {
        self.last_id = self.last_id.saturating_add(1);
        let id = FrameId::Number(self.last_id);
        self.send(&json!({ "id": id, "jsonrpc": "2.0", "method": method, "params": params })).await?;
        timeout(ANSWER, self.answer(&id)).await.unwrap_or(Err(LinkError::Timeout))
    }

    async fn answer(&mut self, id: &FrameId) -> Result<(), LinkError> {
        loop {
            let frame = self.socket.next().await.ok_or(LinkError::Unreachable)?;
            let Some(frame) = read(&frame) else { continue };
            if frame.method.is_none() && frame.id == *id {
                return match frame.error {
                    None => Ok(()),
                    Some(fault) => {
                        let text: String = fault.message.chars().take(LONGEST_ERROR).collect();
                        Err(LinkError::Refused(shown(&text)))
                    }
                };
            }
            if let Some(delivery) = delivery(frame) {
                let bytes: usize = self.kept.iter().map(|kept| kept.envelope.len()).sum();
                if self.kept.len() < MOST_KEPT.0 && bytes < MOST_KEPT.1 {
                    self.kept.push_back(delivery);
                } else {
                    self.dropped = true;
                }
            }
        }
    }

    async fn send(&self, frame: &Value) -> Result<(), LinkError> {
        self.socket.send(frame.to_string()).await.map_err(|_| LinkError::Unreachable)
    }
}

fn read(frame: &str) -> Option<Frame> {
    serde_json::from_str(frame).ok()
}

/// The message in a frame; none for any other frame.
fn delivery(frame: Frame) -> Option<Delivery> {
    #[derive(Deserialize)]
    struct Params {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        topic: String,
        message: String,
    }
    let is_message = frame.method.as_deref() == Some("irn_subscription");
    let params: Params = serde_json::from_str(is_message.then_some(frame.params)??.get()).ok()?;
    let topic = params.data.topic.parse().ok()?;
    Some(Delivery { id: frame.id, topic, envelope: params.data.message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(id: &str, topic: &str) -> String {
        format!(
            r#"{{"id":{id},"method":"irn_subscription","params":{{"id":"s","data":{{"topic":"{topic}","message":"AAAA"}}}}}}"#
        )
    }

    #[test]
    fn only_small_ids_and_whole_topics_are_read() {
        let topic = "ab".repeat(32);
        for id in ["1796136741883966", "\"x\""] {
            let found = read(&frame(id, &topic)).and_then(delivery).expect("a delivery");
            assert_eq!((found.topic.to_string(), found.envelope.as_str()), (topic.clone(), "AAAA"));
            assert_eq!(serde_json::to_string(&found.id).expect("writes"), id);
        }
        for id in ["[0,0,0]", "{}", "null", "-1", "1.5"] {
            assert!(read(&frame(id, &topic)).is_none(), "{id}");
        }
        for topic in ["", "ab", "zz"] {
            assert!(read(&frame("1", topic)).and_then(delivery).is_none(), "{topic}");
        }
        assert!(read("").is_none() && read("[]").is_none());
    }
}
