//! Storage: every row that WAIaaS keeps, on SQLite or PostgreSQL, with the same SQL text.
//!
//! Belongs here: SQL, migrations, group commit, compare-and-set transitions, the spending ledger and the
//! audit chain. Does not belong here: decisions (the engine makes them), the clock and randomness (times and
//! ids are arguments), secrets in the clear (only sealed bytes arrive here).
//!
//! Reads use a small read-only pool. All writes go through one task that owns one connection and commits all
//! waiting jobs together ([`Store::write`]). Only [`WriteTx`] has methods that change anything, and each of
//! them that concerns security takes an [`AuditEntry`], written in the same database transaction: no audit
//! row, no change. The exceptions grant nothing and record no decision: failed-login counters, expired
//! idempotency keys, recorded token facts, issued (unanswered) challenges, counts of equal denials, the
//! lease, the note that a node refused a broadcast, the delivery log of webhooks, approval cards, and requests to
//! wallet apps.

mod activity;
mod allowances;
mod audit;
mod cards;
mod chain_identities;
mod challenges;
mod changes;
mod chats;
mod columns;
mod connector;
mod counts;
mod decisions;
mod deliveries;
mod denials;
mod dump;
mod error;
mod idempotency;
mod installation;
mod kill_switch;
mod lease;
mod ledger;
mod logins;
mod meta;
mod migrations;
mod origins;
mod page;
mod policies;
mod policy_sets;
mod reads;
mod reservation_end;
mod schema;
mod session_keys;
mod sessions;
mod store;
mod stored;
mod takeover;
mod tokens;
mod transactions;
mod url;
mod walletconnect;
mod wallets;
mod webhooks;
mod writer;

pub use audit::{AuditEntry, AuditFilter, AuditPage, AuditRow, ChainReport};
pub use cards::{CardRow, CardStep};
pub use chain_identities::{ChainIdentity, Ended};
pub use challenges::ChallengeRow;
pub use changes::{ChangeRow, NewChange};
pub use chats::ChatRow;

pub use allowances::AllowanceUse;
pub use decisions::{DecisionPage, DecisionRow};
pub use deliveries::{
    AttemptRecord, DeliveryFilter, DeliveryRow, KEPT_DELIVERIES, KEPT_DELIVERY_SECONDS, NewDelivery,
};
pub use denials::DenialCounts;
pub use dump::{DumpError, DumpReport};
pub use error::{Entity, Statement, StoreError};
pub use idempotency::{Claim, IDEMPOTENCY_SECONDS};
pub use installation::NewInstallation;
pub use kill_switch::KillSwitchRow;
pub use lease::{LEASE_SECONDS, LeaseHolder, LeaseRow};
pub use ledger::NewReservation;
pub use logins::LoginFailures;
pub use migrations::KNOWN as SCHEMA_VERSION;
pub use origins::ActionValue;
pub use page::{MAX_PAGE, Page};
pub use policies::{NewPolicy, PolicyChange, PolicyRow};
pub use session_keys::{SessionKeyRow, SessionKeys};
pub use sessions::{NewSession, SessionRow, TokenChange, TokenReason};
pub use store::Store;
pub use stored::Stored;
pub use tokens::TokenRow;
pub use transactions::{
    Kept, NewTransaction, SignedRow, StatusChange, TransactionRow, TxFilter, Waiting, Work,
};
pub use url::{DatabaseUrl, UrlError};
pub use walletconnect::{SignRequestRow, WalletConnectRow};
pub use wallets::{NewWallet, WalletRow};
pub use webhooks::{NewWebhook, WebhookChange, WebhookRow};
pub use writer::{WriteTx, WriterStats};
