//! The API's contract: the messages between the daemon and its callers.
//!
//! Belongs here: request and response types, one file per noun, in their wire form: camelCase, amounts as
//! strings, dollars as JSON numbers, times as Unix seconds or `null`. Requests refuse unknown fields, so that
//! a mistake such as a misspelt `dryRun` never becomes a payment. Feature `client` adds a typed HTTP client.
//! Does not belong here: decisions, storage, HTTP routing.

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
pub mod telegram;
pub mod tokens;
pub mod transactions;
pub mod validation;
pub mod vocabulary;
pub mod walletconnect;
pub mod wallets;
pub mod webhooks;
