//! Changes that wait for owners.

mod decide;
mod read;
mod withdraw;

use crate::register::{Register, register};

pub(super) fn add(register: Register) -> Register {
    register!(register;
        read::list_changes,
        read::get_change,
        read::get_change_approval,
        withdraw::withdraw_change,
        decide::approve_change,
        decide::reject_change,
    )
}
