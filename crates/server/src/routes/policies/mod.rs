//! Policies.

mod create;
mod read;
mod update;

use crate::register::{Register, register};

pub(super) fn add(register: Register) -> Register {
    register!(register;
        read::list_policies,
        create::create_policy,
        read::get_policy,
        update::update_policy,
        update::delete_policy,
    )
}
