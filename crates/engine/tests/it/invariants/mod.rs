//! The invariants the whole daemon answers for, each over random histories on a real node and a real
//! database, with the clock in the test's hand. SECURITY.md lists all twenty, with the tests of the other
//! crates.

mod dry_run;
mod kill_switch;
mod labels;
mod node_faults;
mod password;
mod sessions;
mod windows;

use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// The seeds of one run: so many, times `INVARIANT_RUNS` for longer runs.
fn seeds(usual: u8) -> std::ops::Range<u8> {
    let runs = std::env::var("INVARIANT_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(1u8);
    0..usual.saturating_mul(runs)
}

/// Values of a strategy, the same for the same seed.
struct Dice(TestRunner);

impl Dice {
    fn new(seed: u8) -> Self {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        Self(TestRunner::new_with_rng(Config::default(), rng))
    }

    fn roll<T: std::fmt::Debug>(&mut self, strategy: impl Strategy<Value = T>) -> T {
        strategy.new_tree(&mut self.0).expect("a value").current()
    }

    fn pick<T: Clone + std::fmt::Debug + 'static>(&mut self, from: &[T]) -> T {
        self.roll(proptest::sample::select(from.to_vec()))
    }
}
