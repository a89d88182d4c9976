//! Completed bytes and signed bytes: joined with their signature and read back. Completed bytes are always
//! read back before the digest of their draft is reported.

use ed25519_dalek::{Signature, VerifyingKey};
use solana_message::VersionedMessage;
use solana_pubkey::Pubkey;
use waiaas_core::draft::{Completed, Draft, SigningPayload};
use waiaas_core::network::NetworkId;

use super::address;
use super::body::Body;
use super::message;
use super::text::{self, Text};
use crate::{CodecError, Expiry, SignedTx};

/// Completed bytes, read back.
#[derive(Debug)]
pub(in crate::solana) struct ReadBack {
    /// The draft that they carry out.
    pub(in crate::solana) draft: Draft,
    /// The bytes to sign.
    pub(in crate::solana) payload: Vec<u8>,
    expiry: Expiry,
}

pub(in crate::solana) fn read_back(network: &NetworkId, unsigned: &[u8]) -> Result<ReadBack, CodecError> {
    let corrupt = CodecError::corrupt;
    let (from, body, payload, expiry) = if unsigned.first() == Some(&text::VERSION) {
        let (from, text) =
            Text::read_unsigned(unsigned).ok_or_else(|| corrupt("the text may not be signed"))?;
        (from, text.body(), text.as_str().as_bytes().to_vec(), Expiry::Never)
    } else {
        let (body, height) = Body::read_unsigned(unsigned)?;
        let payer = body.message().static_account_keys().first().copied();
        let from = payer.ok_or_else(|| corrupt("the transaction has no payer"))?;
        (from, body.draft()?, body.message().serialize(), Expiry::BlockHeight(height))
    };
    let draft = Draft { network: network.clone(), from: address(&from), body };
    Ok(ReadBack { draft, payload, expiry })
}

/// Joins completed bytes and signature: a transaction in its wire encoding, or for a text the signature
/// alone.
pub(in crate::solana) fn assemble(
    network: &NetworkId,
    completed: &Completed,
    signature: &[u8],
) -> Result<SignedTx, CodecError> {
    let corrupt = CodecError::corrupt;
    let ReadBack { draft, payload, expiry } = read_back(network, completed.unsigned())?;
    if draft.digest() != completed.draft() {
        return Err(corrupt("the completed bytes carry out another draft"));
    }
    match completed.payload() {
        SigningPayload::Ed25519(asked) if *asked == payload => {}
        SigningPayload::Ed25519(_) | SigningPayload::Secp256k1(_) => {
            return Err(corrupt("the payload is not the one of the completed bytes"));
        }
    }
    let signature: [u8; 64] = signature.try_into().map_err(|_| corrupt("a signature has 64 bytes"))?;
    if !signed_by(draft.from.as_bytes(), &payload, &signature) {
        return Err(corrupt("the signature is not the sender's"));
    }
    let bytes = match expiry {
        Expiry::Never => signature.to_vec(),
        Expiry::BlockHeight(_) | Expiry::Nonce(_) | Expiry::Time(_) => {
            [&[1], signature.as_slice(), &payload].concat()
        }
    };
    let hash = bs58::encode(signature).into_string();
    Ok(SignedTx { bytes, hash, expiry })
}

