//! Signatures over what somebody else wrote, on a real node.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930};
use alloy_primitives::{Signature, eip191_hash_message};
use serde_json::json;
use waiaas_chains::{Chain, Expiry, Fate, Lane, Refusal, Submission, UnsignableMessage};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::effect::Effect;
use waiaas_core::intent::Intent;

use crate::evm_world::{SOMEBODY, World, refusal, transfer};

const GAS_PRICE: u128 = 10_000_000_000;

fn evm(address: Address) -> alloy_primitives::Address {
    let Address::Evm(bytes) = address else { panic!("an EVM address") };
    bytes.into()
}

fn external(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: 31337,
        nonce,
        gas_limit: 30_000,
        max_fee_per_gas: GAS_PRICE,
        max_priority_fee_per_gas: 1_000_000_000,
        to: evm(SOMEBODY).into(),
        value: U256::from(77u8),
        access_list: Default::default(),
        input: Default::default(),
    }
}

fn sign(tx: &TxEip1559) -> Intent {
    Intent::SignTransaction { transaction: tx.encoded_for_signing() }
}

#[tokio::test]
async fn an_external_transaction_is_signed_as_it_is_and_lands() {
    let world = World::new().await;
    let fee = Effect::NetworkFee { max: U256::from(30_000u64) * U256::from(GAS_PRICE) };
    let out = Effect::NativeOut { to: SOMEBODY, amount: U256::from(77u8) };

    let draft = world.chain.build(world.wallet.address, &sign(&external(0))).await.expect("a draft");
    assert_eq!(world.chain.effects(&draft).expect("effects").items, [out.clone(), fee.clone()]);
    assert!(world.chain.simulate(&draft).await.expect("runs").success);
    let signed = world.sign_draft(&draft, &[]).await;
    assert_eq!(signed.expiry, Expiry::Nonce(0));
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    world.anvil.call("anvil_mine", json!(["0x1"])).await;
    assert!(matches!(world.fate(&signed).await, Fate::Confirmed { .. }));
    assert_eq!(world.balance(SOMEBODY).await, U256::from(77u8));

    let listed = TxEip2930 {
        chain_id: 31337,
        nonce: 1,
        gas_price: GAS_PRICE,
        gas_limit: 30_000,
        to: evm(SOMEBODY).into(),
        value: U256::from(77u8),
        access_list: vec![alloy_eips::eip2930::AccessListItem {
            address: evm(SOMEBODY),
            storage_keys: vec![],
        }]
        .into(),
        input: Default::default(),
    };
    let intent = Intent::SignTransaction { transaction: listed.encoded_for_signing() };
    let draft = world.chain.build(world.wallet.address, &intent).await.expect("a draft");
    assert_eq!(world.chain.effects(&draft).expect("effects").items, [out, fee]);
    let signed = world.sign_draft(&draft, &[]).await;
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    world.anvil.call("anvil_mine", json!(["0x1"])).await;
    assert!(matches!(world.fate(&signed).await, Fate::Confirmed { .. }));
    assert_eq!(world.balance(SOMEBODY).await, U256::from(154u8));
}

#[tokio::test]
async fn a_nonce_that_is_taken_is_not_signed_again() {
    let world = World::new().await;
    let draft = world.chain.build(world.wallet.address, &sign(&external(0))).await.expect("a draft");
    let lane = Lane { nonces_in_flight: vec![0], ..Lane::default() };
    let taken = refusal(world.chain.complete(&draft, &lane).await);
    assert!(taken.to_string().contains("another transaction that may still land"), "{taken}");
    let first = world.sign(&transfer(1), &[]).await;
    world.submit(&first).await;
    world.anvil.call("anvil_mine", json!(["0x1"])).await;
    let used = refusal(world.chain.complete(&draft, &Lane::default()).await);
    assert!(used.to_string().contains("used up"), "{used}");
    let place = Lane { replaces: Some(first.bytes), ..Lane::default() };
    assert!(matches!(refusal(world.chain.complete(&draft, &place).await), Refusal::Unsupported(_)));
}

