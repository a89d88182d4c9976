//! An owner's answer: only the issued text to the byte, signed by the current owner in time, consents.

use alloy_primitives::eip191_hash_message;
use uuid::Uuid;
use waiaas_core::address::Address;
use waiaas_core::digest::Digest;
use waiaas_core::draft::SigningPayload;
use waiaas_core::ids::{InstanceId, TxId, WalletId};
use waiaas_core::owner::{self, Challenge, OwnerAction};

use crate::input::Input;
use crate::world::{self, SOLANA_WALLET, WALLET};

pub(super) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let challenge = challenge(&mut input);
    let issued = challenge.message();
    assert!(owner::is_challenge(&issued), "{issued}");
    assert_eq!(layout(&issued), layout(&Challenge { summary: String::new(), ..challenge.clone() }.message()));

    let good = sign(&challenge.owner, &issued);
    let (owner, time) = (Some(challenge.owner), challenge.expires_at.saturating_sub(1));
    let consent = owner::verify(&challenge, owner, &issued, &good, time);
    assert!(consent.is_ok_and(|consent| consent.action() == challenge.action && Some(consent.owner()) == owner));
    assert!(owner::verify(&challenge, owner, &issued, &good, challenge.expires_at).is_err(), "too late");
    assert!(owner::verify(&challenge, None, &issued, &good, time).is_err(), "no owner");

    // Any other text, signed by the owner itself, says nothing.
    let altered = altered(&issued, &mut input);
    if altered != issued {
        let signed = sign(&challenge.owner, &altered);
        assert!(owner::verify(&challenge, owner, &altered, &signed, time).is_err(), "{altered}");
        assert!(owner::verify(&challenge, owner, &issued, &signed, time).is_err(), "signed another text");
    }
    // What is left is presented as message and as signature.
    let rest = String::from_utf8_lossy(input.rest());
    assert!(rest == issued || owner::verify(&challenge, owner, &rest, &good, time).is_err());
    if owner::verify(&challenge, owner, &issued, &rest, time).is_ok() {
        assert_eq!(bytes_of(&rest), bytes_of(&good), "another signature over the same text");
    }
}

fn challenge(input: &mut Input<'_>) -> Challenge {
    let owner = if input.bool() { Address::Evm(WALLET.into_array()) } else { Address::Solana(*SOLANA_WALLET) };
    let (tx, digest) = (TxId::new(Uuid::from_bytes(input.array())), Digest::new([input.u8(); 32]));
    let action = match input.u8() % 5 {
        0 => OwnerAction::Approve { tx, digest },
        1 => OwnerAction::Reject { tx, digest },
        2 => OwnerAction::VerifyOwner,
        3 => OwnerAction::ChangeOwner { new_owner: Address::Evm([input.u8(); 20]) },
        _ => OwnerAction::RemoveOwner,
    };
    let length = usize::from(input.u8());
    Challenge {
        instance: InstanceId::new(Uuid::from_u128(1)),
        wallet: WalletId::new(Uuid::from_u128(u128::from(input.u8()))),
        owner,
        action,
        chain_id: input.u8().to_string(),
        // Written by whoever names tokens: the one field that strangers choose.
        summary: String::from_utf8_lossy(input.take(length)).into_owned(),
        nonce: hex::encode([input.u8(); 16]),
        issued_at: i64::from(input.u32()),
        expires_at: i64::from(input.u32()).saturating_add(5_000_000_000),
    }
}

/// How often each line of the layout occurs: a summary adds none.
fn layout(message: &str) -> (usize, Vec<String>) {
    let keys = message.lines().filter_map(|line| line.split_once(": ").map(|(key, _)| key.to_owned()));
    let keys = keys.filter(|key| matches!(key.as_str(), "URI" | "Nonce" | "Chain ID" | "Request ID" | "Expiration Time"));
    (message.lines().count(), keys.collect())
}

/// One character changed, taken out or put in.
fn altered(text: &str, input: &mut Input<'_>) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let at = usize::from(input.u16()).checked_rem(characters.len()).unwrap_or_default();
    let other = char::from(input.u8());
    match input.u8() % 3 {
        0 => characters[at] = other,
        1 => drop(characters.remove(at)),
        _ => characters.insert(at, other),
    }
    characters.into_iter().collect()
}

fn sign(owner: &Address, text: &str) -> String {
    match owner {
        Address::Evm(_) => {
            let hash = eip191_hash_message(text.as_bytes());
            format!("0x{}", hex::encode(world::signature(&SigningPayload::Secp256k1(hash.0))))
        }
        Address::Solana(_) => {
            bs58::encode(world::signature(&SigningPayload::Ed25519(text.as_bytes().to_vec()))).into_string()
        }
    }
}

/// `r ‖ s` of a signature, however written.
fn bytes_of(signature: &str) -> Vec<u8> {
    use base64::Engine as _;
    let hex = hex::decode(signature.strip_prefix("0x").unwrap_or(signature)).ok();
    let base58 = || bs58::decode(signature).into_vec().ok().filter(|bytes| bytes.len() == 64);
    let base64 = || base64::engine::general_purpose::STANDARD.decode(signature).ok();
    let mut bytes = hex.or_else(base58).or_else(base64).unwrap_or_default();
    bytes.truncate(64);
    bytes
}
