//! Tests of signatures over data that is signed as it is, on a real node.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxLegacy};
use alloy_primitives::{Signature, eip191_hash_message};
use serde_json::json;
use waiaas_chains::{Chain, Expiry, Lane, Outcome, Refusal, Submission, UnsignableMessage};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::effect::Effect;
use waiaas_core::intent::Intent;

use crate::anvil::code_in;
use crate::evm_world::{STRANGER, World, refusal, transfer};

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
        to: evm(STRANGER).into(),
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
    let out = Effect::NativeOut { to: STRANGER, amount: U256::from(77u8) };

    let draft = world.chain.build(world.wallet.address, &sign(&external(0))).await.expect("a draft");
    assert_eq!(world.chain.codec().effects(&draft).expect("effects").items, [out.clone(), fee.clone()]);
    assert!(world.chain.simulate(&draft).await.expect("runs").success);
    let signed = world.sign_draft(&draft, &[]).await;
    assert_eq!(signed.expiry, Expiry::Nonce(0));
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    world.anvil.call("anvil_mine", json!(["0x1"])).await;
    assert!(matches!(world.outcome(&signed).await, Outcome::Confirmed { .. }));
    assert_eq!(world.balance(STRANGER).await, U256::from(77u8));

    let listed = TxEip2930 {
        chain_id: 31337,
        nonce: 1,
        gas_price: GAS_PRICE,
        gas_limit: 30_000,
        to: evm(STRANGER).into(),
        value: U256::from(77u8),
        access_list: vec![alloy_eips::eip2930::AccessListItem {
            address: evm(STRANGER),
            storage_keys: vec![],
        }]
        .into(),
        input: Default::default(),
    };
    let intent = Intent::SignTransaction { transaction: listed.encoded_for_signing() };
    let draft = world.chain.build(world.wallet.address, &intent).await.expect("a draft");
    assert_eq!(world.chain.codec().effects(&draft).expect("effects").items, [out, fee]);
    let signed = world.sign_draft(&draft, &[]).await;
    assert_eq!(world.submit(&signed).await, Submission::Accepted);
    world.anvil.call("anvil_mine", json!(["0x1"])).await;
    assert!(matches!(world.outcome(&signed).await, Outcome::Confirmed { .. }));
    assert_eq!(world.balance(STRANGER).await, U256::from(154u8));
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
async fn a_nonce_far_ahead_is_not_signed() {
    let world = World::new().await;
    let place = async |nonce, lane: &Lane| {
        let draft = world.chain.build(world.wallet.address, &sign(&external(nonce))).await.expect("a draft");
        let checked = world.chain.check_place(&draft, lane).await;
        assert_eq!(checked.is_ok(), world.chain.complete(&draft, lane).await.is_ok(), "{nonce}");
        checked.err().map(|error| refusal::<()>(Err(error)))
    };
    let none = Lane::default();
    assert_eq!(place(8, &none).await, None);
    for nonce in [9, 1 << 40, 1 << 63, (1 << 63) - 1, u64::MAX - 1] {
        assert_eq!(place(nonce, &none).await, Some(Refusal::NonceTooFarAhead { nonce, most: 8 }));
    }
    let two = Lane { nonces_in_flight: vec![0, 1], ..Lane::default() };
    assert_eq!(place(10, &two).await, None, "nonces in flight count");
    assert_eq!(place(11, &two).await, Some(Refusal::NonceTooFarAhead { nonce: 11, most: 10 }));
}

