//! Errors of calls to the daemon.

use thiserror::Error;

use crate::problem::Problem;

/// The daemon's error answer.
#[derive(Clone, PartialEq, Debug, Error)]
#[error("{} ({status})", .problem.message)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// The daemon's message.
    pub problem: Problem,
}

/// Why a call has no result.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The daemon refused; the problem says why.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// The daemon did not answer, or not in time.
    #[error("no answer from the daemon: {reason}")]
    Transport {
        /// The reason in a few words.
        reason: &'static str,
        /// The cause, without the URL.
        #[source]
        source: reqwest::Error,
    },
    /// The answer does not come from this daemon.
    #[error("the answer (HTTP {status}) does not come from a waiaas daemon")]
    NotTheDaemon {
        /// HTTP status.
        status: u16,
    },
    /// The answer, or the request, is not the expected JSON; the versions may differ.
    #[error("the answer is not what this version expects")]
    NotJson,
    /// The received bytes cannot be written to the caller's output.
    #[error("the received bytes cannot be written: {0}")]
    Output(#[source] std::io::Error),
    /// The base URL is not an http(s) URL.
    #[error("the daemon's URL must be an http or https URL")]
    BaseUrl,
    /// A credential or message has characters that no HTTP header may have.
    #[error(
        "the credential has a character, or a blank at an end, that no HTTP header carries; if it is the \
         master password, stop the daemon and choose another with `waiaas set-master`"
    )]
    NotAHeader,
    /// The operation needs the master password.
    #[error("this needs the master password")]
    NoMasterPassword,
    /// The operation needs a session token.
    #[error("this needs a session token")]
    NoSessionToken,
}

impl ClientError {
    pub(super) fn transport(error: reqwest::Error) -> Self {
        let reason = if error.is_timeout() {
            "timed out"
        } else if error.is_connect() {
            "cannot connect; is it running?"
        } else {
            "the connection broke"
        };
        Self::Transport { reason, source: error.without_url() }
    }

    /// The stable code of the daemon's answer.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Api(error) => Some(&error.problem.code),
            Self::Transport { .. }
            | Self::NotTheDaemon { .. }
            | Self::NotJson
            | Self::Output(_)
            | Self::BaseUrl
            | Self::NotAHeader
            | Self::NoMasterPassword
            | Self::NoSessionToken => None,
        }
    }
}