#[tokio::test]
async fn external_transactions_stay_within_the_cap_and_the_network() {
    let world = World::new().await;
    let build = async |tx: &TxEip1559| refusal(world.chain.build(world.wallet.address, &sign(tx)).await);
    // 0.05 coins are the cap.
    let dear = TxEip1559 { gas_limit: 5_000_001, ..external(0) };
    assert!(matches!(build(&dear).await, Refusal::FeeAboveCap { .. }));
    let foreign = TxEip1559 { chain_id: 1, ..external(0) };
    assert_eq!(build(&foreign).await, Refusal::ChainIdMismatch { given: U256::from(1u8), network: 31337 });
}

/// The signature in the form contracts take it: `r ‖ s ‖ v`, `v` being 27 or 28.
fn recovered(bytes: &[u8], hash: alloy_primitives::B256) -> Address {
    assert!(bytes.len() == 65 && matches!(bytes[64], 27 | 28));
    let signature = Signature::from_raw(bytes).expect("a signature");
    Address::Evm(signature.recover_address_from_prehash(&hash).expect("recovers").into_array())
}

#[tokio::test]
async fn messages_are_signed_as_wallets_sign_them() {
    let world = World::new().await;
    let text = "Hello, world!";
    let intent = Intent::SignMessage { message: text.as_bytes().to_vec() };
    let draft = world.chain.build(world.wallet.address, &intent).await.expect("a draft");
    let effects = world.chain.effects(&draft).expect("effects").items;
    assert!(matches!(effects.as_slice(), [Effect::Message { text: shown, .. }] if shown == text));
    let signed = world.sign_draft(&draft, &[]).await;
    assert_eq!(recovered(&signed.bytes, eip191_hash_message(text)), world.wallet.address);
    assert_eq!(signed.expiry, Expiry::Never);
    assert_eq!(world.fate(&signed).await, Fate::Pending);
    assert!(world.chain.submit(&signed).await.is_err(), "a message is not sent");

    let bad = Intent::SignMessage { message: vec![7; 32] };
    let why = refusal(world.chain.build(world.wallet.address, &bad).await);
    assert_eq!(why, Refusal::UnsignableMessage(UnsignableMessage::Hash));
}

#[tokio::test]
async fn typed_data_are_signed_for_this_network() {
    let world = World::new().await;
    let typed_data = |chain_id: u64| {
        let fields = ["owner", "spender"].map(|name| json!({ "name": name, "type": "address" }));
        let numbers = ["value", "nonce", "deadline"].map(|name| json!({ "name": name, "type": "uint256" }));
        let fields = [fields.to_vec(), numbers.to_vec()].concat();
        let typed_data = json!({
            "domain": { "name": "T", "chainId": chain_id, "verifyingContract": Address::Evm([3; 20]) },
            "primaryType": "Permit", "types": { "Permit": fields },
            "message": { "owner": world.wallet.address, "spender": SOMEBODY, "value": "5", "nonce": 0, "deadline": 99 },
        });
        Intent::SignTypedData { typed_data: typed_data.to_string() }
    };
    let draft = world.chain.build(world.wallet.address, &typed_data(31337)).await.expect("a draft");
    let effects = world.chain.effects(&draft).expect("effects").items;
    assert!(matches!(effects.as_slice(), [Effect::Allowance { spender, amount, .. }]
        if *spender == SOMEBODY && *amount == U256::from(5u8)));
    let signed = world.sign_draft(&draft, &[]).await;
    assert_eq!(signed.expiry, Expiry::Time(99));
    let hash = signed.hash.parse().expect("a hash");
    assert_eq!(recovered(&signed.bytes, hash), world.wallet.address);
    let foreign = refusal(world.chain.build(world.wallet.address, &typed_data(1)).await);
    assert!(matches!(foreign, Refusal::ChainIdMismatch { .. }));

    // Nothing can be changed between the draft and the signature.
    let completed = world.chain.complete(&draft, &Lane::default()).await.expect("completes");
    let mut altered = draft.clone();
    *altered.body.last_mut().expect("a byte") ^= 1;
    assert!(world.chain.effects(&altered).is_err());
    let mut signature = world.wallet.sign(&completed);
    signature[0] ^= 1;
    assert!(world.chain.assemble(&completed, &signature).is_err());
}
