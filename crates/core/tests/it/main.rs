//! The evaluator through its public face: one module per policy type, then properties over all.
#![expect(clippy::expect_used, clippy::panic, reason = "the fixtures of a test may fail the test")]

mod allowed_networks;
mod allowed_tokens;
mod generate;
mod properties;
mod rate_limit;
mod registry;
mod spending_limit;
mod spending_windows;
mod time_restriction;
mod verdict;
mod whitelist;
mod world;
