//! Channels: ways to carry what happened to where the operator wants it. The only one is the signed webhook.
//!
//! A channel sends; it decides nothing, keeps nothing and holds no wallet key. Belongs here: the form of a message
//! on its way, and what an answer means. Does not belong here: which events are sent, retries and storage (the
//! engine and the store), and which addresses may be reached (the crate `outbound`).

mod channel;
mod webhook;

pub use channel::{Attempt, Channel, Notice, Outcome};
pub use webhook::{Webhook, WebhookChannel};
