//! Properties of a whole message: signers and payer, lookup tables, legacy messages.

use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_instruction::{AccountMeta, Instruction};
use solana_message::{AddressLookupTableAccount, Message, v0};
use solana_system_interface::instruction as system;

use super::*;
use crate::solana::codec::body::tests::transfer;

fn elsewhere(fee: u64, facts: Facts, message: VersionedMessage) -> Vec<Effect> {
    let body = Body::new(Builder::Elsewhere, fee, facts, message).expect("a body");
    walk(&body, &WALLET, &"solana:localnet".into()).0
}

#[test]
fn other_signers_and_payers_are_unknown() {
    let foreign = with(Facts::default(), &[system::transfer(&OTHER, &OWNER, 1)]);
    assert!(is_unknown(&foreign) && foreign.len() == 2, "signer and foreign transfer: {foreign:?}");
    let body = Body::new(Builder::Here, 5_000, Facts::default(), message(&[transfer(5)])).expect("a body");
    let found = walk(&body, &OTHER, &"solana:localnet".into()).0;
    assert!(is_unknown(&found[1..]) && found.len() == 3, "payer and foreign transfer: {found:?}");
}

#[test]
fn accounts_from_tables_are_taken_from_the_facts() {
    let table = AddressLookupTableAccount { key: key(90), addresses: vec![key(91), OTHER, key(92)] };
    let hash = Hash::new_from_array([3; 32]);
    let pay = system::transfer(&WALLET, &OTHER, 5);
    let message = v0::Message::try_compile(&WALLET, &[pay], &[table], hash).expect("compiles");
    assert_eq!(message.address_table_lookups.len(), 1);
    let message = VersionedMessage::V0(message);
    for loaded in [OTHER, OWNER] {
        let facts = Facts { loaded: vec![loaded], ..Facts::default() };
        let fee = Effect::NetworkFee { max: U256::from(5_000) };
        assert_eq!(elsewhere(5_000, facts, message.clone()), [fee, native_out(&loaded, 5)]);
    }
    let mut beyond = message.clone();
    let VersionedMessage::V0(inner) = &mut beyond else { panic!("v0") };
    inner.instructions[0].accounts[1] = 200;
    assert!(
        Body::new(Builder::Elsewhere, 5_000, Facts { loaded: vec![OTHER], ..Facts::default() }, beyond)
            .is_err()
    );
}

#[test]
fn legacy_messages_have_the_same_effects() {
    let opaque = Instruction {
        program_id: key(70),
        accounts: vec![AccountMeta::new(WALLET, true)],
        data: b"anchored".to_vec(),
    };
    let price = ComputeBudgetInstruction::set_compute_unit_price(10);
    let limit = ComputeBudgetInstruction::set_compute_unit_limit(400_000);
    let all = [transfer(5), opaque.clone(), price, limit];
    let message = Message::new_with_blockhash(&all, Some(&WALLET), &Hash::new_from_array([3; 32]));
    let found = elsewhere(5_004, Facts::default(), VersionedMessage::Legacy(message));
    let fee = Effect::NetworkFee { max: U256::from(5_004) };
    assert_eq!(found, [fee, native_out(&OWNER, 5), call(&opaque, false)]);
}

#[test]
fn memos_and_undecoded_calls_are_shown_in_full() {
    let memo = Instruction {
        program_id: spl_memo_interface::v3::ID,
        accounts: vec![],
        data: "rent\u{202e} for May".as_bytes().to_vec(),
    };
    let opaque = Instruction {
        program_id: key(70),
        accounts: vec![
            AccountMeta::new(WALLET, true),
            AccountMeta::new_readonly(OWNER, false),
            AccountMeta::new(OTHER, false),
        ],
        data: b"anchored and long enough to be cut".to_vec(),
    };
    let all = [transfer(5), memo, opaque.clone()];
    let message = Message::new_with_blockhash(&all, Some(&WALLET), &Hash::new_from_array([3; 32]));
    let body = Body::new(Builder::Elsewhere, 5_000, Facts::default(), VersionedMessage::Legacy(message));
    let (_, shown) = walk(&body.expect("a body"), &WALLET, &"solana:localnet".into());
    let used =
        |key, signer, writable| waiaas_core::presentation::AccountUse { address: to(key), signer, writable };
    let blockhash = waiaas_core::presentation::Value::Text(Hash::new_from_array([3; 32]).to_string());
    let terms = vec![waiaas_core::presentation::Argument::new("recentBlockhash", "string", blockhash)];
    let expected = [
        Content::Memo { text: "rent\u{202e} for May".into() },
        Content::Instruction {
            program: to(key(70)),
            // The transfer before it makes `OWNER` writable, and that applies to the whole message.
            accounts: vec![used(WALLET, true, true), used(OWNER, false, true), used(OTHER, false, true)],
            data: opaque.data.into(),
        },
        Content::Terms { fields: terms },
    ];
    assert_eq!(shown, expected);
}

