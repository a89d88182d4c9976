//! Properties that every decoder must keep for any input.
//!
//! A target is a function of bytes in `targets/`: it feeds them to a public entry of the product and asserts
//! a property that a naive decoder would break. The same functions run over the seeds in every test run
//! (`tests/seeds.rs`) and under libFuzzer (`libfuzzer/`, by `cargo xtask fuzz`). Does not belong here:
//! anything that needs a node, a database or a clock.

mod evm_body;
mod input;
mod json;
mod request;
mod solana_body;
mod targets;
mod world;

/// A function to fuzz.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, and the name of its folder of seeds.
    pub name: &'static str,
    /// The kind of input.
    pub about: &'static str,
    /// Takes any bytes and returns whether the product accepts them. Panics if the property does not hold.
    pub run: fn(&[u8]) -> bool,
}

/// Every target, by name.
pub const TARGETS: &[Target] = targets::ALL;

/// Returns the target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
