//! Which texts may be signed as messages, on every chain.
//!
//! The meaning of a signature over a text depends on its reader. So a text is signed only if a person can
//! read it in full and it is not another kind of data in disguise. The choice of the signing routine does not
//! belong here. Pure.

use thiserror::Error;
use waiaas_core::digest::Digest;
use waiaas_core::effect::Effect;
use waiaas_core::foreign;
use waiaas_core::owner;

/// Longest message, in bytes.
pub(crate) const LONGEST: usize = 64 * 1024;

/// The reason why a message is not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnsignableMessage {
    /// Nothing to sign.
    #[error("the message is empty")]
    Empty,
    /// Too long to be read.
    #[error("the message is longer than 64 KiB")]
    TooLong,
    /// 32 bytes that are not text may be the hash of anything.
    #[error("a message of 32 bytes that are not text may be the hash of anything, such as a transaction")]
    Hash,
    /// Hexadecimal digits alone have no meaning to a person.
    #[error("a message of hexadecimal digits alone may represent anything, such as a transaction")]
    HexDigits,
    /// The message is a transaction.
    #[error("the message is a transaction; request its signature as a transaction")]
    Transaction,
    /// EIP-191 reserves the first byte 0x19 for other kinds of signatures.
    #[error("the message begins with the byte 0x19, which marks other kinds of signed data (EIP-191)")]
    ReservedPrefix,
    /// Not text.
    #[error("the message is not UTF-8 text")]
    NotText,
    /// Characters that are invisible or change the displayed order of others.
    #[error("the message has the invisible or misleading character U+{0:04X}")]
    Misleading(u32),
    /// A challenge of a daemon to an owner.
    #[error("the message is a wallet daemon's challenge to an owner, and a signature would approve it")]
    OwnerChallenge,
}

/// Returns the message as text, if it may be signed.
pub(crate) fn read(message: &[u8]) -> Result<&str, UnsignableMessage> {
    match message {
        [] => return Err(UnsignableMessage::Empty),
        [0x19, ..] => return Err(UnsignableMessage::ReservedPrefix),
        _ if message.len() > LONGEST => return Err(UnsignableMessage::TooLong),
        _ => {}
    }
    let text = printable(message).map_err(|why| {
        // A readable text of 32 bytes is text; a hash is not readable.
        if message.len() == 32 { UnsignableMessage::Hash } else { why }
    })?;
    if is_digits(text) {
        return Err(UnsignableMessage::HexDigits);
    }
    if owner::is_challenge(text) {
        return Err(UnsignableMessage::OwnerChallenge);
    }
    Ok(text)
}

/// Returns the bytes as text without invisible or misleading characters.
fn printable(message: &[u8]) -> Result<&str, UnsignableMessage> {
    let text = std::str::from_utf8(message).map_err(|_| UnsignableMessage::NotText)?;
    match text.chars().find(|c| foreign::misleads(*c)) {
        Some(character) => Err(UnsignableMessage::Misleading(u32::from(character))),
        None => Ok(text),
    }
}

/// The effect of signing `text`.
pub(crate) fn effect(text: &str) -> Effect {
    Effect::Message { digest: Digest::of("waiaas.message.v1", &[text.as_bytes()]), text: text.to_owned() }
}

/// Whether a text consists of hexadecimal digits alone, at least as many as 32 bytes have, with any prefixes
/// and white space.
fn is_digits(text: &str) -> bool {
    let filler = |c: &char| c.is_whitespace() || matches!(c, 'x' | 'X');
    let mut digits = 0usize;
    text.chars().filter(|c| !filler(c)).all(|c| {
        digits = digits.saturating_add(1);
        c.is_ascii_hexdigit()
    }) && digits >= 64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn readable_text_is_signed() {
        for text in [
            "Hello",
            "Grüße, 世界 🙂\r\n\tbye",
            "0xdeadbeef",
            // As long as a hash, and as a signature.
            "thirty-two bytes of plain text!!",
            "sixty-four bytes of plain text, as many as a signature has of it",
            "Nonce: 00112233445566778899aabbccddeeff",
            "19",
        ] {
            assert_eq!(read(text.as_bytes()), Ok(text));
        }
    }

    #[test]
    fn unsignable_messages_are_refused_with_their_reason() {
        use UnsignableMessage as U;
        let hex = "ab".repeat(32);
        let cases: &[(&[u8], U)] = &[
            (b"", U::Empty),
            (&[b'a'; LONGEST + 1], U::TooLong),
            (&[0xfe; 32], U::Hash),
            (b"thirty-two bytes and a NUL in it\0", U::Misleading(0)),
            (b"thirty-one bytes, then a NUL...\0", U::Hash),
            (hex.as_bytes(), U::HexDigits),
            (b"\x19Ethereum Signed Message:\n5Hello", U::ReservedPrefix),
            (b"\x19\x01", U::ReservedPrefix),
            (&[0xff, 0xfe], U::NotText),
            (b"a\0b", U::Misleading(0)),
            (b"a\x1b[2Kb", U::Misleading(0x1b)),
            (b"a\x7fb", U::Misleading(0x7f)),
        ];
        for (message, why) in cases {
            assert_eq!(read(message), Err(*why), "{}", String::from_utf8_lossy(message));
        }
        let spaced = [format!("0x0X{hex}"), format!("0x{} 0x{}", "ab ".repeat(16), "cd\n".repeat(16))];
        let plain = [format!("0x{hex}"), format!(" 0X{}\n", hex.to_uppercase()), "c0".repeat(500)];
        for digits in plain.into_iter().chain(spaced) {
            assert_eq!(read(digits.as_bytes()), Err(U::HexDigits));
        }
        for c in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{85}', '\u{2028}', '\u{e0041}', '\u{ad}']
        {
            assert_eq!(read(format!("pay{c}me").as_bytes()), Err(U::Misleading(u32::from(c))));
        }
        let question = "waiaas.local wants you to sign in with your Ethereum account:\n0x00";
        assert_eq!(read(question.as_bytes()), Err(U::OwnerChallenge));
        assert_eq!(read(question.to_uppercase().as_bytes()), Err(U::OwnerChallenge));
    }

    #[test]
    fn texts_are_shown_in_full() {
        let of = |text: &str| match effect(text) {
            Effect::Message { digest, text } => (digest, text),
            other => panic!("{other:?}"),
        };
        let long = "é".repeat(400);
        assert_eq!((of(&long).1, of("short").1), (long.clone(), "short".to_owned()));
        assert_ne!(of(&long).0, of(&format!("{long}é")).0);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
