//! Help for agents that have no library of their own.

mod encode_calldata;

use crate::register::{Register, register};

pub(super) fn add(register: Register) -> Register {
    register!(register; encode_calldata::encode_calldata)
}
