//! The use cases of the operator. An [`Operator`] requires a [`Master`].

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod candidates;
pub(crate) mod changes;
pub(crate) mod closing;
pub(crate) mod exposure;
pub(crate) mod holdings;
pub(crate) mod kill_switch;
pub(crate) mod owners;
pub(crate) mod password;
pub(crate) mod policies;
pub(crate) mod replay;
pub(crate) mod sessions;
pub(crate) mod status;
pub(crate) mod telegram;
pub(crate) mod tokens;
pub(crate) mod transactions;
mod walletconnect;
pub(crate) mod wallets;
mod webhooks;

use crate::Engine;
use crate::credentials::Master;

/// The use cases of the operator.
#[derive(Clone, Copy, Debug)]
pub struct Operator<'a> {
    engine: &'a Engine,
    _master: &'a Master,
}

impl Engine {
    /// The use cases of the holder of the master password.
    pub const fn operator<'a>(&'a self, master: &'a Master) -> Operator<'a> {
        Operator { engine: self, _master: master }
    }
}
