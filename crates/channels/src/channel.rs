//! The trait of all channels.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::DeliveryId;

/// A way to deliver notices to destinations of one kind.
#[async_trait]
pub trait Channel: Send + Sync {
    /// An address with the credentials for it.
    type Destination: Send + Sync;

    /// Makes one attempt to deliver a notice to a destination, at the time `now`. It may be called again with
    /// the same notice: the receiver recognises repetitions by the id.
    async fn deliver(&self, notice: &Notice, to: &Self::Destination, now: UnixSeconds) -> Attempt;
}

/// An event to deliver to a destination.
#[derive(Clone, PartialEq, Debug)]
pub struct Notice {
    /// The id of the delivery, the same in every attempt.
    pub id: DeliveryId,
    /// Name of the event.
    pub event: String,
    /// Time of the event.
    pub at: UnixSeconds,
    /// The event's details. Never secrets.
    pub data: Value,
}

/// The outcome of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The receiver accepted it.
    Delivered,
    /// The same attempt would fail again.
    Refused,
    /// A later attempt may succeed.
    TryAgain,
}

/// One attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// Its outcome.
    pub outcome: Outcome,
    /// HTTP status, if there was an answer.
    pub http_status: Option<u16>,
    /// The reason for its failure, in one sentence. It contains neither the address nor the answer.
    pub error: Option<String>,
    /// Its duration.
    pub duration: Duration,
}
