//! Tests from drafts to signed bytes and back, without a node.

use alloy_primitives::{Signature, eip191_hash_message};
use k256::ecdsa::SigningKey;
use waiaas_core::draft::SigningPayload;
use waiaas_core::effect::Effect;
use waiaas_core::network::{NetworkId, Networks};

use super::*;
use crate::Expiry;
use crate::evm::codec::drafted::Fixed;
use crate::evm::codec::external::External;

const SOMEBODY: Address = Address::Evm([5; 20]);

fn codec() -> EvmCodec {
    let networks = Networks::builtin();
    let network = networks.get(&NetworkId::new("base-mainnet")).expect("built in").clone();
    EvmCodec::new(network).expect("EVM")
}

fn key(byte: u8) -> SigningKey {
    SigningKey::from_slice(&[byte; 32]).expect("a key")
}

fn wallet() -> EvmAddress {
    EvmAddress::from_public_key(key(0x11).verifying_key())
}

fn sign(key: &SigningKey, completed: &Completed) -> [u8; 65] {
    let SigningPayload::Secp256k1(hash) = completed.payload() else { panic!("EVM") };
    let (signature, id) = key.sign_prehash_recoverable(hash).expect("signs");
    let mut bytes = [0; 65];
    bytes[..64].copy_from_slice(&signature.to_bytes());
    bytes[64] = u8::from(id.is_y_odd());
    bytes
}

fn body() -> Body {
    Body {
        chain_id: 8453,
        to: Some(EvmAddress::repeat_byte(3)),
        value: U256::from(1_000_000u64),
        input: vec![1; 40].into(),
        standard: None,
        gas_limit: 50_000,
        fee_budget: U256::from(50_000u64 * 1_000),
    }
}

fn built() -> Draft {
    codec().draft(wallet(), body().encode())
}

const fn volatile(max_fee_per_gas: u128) -> Volatile {
    Volatile::Evm { nonce: 4, max_fee_per_gas, max_priority_fee_per_gas: Some(7) }
}

fn is_corrupt<T: std::fmt::Debug>(result: Result<T, CodecError>) -> bool {
    matches!(result, Err(CodecError::Corrupt(_)))
}

/// Returns the draft of an intent to sign data as it is, to which no node adds a fact.
fn as_it_is(intent: &Intent) -> Draft {
    let fixed = codec().fixed(intent).expect("to be signed").expect("as it is");
    codec().draft(wallet(), fixed.encode())
}

fn typed_data(chain_id: u64) -> Intent {
    let typed_data = serde_json::json!({
        "domain": { "name": "T", "chainId": chain_id },
        "primaryType": "A", "types": { "A": [{ "name": "a", "type": "uint8" }] },
        "message": { "a": "5" },
    });
    Intent::SignTypedData { typed_data: typed_data.to_string() }
}

#[test]
fn a_transaction_comes_back_out_of_its_signed_bytes() {
    let (codec, draft) = (codec(), built());
    for max_priority_fee_per_gas in [Some(7), None] {
        let volatile = Volatile::Evm { nonce: 4, max_fee_per_gas: 900, max_priority_fee_per_gas };
        let completed = codec.complete(&draft, volatile).expect("completes");
        assert_eq!(completed.draft(), draft.digest());
        let signed = codec.assemble(&completed, &sign(&key(0x11), &completed)).expect("assembles");
        assert_eq!(signed.expiry, Expiry::Nonce(4));
        assert_eq!(codec.replaced(&draft, &signed.bytes), Ok(volatile));

        let another = codec.draft(wallet(), Body { value: U256::ONE, ..body() }.encode());
        assert!(is_corrupt(codec.replaced(&another, &signed.bytes)), "another draft's");
        let elsewhere = codec.draft(EvmAddress::repeat_byte(8), body().encode());
        assert!(is_corrupt(codec.replaced(&elsewhere, &signed.bytes)), "another wallet's");
        assert!(is_corrupt(codec.replaced(&draft, &signed.bytes[1..])));
    }
    let dear = codec.complete(&draft, volatile(1_001)).expect("completes");
    assert_ne!(dear.draft(), draft.digest(), "above the budget, it is another draft");
    assert!(is_corrupt(codec.complete(&draft, Volatile::AsItIs)));
}

#[test]
fn only_the_senders_signature_over_this_transaction_is_joined() {
    let (codec, draft) = (codec(), built());
    let completed = codec.complete(&draft, volatile(900)).expect("completes");
    let good = sign(&key(0x11), &completed);
    codec.assemble(&completed, &good).expect("the sender's own");

    let corrupt = |completed: &Completed, signature: &[u8]| {
        let result = codec.assemble(completed, signature);
        assert!(matches!(result, Err(CodecError::Corrupt(_))), "{result:?}");
    };
    corrupt(&completed, &sign(&key(0x22), &completed));
    let mut flipped = good;
    flipped[64] ^= 1;
    corrupt(&completed, &flipped);
    corrupt(&completed, &good[..64]);
    corrupt(&completed, &[]);
    corrupt(&completed, &[0; 65]);
    let elsewhere = SigningPayload::Secp256k1([9; 32]);
    corrupt(&Completed::new(&draft, completed.unsigned().to_vec(), elsewhere), &good);
    let bare = completed.unsigned()[20..].to_vec();
    corrupt(&Completed::new(&draft, bare, completed.payload().clone()), &good);
}

