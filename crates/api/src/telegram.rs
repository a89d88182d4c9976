//! Chats of the Telegram bot.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waiaas_core::UnixSeconds;
use waiaas_core::chat::{ChatNumber, ChatRole};

use crate::validation::{Checks, Refusal, Request};
use crate::vocabulary::ChatRoleName;

/// A chat that has written to the bot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Chat {
    /// Its number, given by Telegram.
    #[schema(value_type = i64)]
    pub chat_id: ChatNumber,
    /// The person's own name for themselves. Foreign text.
    pub name: String,
    /// What it may do. `ADMIN` receives approval cards; it approves nothing itself.
    #[schema(value_type = ChatRoleName)]
    pub role: ChatRole,
    /// Time of its registration.
    pub registered_at: UnixSeconds,
    /// Time of the last change of its role.
    pub updated_at: UnixSeconds,
}

/// Gives a chat a role.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetChatRole {
    /// The role.
    #[schema(value_type = ChatRoleName)]
    pub role: ChatRole,
}

impl Request for SetChatRole {
    fn check(&self) -> Result<(), Refusal> {
        Checks::default().finish()
    }
}
