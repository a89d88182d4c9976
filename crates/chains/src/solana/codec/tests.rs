//! From drafts to signed bytes and back, without a node.

use ed25519_dalek::{Signer as _, SigningKey};
use solana_message::{Message, VersionedMessage};
use solana_system_interface::instruction::transfer;
use waiaas_core::effect::Effect;
use waiaas_core::network::Networks;

use super::*;
use crate::Expiry;
use crate::solana::codec::body::tests::{key, own};
use crate::solana::codec::facts::Facts;
use crate::solana::codec::signed::read_signed;

const LAST_VALID: u64 = 1_000;

fn codec() -> SolanaCodec {
    SolanaCodec::new(Networks::builtin().find("solana-localnet").expect("built in").clone())
}

fn signer(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32])
}

fn wallet() -> Pubkey {
    Pubkey::new_from_array(signer(1).verifying_key().to_bytes())
}

fn sign(by: &SigningKey, completed: &Completed) -> [u8; 64] {
    let SigningPayload::Ed25519(message) = completed.payload() else { panic!("Solana") };
    by.sign(message).to_bytes()
}

fn pay() -> solana_instruction::Instruction {
    transfer(&wallet(), &key(9), 5)
}

/// 1 000 units and 1 000 lamports for priority: a unit price of at most one million.
fn built() -> Draft {
    let body = Body::new(Builder::Here, 6_000, Facts::default(), own(&wallet(), &[pay()])).expect("a body");
    codec().draft(&wallet(), body.draft().expect("a draft"))
}

fn elsewhere() -> Draft {
    let message = Message::new_with_blockhash(&[pay()], Some(&wallet()), &Hash::new_from_array([3; 32]));
    let message = VersionedMessage::Legacy(message);
    let body = Body::new(Builder::Elsewhere, 5_000, Facts::default(), message).expect("a body");
    codec().draft(&wallet(), body.draft().expect("a draft"))
}

fn text() -> Draft {
    codec().draft(&wallet(), Text::new(b"sign in to example.com").expect("a text").body())
}

const fn volatile(unit_price: u64) -> Volatile {
    Volatile::Solana { blockhash: [4; 32], unit_price, last_valid: LAST_VALID }
}

fn is_corrupt<T: std::fmt::Debug>(result: Result<T, CodecError>) -> bool {
    matches!(result, Err(CodecError::Corrupt(_)))
}

#[test]
fn a_transaction_is_read_back_from_its_signed_bytes() {
    let (codec, draft) = (codec(), built());
    let completed = codec.complete(&draft, volatile(1_000_000)).expect("completes");
    assert_eq!(completed.draft(), draft.digest());
    let signed = codec.assemble(&completed, &sign(&signer(1), &completed)).expect("assembles");
    assert_eq!(signed.expiry, Expiry::BlockHeight(LAST_VALID));
    let message = read_signed(&wallet(), &signed).expect("the wallet's");
    assert_eq!(message.recent_blockhash().to_bytes(), [4; 32]);
    assert!(is_corrupt(read_signed(&key(9), &signed)), "another wallet's");
    let sent = Effect::NativeOut { to: address(&key(9)), amount: U256::from(5u8) };
    assert_eq!(codec.effects(&draft).expect("effects").items[1..], [sent]);

    let later = codec.complete(&draft, volatile(7)).expect("completes");
    assert_eq!(later.draft(), draft.digest(), "another price, the same draft");
    assert!(is_corrupt(codec.complete(&draft, volatile(1_000_001))), "above the budget");
    assert!(matches!(codec.replaced(&draft, &signed.bytes), Err(CodecError::Refused(_))));
}

#[test]
fn altered_bytes_are_not_joined_with_the_signature() {
    let (codec, draft) = (codec(), built());
    let completed = codec.complete(&draft, volatile(7)).expect("completes");
    let signature = sign(&signer(1), &completed);
    for at in 0..completed.unsigned().len() {
        let mut bytes = completed.unsigned().to_vec();
        bytes[at] ^= 1;
        let altered = Completed::new(&draft, bytes, completed.payload().clone());
        // Bytes 1 to 8 hold the last valid block height, which is not part of the transaction.
        let harmless = (1..=8).contains(&at);
        assert_eq!(codec.assemble(&altered, &signature).is_ok(), harmless, "byte {at}");
    }
    assert!(
        is_corrupt(codec.assemble(&completed, &sign(&signer(2), &completed))),
        "the signature of another key"
    );
    let other = Draft { network: waiaas_core::network::NetworkId::new("solana-devnet"), ..draft };
    assert!(is_corrupt(codec.read(&other)) && is_corrupt(codec.complete(&other, volatile(7))));
}

