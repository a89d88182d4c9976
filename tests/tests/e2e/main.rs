//! End-to-end tests: the real binary, real nodes, real callers.
#![expect(clippy::expect_used, reason = "tests")]

mod credential_matrix;
mod owners;
mod sessions;
mod policies;
mod story;
mod world;
