//! Exit codes, documented in `waiaas --help`.

use std::process::ExitCode;

use thiserror::Error;
use waiaas_api::client::ClientError;

/// Shown at the end of every help text.
pub(crate) const HELP: &str = "\
Exit codes:
  0  done
  1  something else went wrong
  2  the command line is not right
  3  no daemon answers
  4  the credential was refused
  5  the daemon said no (policy, state, or an invalid request)
  6  a check failed (audit chain broken, configuration invalid)";

/// A check that ran and found a fault.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct CheckFailed(pub(crate) String);

/// The code for an error.
pub(crate) fn code(error: &anyhow::Error) -> ExitCode {
    if error.downcast_ref::<CheckFailed>().is_some() {
        return 6.into();
    }
    match error.downcast_ref::<ClientError>() {
        Some(ClientError::Api(api)) if matches!(api.status, 401 | 429) => 4.into(),
        Some(ClientError::Api(_)) => 5.into(),
        Some(ClientError::Transport { .. } | ClientError::NotTheDaemon { .. }) => 3.into(),
        Some(ClientError::NoMasterPassword | ClientError::NoSessionToken) => 4.into(),
        Some(ClientError::NotJson | ClientError::BaseUrl | ClientError::NotAHeader) | None => 1.into(),
    }
}