#[test]
fn each_kind_of_draft_has_its_own_volatile_fields() {
    let codec = codec();
    let brought = Volatile::SolanaElsewhere { last_valid: LAST_VALID };
    for (draft, own) in [(built(), volatile(7)), (elsewhere(), brought), (text(), Volatile::AsItIs)] {
        for given in [volatile(7), brought, Volatile::AsItIs] {
            let completed = codec.complete(&draft, given);
            assert_eq!(completed.is_ok(), given == own, "{given:?} for {own:?}");
            assert!(completed.is_err() || completed.is_ok_and(|done| done.draft() == draft.digest()));
        }
    }
    let done = codec.complete(&elsewhere(), brought).expect("completes");
    let signed = codec.assemble(&done, &sign(&signer(1), &done)).expect("assembles");
    let message = read_signed(&wallet(), &signed).expect("the wallet's");
    assert_eq!(message.recent_blockhash().to_bytes(), [3; 32], "as it came");
}

#[test]
fn a_text_is_signed_unchanged() {
    let (codec, draft) = (codec(), text());
    let effects = codec.effects(&draft).expect("effects").items;
    assert!(matches!(effects.as_slice(), [Effect::Message { text, .. }] if text == "sign in to example.com"));
    let completed = codec.complete(&draft, Volatile::AsItIs).expect("completes");
    assert_eq!(*completed.payload(), SigningPayload::Ed25519(b"sign in to example.com".to_vec()));
    let signature = sign(&signer(1), &completed);
    let signed = codec.assemble(&completed, &signature).expect("assembles");
    assert_eq!((signed.bytes, signed.expiry), (signature.to_vec(), Expiry::Never));
}

#[test]
fn budgets_are_lowered_and_blockhashes_expire() {
    let codec = codec();
    assert_eq!((codec.lifetime(&built()), codec.lifetime(&text())), (Ok(None), Ok(None)));
    assert_eq!(codec.lifetime(&elsewhere()), Ok(Some(60)));
    let cut = codec.capped(&built(), U256::from(5_500u64)).expect("a draft");
    assert_eq!(codec.effects(&cut).expect("effects").fee(), U256::from(5_500u64));
    assert_eq!(codec.capped(&elsewhere(), U256::from(5_000u64)), Ok(elsewhere()));
    let cap = U256::from(4_999u64);
    for draft in [built(), elsewhere()] {
        let above = Refusal::FeeAboveCap { fee: U256::from(5_000u64), cap };
        assert_eq!(codec.capped(&draft, cap), Err(above.into()));
    }
    assert_eq!(codec.capped(&text(), U256::ZERO), Ok(text()));
}

#[test]
fn a_request_is_read_before_any_node_is_asked() {
    let codec = codec();
    let (from, to, amount) = (address(&wallet()), address(&key(9)), U256::from(5u8));
    let send = Intent::Transfer { to, amount, memo: None };
    let parts = codec.readings(from, &Intent::Batch { members: vec![send.clone(), send.clone()] });
    let parts = parts.expect("readings");
    assert_eq!(parts.len(), 2);
    for readings in &parts {
        let [effects] = readings.as_slice() else { panic!("{readings:?}") };
        assert_eq!(effects.items, [Effect::NativeOut { to, amount }]);
    }
    let deploy = Intent::Deploy { code: vec![1], value: U256::ZERO };
    let nested = Intent::Batch { members: vec![send.clone(), deploy.clone()] };
    let refusal = codec.readings(from, &nested).expect_err("not allowed in a batch").to_string();
    assert!(refusal.starts_with("request 2 of the batch:"), "{refusal}");
    for (from, intent) in [(Address::Evm([5; 20]), send), (from, deploy)] {
        assert!(matches!(codec.readings(from, &intent), Err(CodecError::Refused(_))), "{intent:?}");
    }
}
