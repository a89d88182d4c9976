//! The memory: every row WAIaaS keeps, on SQLite or PostgreSQL, through one SQL text.
//!
//! What belongs here: SQL, migrations, group commit, compare-and-set transitions, the spending ledger
//! and the audit chain. What does not: deciding anything (the engine does), the clock and randomness
//! (times and ids are arguments), secrets in the clear (only sealed bytes arrive here).
//!
//! Reads go through a small read-only pool. All writes go through one task that owns one connection
//! and commits what is waiting together ([`Store::write`]). [`WriteTx`] is the only type with methods
//! that change anything, and each of them that touches security takes an [`AuditEntry`], written in
//! the same database transaction: no audit row, no change. The exceptions, because they grant nothing
//! and record no decision: failed-login counters, expired idempotency keys, recorded token facts, issued
//! (unanswered) challenges, counts of equal denials, the lease, and the note that a node refused a broadcast.

mod allowances;
mod audit;
mod chain_identities;
mod challenges;
mod changes;
mod columns;
mod connector;
mod counts;
mod decisions;
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
mod session_keys;
mod sessions;
mod store;
mod tokens;
mod transactions;
mod url;
mod wallets;
mod writer;

pub use audit::{AuditEntry, AuditFilter, AuditPage, AuditRow, ChainReport};
pub use chain_identities::{ChainIdentity, Ended};
pub use challenges::ChallengeRow;
pub use changes::{ChangeRow, NewChange};

pub use allowances::AllowanceUse;
pub use decisions::{DecisionPage, DecisionRow};
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
pub use tokens::TokenRow;
pub use transactions::{
    Kept, NewTransaction, SignedRow, StatusChange, TransactionRow, TxExpiry, TxFilter, Waiting, Work,
};
pub use url::{DatabaseUrl, UrlError};
pub use wallets::{NewWallet, WalletRow};
pub use writer::{WriteTx, WriterStats};
