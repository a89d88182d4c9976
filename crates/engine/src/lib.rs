//! The daemon without HTTP: every use case, composed from the five crates below it.
//!
//! A newcomer starts here. [`Engine`] holds the parts; `credentials/` makes the three proofs that use
//! cases ask for; `pipeline/` is the one path on which value moves; `admin/` is what the operator
//! does; `workers/` is what happens by itself. What does not belong here: HTTP, SQL, cryptography.

mod admin;
mod approvals;
mod calldata;
mod chain_watch;
mod chains;
mod changes;
mod clock;
pub mod config;
mod credentials;
mod data_dir;
mod engine;
mod error;
mod lanes;
mod lease;
mod lookups;
pub mod offline;
mod pipeline;
mod placing;
mod policies;
pub mod policy_files;
pub mod question;
mod reads;
mod reserve;
mod views;
mod whole_file;
mod workers;

pub use calldata::Calldata;
pub use clock::{Clock, SystemClock};
pub use credentials::{Brake, Decision, Local, Master, Owner, OwnerAnswer, Renewal, Replaced, Session, Via};
pub use data_dir::{DataDir, DataDirError, write_private};
pub use engine::{Engine, Setup, StartError};
pub use error::{Error, ErrorCode};
pub use views::*;
pub use waiaas_core as core;
pub use waiaas_keys::hardening::{Report as Hardening, harden as harden_process};
pub use waiaas_keys::password::check_new as check_new_password;
pub use whole_file::WholeFile;

/// How a caller from elsewhere has a daemon prove itself.
pub mod proof {
    pub use waiaas_keys::KdfParams;
    pub use waiaas_keys::proof::{Answer, Challenge, ProofKey, Stretching};
}
