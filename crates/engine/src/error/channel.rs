//! Maps errors of channels to codes and hints.

use waiaas_channels::telegram::BotError;
use waiaas_channels::walletconnect::LinkError;

use super::{Error, ErrorCode, sentence};

impl From<LinkError> for Error {
    fn from(error: LinkError) -> Self {
        Self::new(ErrorCode::ChannelUnavailable, sentence(&error))
            .hint("Check walletconnect.relay_url and walletconnect.project_id, and try again.")
    }
}

impl From<BotError> for Error {
    fn from(error: BotError) -> Self {
        Self::new(ErrorCode::ChannelUnavailable, sentence(&error))
            .hint("Check telegram.bot_token and telegram.api_url, and restart the daemon after a change.")
    }
}
