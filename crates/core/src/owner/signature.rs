//! Signatures of owners, in the forms that their wallets produce.
//!
//! EVM: EIP-191 over the text, 65 bytes or the 64 of EIP-2098, in hex. Solana: Ed25519 over the text itself,
//! or over one of the envelopes that the Ledger app and other signers of off-chain messages put around it, in
//! base58 or base64. Every form covers exactly the text.

use alloy_primitives::{B256, Signature, U256};
use ed25519_dalek::VerifyingKey;

use crate::address::Address;

/// Maximum length of a signature's text: 65 bytes in hex. Decoding base58 takes quadratic time, and the
/// caller is not authenticated yet.
const LONGEST: usize = 132;

/// Whether `signature` is `owner`'s signature of `message`.
pub(super) fn signed_by(owner: &Address, message: &str, signature: &str) -> bool {
    if signature.len() > LONGEST {
        return false;
    }
    match owner {
        Address::Evm(expected) => {
            let Ok(bytes) = hex::decode(signature.strip_prefix("0x").unwrap_or(signature)) else {
                return false;
            };
            let Some(signature) = secp256k1_signature(&bytes) else { return false };
            signature.recover_address_from_msg(message).is_ok_and(|signer| signer.0 == *expected)
        }
        Address::Solana(bytes) => {
            let Ok(key) = VerifyingKey::from_bytes(bytes) else { return false };
            let Some(signature) = ed25519_signature(signature) else { return false };
            let covers = |signed: &[u8]| key.verify_strict(signed, &signature).is_ok();
            covers(message.as_bytes()) || envelopes(bytes, message).iter().any(|signed| covers(signed))
        }
    }
}

fn secp256k1_signature(bytes: &[u8]) -> Option<Signature> {
    // EIP-2098: the parity of y is the highest bit of s, which is never set in a valid s.
    if let Ok(compact) = <&[u8; 64]>::try_from(bytes) {
        let (r, s) = compact.split_at(32);
        let word = U256::from_be_slice(s);
        let s = word & (U256::MAX >> 1);
        return Some(Signature::from_scalars_and_parity(B256::from_slice(r), B256::from(s), word.bit(255)));
    }
    Signature::from_raw(bytes).ok()
}

fn ed25519_signature(text: &str) -> Option<ed25519_dalek::Signature> {
    use base64::Engine as _;
    let base58 = bs58::decode(text).into_vec().ok();
    let base64 = || base64::engine::general_purpose::STANDARD.decode(text).ok();
    let bytes = base58.filter(|b| b.len() == 64).or_else(base64)?;
    ed25519_dalek::Signature::from_slice(&bytes).ok()
}

/// First bytes of every off-chain message. No transaction begins with them.
const OFFCHAIN: &[u8] = b"\xffsolana offchain";

