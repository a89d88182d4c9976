//! End-to-end tests: the real binary, real nodes, real callers.
#![expect(clippy::expect_used, reason = "tests")]

mod bad_input;
mod credential_matrix;
mod doors;
mod owners;
mod sessions;
mod article;
mod policies;
mod tiers;
mod story;
mod world;
mod crash;
mod faults;
mod postgres;
mod stage;
