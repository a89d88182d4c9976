//! The operator's side.

mod audit;
mod backup;
mod balance;
mod exposure;
mod kill_switch;
mod password;
mod replay;
mod secret;
mod shutdown;
mod status;
mod tokens;

use crate::register::{Register, register};

pub(super) fn add(register: Register) -> Register {
    register!(register;
        audit::list_audit_logs,
        audit::verify_audit_chain,
        status::admin_status,
        tokens::list_tokens,
        tokens::forget_token,
        balance::wallet_balance,
        exposure::exposure,
        replay::replay_policies,
        password::set_master_password,
        secret::rotate_session_secret,
        backup::create_backup,
        backup::download_backup,
        kill_switch::get_kill_switch,
        kill_switch::activate_kill_switch,
        kill_switch::recover,
        shutdown::shutdown,
    )
}
