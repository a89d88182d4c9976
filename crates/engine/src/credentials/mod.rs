//! The three layers of authentication, and the only makers of their proofs.
//!
//! [`Master`], [`Session`] and [`Owner`] have private fields and no constructor outside their files,
//! so a function that takes one cannot be reached without that credential.

pub(crate) mod master;
pub(crate) mod owner;
pub(crate) mod session;
pub(crate) mod token;

pub use master::Master;
pub use owner::{Decision, Owner, OwnerAnswer};
pub use session::Session;
