//! People in their private chats with the bot.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, timeout_at};

use super::server::{State, me};

/// The longest wait for a message.
const PATIENCE: Duration = Duration::from_secs(30);

/// A message of the bot as a person sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Its number.
    pub id: i32,
    /// Its text.
    pub text: String,
    /// Text and data of its buttons.
    pub buttons: Vec<(String, String)>,
    /// Whether all of it is preformatted.
    pub preformatted: bool,
}

impl Shown {
    pub(super) fn new(id: i32, asked: &Map<String, Value>, buttons: Vec<(String, String)>) -> Self {
        // Telegram removes white space at the ends.
        let text = asked.get("text").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        let entities = asked.get("entities").and_then(Value::as_array).cloned().unwrap_or_default();
        let whole = |entity: &Value| {
            entity["type"] == "pre"
                && entity["offset"] == 0
                && entity["length"].as_u64() == u64::try_from(text.encode_utf16().count()).ok()
        };
        let preformatted = entities.iter().any(whole);
        Self { id, text, buttons, preformatted }
    }

    /// The data of the button with this text.
    pub fn button(&self, text: &str) -> Result<&str> {
        let found = self.buttons.iter().find(|(label, _)| label.contains(text));
        found.map(|(_, data)| data.as_str()).with_context(|| format!("no button {text} below {self:?}"))
    }
}

/// A person.
pub struct Person {
    state: Arc<State>,
    number: i64,
    name: String,
}

impl Person {
    pub(super) fn new(state: Arc<State>, number: i64, name: &str) -> Self {
        state.know(number, name);
        Self { state, number, name: name.to_owned() }
    }

    /// The number of the private chat.
    pub const fn number(&self) -> i64 {
        self.number
    }

    fn account(&self) -> Value {
        json!({ "id": self.number, "is_bot": false, "first_name": self.name, "username": self.name })
    }

    fn chat(&self) -> Value {
        json!({ "id": self.number, "type": "private", "first_name": self.name, "username": self.name })
    }

    /// Writes to the bot.
    pub fn says(&self, text: &str) {
        let mut message = json!({ "message_id": self.state.number(), "from": self.account(),
            "chat": self.chat(), "date": 1_800_000_000, "text": text });
        let command =
            text.split_whitespace().next().filter(|word| word.starts_with('/') && text.starts_with('/'));
        if let Some(command) = command {
            message["entities"] = json!([{ "type": "bot_command", "offset": 0, "length": command.len() }]);
        }
        self.state.forge(json!({ "message": message }));
    }

    /// Taps a button of a message.
    pub fn taps(&self, shown: &Shown, data: &str) {
        self.state.forge(self.tapped(shown, data));
    }

    /// The update of a tap, as it is.
    pub fn tapped(&self, shown: &Shown, data: &str) -> Value {
        let message = json!({ "message_id": shown.id, "from": me(), "chat": self.chat(), "date": 1_800_000_000,
            "text": shown.text });
        json!({ "callback_query": { "id": self.state.tap(), "from": self.account(), "message": message,
            "chat_instance": "1", "data": data } })
    }

    /// Blocks the bot, or no longer.
    pub fn blocks(&self, blocked: bool) {
        self.state.block(self.number, blocked);
    }

    /// Every message of the bot in this chat, oldest first.
    pub fn sees(&self) -> Vec<Shown> {
        self.state.messages(self.number)
    }

    /// Waits for a message that `fits`, and returns the newest one.
    pub async fn reads(&self, what: &str, fits: impl Fn(&Shown) -> bool) -> Result<Shown> {
        let until = Instant::now() + PATIENCE;
        loop {
            let written = self.state.written.notified();
            if let Some(found) = self.sees().into_iter().rfind(&fits) {
                return Ok(found);
            }
            let waited = timeout_at(until, written).await;
            waited.with_context(|| format!("{} did not see {what}, but {:?}", self.name, self.sees()))?;
        }
    }
}
