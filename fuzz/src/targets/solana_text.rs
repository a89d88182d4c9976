//! Texts to be signed on Solana, where a signature has no prefix: no text that is or encodes a transaction is
//! accepted.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use waiaas_core::draft::SigningPayload;
use waiaas_core::effect::Effect;
use waiaas_core::intent::Intent;
use waiaas_core::owner;

use crate::world::{self, SOLANA};

pub(super) fn run(data: &[u8]) -> bool {
    let Ok(draft) = world::build(&*SOLANA, &Intent::SignMessage { message: data.to_vec() }) else {
        return false;
    };
    let Ok(text) = std::str::from_utf8(data) else { unreachable!("bytes that are not text were accepted") };
    assert!(!owner::is_challenge(text), "an owner's challenge: {text}");
    assert!(world::solana_message(data).is_none(), "a message of the chain");
    let trimmed = text.trim();
    let mut encoded: Vec<Vec<u8>> = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
        .iter()
        .filter_map(|e| e.decode(trimmed).ok())
        .collect();
    encoded.extend(hex::decode(trimmed.trim_start_matches("0x")).ok());
    encoded.extend(bs58::decode(trimmed.get(..200).unwrap_or(trimmed)).into_vec().ok());
    for bytes in encoded {
        assert!(!matches!(bytes.len(), 32 | 64), "a hash, key or signature: {text}");
        assert!(world::solana_message(&bytes).is_none(), "a transaction's message: {text}");
        assert!(bytes.first() != Some(&1) || bytes.get(65..).and_then(world::solana_message).is_none());
    }
    let effects = world::effects(&*SOLANA, &draft).map(|effects| effects.items).unwrap_or_default();
    assert!(matches!(effects.as_slice(), [Effect::Message { .. }]), "{effects:?}");
    let payload = world::payload(&*SOLANA, &draft);
    assert_eq!(payload, Some(SigningPayload::Ed25519(data.to_vec())), "signed unchanged");
    true
}
