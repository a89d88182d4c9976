//! An owner's answer: only the issued text, byte for byte and signed by the current owner in time, is
//! consent.

use alloy_primitives::eip191_hash_message;
use uuid::Uuid;
use waiaas_core::address::Address;
use waiaas_core::digest::Digest;
use waiaas_core::draft::SigningPayload;
use waiaas_core::ids::{InstanceId, TxId, WalletId};
use waiaas_core::owner::{self, Challenge, ConsentError, OwnerAction};

use crate::input::{self, Input};
use crate::world::{self, SOLANA_WALLET, WALLET};

pub(super) fn run(data: &[u8]) -> bool {
    let mut input = Input::new(data);
    let challenge = challenge(&mut input);
    let issued = challenge.message();
    assert!(owner::is_challenge(&issued), "{issued}");
    // The summary is one line, and all other lines are the same without it.
    let plain = Challenge { summary: String::new(), ..challenge.clone() }.message();
    assert!(other_lines(&issued).eq(other_lines(&plain)), "{issued}");

    let (owner, time) = (Some(challenge.owner), challenge.expires_at.saturating_sub(1));
    if input::seldom(data) {
        signed(&challenge, &issued, &mut input);
    }
    let signature = hex::encode([0x1b; 65]);
    let altered = altered(&issued, &mut input);
    if altered != issued {
        let answer = owner::verify(&challenge, owner, &altered, &signature, time);
        assert_eq!(answer, Err(ConsentError::MessageMismatch), "{altered}");
    }
    // The rest of the input is tried as message and as signature.
    let rest = String::from_utf8_lossy(input.rest());
    if rest != issued {
        let answer = owner::verify(&challenge, owner, &rest, &signature, time);
        assert_eq!(answer, Err(ConsentError::MessageMismatch), "{rest}");
    }
    assert!(owner::verify(&challenge, owner, &issued, &rest, time).is_err(), "{rest}");
    assert_eq!(
        owner::verify(&challenge, owner, &issued, &rest, challenge.expires_at),
        Err(ConsentError::Expired)
    );
    assert_eq!(owner::verify(&challenge, None, &issued, &rest, time), Err(ConsentError::NotTheOwner));
    true
}

/// The owner's signature over the issued text is consent until the expiry. A signature over another text is
/// not.
fn signed(challenge: &Challenge, issued: &str, input: &mut Input<'_>) {
    let (owner, time) = (Some(challenge.owner), challenge.expires_at.saturating_sub(1));
    let good = sign(&challenge.owner, issued);
    let consent = owner::verify(challenge, owner, issued, &good, time);
    assert!(
        consent.is_ok_and(|given| given.action() == challenge.action && given.wallet() == challenge.wallet)
    );
    assert!(owner::verify(challenge, owner, issued, &good, challenge.expires_at).is_err(), "too late");
    let altered = altered(issued, input);
    if altered != *issued {
        let other = sign(&challenge.owner, &altered);
        assert!(owner::verify(challenge, owner, &altered, &other, time).is_err(), "{altered}");
        assert!(owner::verify(challenge, owner, issued, &other, time).is_err(), "a signature over another text");
    }
}

fn challenge(input: &mut Input<'_>) -> Challenge {
    let owner =
        if input.bool() { Address::Evm(WALLET.into_array()) } else { Address::Solana(*SOLANA_WALLET) };
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
        // Named by the issuers of tokens: the only field that third parties choose.
        summary: String::from_utf8_lossy(input.take(length)).into_owned(),
        nonce: hex::encode([input.u8(); 16]),
        issued_at: i64::from(input.u32()),
        expires_at: i64::from(input.u32()).saturating_add(5_000_000_000),
    }
}

/// Returns the lines without the fourth, which is the summary.
fn other_lines(message: &str) -> impl Iterator<Item = (usize, &str)> {
    message.lines().enumerate().filter(|(at, _)| *at != 3)
}

/// Changes, removes or inserts one character.
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
