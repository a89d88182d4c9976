//! The trait of all channels.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use waiaas_core::UnixSeconds;
use waiaas_core::ids::DeliveryId;

/// A way to carry notices to destinations of one kind.
#[async_trait]
pub trait Channel: Send + Sync {
    /// An address, with the credentials that it takes.
    type Destination: Send + Sync;

    /// Makes one attempt to carry a notice to a destination, at the time `now`. It may be called again with the same
    /// notice: the receiver tells repetitions by the id.
    async fn deliver(&self, notice: &Notice, to: &Self::Destination, now: UnixSeconds) -> Attempt;
}

/// One event on its way to one destination.
#[derive(Clone, PartialEq, Debug)]
pub struct Notice {
    /// The delivery, the same in every attempt.
    pub id: DeliveryId,
    /// Name of the event.
    pub event: String,
    /// Time of the event.
    pub at: UnixSeconds,
    /// The event's details. Never secrets.
    pub data: Value,
}

/// What an attempt came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The receiver has it.
    Delivered,
    /// The same attempt would fail again.
    Refused,
    /// A later attempt may succeed.
    TryAgain,
}

/// One attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// What it came to.
    pub outcome: Outcome,
    /// HTTP status, if there was an answer.
    pub http_status: Option<u16>,
    /// Why it failed, in one sentence. Repeats neither the address nor the answer.
    pub error: Option<String>,
    /// How long it took.
    pub duration: Duration,
}
