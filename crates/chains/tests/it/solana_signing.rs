//! Transactions built elsewhere, and texts, signed under a real Solana runtime.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::json;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_message::{Message, VersionedMessage, v0};
use solana_pubkey::Pubkey;
use solana_system_interface::instruction as system;
use waiaas_chains::solana::SolanaOptions;
use waiaas_chains::{Chain, ChainError, CodecError, Expiry, Known, Lane, Outcome, Refusal, Submission};
use waiaas_core::U256;
use waiaas_core::address::Address;
use waiaas_core::draft::SigningPayload;
use waiaas_core::effect::Effect;
use waiaas_core::intent::Intent;

use crate::solana_calls::key;
use crate::solana_net::{Localnet, SOL, fresh};

async fn blockhash(net: &Localnet) -> Hash {
    let answer = net.raw("getLatestBlockhash", json!([{"commitment": "confirmed"}])).await;
    answer["value"]["blockhash"].as_str().expect("a hash").parse().expect("base58")
}

/// A transaction with room for its signatures, as applications pass it to wallets.
fn unsigned(message: &VersionedMessage) -> Intent {
    let signatures = message.header().num_required_signatures;
    let mut transaction = vec![signatures];
    transaction.resize(usize::from(signatures) * 64 + 1, 0);
    transaction.extend(message.serialize());
    Intent::SignTransaction { transaction }
}

fn legacy(payer: &Pubkey, hash: &Hash, instructions: &[Instruction]) -> VersionedMessage {
    VersionedMessage::Legacy(Message::new_with_blockhash(instructions, Some(payer), hash))
}

#[tokio::test]
async fn a_transaction_built_elsewhere_is_signed_unchanged() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(90, 4 * SOL).await;
    let from = key(wallet.address());
    for (number, versioned) in [(91, true), (92, false)] {
        let to = fresh(number);
        let instructions = [
            system::transfer(&from, &key(to), SOL),
            ComputeBudgetInstruction::set_compute_unit_price(1_000),
            ComputeBudgetInstruction::set_compute_unit_limit(10_000),
        ];
        let hash = blockhash(&net).await;
        let message = if versioned {
            VersionedMessage::V0(v0::Message::try_compile(&from, &instructions, &[], hash).expect("compiles"))
        } else {
            legacy(&from, &hash, &instructions)
        };
        let draft = wallet.draft(&chain, &unsigned(&message)).await;
        let effects = chain.codec().effects(&draft).expect("effects").items;
        let fee = U256::from(5_010);
        assert_eq!(
            effects,
            [Effect::NetworkFee { max: fee }, Effect::NativeOut { to, amount: U256::from(SOL) }]
        );
        assert!(chain.simulate(&draft).await.expect("simulated").success);
        let signed = wallet.sign(&chain, &draft).await;
        assert_eq!(signed.bytes[65..], message.serialize(), "no byte of the message changes");
        assert!(matches!(signed.expiry, Expiry::BlockHeight(_)));
        let varied = Lane { variation: 1, ..Lane::default() };
        let refused = chain.complete(&draft, &varied).await;
        assert!(matches!(refused, Err(ChainError::Refused(_))), "{refused:?}");
        assert_eq!(chain.submit(&signed).await.expect("submitted"), Submission::Accepted);
        let outcome = wallet.settle(&chain, &signed).await;
        assert!(matches!(outcome, Outcome::Confirmed { fee: paid, .. } if paid == fee), "{outcome:?}");
        assert_eq!(net.lamports(to).await, SOL);
    }
}

#[tokio::test]
async fn a_transaction_that_the_wallet_must_not_sign_is_refused() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(93, 2 * SOL).await;
    let (from, other) = (key(wallet.address()), key(fresh(94)));
    let hash = blockhash(&net).await;
    let pay = system::transfer(&from, &other, SOL);
    let unit = |price| ComputeBudgetInstruction::set_compute_unit_price(price);
    let limit = ComputeBudgetInstruction::set_compute_unit_limit(10_000);
    let nonce = [system::advance_nonce_account(&other, &from), pay.clone()];
    let twice = [ComputeBudgetInstruction::set_compute_unit_limit(5), pay.clone()];
    let twice = [twice.clone(), twice].concat();
    let stale = Hash::new_from_array([9; 32]);
    for (message, why) in [
        (legacy(&from, &stale, std::slice::from_ref(&pay)), "too old"),
        (legacy(&other, &hash, std::slice::from_ref(&pay)), "pays the fee"),
        (legacy(&other, &hash, &[system::transfer(&other, &from, 1)]), "not among the signers"),
        (legacy(&from, &hash, &[pay.clone(), system::transfer(&other, &from, 1)]), "other than the wallet's"),
        (legacy(&from, &hash, &nonce), "durable nonce"),
        (legacy(&from, &hash, &twice), "given twice"),
        (legacy(&from, &hash, &[pay.clone(), unit(1)]), "without a compute unit limit"),
        (legacy(&from, &hash, &[unit(1_000_000_000_000)]), "without a compute unit limit"),
    ] {
        let refusal = wallet.refusal(&chain, &unsigned(&message)).await;
        assert!(matches!(&refusal, Refusal::Unsupported(text) if text.contains(why)), "{refusal:?}");
    }
    let cap = SolanaOptions::default().priority_fee_cap;
    let dear = legacy(&from, &hash, &[pay.clone(), unit(cap + 1), limit]);
    let refusal = wallet.refusal(&chain, &unsigned(&dear)).await;
    let (price, cap) = (u128::from(cap) + 1, u128::from(cap));
    assert_eq!(refusal, Refusal::PriorityAboveCap { price, cap });

    let draft = wallet.draft(&chain, &unsigned(&legacy(&from, &hash, &[pay]))).await;
    let cap = U256::from(4_999);
    let refused = chain.codec().capped(&draft, cap);
    let above = Refusal::FeeAboveCap { fee: U256::from(5_000), cap };
    assert_eq!(refused, Err(CodecError::Refused(above.clone())));
    let lane = Lane { fee_cap: Some(cap), ..Lane::default() };
    let refused = chain.complete(&draft, &lane).await;
    assert!(matches!(&refused, Err(ChainError::Refused(why)) if *why == above), "{refused:?}");
}

