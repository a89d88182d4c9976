//! Chats of the Telegram bot.

use reqwest::Method;
use waiaas_core::chat::{ChatNumber, ChatRole};

use super::{Client, ClientError, Credential};
use crate::page::All;
use crate::telegram::{Chat, SetChatRole};

impl Client {
    /// Every chat that has written to the bot.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn chats(&self) -> Result<All<Chat>, ClientError> {
        self.get("/v1/telegram/chats", Credential::Master).await
    }

    /// Gives a chat a role.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn set_chat_role(&self, chat: ChatNumber, role: ChatRole) -> Result<Chat, ClientError> {
        let path = format!("/v1/telegram/chats/{chat}");
        self.send(Method::PUT, &path, &SetChatRole { role }, Credential::Master).await
    }

    /// Removes a chat.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the request cannot be sent, or the daemon answers with an error.
    pub async fn remove_chat(&self, chat: ChatNumber) -> Result<(), ClientError> {
        self.call(Method::DELETE, &format!("/v1/telegram/chats/{chat}"), Credential::Master).await
    }
}
