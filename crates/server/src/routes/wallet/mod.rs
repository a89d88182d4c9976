//! What an agent reads about its own wallet.

mod address;
mod assets;
mod balance;

use crate::register::{Register, register};

/// `network=all`.
const ALL: &str = "all";

pub(super) fn add(register: Register) -> Register {
    register!(register; address::get_address, balance::get_balance, assets::get_assets)
}