#[tokio::test]
async fn the_runtime_charges_the_fee_that_was_judged() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(97, 4 * SOL).await;
    let from = key(wallet.address());
    let unit = |price| ComputeBudgetInstruction::set_compute_unit_price(price);
    let limit = |units| ComputeBudgetInstruction::set_compute_unit_limit(units);
    for (instructions, fee) in [
        (vec![limit(3_000), unit(1_000_000)], 8_000),
        (vec![limit(1_400_000), unit(7)], 5_010),
        (vec![system::transfer(&from, &key(fresh(98)), SOL / 2), unit(0)], 5_000),
        (vec![system::transfer(&from, &from, 0)], 5_000),
    ] {
        let hash = blockhash(&net).await;
        let draft = wallet.draft(&chain, &unsigned(&legacy(&from, &hash, &instructions))).await;
        let effects = chain.codec().effects(&draft).expect("effects");
        assert_eq!(effects.fee(), U256::from(fee));
        assert!(effects.items.len() > 1, "every transaction has an effect: {effects:?}");
        let quote = chain.fee(&draft).await.expect("a quote").expect("a fee");
        assert_eq!((quote.offered, quote.least), (U256::from(fee), U256::from(fee)));
        let before = net.lamports(wallet.address()).await;
        let signed = wallet.sign(&chain, &draft).await;
        assert_eq!(chain.submit(&signed).await.expect("submitted"), Submission::Accepted);
        let outcome = wallet.settle(&chain, &signed).await;
        assert!(
            matches!(outcome, Outcome::Confirmed { fee: paid, .. } if paid == U256::from(fee)),
            "{outcome:?}"
        );
        let sent = if fee == 5_000 && instructions.len() == 2 { SOL / 2 } else { 0 };
        assert_eq!(before - net.lamports(wallet.address()).await, fee + sent);
    }
}

#[tokio::test]
async fn an_offer_above_the_required_fee_is_reported_on_solana() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(99, 2 * SOL).await;
    let from = key(wallet.address());
    let hash = blockhash(&net).await;
    let offer = [
        ComputeBudgetInstruction::set_compute_unit_limit(1_400_000),
        ComputeBudgetInstruction::set_compute_unit_price(1_000_000),
    ];
    let draft = wallet.draft(&chain, &unsigned(&legacy(&from, &hash, &offer))).await;
    let quote = chain.fee(&draft).await.expect("a quote").expect("a fee");
    assert_eq!(quote.offered, U256::from(1_405_000));
    assert!(quote.asked < quote.offered, "{quote:?}");
}

#[tokio::test]
async fn a_text_is_signed_unchanged_and_an_encoded_transaction_is_refused() {
    let net = Localnet::start();
    let chain = net.local();
    let wallet = net.wallet(95, SOL).await;
    let text = "example.com: sign in\nNonce: 8e1f — €5";
    let sign = |bytes: &[u8]| Intent::SignMessage { message: bytes.to_vec() };
    let draft = wallet.draft(&chain, &sign(text.as_bytes())).await;
    let effects = chain.codec().effects(&draft).expect("effects").items;
    assert!(
        matches!(effects.as_slice(), [Effect::Message { text: shown, .. }] if shown == text),
        "{effects:?}"
    );
    let completed = chain.complete(&draft, &Lane::default()).await.expect("completed");
    assert_eq!(*completed.payload(), SigningPayload::Ed25519(text.as_bytes().to_vec()));
    let signed = wallet.sign(&chain, &draft).await;
    assert_eq!(signed.expiry, Expiry::Never);
    let Address::Solana(public) = wallet.address() else { panic!("a Solana wallet") };
    let signature = Signature::from_bytes(signed.bytes.as_slice().try_into().expect("64 bytes"));
    let public = VerifyingKey::from_bytes(&public).expect("a key");
    public.verify_strict(text.as_bytes(), &signature).expect("the wallet's signature over the text");

    let message = legacy(
        &key(wallet.address()),
        &blockhash(&net).await,
        &[system::transfer(&key(wallet.address()), &key(fresh(96)), SOL / 2)],
    );
    let bytes = message.serialize();
    for disguised in [bytes.clone(), BASE64.encode(&bytes).into_bytes(), bs58::encode(&bytes).into_vec()] {
        let refusal = wallet.refusal(&chain, &sign(&disguised)).await;
        assert!(
            matches!(&refusal, Refusal::Unsupported(text) if text.contains("transaction")),
            "{refusal:?}"
        );
    }
    assert!(matches!(
        chain.outcome(wallet.address(), &signed, Known::default()).await,
        Err(ChainError::Corrupt(_))
    ));
}
