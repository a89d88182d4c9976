//! Texts to be signed on EVM networks: signed unchanged, and never other data in disguise.

use alloy_consensus::TxEnvelope;
use alloy_eips::Decodable2718 as _;
use alloy_primitives::keccak256;
use waiaas_core::draft::SigningPayload;
use waiaas_core::effect::Effect;
use waiaas_core::intent::Intent;
use waiaas_core::owner;

use crate::world;

pub(super) fn run(data: &[u8]) -> bool {
    let chain = world::mainnet();
    let Ok(draft) = world::build(chain, &Intent::SignMessage { message: data.to_vec() }) else {
        return false;
    };
    let Ok(text) = std::str::from_utf8(data) else { unreachable!("bytes that are not text were accepted") };
    assert!(!owner::is_challenge(text), "an owner's challenge: {text}");
    assert!(!text.is_empty() && data.len() != 32 && data.first() != Some(&0x19));
    assert!(TxEnvelope::decode_2718(&mut &*data).is_err(), "a signed transaction");
    let digits = text.trim().trim_start_matches("0x");
    let encoded = hex::decode(digits).unwrap_or_default();
    assert!(encoded.len() < 32, "{} bytes in hexadecimal", encoded.len());

    let effects = world::effects(chain, &draft).map(|effects| effects.items).unwrap_or_default();
    let [Effect::Message { text: shown, .. }] = effects.as_slice() else { unreachable!("{effects:?}") };
    assert!(text == shown || text.starts_with(shown.trim_end_matches('…')), "shown: {shown}");
    let Some(SigningPayload::Secp256k1(hash)) = world::payload(chain, &draft) else {
        unreachable!("a text needs no node");
    };
    let prefix = format!("\x19Ethereum Signed Message:\n{}", data.len());
    assert_eq!(hash, keccak256([prefix.as_bytes(), data].concat()).0, "EIP-191");
    true
}
