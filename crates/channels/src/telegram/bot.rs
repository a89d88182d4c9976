//! The requests to the Bot API.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use frankenstein::AsyncTelegramApi;
use frankenstein::methods::{
    AnswerCallbackQueryParams, EditMessageTextParams, GetUpdatesParams, SendMessageParams,
};
use frankenstein::response::{ErrorResponse, MethodResponse};
use frankenstein::types::{AllowedUpdate, ReplyMarkup};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use waiaas_outbound::TrustedClient;

use super::message::{Message, MessageId, keyboard, no_preview, preformatted};
use super::update::{ChatId, Update};

/// Time for a request that is answered at once.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Seconds for which the Bot API holds a request for updates open.
const POLL_SECONDS: u32 = 30;
/// Most updates of one answer.
const MOST_UPDATES: u32 = 50;

/// Why a request to the Bot API failed. No message contains the token.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum BotError {
    /// The token is not valid (401, 404).
    #[error("the Bot API does not accept the token")]
    Unauthorized,
    /// Another process asks for the updates of this bot (409).
    #[error("another process asks for the updates of this bot")]
    Conflict,
    /// Too many requests (429).
    #[error("the Bot API asks to wait {0} seconds")]
    Wait(u64),
    /// The chat does not take messages of the bot: it was blocked, or the chat is gone (403).
    #[error("the chat does not take messages of the bot")]
    Blocked,
    /// The request is not valid (400), or its message is gone or already has this text.
    #[error("the Bot API refuses the request: {0}")]
    Refused(String),
    /// No answer, or none that can be read. The request may have been carried out.
    #[error("the Bot API does not answer")]
    Unreachable,
}

/// The bot's own account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BotName {
    /// Its name without `@`.
    pub username: String,
}

/// A bot.
#[derive(Clone)]
pub struct Bot {
    /// The API's address with the token. The Bot API has it in the path.
    base: SecretString,
    client: TrustedClient,
}

impl Bot {
    /// Returns a bot with its token at the Bot API below `api_url`, such as `https://api.telegram.org`.
    ///
    /// # Errors
    ///
    /// [`BotError::Unreachable`] if no TLS client can be made on this machine.
    pub fn new(api_url: &str, token: &SecretString) -> Result<Self, BotError> {
        let base = format!("{}/bot{}", api_url.trim_end_matches('/'), token.expose_secret());
        let client = TrustedClient::new().map_err(|_| BotError::Unreachable)?;
        Ok(Self { base: base.into(), client })
    }

    /// Asks for the bot's own account.
    ///
    /// # Errors
    ///
    /// [`BotError`].
    pub async fn name(&self) -> Result<BotName, BotError> {
        let me = self.get_me().await?.result;
        Ok(BotName { username: me.username.unwrap_or_default() })
    }

    /// Waits for updates from `offset` on; earlier ones are confirmed and not sent again. Updates of an unknown form
    /// are returned as such.
    ///
    /// # Errors
    ///
    /// [`BotError`].
    pub async fn updates(&self, offset: Option<i64>) -> Result<Vec<Update>, BotError> {
        let allowed = vec![AllowedUpdate::Message, AllowedUpdate::CallbackQuery];
        let params = GetUpdatesParams {
            offset,
            limit: Some(MOST_UPDATES),
            timeout: Some(POLL_SECONDS),
            allowed_updates: Some(allowed),
        };
        let time = TIMEOUT.saturating_add(Duration::from_secs(u64::from(POLL_SECONDS)));
        let found: MethodResponse<Vec<serde_json::Value>> =
            self.ask("getUpdates", Some(params), time).await?;
        Ok(found.result.into_iter().filter_map(Update::read).collect())
    }

    /// Sends a message. Returns the id of its last part, which has the buttons.
    ///
    /// # Errors
    ///
    /// [`BotError`].
    pub async fn send(&self, chat: ChatId, message: &Message) -> Result<MessageId, BotError> {
        let parts = message.parts();
        let last = parts.len().saturating_sub(1);
        let mut sent = MessageId(0);
        for (at, text) in parts.into_iter().enumerate() {
            let buttons = if at == last { message.buttons() } else { &[] };
            let params = SendMessageParams::builder()
                .chat_id(chat.0)
                .maybe_entities(message.is_preformatted().then(|| preformatted(&text)))
                .text(text)
                .link_preview_options(no_preview())
                .maybe_reply_markup(keyboard(buttons).map(ReplyMarkup::InlineKeyboardMarkup))
                .build();
            let made: MethodResponse<Sent> = self.ask("sendMessage", Some(params), TIMEOUT).await?;
            sent = MessageId(made.result.message_id);
        }
        Ok(sent)
    }

