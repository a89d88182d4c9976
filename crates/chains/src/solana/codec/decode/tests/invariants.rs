//! More instructions never lower the tier.

use proptest::prelude::*;
use spl_token_2022_interface::instruction as token;
use waiaas_core::network::{NetworkId, Networks};

use super::properties::{counted, instructions};
use super::*;
use crate::judged::{Judge, judges};
use crate::solana::codec::body::tests::transfer;

fn judge() -> impl Strategy<Value = Judge> {
    let network = Networks::builtin().get(&NetworkId::new("solana-localnet")).expect("built in").clone();
    let programs =
        [spl_token_interface::ID, spl_token_2022_interface::ID, solana_system_interface::program::ID];
    let known = [OWNER, OTHER, MINT, HOOKED, HOOK].into_iter().chain(programs);
    judges(network, known.map(to).collect())
}

/// Known facts, with the rent of opening an account.
fn known() -> Facts {
    let mut facts = facts(TokenProgram::Token);
    let opened =
        spl_associated_token_account_interface::address::get_associated_token_address_with_program_id;
    facts.rents.insert(opened(&OWNER, &MINT, &spl_token_interface::ID), 5);
    facts
}

/// Instructions that move or lend this amount.
fn with_amount(which: u8, amount: u64) -> Instruction {
    let program = spl_token_interface::ID;
    let made = match which % 4 {
        0 => return transfer(amount),
        1 => token::transfer_checked(&program, &OWN, &MINT, &THEIRS, &WALLET, &[], amount, 6),
        2 => token::approve_checked(&program, &OWN, &MINT, &OTHER, &WALLET, &[], amount, 6),
        _ => token::burn(&program, &OWN, &MINT, &WALLET, &[], amount),
    };
    made.expect("encodes")
}

fn some() -> impl Strategy<Value = Instruction> {
    let own = (any::<u8>(), 0u64..2_000).prop_map(|(which, amount)| with_amount(which, amount));
    prop_oneof![2 => own, 1 => instructions()]
}

/// The effects without the fee, whose budget here is above every limit.
fn spent(effects: Vec<Effect>) -> Vec<Effect> {
    effects.into_iter().filter(|effect| !matches!(effect, Effect::NetworkFee { .. })).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Invariant 4: a further instruction in a message never lowers the tier.
    #[test]
    fn a_further_instruction_never_lowers_the_tier(
        judge in judge(), first in proptest::collection::vec(some(), 1..4), more in some(), place: usize,
    ) {
        let facts = known();
        let mut longer = first.clone();
        longer.insert(place % (longer.len() + 1), more);
        if let (Some(before), Some(after)) = (counted(&facts, &first), counted(&facts, &longer)) {
            let (before, after, from) = (spent(before), spent(after), to(WALLET));
            prop_assert!(
                judge.strictness(from, &after) >= judge.strictness(from, &before), "{before:?}\n{after:?}"
            );
        }
    }

    /// Invariant 4: a larger amount in an instruction never lowers the tier.
    #[test]
    fn a_larger_amount_in_an_instruction_never_lowers_the_tier(
        judge in judge(), which: u8, amount in 0u64..4_000, more: u64, beside in some(),
    ) {
        let facts = known();
        let read = |amount| counted(&facts, &[with_amount(which, amount), beside.clone()]);
        if let (Some(less), Some(raised)) = (read(amount), read(amount.saturating_add(more))) {
            let (less, raised, from) = (spent(less), spent(raised), to(WALLET));
            prop_assert!(
                judge.strictness(from, &raised) >= judge.strictness(from, &less), "{less:?}\n{raised:?}"
            );
        }
    }
}
