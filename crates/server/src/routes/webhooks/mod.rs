//! Webhooks.

mod create;
mod deliveries;
mod read;
mod update;

use crate::register::{Register, register};

pub(super) fn add(register: Register) -> Register {
    register!(register;
        read::list_webhooks,
        create::create_webhook,
        read::get_webhook,
        update::update_webhook,
        update::delete_webhook,
        deliveries::webhook_logs,
        deliveries::test_webhook,
        deliveries::redeliver,
    )
}