/// The off-chain messages for `text` with `signer` as the only signer: the layout of the first specification,
/// its version 0 with a domain of zeros, and version 1 in both encodings. The format byte states which
/// characters the text has and how long it is; signers disagree on it, so each value is tried.
fn envelopes(signer: &[u8; 32], text: &str) -> Vec<Vec<u8>> {
    let text = text.as_bytes();
    let mut all = Vec::new();
    let length = u16::try_from(text.len()).ok().map(u16::to_le_bytes);
    if let Some(length) = length {
        for format in 0..=2u8 {
            all.push([OFFCHAIN, &[0, format], &length, text].concat());
            all.push([OFFCHAIN, &[0], &[0; 32], &[format, 1], signer, &length, text].concat());
        }
        all.push([OFFCHAIN, &[1, 1], signer, &length, text].concat());
    }
    all.push([OFFCHAIN, &[1, 1], signer, text].concat());
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer as _, SigningKey};
    use proptest::prelude::*;

    fn evm(seed: u8) -> (k256::ecdsa::SigningKey, Address) {
        let key = k256::ecdsa::SigningKey::from_slice(&[seed; 32]).expect("a key");
        let address = alloy_primitives::Address::from_public_key(key.verifying_key());
        (key, Address::Evm(address.into_array()))
    }

    #[test]
    fn compact_signatures_count_as_the_long_ones_do() {
        for seed in 1..40 {
            let (key, owner) = evm(seed);
            let text = format!("question {seed}");
            let hash = alloy_primitives::eip191_hash_message(&text);
            let (signature, recovery) = key.sign_prehash_recoverable(hash.as_slice()).expect("signs");
            let mut long = signature.to_bytes().to_vec();
            let mut compact = long.clone();
            compact[32] |= recovery.to_byte() << 7;
            long.push(27 + recovery.to_byte());
            for bytes in [&long, &compact] {
                assert!(signed_by(&owner, &text, &hex::encode(bytes)), "{seed}");
                assert!(!signed_by(&owner, "another question", &hex::encode(bytes)), "{seed}");
                assert!(!signed_by(&evm(seed + 1).1, &text, &hex::encode(bytes)), "{seed}");
            }
            compact[32] ^= 0x80;
            assert!(!signed_by(&owner, &text, &hex::encode(&compact)), "the other point: {seed}");
        }
        let (_, owner) = evm(1);
        for bad in ["", "0x", "zz", &"00".repeat(64), &"ff".repeat(64), &"00".repeat(63), &"00".repeat(66)] {
            assert!(!signed_by(&owner, "text", bad), "{bad}");
        }
    }

    #[test]
    fn an_envelope_is_laid_out_as_other_signers_do() {
        // Seed 32 × 01, "Test Message", version 0, no domain: 97 bytes in `@solana/offchain-messages`.
        let key = SigningKey::from_bytes(&[1; 32]);
        let signer = key.verifying_key().to_bytes();
        let all = envelopes(&signer, "Test Message");
        let whole = all.iter().find(|bytes| bytes.len() == 97).expect("version 0");
        let signature = hex::encode(key.sign(whole).to_bytes());
        assert!(signature.starts_with("62a5f0a8") && signature.ends_with("bf25104"), "{signature}");
    }

    #[test]
    fn every_envelope_of_the_text_counts_and_of_no_other() {
        let key = SigningKey::from_bytes(&[5; 32]);
        let signer = key.verifying_key().to_bytes();
        let owner = Address::Solana(signer);
        let text = "waiaas.local wants you\n\nto sign";
        let all = envelopes(&signer, text);
        assert_eq!(all.len(), 8);
        for signed in &all {
            let signature = bs58::encode(key.sign(signed).to_bytes()).into_string();
            assert!(signed_by(&owner, text, &signature));
            assert!(!signed_by(&owner, &format!("{text} "), &signature));
        }
        let stranger = envelopes(&[9; 32], text);
        let foreign = stranger.iter().filter(|bytes| !all.contains(bytes));
        for signed in foreign {
            let signature = bs58::encode(key.sign(signed).to_bytes()).into_string();
            assert!(!signed_by(&owner, text, &signature), "another signer is named");
        }
    }

    #[test]
    fn a_text_that_is_too_long_for_a_signature_is_not_decoded() {
        let (key, owner) = evm(7);
        let hash = alloy_primitives::eip191_hash_message("text");
        let (signature, recovery) = key.sign_prehash_recoverable(hash.as_slice()).expect("signs");
        let hex = format!("0x{}{:02x}", hex::encode(signature.to_bytes()), 27 + recovery.to_byte());
        assert_eq!(hex.len(), LONGEST);
        assert!(signed_by(&owner, "text", &hex));
        // Base58 of so many digits would take hours.
        let endless = "z".repeat(8 * 1024 * 1024);
        for owner in [owner, Address::Solana(SigningKey::from_bytes(&[1; 32]).verifying_key().to_bytes())] {
            assert!(!signed_by(&owner, "text", &endless));
        }
    }

    proptest! {
        #[test]
        fn no_signature_panics(text in ".{0,40}", signature in "[ -~]{0,140}", bytes in proptest::collection::vec(any::<u8>(), 0..70)) {
            for owner in [Address::Evm([1; 20]), Address::Solana([1; 32])] {
                prop_assert!(!signed_by(&owner, &text, &signature));
                prop_assert!(!signed_by(&owner, &text, &hex::encode(&bytes)));
            }
        }
    }
}
