//! The invariants this crate answers for, each over generated input. SECURITY.md lists all twenty, with
//! the tests of the other crates.
//!
//! Belongs here: one test per sentence of that list. Does not belong here: the behaviour of single rules,
//! which has a file per type.

mod addresses;
mod clearance;
mod consent;
mod labels;
mod money;
mod rules;

use proptest::prelude::ProptestConfig;

/// So many cases, times `INVARIANT_RUNS` for longer runs.
fn cases(usual: u32) -> ProptestConfig {
    let runs = std::env::var("INVARIANT_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(1u32);
    ProptestConfig {
        cases: usual.saturating_mul(runs),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
