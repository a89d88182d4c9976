//! Chats of the Telegram bot.

mod chats;

use crate::register::{Register, register};

pub(super) fn add(register: Register) -> Register {
    register!(register; chats::list_chats, chats::set_chat_role, chats::remove_chat)
}
