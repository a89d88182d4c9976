//! Telegram: a bot of the [Bot API](https://core.telegram.org/bots/api) that asks for its updates by long polling, so
//! that the daemon needs no open port.
//!
//! Belongs here: the requests to the Bot API, the limits of its messages, and the form of updates. Does not belong
//! here: which chats may do what, and the words of messages (the engine).

mod bot;
mod message;
mod update;

pub use bot::{Bot, BotError, BotName};
pub use message::{Button, Message, MessageId};
pub use update::{ChatId, Update, UpdateKind};
