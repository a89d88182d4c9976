//! The engine on a clock that the test turns, with a real node and a real database.
//!
//! Belongs here: behaviour that depends on time passing (delays, deadlines, windows), and requests that only
//! the daemon itself makes. Does not belong here: answers over HTTP (the end-to-end tests).
#![expect(clippy::expect_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "tests wait, measure and ask how long to run")]

mod chain_reset;
mod changes;
mod contradictions;
mod deadlines;
mod invariants;
mod origins;
mod patience;
mod restore;
mod sessions;
mod stage;
mod waiting;
mod windows;
