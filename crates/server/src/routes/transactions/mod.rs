//! Transactions: asked for by agents, decided by owners, overseen by the operator.

mod approval;
mod cancel;
mod decide;
mod explain;
mod oversee;
mod read;
mod replace;
mod send;
mod sign;
mod simulate;
mod waiting;

use crate::doors::{Doors, doors};

pub(super) fn add(doors: Doors) -> Doors {
    let doors = doors!(doors;
        send::send_transaction,
        sign::sign_transaction,
        sign::sign_message,
        simulate::simulate_transaction,
        read::list_transactions,
        read::pending_transactions,
        read::get_transaction,
        explain::explain_transaction,
        cancel::cancel_transaction,
        replace::replace_transaction,
        approval::get_approval,
        decide::approve_transaction,
        decide::reject_transaction,
    );
    doors!(doors;
        oversee::admin_list_transactions,
        oversee::admin_get_transaction,
        explain::admin_explain_transaction,
        oversee::admin_cancel_transaction,
        oversee::admin_close_transaction,
        oversee::admin_reject_transaction,
    )
}
