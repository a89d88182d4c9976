//! Changes that wait for owners.

mod decide;
mod read;
mod withdraw;

use crate::doors::{Doors, doors};

pub(super) fn add(doors: Doors) -> Doors {
    doors!(doors;
        read::list_changes,
        read::get_change,
        read::get_change_approval,
        withdraw::withdraw_change,
        decide::approve_change,
        decide::reject_change,
    )
}
