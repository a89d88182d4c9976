//! The types and the policy evaluation of WAIaaS.
//!
//! Everything here is pure: no I/O, clock, randomness or async. Time, prices and ledger totals are arguments.
//! Belongs here: the domain types (networks, addresses, money, intents, drafts, effects), the transaction
//! status graph, the policy evaluator, the owner's message and the [`clearance::Clearance`] proof. Does not
//! belong here: anything that reads a file, a socket or the time.

pub mod action;
pub mod address;
pub mod asset;
pub mod audit;
pub mod auto_stop;
pub mod change;
pub mod chat;
pub mod clearance;
pub mod decision;
pub mod digest;
pub mod draft;
pub mod effect;
pub mod expiry;
pub mod foreign;
pub mod gas;
pub mod ids;
pub mod intent;
pub mod money;
mod nearest;
pub mod network;
pub mod nft;
pub mod origin;
pub mod owner;
pub mod policy;
pub mod presentation;
pub mod selector;
pub mod session;
pub mod simulation;
pub mod strict;
mod text;
pub mod transaction;
pub mod wallet;
pub mod walletconnect;
pub mod webhook;
mod wording;

/// Unsigned 256-bit integer: every on-chain amount, in base units.
pub use alloy_primitives::U256;
pub use nearest::nearest;
pub use wording::{Fault, Wording, stopped, wording};

/// Seconds since the Unix epoch. All stored and served times use this unit.
pub type UnixSeconds = i64;
