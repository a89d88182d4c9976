//! Policies.

mod create;
mod read;
mod update;

use crate::doors::{Doors, doors};

pub(super) fn add(doors: Doors) -> Doors {
    doors!(doors;
        read::list_policies,
        create::create_policy,
        read::get_policy,
        update::update_policy,
        update::delete_policy,
    )
}
