//! The contract: what travels between the daemon and its callers.
//!
//! Request and response types, one file per noun, in the shape they have on the wire: camelCase,
//! amounts as strings, dollars as JSON numbers, times as Unix seconds or `null`. What does not belong
//! here: decisions, storage, HTTP routing. Requests refuse unknown fields, so that a slip such as a
//! misspelt `dryRun` never becomes a payment. Feature `client` adds a typed HTTP client.

pub mod admin;
pub mod audit;
pub mod balances;
pub mod changes;
#[cfg(feature = "client")]
pub mod client;
pub mod dry_run;
pub mod effects;
pub mod exposure;
pub mod json;
pub mod owners;
pub mod page;
pub mod policies;
pub mod problem;
pub mod proof;
pub mod replay;
pub mod requests;
pub mod rules;
pub mod secret;
pub mod sessions;
pub mod tokens;
pub mod transactions;
pub mod validation;
pub mod vocabulary;
pub mod wallets;
