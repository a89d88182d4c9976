//! What an agent does. Whoever has no [`Session`] gets no [`Agent`].

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
    /// What the holder of a session token may do.
    pub const fn agent<'a>(&'a self, session: &'a Session) -> Agent<'a> {
        Agent { engine: self, session }
    }
}
