//! What the operator does. Every function here asks for the operator's proof by type.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod candidates;
pub(crate) mod exposure;
pub(crate) mod kill_switch;
pub(crate) mod owners;
pub(crate) mod password;
pub(crate) mod policies;
pub(crate) mod replay;
pub(crate) mod sessions;
pub(crate) mod status;
pub(crate) mod tokens;
pub(crate) mod wallets;
