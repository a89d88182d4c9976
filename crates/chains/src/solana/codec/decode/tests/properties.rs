//! For any bytes: no panic, and no effect hides another.

use proptest::prelude::*;
use solana_instruction::{AccountMeta, Instruction};
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id as associated;

use super::*;
use crate::solana::codec::body::tests::transfer;

fn keys() -> impl Strategy<Value = Pubkey> {
    prop_oneof![
        4 => Just(WALLET),
        1 => Just(OWNER),
        1 => Just(OWN),
        1 => Just(THEIRS),
        1 => Just(THEIRS_HOOKED),
        1 => Just(MINT),
        1 => Just(NFT),
        1 => Just(HOOKED),
        1 => Just(associated(&OWNER, &MINT, &spl_token_interface::ID)),
        1 => any::<[u8; 32]>().prop_map(Pubkey::new_from_array),
    ]
}

pub(super) fn instructions() -> impl Strategy<Value = Instruction> {
    let program = prop_oneof![
        Just(solana_system_interface::program::ID),
        Just(spl_token_interface::ID),
        Just(spl_token_2022_interface::ID),
        Just(associated_program::id()),
        Just(stake::ID),
        any::<[u8; 32]>().prop_map(Pubkey::new_from_array),
    ];
    let short = (0u8..60, proptest::collection::vec(any::<u8>(), 0..80));
    let data = prop_oneof![
        any::<Vec<u8>>(),
        short.clone().prop_map(|(tag, rest)| [&[tag][..], &rest].concat()),
        short.prop_map(|(tag, rest)| [&[tag, 0, 0, 0][..], &rest].concat()),
    ];
    let accounts = proptest::collection::vec((keys(), any::<bool>(), any::<bool>()), 0..8);
    (program, accounts, data).prop_map(|(program_id, accounts, data)| Instruction {
        program_id,
        accounts: accounts
            .into_iter()
            .map(|(pubkey, is_signer, is_writable)| AccountMeta { pubkey, is_signer, is_writable })
            .collect(),
        data,
    })
}

pub(super) fn counted(facts: &Facts, instructions: &[Instruction]) -> Option<Vec<Effect>> {
    let body = Body::new(Builder::Here, u64::MAX, facts.clone(), message(instructions)).ok()?;
    Some(walk(&body, &WALLET, &"solana:localnet".into()).0)
}

proptest! {
    #[test]
    fn an_appended_instruction_adds_effects(first in instructions(), extra in instructions()) {
        let mut facts = facts(TokenProgram::Token2022);
        facts.rents.insert(associated(&OWNER, &MINT, &spl_token_interface::ID), 5);
        let before = counted(&facts, &[transfer(5), first.clone()]);
        let after = counted(&facts, &[transfer(5), first, extra]);
        if let (Some(before), Some(after)) = (before, after) {
            prop_assert!(after.len() > before.len());
            // The effect of an additional signer comes before all others.
            let is_kept = |effect: &Effect| after.contains(effect);
            prop_assert!(before.iter().all(is_kept), "{before:?} {after:?}");
        }
    }

    #[test]
    fn a_foreign_instruction_changes_no_other(extra in instructions()) {
        let alone = counted(&Facts::default(), &[transfer(5)]).expect("a body");
        if let Some(behind) = counted(&Facts::default(), &[extra, transfer(5)]) {
            prop_assert_eq!(behind.last(), alone.last());
        }
    }

    #[test]
    fn arbitrary_bodies_never_panic(at in 0usize..2_000, to: u8, extra in instructions(), tail: Vec<u8>) {
        let facts = facts(TokenProgram::Token);
        let body = Body::new(Builder::Here, u64::MAX, facts, message(&[extra, transfer(5)]));
        let Ok(mut bytes) = body.and_then(|body| body.draft()) else { return Ok(()) };
        let at = at % bytes.len();
        bytes[at] = to;
        if tail.len() % 2 == 1 {
            bytes.extend_from_slice(&tail);
        }
        if let Ok(body) = Body::read_draft(&bytes) {
            let _ = walk(&body, &WALLET, &"solana:localnet".into()).0;
        }
    }
}
