//! Messages within the limits of the Bot API.
//!
//! Messages are plain text without a parse mode, so nothing in them can be markup.

use frankenstein::types::{
    InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, MessageEntity, MessageEntityType,
};

/// Most UTF-16 code units of one message. The Bot API allows 4096.
const LONGEST: usize = 4_000;
/// Most bytes of a button's data, by the Bot API.
const LONGEST_DATA: usize = 64;

/// A message of the chat, as the Bot API numbers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MessageId(pub i32);

/// A button below a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Button {
    /// Its text.
    pub text: String,
    /// The text that comes back when it is tapped; at most 64 bytes.
    pub data: String,
}

/// A message to be sent. A long one is sent in parts, divided between lines where possible.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    text: String,
    preformatted: bool,
    buttons: Vec<Button>,
}

impl Message {
    /// A message of plain text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), preformatted: false, buttons: Vec::new() }
    }

    /// A text that is shown in fixed width and copied as a whole by a tap.
    pub fn preformatted(text: impl Into<String>) -> Self {
        Self { preformatted: true, ..Self::plain(text) }
    }

    /// Adds a row of buttons. Buttons with data that is too long are left out.
    #[must_use]
    pub fn with(mut self, buttons: Vec<Button>) -> Self {
        self.buttons = buttons.into_iter().filter(|button| button.data.len() <= LONGEST_DATA).collect();
        self
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The buttons.
    pub fn buttons(&self) -> &[Button] {
        &self.buttons
    }

    pub(super) const fn is_preformatted(&self) -> bool {
        self.preformatted
    }

    /// Whether the text arrives in one message exactly as it is. Telegram removes white space at the ends.
    pub fn is_whole(&self) -> bool {
        self.text.trim().len() == self.text.len() && self.parts().len() == 1
    }

    /// The text in parts that each fit one message. Joined, they are the text.
    pub(super) fn parts(&self) -> Vec<String> {
        let mut parts = vec![String::new()];
        let mut length = 0usize;
        for line in self.text.split_inclusive('\n') {
            let line_length = line.encode_utf16().count();
            if length.saturating_add(line_length) > LONGEST && length > 0 {
                parts.push(String::new());
                length = 0;
            }
            for character in line.chars() {
                let units = character.len_utf16();
                if length.saturating_add(units) > LONGEST {
                    parts.push(String::new());
                    length = 0;
                }
                if let Some(part) = parts.last_mut() {
                    part.push(character);
                }
                length = length.saturating_add(units);
            }
        }
        parts
    }
}

/// The entity that covers a whole text.
pub(super) fn preformatted(text: &str) -> Vec<MessageEntity> {
    let length = u16::try_from(text.encode_utf16().count()).unwrap_or(u16::MAX);
    vec![MessageEntity::builder().type_field(MessageEntityType::Pre).offset(0).length(length).build()]
}

pub(super) fn keyboard(buttons: &[Button]) -> Option<InlineKeyboardMarkup> {
    if buttons.is_empty() {
        return None;
    }
    let button = |button: &Button| {
        InlineKeyboardButton::builder().text(button.text.clone()).callback_data(button.data.clone()).build()
    };
    let row = buttons.iter().map(button).collect();
    Some(InlineKeyboardMarkup::builder().inline_keyboard(vec![row]).build())
}

/// Links in foreign text are not fetched for a preview.
pub(super) fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions::builder().is_disabled(true).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fit_and_join_to_the_text() {
        let long = "a line of text, rather long\n".repeat(600);
        let wide = "𝄞".repeat(9_001);
        for text in ["", "short", &long, &wide] {
            let parts = Message::plain(text).parts();
            assert_eq!(parts.concat(), text);
            assert!(parts.iter().all(|part| part.encode_utf16().count() <= LONGEST));
            assert!(text.is_empty() || parts.iter().all(|part| !part.is_empty()));
        }
        let parts = Message::plain(long.clone()).parts();
        assert!(parts.iter().all(|part| part.ends_with('\n')), "divided between lines");
    }

    #[test]
    fn only_a_short_text_without_space_at_its_ends_arrives_as_it_is() {
        for (text, whole) in [("a\n b", true), ("a ", false), ("\na", false), (&"a".repeat(4_001), false)] {
            assert_eq!(Message::preformatted(text).is_whole(), whole);
        }
    }

    #[test]
    fn a_button_with_too_much_data_is_left_out() {
        let button = |length| Button { text: "x".into(), data: "d".repeat(length) };
        assert_eq!(Message::plain("x").with(vec![button(64), button(65)]).buttons(), [button(64)]);
    }
}
