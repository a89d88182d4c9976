//! The crate as its callers see it: one binary, one module per subject.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy does not see as tests")]
#![expect(clippy::disallowed_methods, reason = "tests wait, measure and ask how long to run")]

mod backup;
mod hardening;
mod invariants;
mod keystore;
mod secrets;
mod signing;
mod traits;