#[test]
fn accounts_from_tables_keep_their_uses() {
    let table = AddressLookupTableAccount { key: key(90), addresses: vec![OWNER, OTHER] };
    let opaque = Instruction {
        program_id: key(70),
        accounts: vec![AccountMeta::new(OTHER, false), AccountMeta::new_readonly(OWNER, false)],
        data: vec![1],
    };
    let message = v0::Message::try_compile(&WALLET, &[opaque], &[table], Hash::default()).expect("compiles");
    let facts = Facts { loaded: vec![OTHER, OWNER], ..Facts::default() };
    let body = Body::new(Builder::Elsewhere, 5_000, facts, VersionedMessage::V0(message)).expect("a body");
    let (_, shown) = walk(&body, &WALLET, &"solana:localnet".into());
    let Content::Instruction { accounts, .. } = &shown[0] else { panic!("{shown:?}") };
    let uses: Vec<_> = accounts.iter().map(|used| (used.address, used.signer, used.writable)).collect();
    assert_eq!(uses, [(to(OTHER), false, true), (to(OWNER), false, false)]);
}

#[test]
fn accounts_and_fields_of_decoded_calls_are_shown_in_full() {
    use spl_token_2022_interface::instruction as token;
    let (stake, vote, program) = (key(60), key(61), spl_token_interface::ID);
    let staking = |tag: u32, accounts: &[Pubkey]| Instruction {
        program_id: stake::ID,
        accounts: accounts.iter().map(|key| AccountMeta::new(*key, *key == WALLET)).collect(),
        data: tag.to_le_bytes().to_vec(),
    };
    let open = token::initialize_account3(&program, &key(55), &MINT, &OTHER).expect("encodes");
    let own = token::initialize_account3(&program, &key(55), &MINT, &WALLET).expect("encodes");
    for instruction in [
        open,
        own,
        staking(2, &[stake, vote, key(62), key(63), key(64), WALLET]),
        staking(5, &[stake, key(62), WALLET]),
        staking(7, &[stake, vote, key(62), key(63), WALLET]),
        token::close_account(&program, &OWN, &WALLET, &WALLET, &[]).expect("encodes"),
        token::sync_native(&program, &OWN).expect("encodes"),
        solana_system_interface::instruction::withdraw_nonce_account(&key(50), &WALLET, &WALLET, 9),
        solana_system_interface::instruction::withdraw_nonce_account(&key(50), &WALLET, &OTHER, 9),
        solana_system_interface::instruction::create_account_with_seed(
            &WALLET, &OTHER, &WALLET, "seed", 7, 165, &MINT,
        ),
    ] {
        let known = facts(TokenProgram::Token);
        let body = Body::new(Builder::Here, u64::MAX, known, message(std::slice::from_ref(&instruction)));
        let (_, shown) = walk(&body.expect("a body"), &WALLET, &"solana:localnet".into());
        let [Content::Instruction { program, accounts, data }] = shown.as_slice() else {
            panic!("{instruction:?}: {shown:?}")
        };
        assert_eq!((*program, data.as_ref()), (to(instruction.program_id), instruction.data.as_slice()));
        let named: Vec<_> = accounts.iter().map(|used| used.address).collect();
        assert_eq!(named, instruction.accounts.iter().map(|used| to(used.pubkey)).collect::<Vec<_>>());
    }
    // Content that the effects describe completely is not repeated.
    let plain = Body::new(Builder::Here, u64::MAX, Facts::default(), message(&[transfer(5)]));
    assert_eq!(walk(&plain.expect("a body"), &WALLET, &"solana:localnet".into()).1, []);
}