#[tokio::test]
async fn the_quote_shows_an_offer_above_the_networks_fee() {
    let world = World::new().await;
    let quote = async |tx: &TxEip1559| {
        let draft = world.chain.build(world.wallet.address, &sign(tx)).await.expect("a draft");
        world.chain.fee(&draft).await.expect("a quote").expect("a fee")
    };
    let dear = TxEip1559 { max_fee_per_gas: 100 * GAS_PRICE, ..external(0) };
    let (usual, dear) = (quote(&external(0)).await, quote(&dear).await);
    assert_eq!(usual.asked, dear.asked, "the network asks the same of both");
    assert_eq!(dear.offered, U256::from(30_000u64) * U256::from(100 * GAS_PRICE));
    assert_eq!(dear.least, dear.offered, "it is signed as it is");
    assert!(dear.offered > dear.asked && !dear.asked.is_zero(), "{dear:?}");
    let text = Intent::SignMessage { message: b"Hello".to_vec() };
    let draft = world.chain.build(world.wallet.address, &text).await.expect("a draft");
    assert_eq!(world.chain.fee(&draft).await.expect("an answer"), None);
    assert_eq!(world.chain.codec().capped(&draft, U256::ZERO).expect("no fee"), draft);
}

#[tokio::test]
async fn external_transactions_stay_within_the_cap_and_the_network() {
    let world = World::new().await;
    let build = async |tx: &TxEip1559| refusal(world.chain.build(world.wallet.address, &sign(tx)).await);
    let draft = world.chain.build(world.wallet.address, &sign(&external(0))).await.expect("a draft");
    let fee = U256::from(30_000u64) * U256::from(GAS_PRICE);
    assert_eq!(world.chain.codec().capped(&draft, fee).expect("within"), draft);
    let cap = fee - U256::ONE;
    let above = Refusal::FeeAboveCap { fee, cap };
    assert_eq!(refusal(world.chain.codec().capped(&draft, cap)), above);
    let lane = Lane { fee_cap: Some(cap), ..Lane::default() };
    assert_eq!(refusal(world.chain.complete(&draft, &lane).await), above);

    // The cap of 200 gwei applies to the tip of every kind of transaction.
    let cap = 200_000_000_000u128;
    let tip = |tip| TxEip1559 { max_fee_per_gas: 10 * cap, max_priority_fee_per_gas: tip, ..external(0) };
    world.chain.build(world.wallet.address, &sign(&tip(cap))).await.expect("at the cap");
    assert_eq!(build(&tip(cap + 1)).await, Refusal::PriorityAboveCap { price: cap + 1, cap });
    let TxEip1559 { chain_id, nonce, gas_limit, to, value, .. } = external(0);
    let legacy = TxLegacy {
        chain_id: Some(chain_id),
        nonce,
        gas_price: 2 * cap,
        gas_limit,
        to,
        value,
        input: Default::default(),
    };
    let legacy = Intent::SignTransaction { transaction: legacy.encoded_for_signing() };
    let refused = refusal(world.chain.build(world.wallet.address, &legacy).await);
    assert!(matches!(refused, Refusal::PriorityAboveCap { price, .. } if price > cap), "{refused:?}");
    let foreign = TxEip1559 { chain_id: 1, ..external(0) };
    assert_eq!(build(&foreign).await, Refusal::ChainIdMismatch { given: U256::from(1u8), network: 31337 });
}

/// Recovers the signer of a signature in the form that contracts accept: `r ‖ s ‖ v` with `v` 27 or 28.
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
    let effects = world.chain.codec().effects(&draft).expect("effects").items;
    assert!(matches!(effects.as_slice(), [Effect::Message { text: shown, .. }] if shown == text));
    let signed = world.sign_draft(&draft, &[]).await;
    assert_eq!(recovered(&signed.bytes, eip191_hash_message(text)), world.wallet.address);
    assert_eq!(signed.expiry, Expiry::Never);
    assert_eq!(world.outcome(&signed).await, Outcome::Pending);
    assert!(world.chain.submit(&signed).await.is_err(), "a message is not sent");

    let bad = Intent::SignMessage { message: vec![7; 32] };
    let why = refusal(world.chain.build(world.wallet.address, &bad).await);
    assert_eq!(why, Refusal::UnsignableMessage(UnsignableMessage::Hash));
}

