//! The three layers of authentication, and the only constructors of their proofs.
//!
//! [`Master`], [`Session`] and [`Owner`] have private fields and no constructor outside their files, so a
//! function that takes one cannot be reached without that credential. [`Activator`] is weaker: it only allows
//! the activation of the kill switch. [`Local`] is not a credential by itself: it proves that the caller is
//! on this machine, and is required in addition to a credential.

pub(crate) mod activator;
pub(crate) mod chat;
pub(crate) mod local;
pub(crate) mod master;
pub(crate) mod owner;
pub(crate) mod proof;
pub(crate) mod renewal;
pub(crate) mod session;

pub use crate::gates::Via;
pub use activator::Activator;
pub use local::Local;
pub use master::Master;
pub use owner::{Decision, Owner, OwnerAnswer};
pub use renewal::{Renewal, Replaced};
pub use session::Session;
