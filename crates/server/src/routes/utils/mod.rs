//! Help for agents that have no library of their own.

mod encode_calldata;

use crate::doors::{Doors, doors};

pub(super) fn add(doors: Doors) -> Doors {
    doors!(doors; encode_calldata::encode_calldata)
}
