//! Sessions: made, listed, revoked, their tokens replaced, their wallets changed.

mod create;
mod list;
mod revoke;
mod token;
mod wallets;

use crate::register::{Register, register};

pub(super) fn add(register: Register) -> Register {
    register!(register;
        create::create_session,
        list::list_sessions,
        revoke::revoke_session,
        token::renew_session,
        token::rotate_session,
        wallets::list_session_wallets,
        wallets::add_session_wallet,
        wallets::remove_session_wallet,
        wallets::set_default_wallet,
    )
}
