//! The use cases of an agent. An [`Agent`] requires a [`Session`].

mod balances;
mod calldata;
mod policies;
mod sessions;
mod transactions;
mod wallets;

pub use calldata::Calldata;

use crate::Engine;
use crate::credentials::Session;

/// The use cases of an agent.
#[derive(Clone, Copy, Debug)]
pub struct Agent<'a> {
    engine: &'a Engine,
    session: &'a Session,
}

impl Engine {
    /// The use cases of the holder of a session token.
    pub const fn agent<'a>(&'a self, session: &'a Session) -> Agent<'a> {
        Agent { engine: self, session }
    }
}
