//! What an owner answers. Whoever has no [`Owner`] gets no [`OwnerDesk`].
//!
//! What there is to answer is public to whoever knows the id, and therefore on [`Engine`].

mod approvals;
mod changes;
mod wallets;

use crate::Engine;
use crate::credentials::Owner;
use crate::error::{Error, ErrorCode};

/// The use cases of an owner. Each takes the desk, for a signature counts once.
#[derive(Debug)]
pub struct OwnerDesk<'a> {
    engine: &'a Engine,
    owner: Owner,
}

impl Engine {
    /// What the owner who signed may do.
    pub const fn owner(&self, owner: Owner) -> OwnerDesk<'_> {
        OwnerDesk { engine: self, owner }
    }
}

fn wrong_action() -> Error {
    Error::new(ErrorCode::InvalidNonce, "The signed message is for another action.")
        .hint("Sign the message whose action is the one you ask for.")
}
