//! The daemon without HTTP: every use case, composed from the crates below it.
//!
//! Start reading here. [`Engine`] holds the parts. `credentials/` makes the proofs, and for a proof the
//! engine returns a handle: [`Agent`], [`Operator`] or [`OwnerDesk`], whose methods are the use cases of that
//! audience. `pipeline/` is the only path on which value moves; `workers/` is the background work; `start.rs`
//! assembles the engine. Does not belong here: HTTP, SQL, cryptography.

mod agent;
mod chain_watch;
mod chains;
mod challenges;
mod changes;
mod clock;
pub mod config;
mod credentials;
mod data_dir;
mod engine;
mod error;
mod file_error;
mod gates;
mod holdings;
mod ids;
mod lanes;
mod lease;
mod lookups;
mod measures;
mod meters;
pub mod offline;
mod operator;
mod owner;
mod pipeline;
mod placing;
mod policies;
pub mod policy_files;
mod prover;
pub mod question;
mod reserve;
mod session_keys;
mod sessions;
mod start;
mod telegram;
mod tokens;
mod views;
mod wallet_apps;
mod walletconnect;
mod wallets;
mod webhooks;
mod whole_file;
mod worker_states;
mod workers;

pub use agent::{Agent, Calldata};
pub use clock::{Clock, SystemClock};
pub use credentials::{
    Activator, Decision, Local, Master, Owner, OwnerAnswer, Renewal, Replaced, Session, Via,
};
pub use data_dir::{DataDir, write_private};
pub use engine::Engine;
pub use error::{Details, Error, ErrorCode, FieldIssue, OpenChallenge, Remedy, StartError};
pub use file_error::DataDirError;
pub use operator::Operator;
pub use owner::OwnerDesk;
pub use start::Setup;
pub use views::*;
pub use waiaas_core as core;
pub use waiaas_keys::hardening::{Report as Hardening, harden as harden_process};
pub use waiaas_keys::password::check_new as check_new_password;
pub use waiaas_store::ChatRow;
pub use whole_file::WholeFile;

/// The proof of a daemon to remote callers.
pub mod proof {
    pub use waiaas_keys::KdfParams;
    pub use waiaas_keys::proof::{Answer, Challenge, ProofKey, Stretching};
}
