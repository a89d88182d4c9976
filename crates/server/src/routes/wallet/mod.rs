//! What an agent reads about its own wallet.

mod address;
mod assets;
mod balance;

use crate::doors::{Doors, doors};

/// `network=all`.
const ALL: &str = "all";

pub(super) fn add(doors: Doors) -> Doors {
    doors!(doors; address::get_address, balance::get_balance, assets::get_assets)
}
