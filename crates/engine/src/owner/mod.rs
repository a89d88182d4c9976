//! The use cases of an owner. An [`OwnerDesk`] requires an [`Owner`].
//!
//! Reading the documents to sign requires only the id, so those functions are on [`Engine`].

mod approvals;
mod changes;
mod wallets;

use crate::Engine;
use crate::credentials::Owner;
use crate::error::{Error, ErrorCode};

/// The use cases of an owner. Each consumes the desk, since a signature counts once.
#[derive(Debug)]
pub struct OwnerDesk<'a> {
    engine: &'a Engine,
    owner: Owner,
}

impl Engine {
    /// The use cases of the owner who signed.
    pub const fn owner(&self, owner: Owner) -> OwnerDesk<'_> {
        OwnerDesk { engine: self, owner }
    }
}

fn wrong_action() -> Error {
    Error::new(ErrorCode::InvalidNonce, "The signed message is for another action.")
        .hint("Sign the message whose action is the one you ask for.")
}