fn signed_by(key: &[u8], message: &[u8], signature: &[u8; 64]) -> bool {
    let key = key.try_into().ok().and_then(|key| VerifyingKey::from_bytes(key).ok());
    key.is_some_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

/// Returns the message of a signed transaction, if its only signature is `from`'s and equals its id.
pub(in crate::solana) fn read_signed(
    from: &Pubkey,
    signed: &SignedTx,
) -> Result<VersionedMessage, CodecError> {
    let corrupt = CodecError::corrupt;
    let rest = signed
        .bytes
        .strip_prefix(&[1])
        .ok_or_else(|| corrupt("the transaction does not have exactly one signature"))?;
    let (signature, bytes) = rest.split_first_chunk::<64>().ok_or_else(|| corrupt("too short"))?;
    if bs58::encode(signature).into_string() != signed.hash {
        return Err(corrupt("the transaction id is not that of the bytes"));
    }
    if !signed_by(from.as_array(), bytes, signature) {
        return Err(corrupt("the signature is not the sender's"));
    }
    message::read(bytes).ok_or_else(|| corrupt("the message is malformed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solana::codec::body::Builder;
    use crate::solana::codec::body::tests::{WALLET, facts, message, own, transfer};
    use crate::solana::codec::facts::Facts;
    use ed25519_dalek::{Signer, SigningKey};
    use solana_hash::Hash;

    const NETWORK: &str = "solana-localnet";

    fn network() -> NetworkId {
        NetworkId::new(NETWORK)
    }

    fn completed(blockhash: u8, price: u64) -> (Draft, Vec<u8>) {
        let body = Body::new(Builder::Here, 6_000, facts(), message(&[transfer(5)])).expect("a body");
        let draft =
            Draft { network: network(), from: address(&WALLET), body: body.draft().expect("a draft") };
        let done = body.with_volatile(Hash::new_from_array([blockhash; 32]), price).expect("completed");
        (draft, done.unsigned(1_000).expect("unsigned"))
    }

    #[test]
    fn only_volatile_fields_can_change_without_changing_the_draft() {
        let (draft, unsigned) = completed(4, 900_000);
        let (same, other) = (completed(5, 900_000).1, completed(4, 777).1);
        let mut changed = 0;
        for at in 0..unsigned.len() {
            for bit in 0..8 {
                let mut bytes = unsigned.clone();
                bytes[at] ^= 1 << bit;
                let Ok(read) = read_back(&network(), &bytes) else { continue };
                let read = read.draft;
                let price = unsigned.iter().zip(&other).position(|(a, b)| a != b).expect("differs");
                let hash = unsigned.iter().zip(&same).position(|(a, b)| a != b).expect("differs");
                let volatile = (1..=8).contains(&at)
                    || (price..price + 8).contains(&at)
                    || (hash..hash + 32).contains(&at);
                assert_eq!(read.digest() == draft.digest(), volatile, "byte {at} bit {bit}");
                changed += usize::from(!volatile);
            }
        }
        assert!(changed > 0);
    }

    #[test]
    fn only_the_senders_signature_over_these_bytes_is_accepted() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let from = Pubkey::new_from_array(key.verifying_key().to_bytes());
        let body = Body::new(Builder::Here, 6_000, Facts::default(), own(&from, &[])).expect("a body");
        let body = body.with_volatile(Hash::new_from_array([4; 32]), 1).expect("completed");
        let unsigned = body.unsigned(1_000).expect("unsigned");
        let ReadBack { draft, payload, .. } = read_back(&network(), &unsigned).expect("reads");
        let good = key.sign(&payload).to_bytes();
        let payload = SigningPayload::Ed25519(payload);
        let completed = Completed::new(&draft, unsigned.clone(), payload.clone());
        let signed = assemble(&network(), &completed, &good).expect("assembles");
        assert_eq!(signed.expiry, Expiry::BlockHeight(1_000));
        assert_eq!(read_signed(&from, &signed).expect("reads"), *body.message());
        assert!(read_signed(&WALLET, &signed).is_err(), "another sender's");
        let renamed = SignedTx { hash: bs58::encode([1; 64]).into_string(), ..signed };
        assert!(read_signed(&from, &renamed).is_err());

        let mut bad = good;
        bad[0] ^= 1;
        assert!(assemble(&network(), &completed, &bad).is_err());
        assert!(assemble(&network(), &completed, &good[..63]).is_err());
        assert!(assemble(&NetworkId::new("solana-devnet"), &completed, &good).is_err());
        let other = Draft { body: vec![], ..draft };
        assert!(assemble(&network(), &Completed::new(&other, unsigned, payload), &good).is_err());
    }

    #[test]
    fn a_text_is_signed_unchanged_by_its_own_wallet() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let from = Pubkey::new_from_array(key.verifying_key().to_bytes());
        let text = Text::new("sign in to example.com".as_bytes()).expect("a text");
        let draft = Draft { network: network(), from: address(&from), body: text.body() };
        let completed = |unsigned: Vec<u8>| {
            let read = read_back(&network(), &unsigned).expect("reads");
            Completed::new(&read.draft, unsigned, SigningPayload::Ed25519(read.payload))
        };
        let own = completed(text.unsigned(&from));
        assert_eq!(own.draft(), draft.digest());
        let signature = key.sign(b"sign in to example.com").to_bytes();
        let signed = assemble(&network(), &own, &signature).expect("assembles");
        assert_eq!((signed.bytes, signed.expiry), (signature.to_vec(), Expiry::Never));
        assert!(assemble(&network(), &completed(text.unsigned(&WALLET)), &signature).is_err());
    }
}
