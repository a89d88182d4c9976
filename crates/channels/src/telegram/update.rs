//! Updates: what people send to the bot.

use frankenstein::types::{CallbackQuery, ChatType, MaybeInaccessibleMessage, Message};
use frankenstein::updates::{Update as Raw, UpdateContent};
use serde_json::Value;

use super::message::MessageId;

/// A chat. The chat of one person with the bot has that person's own number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ChatId(pub i64);

/// An update.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Update {
    /// Its number. A later request for updates names the next one.
    pub id: i64,
    /// Its content.
    pub kind: UpdateKind,
}

/// The content of an update.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UpdateKind {
    /// A text in a private chat.
    Text {
        /// The chat.
        chat: ChatId,
        /// The person's own name for themselves. Foreign text.
        name: String,
        /// The text.
        text: String,
    },
    /// A tapped button in a private chat.
    Tap {
        /// The chat.
        chat: ChatId,
        /// The id with which the tap is acknowledged.
        id: String,
        /// The message with the button.
        message: MessageId,
        /// The button's data.
        data: String,
    },
    /// Anything else: groups, channels, bots, files, unknown forms.
    Other,
}

impl Update {
    /// Reads an update; none without a number.
    pub(super) fn read(value: Value) -> Option<Self> {
        let id = value.get("update_id")?.as_i64()?;
        let kind = serde_json::from_value::<Raw>(value).ok().and_then(|raw| kind(raw.content));
        Some(Self { id, kind: kind.unwrap_or(UpdateKind::Other) })
    }
}

fn kind(content: UpdateContent) -> Option<UpdateKind> {
    match content {
        UpdateContent::Message(message) => text(*message),
        UpdateContent::CallbackQuery(tap) => tapped(*tap),
        _ => None,
    }
}

/// A text of a person in the private chat with the bot.
fn text(message: Message) -> Option<UpdateKind> {
    let from = message.from?;
    let chat = ChatId(message.chat.id);
    let own =
        message.chat.type_field == ChatType::Private && !from.is_bot && i64::try_from(from.id) == Ok(chat.0);
    if !own {
        return None;
    }
    let name = from.username.map_or(from.first_name, |username| format!("@{username}"));
    Some(UpdateKind::Text { chat, name, text: message.text? })
}

/// A tap by the person whose private chat the message is in.
fn tapped(tap: CallbackQuery) -> Option<UpdateKind> {
    let (chat, message) = match tap.message? {
        MaybeInaccessibleMessage::Message(message) => (message.chat, message.message_id),
        MaybeInaccessibleMessage::InaccessibleMessage(message) => {
            (Box::new(message.chat), message.message_id)
        }
    };
    let own =
        chat.type_field == ChatType::Private && !tap.from.is_bot && i64::try_from(tap.from.id) == Ok(chat.id);
    let (id, message) = (tap.id, MessageId(message));
    own.then_some(())?;
    Some(UpdateKind::Tap { chat: ChatId(chat.id), id, message, data: tap.data? })
}
