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

use crate::register::{Register, register};

pub(super) fn add(register: Register) -> Register {
    let register = register!(register;
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
    register!(register;
        oversee::admin_list_transactions,
        oversee::admin_get_transaction,
        explain::admin_explain_transaction,
        oversee::admin_cancel_transaction,
        oversee::admin_close_transaction,
        oversee::admin_reject_transaction,
    )
}
