//! Channels: ways to deliver events to the operator's destinations. The only one is the signed webhook.
//!
//! A channel only sends: it makes no decisions, stores nothing and holds no wallet key. Belongs here: the
//! format of messages, and the meaning of answers. Does not belong here: the choice of events, retries and
//! storage (the engine and the store), and the addresses that may be reached (the crate `outbound`).

mod channel;
mod webhook;

pub use channel::{Attempt, Channel, Notice, Outcome};
pub use webhook::{Webhook, WebhookChannel};