#[tokio::test]
async fn typed_data_is_signed_for_its_network_only() {
    let world = World::new().await;
    let typed_data = |chain_id: u64| {
        let fields = ["owner", "spender"].map(|name| json!({ "name": name, "type": "address" }));
        let numbers = ["value", "nonce", "deadline"].map(|name| json!({ "name": name, "type": "uint256" }));
        let fields = [fields.to_vec(), numbers.to_vec()].concat();
        let typed_data = json!({
            "domain": { "name": "T", "chainId": chain_id, "verifyingContract": Address::Evm([3; 20]) },
            "primaryType": "Permit", "types": { "Permit": fields },
            "message": { "owner": world.wallet.address, "spender": STRANGER, "value": "5", "nonce": 0, "deadline": 99 },
        });
        Intent::SignTypedData { typed_data: typed_data.to_string() }
    };
    let draft = world.chain.build(world.wallet.address, &typed_data(31337)).await.expect("a draft");
    let effects = world.chain.codec().effects(&draft).expect("effects").items;
    // There is no contract that could confirm the permit.
    assert!(
        matches!(effects.as_slice(), [Effect::Allowance { spender, amount, .. }, Effect::TypedData { .. }]
        if *spender == STRANGER && *amount == U256::from(5u8))
    );
    let signed = world.sign_draft(&draft, &[]).await;
    assert_eq!(signed.expiry, Expiry::Time(99));
    let hash = signed.hash.parse().expect("a hash");
    assert_eq!(recovered(&signed.bytes, hash), world.wallet.address);
    let foreign = refusal(world.chain.build(world.wallet.address, &typed_data(1)).await);
    assert!(matches!(foreign, Refusal::ChainIdMismatch { .. }));

    // A change between the draft and the signature is detected.
    let completed = world.chain.complete(&draft, &Lane::default()).await.expect("completes");
    let mut altered = draft.clone();
    *altered.body.last_mut().expect("a byte") ^= 1;
    assert!(world.chain.codec().effects(&altered).is_err());
    let mut signature = world.wallet.sign(&completed);
    signature[0] ^= 1;
    assert!(world.chain.codec().assemble(&completed, &signature).is_err());
}

/// A permit that the token would refuse is useless, and may have another purpose.
#[tokio::test]
async fn a_permit_needs_the_domain_and_the_nonce_of_its_token() {
    let world = World::new().await;
    let code = format!("{}{:064x}", code_in("localnet-contracts", "Coin"), 1_000);
    let token = Address::Evm(world.anvil.create(&code).await);
    let permit = |name: &str, version: &str, nonce: u64| {
        let fields = ["owner", "spender"].map(|name| json!({ "name": name, "type": "address" }));
        let numbers = ["value", "nonce", "deadline"].map(|name| json!({ "name": name, "type": "uint256" }));
        let fields = [fields.to_vec(), numbers.to_vec()].concat();
        let typed_data = json!({
            "domain": { "name": name, "version": version, "chainId": 31337, "verifyingContract": token },
            "primaryType": "Permit", "types": { "Permit": fields },
            "message": {
                "owner": world.wallet.address, "spender": STRANGER, "value": "5", "nonce": nonce, "deadline": 99,
            },
        });
        Intent::SignTypedData { typed_data: typed_data.to_string() }
    };
    let build = async |intent: Intent| world.chain.build(world.wallet.address, &intent).await;
    let draft = build(permit("Localnet Coin", "1", 0)).await.expect("a draft");
    let effects = world.chain.codec().effects(&draft).expect("effects").items;
    assert!(matches!(effects.as_slice(), [Effect::Allowance { .. }]), "{effects:?}");
    for (name, version, nonce) in
        [("Another Coin", "1", 0), ("Localnet Coin", "2", 0), ("Localnet Coin", "1", 1)]
    {
        let refused = refusal(build(permit(name, version, nonce)).await);
        assert!(matches!(refused, Refusal::PermitMismatch(_)), "{name} {version} {nonce}: {refused:?}");
    }
}
