//! `waiaas telegram`.

use anyhow::Result;
use clap::{Subcommand, ValueEnum};
use serde_json::json;
use waiaas_api::admin::{ChannelState, ChannelStatus};
use waiaas_api::telegram::Chat;
use waiaas_engine::core::chat::{ChatNumber, ChatRole};
use waiaas_engine::core::foreign::shown;

use crate::commands::confirm::Yes;
use crate::context::Context;
use crate::{human, output, table};

/// The Telegram bot: chats that have written to it, and their roles.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// List the chats that have written to the bot.
    Chats,
    /// Give a chat a role. It must have sent /start to the bot.
    Allow {
        /// Number of the chat, as the bot answers to /start.
        chat: i64,
        /// What it may do: admin receives approval cards, readonly reads status and wallets, pending nothing.
        #[arg(long, default_value = "admin")]
        role: RoleName,
    },
    /// Remove a chat; it receives nothing more.
    Remove {
        /// Number of the chat.
        chat: i64,
        #[command(flatten)]
        yes: Yes,
    },
}

/// A role on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum RoleName {
    /// Receives approval cards.
    Admin,
    /// Reads.
    Readonly,
    /// Nothing.
    Pending,
}

impl From<RoleName> for ChatRole {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Admin => Self::Admin,
            RoleName::Readonly => Self::ReadOnly,
            RoleName::Pending => Self::Pending,
        }
    }
}

pub(crate) async fn run(context: &Context, verb: Verb) -> Result<()> {
    match verb {
        Verb::Chats => {
            let client = context.operator().await?;
            let chats = client.chats().await?;
            let status = client.status().await?;
            let bot = status.channels.iter().find(|found| found.channel == "telegram");
            output::show(context, &chats, |all| list(&all.data, bot))
        }
        Verb::Allow { chat, role } => {
            let client = context.operator().await?;
            let set = client.set_chat_role(ChatNumber(chat), role.into()).await?;
            output::show(context, &set, |set| {
                format!("Chat {} ({}) has the role {}.", set.chat_id, shown(&set.name), set.role)
            })
        }
        Verb::Remove { chat, yes } => {
            yes.or_ask(&format!("the chat {chat} would receive nothing more"))?;
            context.operator().await?.remove_chat(ChatNumber(chat)).await?;
            let removed = json!({ "chatId": chat, "removed": true });
            output::show(context, &removed, |_| format!("Chat {chat} is removed."))
        }
    }
}

fn list(chats: &[Chat], bot: Option<&ChannelStatus>) -> String {
    let rows = chats.iter().map(|chat| {
        [chat.chat_id.to_string(), shown(&chat.name), chat.role.to_string(), human::time(chat.registered_at)]
    });
    let empty = "No chat has written to the bot. Send /start to it.";
    let list = table::list(empty, ["chat", "name", "role", "registered"], rows);
    match bot.map(|bot| (bot.state, bot.reason.as_deref().unwrap_or_default())) {
        Some((ChannelState::Off, _)) => {
            format!("{list}\nNo bot is configured: set telegram.bot_token and restart the daemon.")
        }
        Some((ChannelState::Failing, reason)) => format!("{list}\nThe bot does not work. {reason}"),
        Some((ChannelState::Starting | ChannelState::Working, _)) | None => list,
    }
}
