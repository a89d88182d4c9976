//! Telegram chats and their roles. A chat is weaker than any other credential: it signs nothing and approves
//! nothing, and only the operator gives it a role.

use waiaas_core::chat::{ChatNumber, ChatRole};

use crate::Engine;
use crate::error::Error;

/// Proof that a chat has a role that lets it read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChatReader(());

/// Proof that a chat has the role ADMIN.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChatAdmin {
    number: ChatNumber,
}

/// The rights of a chat at the time of its message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ChatRights {
    /// Not registered.
    Unknown,
    /// Registered, without a role yet.
    Pending,
    /// It may read.
    Reader(ChatReader),
    /// It may do all that a chat can.
    Admin(ChatAdmin),
}

impl ChatAdmin {
    pub(crate) const fn number(self) -> ChatNumber {
        self.number
    }
}

impl Engine {
    /// Looks up the rights of a chat. Telegram proves the sender's number to the bot.
    ///
    /// # Errors
    ///
    /// Only storage errors.
    pub(crate) async fn rights_of_chat(&self, number: ChatNumber) -> Result<ChatRights, Error> {
        Ok(match self.store().chat(number).await?.map(|row| row.role) {
            None => ChatRights::Unknown,
            Some(ChatRole::Pending) => ChatRights::Pending,
            Some(ChatRole::ReadOnly) => ChatRights::Reader(ChatReader(())),
            Some(ChatRole::Admin) => ChatRights::Admin(ChatAdmin { number }),
        })
    }
}
