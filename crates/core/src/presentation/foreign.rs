//! Foreign text, written so that it cannot be mistaken for the text around it and cannot hide.
//!
//! It is enclosed in apostrophes. Any character that is not an ASCII letter or digit, a space or one of the
//! other characters of an EIP-4361 statement is written as `~`, its Unicode number in hex, and `~`: `~27~` is
//! an apostrophe, `~a~` a line break, `~202e~` the mark that reverses the reading direction. The tilde itself
//! is escaped as well. So different texts are written differently, and no text can end the quotation.

use std::fmt::Write as _;

/// The text in apostrophes.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push('\'');
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || " -._:/?#[]@!$&()*+,;=".contains(c) {
            out.push(c);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "~{:x}~", u32::from(c));
        }
    }
    out.push('\'');
    out
}

/// A name: without apostrophes if it is a single plain word, else quoted.
pub fn word(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "-._:/*@".contains(c);
    if !text.is_empty() && text.chars().all(bare) { text.to_owned() } else { quoted(text) }
}

/// Whether a text has only characters that a statement may have (EIP-4361: URI characters and spaces).
pub fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || " -._~:/?#[]@!$&'()*+,;=".contains(c))
}
