use proptest::prelude::*;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::{AccountMeta, Instruction};
use solana_message::{AddressLookupTableAccount, Message, v0};
use solana_pubkey::Pubkey;

use super::*;
use crate::solana::codec::facts::{Holder, MintFact};
use crate::solana::codec::mint::TokenProgram;

pub(in crate::solana) const WALLET: Pubkey = Pubkey::new_from_array([7; 32]);

/// A message of `payer` that begins with a compute budget, as messages built here do.
pub(in crate::solana) fn own(payer: &Pubkey, instructions: &[Instruction]) -> VersionedMessage {
    let mut all = vec![
        ComputeBudgetInstruction::set_compute_unit_limit(1_000),
        ComputeBudgetInstruction::set_compute_unit_price(0),
    ];
    all.extend_from_slice(instructions);
    VersionedMessage::V0(v0::Message::try_compile(payer, &all, &[], Hash::default()).expect("compiles"))
}

pub(in crate::solana) fn message(instructions: &[Instruction]) -> VersionedMessage {
    own(&WALLET, instructions)
}

pub(in crate::solana) fn transfer(lamports: u64) -> Instruction {
    solana_system_interface::instruction::transfer(&WALLET, &key(9), lamports)
}

pub(in crate::solana) const fn key(byte: u8) -> Pubkey {
    Pubkey::new_from_array([byte; 32])
}

/// One fact of each kind.
pub(in crate::solana) fn facts() -> Facts {
    let holder = Holder { program: TokenProgram::Token, mint: key(5), owner: key(9), closable: true };
    let mint = MintFact { program: TokenProgram::Token2022, nft: false, beyond: Some(key(6)) };
    Facts {
        loaded: vec![],
        holders: [(key(40), holder), (key(41), holder)].into(),
        mints: [(key(5), MintFact { nft: true, beyond: None, ..mint }), (key(6), mint)].into(),
        rents: [(key(40), 2_039_280)].into(),
    }
}

fn body() -> Body {
    Body::new(Builder::Here, 6_000, facts(), message(&[transfer(5)])).expect("body")
}

fn elsewhere() -> Body {
    let message = Message::new_with_blockhash(&[transfer(5)], Some(&WALLET), &Hash::new_from_array([3; 32]));
    Body::new(Builder::Elsewhere, 5_000, facts(), VersionedMessage::Legacy(message)).expect("body")
}

#[test]
fn the_draft_comes_back_out_of_the_completed_bytes() {
    let draft = body().draft().expect("draft");
    let read = Body::read_draft(&draft).expect("reads");
    assert_eq!(read, body());
    let completed = read.with_volatile(Hash::new_from_array([4; 32]), 1_000_000).expect("within budget");
    assert_eq!(completed.terms().fee(), Some(6_000));
    let unsigned = completed.unsigned(77).expect("unsigned");
    let (recovered, height) = Body::read_unsigned(&unsigned).expect("reads");
    assert_eq!((recovered.draft().expect("draft"), height), (draft, 77));
    assert!(Body::read_draft(&[&[2], &unsigned[9..]].concat()).is_err(), "a draft has no volatile fields");
}

#[test]
fn transactions_built_elsewhere_have_no_volatile_fields() {
    let draft = elsewhere().draft().expect("draft");
    assert_eq!(Body::read_draft(&draft).expect("reads"), elsewhere());
    let unsigned = elsewhere().unsigned(77).expect("unsigned");
    assert_eq!(Body::read_unsigned(&unsigned).expect("reads"), (elsewhere(), 77));
    assert!(elsewhere().with_volatile(Hash::default(), 0).is_err());
    let message = elsewhere().message().clone();
    assert!(Body::new(Builder::Elsewhere, 5_001, facts(), message.clone()).is_err(), "not its fee");
    assert!(Body::new(Builder::Here, 5_000, facts(), message).is_err(), "a legacy message");
}

#[test]
fn a_fee_above_the_budget_is_refused() {
    let over = body().with_volatile(Hash::default(), 1_000_001);
    assert!(matches!(over, Err(CodecError::Corrupt(_))), "{over:?}");
    assert!(Body::new(Builder::Here, 4_999, facts(), message(&[])).is_err());
}

