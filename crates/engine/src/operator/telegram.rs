//! The chats of the Telegram bot and their roles.

use waiaas_core::audit::{Actor, AuditEvent};
use waiaas_core::chat::{ChatNumber, ChatRole};
use waiaas_store::{AuditEntry, ChatRow, Entity, StoreError};

use crate::error::{Error, ErrorCode, Remedy};
use crate::operator::Operator;

impl Operator<'_> {
    /// Every chat that has written to the bot, oldest first.
    ///
    /// # Errors
    /// Only storage errors.
    pub async fn chats(&self) -> Result<Vec<ChatRow>, Error> {
        Ok(self.engine.store().chats().await?)
    }

    /// Gives a chat a role. It counts from its next message on; cards are sent for requests that begin to wait later.
    ///
    /// # Errors
    /// `CHAT_NOT_FOUND`.
    pub async fn set_chat_role(&self, chat: ChatNumber, role: ChatRole) -> Result<ChatRow, Error> {
        let audit = AuditEntry::new(AuditEvent::ChatRoleSet { chat, role }, Actor::Master, self.engine.now());
        let set = self
            .engine
            .store()
            .write(move |tx| Box::pin(async move { tx.set_chat_role(chat, role, audit).await }))
            .await;
        set.map_err(not_found)?;
        self.engine.store().chat(chat).await?.ok_or_else(no_chat)
    }

    /// Removes a chat. It can register again, without a role.
    ///
    /// # Errors
    /// `CHAT_NOT_FOUND`.
    pub async fn remove_chat(&self, chat: ChatNumber) -> Result<(), Error> {
        let audit = AuditEntry::new(AuditEvent::ChatRemoved { chat }, Actor::Master, self.engine.now());
        let removed = self
            .engine
            .store()
            .write(move |tx| Box::pin(async move { tx.remove_chat(chat, audit).await }))
            .await;
        removed.map_err(not_found)?;
        Ok(())
    }
}

fn not_found(error: StoreError) -> Error {
    match error {
        StoreError::NotFound(Entity::Chat) => no_chat(),
        other => other.into(),
    }
}

fn no_chat() -> Error {
    Error::new(ErrorCode::ChatNotFound, "No chat with this number has written to the bot.")
        .hint(Remedy::RegisterChat)
}
