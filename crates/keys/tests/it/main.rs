//! The crate as its callers see it: one binary, one module per subject.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy does not see as tests")]

mod backup;
mod hardening;
mod invariants;
mod keystore;
mod secrets;
mod signing;
mod traits;
