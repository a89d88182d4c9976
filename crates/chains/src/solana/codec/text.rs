//! Texts signed as messages: Ed25519 over their unchanged bytes. Pure.
//!
//! Belongs here: texts that a Solana key must not sign because they are, or encode, other data. The rules for
//! every chain are in `crate::message`.
//!
//! ```text
//! draft body   version:1=4 | the text in UTF-8
//! unsigned     version:1=4 | wallet:32 | the text
//! ```
//!
//! A transaction's signature covers its message without a prefix. So a text is not signed if it is also a
//! message or encodes one.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use solana_pubkey::Pubkey;

use super::message as transaction;
use crate::Refusal;
use crate::message::{self, UnsignableMessage};

/// The first byte of a body with a text.
pub(in crate::solana) const VERSION: u8 = 4;

/// The length of the longest text in base58 that could be a transaction; decoding takes quadratic time.
const LONGEST_BASE58: usize = 2_000;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const BASE64: [GeneralPurpose; 2] =
    [GeneralPurpose::new(&alphabet::STANDARD, LENIENT), GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT)];

/// A text that may be signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::solana) struct Text(String);

impl Text {
    /// Reads the message of a request.
    pub(in crate::solana) fn new(bytes: &[u8]) -> Result<Self, Refusal> {
        if is_transaction(bytes) {
            return Err(refused(UnsignableMessage::Transaction));
        }
        let text = message::read(bytes).map_err(refused)?;
        match encoded(text) {
            Some(Hidden::Transaction) => Err(refused(UnsignableMessage::Transaction)),
            Some(Hidden::Number) => {
                let text = "a message of encoded bytes alone may represent anything, such as a hash or a key";
                Err(Refusal::Unsupported(text.to_owned()))
            }
            None => Ok(Self(text.to_owned())),
        }
    }

    /// Reads the body of a draft.
    pub(in crate::solana) fn read(bytes: &[u8]) -> Option<Self> {
        Self::new(bytes.strip_prefix(&[VERSION])?).ok()
    }

    /// Returns the body of the draft.
    pub(in crate::solana) fn body(&self) -> Vec<u8> {
        [&[VERSION], self.0.as_bytes()].concat()
    }

    /// Returns the completed bytes of the draft of `wallet`: the same, because a text has no volatile fields.
    pub(in crate::solana) fn unsigned(&self, wallet: &Pubkey) -> Vec<u8> {
        [&[VERSION], wallet.as_array().as_slice(), self.0.as_bytes()].concat()
    }

    /// Reads completed bytes.
    pub(in crate::solana) fn read_unsigned(bytes: &[u8]) -> Option<(Pubkey, Self)> {
        let (wallet, text) = bytes.strip_prefix(&[VERSION])?.split_first_chunk::<32>()?;
        Some((Pubkey::new_from_array(*wallet), Self::new(text).ok()?))
    }

    /// Returns the text, as it is signed.
    pub(in crate::solana) fn as_str(&self) -> &str {
        &self.0
    }
}

fn refused(why: UnsignableMessage) -> Refusal {
    Refusal::Unsupported(why.to_string())
}

/// The content of a text that encodes bytes.
enum Hidden {
    Transaction,
    /// As many bytes as a hash, key, seed or signature has.
    Number,
}

fn encoded(text: &str) -> Option<Hidden> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let base58 =
        (plain.len() <= LONGEST_BASE58).then(|| bs58::decode(&plain).into_vec().ok()).into_iter().flatten();
    let base64 = BASE64.iter().filter_map(|engine| engine.decode(&plain).ok());
    let digits = plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X")).unwrap_or(&plain);
    let hex = hex::decode(digits).ok();
    let mut hidden = None;
    for bytes in base58.chain(base64).chain(hex) {
        if is_transaction(&bytes) {
            return Some(Hidden::Transaction);
        }
        if matches!(bytes.len(), 32 | 64) {
            hidden = Some(Hidden::Number);
        }
    }
    hidden
}

/// Whether bytes are a message or a transaction, with any signer.
fn is_transaction(bytes: &[u8]) -> bool {
    let signed = bytes.split_first().and_then(|(count, rest)| {
        let signatures = usize::from(*count).checked_mul(64)?;
        rest.get(signatures..)
    });
    transaction::read(bytes).is_some() || signed.is_some_and(|rest| transaction::read(rest).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solana::codec::body::tests::{WALLET, message, transfer};
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    #[test]
    fn readable_texts_are_accepted_unchanged() {
        let long = [
            "thirty-two bytes of plain text!!",
            "sixty-four bytes of plain text, as many as a signature has of it",
        ];
        for text in
            ["hello", "Sign in to example.com\nNonce: 5", "Grüße, 世界", "abcd", "9"].into_iter().chain(long)
        {
            let taken = Text::new(text.as_bytes()).expect(text);
            assert_eq!((taken.as_str(), Text::read(&taken.body())), (text, Some(taken.clone())));
            assert_eq!(Text::read_unsigned(&taken.unsigned(&WALLET)), Some((WALLET, taken)));
        }
    }

    #[test]
    fn texts_that_are_or_encode_a_transaction_are_refused() {
        let message = message(&[transfer(5)]).serialize();
        let legacy = solana_message::Message::new(&[transfer(5)], None).serialize();
        let mut signed = vec![1];
        signed.resize(65, 0);
        signed.extend_from_slice(&message);
        let refusal = refused(UnsignableMessage::Transaction);
        for bytes in [message, legacy, signed] {
            assert!(Text::new(&bytes).is_err());
            let spaced: String = STANDARD.encode(&bytes).chars().flat_map(|c| [c, '\n']).collect();
            for text in [
                STANDARD.encode(&bytes),
                URL_SAFE_NO_PAD.encode(&bytes),
                bs58::encode(&bytes).into_string(),
                spaced,
            ] {
                assert_eq!(Text::new(text.as_bytes()), Err(refusal.clone()), "{text}");
            }
            assert!(Text::new(hex::encode(&bytes).as_bytes()).is_err());
        }
    }

    #[test]
    fn hashes_keys_and_signatures_in_any_spelling_are_refused() {
        for length in [32, 64] {
            let bytes = vec![0xa7; length];
            for text in [STANDARD.encode(&bytes), bs58::encode(&bytes).into_string(), hex::encode(&bytes)] {
                assert!(Text::new(text.as_bytes()).is_err(), "{text}");
                assert!(Text::new(format!(" {text}\n").as_bytes()).is_err(), "{text}");
                assert!(Text::new(format!("nonce {text}").as_bytes()).is_ok() || length == 0, "{text}");
            }
        }
        for bytes in
            [&b"\xffsolana offchain\0\0hello"[..], b"", &[0xfe; 32], b"a\0", "\u{202e}olleh".as_bytes()]
        {
            assert!(Text::new(bytes).is_err(), "{bytes:?}");
        }
        let question = "WAIaaS.local  wants you to sign in\nwith your Solana account:";
        assert!(Text::new(question.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_accepted_texts_are_unchanged(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(text) = Text::new(&bytes) {
                prop_assert_eq!(text.as_str().as_bytes(), bytes.as_slice());
            }
            let _ = (Text::read(&bytes), Text::read_unsigned(&bytes));
        }
    }
}
