//! The invariants the memory answers for, each over random histories. SECURITY.md lists all twenty, with
//! the tests of the other crates.
//!
//! Belongs here: one test per sentence of that list, and the dice. Does not belong here: the behaviour of
//! single methods, which has a module per table.

mod audit;
mod graph;
mod ledger;

pub(crate) use audit::{a_change_and_its_row_are_one, tampering_with_any_row_is_found_there};
pub(crate) use graph::races_make_one_path_along_the_graph;
pub(crate) use ledger::{
    only_proof_or_age_frees_what_is_held, sums_stay_within_the_limit_under_any_interleaving,
};

use proptest::prelude::RngExt as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use waiaas_core::U256;
use waiaas_store::StatusChange;

use crate::fixtures::signed;

/// Numbers that follow from a seed.
pub(crate) struct Dice(TestRng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        let seed: Vec<u8> = seed.to_le_bytes().repeat(4);
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.random_range(0..end.max(1))
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }
}

/// The seeds of one run: so many, times `INVARIANT_RUNS` for longer runs.
pub(crate) fn seeds(usual: u64) -> std::ops::RangeInclusive<u64> {
    let runs = std::env::var("INVARIANT_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(1u64);
    1..=usual.saturating_mul(runs)
}

/// Any move, with a fee of at most so much.
pub(crate) fn any_change(dice: &mut Dice, nonce: u32, most: u64) -> StatusChange {
    let (fee, text) = (U256::from(dice.below(most + 1)), || String::from("X"));
    match dice.below(11) {
        0 => StatusChange::Executing,
        1 => StatusChange::Signed(signed(nonce.into())),
        2 => StatusChange::HandedOut(signed(nonce.into())),
        3 => StatusChange::Submitted,
        4 => StatusChange::Confirmed { fee, block: 1 },
        5 => StatusChange::Reverted { fee, block: 1, code: text(), message: text() },
        6 => StatusChange::Dead { code: text(), message: text() },
        7 => StatusChange::Failed { code: text(), message: text() },
        8 => StatusChange::Cancelled { code: None },
        9 => StatusChange::Seen { fee, block: 1 },
        _ => StatusChange::Expired,
    }
}