    /// Replaces the text of a message and removes its buttons. The text must fit one message.
    ///
    /// # Errors
    ///
    /// [`BotError`]. A message that has this text already is no error.
    pub async fn replace(&self, chat: ChatId, message: MessageId, text: &str) -> Result<(), BotError> {
        let params = EditMessageTextParams::builder()
            .chat_id(chat.0)
            .message_id(message.0)
            .text(Message::plain(text).parts().into_iter().next().unwrap_or_default())
            .link_preview_options(no_preview())
            .build();
        let edited: Result<MethodResponse<serde_json::Value>, _> =
            self.ask("editMessageText", Some(params), TIMEOUT).await;
        match edited {
            Ok(_) => Ok(()),
            Err(BotError::Refused(why)) if why.contains("message is not modified") => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Ends the waiting of a tapped button, with a short note.
    ///
    /// # Errors
    ///
    /// [`BotError`]; [`BotError::Refused`] for a tap that is too old.
    pub async fn acknowledge(&self, tap: &str, note: &str) -> Result<(), BotError> {
        let params = AnswerCallbackQueryParams::builder().callback_query_id(tap).text(note).build();
        self.answer_callback_query(&params).await.map(|_| ())
    }

    async fn ask<P: Serialize, O: DeserializeOwned>(
        &self,
        method: &str,
        params: Option<P>,
        time: Duration,
    ) -> Result<O, BotError> {
        let url: SecretString = format!("{}/{method}", self.base.expose_secret()).into();
        let json = match params {
            Some(params) => serde_json::to_vec(&params),
            None => Ok(b"{}".to_vec()),
        };
        let json = json.map_err(|_| BotError::Refused("the request cannot be written".to_owned()))?;
        let reply = self.client.post_json(url.expose_secret(), json, time).await;
        let reply = reply.map_err(|_| BotError::Unreachable)?;
        if (200..300).contains(&reply.status) {
            return serde_json::from_slice(&reply.body).map_err(|_| BotError::Unreachable);
        }
        Err(refusal(reply.status, serde_json::from_slice(&reply.body).ok()))
    }
}

/// The part of a sent message that is used.
#[derive(Deserialize)]
struct Sent {
    message_id: i32,
}

#[async_trait]
impl AsyncTelegramApi for Bot {
    type Error = BotError;

    async fn request<P, O>(&self, method: &str, params: Option<P>) -> Result<O, BotError>
    where
        P: Serialize + std::fmt::Debug + Send,
        O: DeserializeOwned,
    {
        self.ask(method, params, TIMEOUT).await
    }

    async fn request_with_form_data<P, O>(
        &self,
        _: &str,
        _: P,
        _: Vec<(&str, PathBuf)>,
    ) -> Result<O, BotError>
    where
        P: Serialize + std::fmt::Debug + Send,
        O: DeserializeOwned,
    {
        Err(BotError::Refused("this bot sends no files".to_owned()))
    }
}

impl std::fmt::Debug for Bot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bot(***)")
    }
}

fn refusal(status: u16, answer: Option<ErrorResponse>) -> BotError {
    let wait = answer.as_ref().and_then(|answer| answer.parameters.as_ref()?.retry_after);
    match status {
        401 | 404 => BotError::Unauthorized,
        403 => BotError::Blocked,
        409 => BotError::Conflict,
        429 => BotError::Wait(wait.map_or(1, u64::from)),
        400 => {
            let why = answer.map(|answer| answer.description).unwrap_or_default();
            if why.contains("chat not found") {
                BotError::Blocked
            } else {
                BotError::Refused(why.chars().filter(|c| !c.is_control()).take(200).collect())
            }
        }
        _ => BotError::Unreachable,
    }
}