#[test]
fn a_message_is_signed_as_wallets_sign_it() {
    let codec = codec();
    let draft = as_it_is(&Intent::SignMessage { message: b"Hello, world!".to_vec() });
    let effects = codec.effects(&draft).expect("effects").items;
    assert!(matches!(effects.as_slice(), [Effect::Message { text, .. }] if text == "Hello, world!"));
    let completed = codec.complete(&draft, Volatile::AsItIs).expect("completes");
    assert_eq!(completed.draft(), draft.digest());
    let signed = codec.assemble(&completed, &sign(&key(0x11), &completed)).expect("assembles");
    assert_eq!(signed.expiry, Expiry::Never);
    let signature = Signature::from_raw(&signed.bytes).expect("a signature");
    let signer = signature.recover_address_from_prehash(&eip191_hash_message("Hello, world!"));
    assert_eq!(signer.expect("recovers"), wallet());
    assert!(is_corrupt(codec.complete(&draft, volatile(900))), "no field is filled in");
    assert!(matches!(codec.replaced(&draft, &signed.bytes), Err(CodecError::Refused(_))));
}

#[test]
fn the_signature_of_typed_data_covers_every_byte_of_its_draft() {
    let codec = codec();
    let draft = as_it_is(&typed_data(8453));
    let completed = codec.complete(&draft, Volatile::AsItIs).expect("completes");
    let good = sign(&key(0x11), &completed);
    let signed = codec.assemble(&completed, &good).expect("assembles");
    let hash = signed.hash.parse().expect("a hash");
    let signature = Signature::from_raw(&signed.bytes).expect("a signature");
    assert_eq!(signature.recover_address_from_prehash(&hash).expect("recovers"), wallet());
    // The first byte is the kind of the draft.
    for at in 1..draft.body.len() {
        let mut altered = draft.clone();
        altered.body[at] ^= 1;
        let read = codec.complete(&altered, Volatile::AsItIs);
        assert!(read.is_err() || read.is_ok_and(|read| read.payload() != completed.payload()), "{at}");
    }
    let other = Completed::new(&built(), completed.unsigned().to_vec(), completed.payload().clone());
    assert!(is_corrupt(codec.assemble(&other, &good)), "the digest of another draft");
    assert!(matches!(codec.fixed(&typed_data(1)), Err(CodecError::Refused(Refusal::ChainIdMismatch { .. }))));
}

#[test]
fn a_transaction_built_elsewhere_is_signed_as_it_came() {
    use alloy_consensus::{SignableTransaction as _, TxEip1559};
    let codec = codec();
    let tx = TxEip1559 {
        chain_id: 8453,
        nonce: 9,
        gas_limit: 21_000,
        max_fee_per_gas: 100,
        max_priority_fee_per_gas: 1,
        to: EvmAddress::repeat_byte(3).into(),
        value: U256::from(5u8),
        access_list: Default::default(),
        input: Default::default(),
    };
    let external = External::new(&tx.encoded_for_signing(), 8453).expect("unsigned");
    let draft = codec.draft(wallet(), Fixed::External(Box::new(external)).encode());
    let completed = codec.complete(&draft, Volatile::AsItIs).expect("completes");
    assert_eq!(*completed.payload(), SigningPayload::Secp256k1(tx.signature_hash().0));
    let signed = codec.assemble(&completed, &sign(&key(0x11), &completed)).expect("assembles");
    assert_eq!(signed.expiry, Expiry::Nonce(9));
    assert!(is_corrupt(codec.complete(&draft, volatile(900))));
    let fee = U256::from(21_000u64 * 100);
    assert_eq!(codec.capped(&draft, fee), Ok(draft.clone()));
    let above = Refusal::FeeAboveCap { fee, cap: fee - U256::ONE };
    assert_eq!(codec.capped(&draft, fee - U256::ONE), Err(above.into()));
}

#[test]
fn a_budget_is_capped_and_a_draft_has_no_lifetime() {
    let codec = codec();
    let cut = codec.capped(&built(), U256::from(7u8)).expect("a draft");
    assert_eq!(codec.effects(&cut).expect("effects").fee(), U256::from(7u8));
    assert_eq!(codec.capped(&built(), U256::MAX), Ok(built()));
    assert_eq!(codec.lifetime(&built()), Ok(None));
}

#[test]
fn a_request_is_read_before_any_node_is_asked() {
    let codec = codec();
    let from = Address::Evm(wallet().into_array());
    let amount = U256::from(5u8);
    let send = Intent::Transfer { to: SOMEBODY, amount, memo: None };
    let parts = codec.readings(from, &send).expect("readings");
    let [readings] = parts.as_slice() else { panic!("{parts:?}") };
    let [effects] = readings.as_slice() else { panic!("{readings:?}") };
    assert_eq!(effects.items, [Effect::NativeOut { to: SOMEBODY, amount }]);
    for (from, intent) in [
        (Address::Solana([5; 32]), send.clone()),
        (from, Intent::Transfer { to: Address::Solana([5; 32]), amount, memo: None }),
        (from, Intent::Transfer { to: SOMEBODY, amount: U256::ZERO, memo: None }),
        (from, Intent::Batch { members: vec![send.clone(), send] }),
    ] {
        assert!(matches!(codec.readings(from, &intent), Err(CodecError::Refused(_))), "{intent:?}");
    }
}
