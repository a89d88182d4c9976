//! Transactions: asked for by agents, decided by owners, overseen by the operator.

mod approval;
mod cancel;
mod decide;
mod oversee;
mod read;
mod request;
mod send;
mod simulate;

use crate::doors::{Doors, doors};

pub(super) fn add(doors: Doors) -> Doors {
    let doors = doors!(doors;
        send::send_transaction,
        simulate::simulate_transaction,
        read::list_transactions,
        read::pending_transactions,
        read::get_transaction,
        cancel::cancel_transaction,
        approval::get_approval,
        decide::approve_transaction,
        decide::reject_transaction,
    );
    doors!(doors;
        oversee::admin_list_transactions,
        oversee::admin_get_transaction,
        oversee::admin_cancel_transaction,
        oversee::admin_reject_transaction,
    )
}
