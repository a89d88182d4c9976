//! What every decoder must hold, whatever it is given.
//!
//! One target is one function of bytes in `targets/`: it feeds them to a public entry of the product and
//! asserts a property that a naive decoder would break. The same functions run over the seeds in every
//! test run (`tests/seeds.rs`) and under libFuzzer (`libfuzzer/`, by `cargo xtask fuzz`). Does not belong
//! here: anything that needs a node, a database or a clock.

mod evm_body;
mod input;
mod json;
mod request;
mod solana_body;
mod targets;
mod world;

/// One function to be fuzzed.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name; also of its folder of seeds.
    pub name: &'static str,
    /// What it reads.
    pub about: &'static str,
    /// Takes any bytes and says whether they were what it reads. Panics when the property does not hold.
    pub run: fn(&[u8]) -> bool,
}

/// Every target, by name.
pub const TARGETS: &[Target] = targets::ALL;

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
