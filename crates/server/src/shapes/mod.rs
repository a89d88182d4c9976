//! The engine's values in their wire form. No decisions, no I/O.

mod change;
mod chat;
mod dry_run;
mod exposure;
mod holdings;
mod lists;
mod policy;
mod replay;
mod session;
mod status;
mod token;
mod transaction;
mod wallet;
mod wallet_app;
mod webhook;

pub(crate) use change::change;
pub(crate) use chat::chat;
pub(crate) use dry_run::dry_run;
pub(crate) use exposure::exposure;
pub(crate) use holdings::{assets, balance, network_assets, network_balance, wallet_balance};
pub(crate) use lists::{all, items, listing, slice};
pub(crate) use policy::policy;
pub(crate) use replay::replay;
pub(crate) use session::{issued, session};
pub(crate) use status::status;
pub(crate) use token::token;
pub(crate) use transaction::{approval, closed, explanation, transaction};
pub(crate) use wallet::{challenge, default_network, owner_change, status_change, wallet};
pub(crate) use wallet_app::{no_qr_code, pairing, pairing_status, wallet_app};
pub(crate) use webhook::{delivery, issued_webhook, webhook};
