//! Text that somebody else chose, written so that it can neither pose as the words around it nor hide.
//!
//! It stands between apostrophes. Whatever is not an ASCII letter or digit, a space or one of the other
//! characters of an EIP-4361 statement is written as `~` its Unicode number in hex `~`: `~27~` is an
//! apostrophe, `~a~` a line break, `~202e~` the mark that turns the reading direction around. The tilde
//! itself is one of them. So two texts are never written alike, and nothing inside ends the quotation.

use std::fmt::Write as _;

/// The text in quotation marks.
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

/// The same for names that may stand without quotation marks where they are a single plain word.
pub fn word(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "-._:/*@".contains(c);
    if !text.is_empty() && text.chars().all(bare) { text.to_owned() } else { quoted(text) }
}

/// Whether a text has only characters that a statement may have (EIP-4361: URI characters and spaces).
pub fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || " -._~:/?#[]@!$&'()*+,;=".contains(c))
}