#[test]
fn the_compute_budget_must_come_first() {
    let compile = |instructions: &[Instruction]| {
        let message = v0::Message::try_compile(&WALLET, instructions, &[], Hash::default());
        VersionedMessage::V0(message.expect("compiles"))
    };
    let limit = ComputeBudgetInstruction::set_compute_unit_limit(1);
    let price = ComputeBudgetInstruction::set_compute_unit_price(0);
    for bad in [
        vec![transfer(5)],
        vec![limit.clone(), transfer(5)],
        vec![price.clone(), limit.clone(), transfer(5)],
        vec![transfer(5), limit.clone(), price.clone()],
        vec![limit.clone(), price.clone(), limit.clone()],
    ] {
        assert!(Body::new(Builder::Here, 5_000, Facts::default(), compile(&bad)).is_err(), "{bad:?}");
    }
    assert!(Body::new(Builder::Here, 5_000, Facts::default(), compile(&[limit, price])).is_ok());
}

#[test]
fn loaded_accounts_must_match_the_lookups_of_the_message() {
    let table = AddressLookupTableAccount { key: key(20), addresses: vec![key(21), key(22)] };
    let call = Instruction {
        program_id: key(30),
        accounts: vec![AccountMeta::new(key(22), false), AccountMeta::new_readonly(key(21), false)],
        data: vec![],
    };
    let all = [
        ComputeBudgetInstruction::set_compute_unit_limit(1),
        ComputeBudgetInstruction::set_compute_unit_price(0),
        call,
    ];
    let message = v0::Message::try_compile(&WALLET, &all, &[table], Hash::default()).expect("compiles");
    let message = VersionedMessage::V0(message);
    let with = |loaded: Vec<Pubkey>| {
        Body::new(Builder::Here, 5_000, Facts { loaded, ..Facts::default() }, message.clone())
    };
    assert!(with(vec![]).is_err() && with(vec![key(1); 3]).is_err());
    let body = with(vec![key(22), key(21)]).expect("a body");
    assert_eq!(Body::read_draft(&body.draft().expect("draft")).expect("reads"), body);
}

#[test]
fn signatures_verified_by_programs_are_in_the_fee() {
    let terms = |instructions: &[Instruction]| {
        let message = Message::new(instructions, Some(&WALLET));
        Terms::read(&VersionedMessage::Legacy(message))
    };
    let verifier: Pubkey = "Ed25519SigVerify111111111111111111111111111".parse().expect("key");
    let three = Instruction { program_id: verifier, accounts: vec![], data: vec![3, 0] };
    let price = ComputeBudgetInstruction::set_compute_unit_price(1_000_000);
    let limit = ComputeBudgetInstruction::set_compute_unit_limit(400_000);
    let found = terms(&[price.clone(), transfer(1), three, limit]).expect("terms");
    assert_eq!((found.signatures, found.unit_limit, found.unit_price), (4, 400_000, 1_000_000));
    assert_eq!(found.fee(), Some(20_000 + 400_000));
    let most = ComputeBudgetInstruction::set_compute_unit_limit(u32::MAX);
    assert_eq!(terms(&[transfer(1), most]).expect("terms").unit_limit, 1_400_000);
    let why = |instructions: &[Instruction]| terms(instructions).expect_err("no terms");
    assert!(why(&[price.clone(), price.clone()]).contains("given twice"));
    assert!(why(&[price.clone(), transfer(1)]).contains("without a compute unit limit"));
    let mut long = price.clone();
    long.data.push(0);
    let old = Instruction { data: vec![0, 1, 0, 0, 0, 1, 0, 0, 0], ..price.clone() };
    for bad in
        [long, old, Instruction { data: vec![3], ..price.clone() }, Instruction { data: vec![], ..price }]
    {
        assert!(why(std::slice::from_ref(&bad)).contains("malformed"), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn every_other_byte_string_is_another_draft(at in 0usize..900, to: u8, external: bool) {
        let original = if external { elsewhere() } else { body() };
        let mut bytes = original.draft().expect("draft");
        let at = at % bytes.len();
        let same = bytes[at] == to;
        bytes[at] = to;
        if let Ok(read) = Body::read_draft(&bytes) {
            prop_assert_eq!(read.draft().expect("draft"), bytes.clone(), "one encoding each");
            prop_assert_eq!(read == original, same);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>, keep in 0usize..400) {
        let _ = Body::read_draft(&bytes);
        let _ = Body::read_unsigned(&bytes);
        let _ = message::read(&bytes);
        let mut prefixed = body().draft().expect("draft");
        prefixed.truncate(keep);
        prefixed.extend_from_slice(&bytes);
        let _ = Body::read_draft(&prefixed);
    }
}
