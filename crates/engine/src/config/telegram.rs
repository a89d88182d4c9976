//! `[telegram]`: the bot that shows approvals.

use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::value::{bot_token, trusted_url};

/// `[telegram]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TelegramBot {
    /// Token of the bot, or empty for no bot.
    #[serde(deserialize_with = "bot_token")]
    #[schemars(with = "String")]
    bot_token: SecretString,
    /// Address of the Bot API.
    #[serde(deserialize_with = "trusted_url")]
    pub api_url: String,
}

impl TelegramBot {
    /// The token; none if there is no bot.
    pub fn token(&self) -> Option<&SecretString> {
        (!self.bot_token.expose_secret().is_empty()).then_some(&self.bot_token)
    }
}
