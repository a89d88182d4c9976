//! Channels: ways out of the daemon. Signed webhooks carry events to programs, Telegram carries questions to people
//! and their answers back.
//!
//! A channel makes no decisions, stores nothing and holds no wallet key. Belongs here: the
//! format of messages, and the meaning of answers. Does not belong here: the choice of events, retries and
//! storage (the engine and the store), and the addresses that may be reached (the crate `outbound`).

mod channel;
pub mod telegram;
pub mod walletconnect;
mod webhook;

pub use channel::{Attempt, Channel, Notice, Outcome};
pub use webhook::{Webhook, WebhookChannel};
