//! The Telegram bot: approval cards and notices in the operator's chats, and the commands of people.
//!
//! A chat shows and carries. It approves nothing: an answer counts by the owner's signature alone, over the same text
//! and with the same check as on every other way. Belongs here: commands, their rights, and the words. Does not
//! belong here: the Bot API (`channels`), and the owner's proof (`credentials`).

pub(crate) mod cards;
mod command;
mod desk;
pub(crate) mod notices;
mod words;

pub(crate) use desk::handle;
