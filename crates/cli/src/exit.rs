//! Exit codes, documented in `waiaas --help`.

use std::fmt;
use std::process::ExitCode;

use thiserror::Error;
use waiaas_api::client::ClientError;
use waiaas_engine::StartError;
use waiaas_engine::config::ConfigError;
use waiaas_engine::core::transaction::TxStatus;
use waiaas_engine::offline::RestoreError;

/// Every exit code with its meaning, as in the help texts and the book.
const TABLE: [(u8, &str); 9] = [
    (0, "done"),
    (1, "something else went wrong"),
    (
        2,
        "the command line is not valid, or a confirmation is needed and there is neither `--yes` nor a terminal",
    ),
    (3, "no daemon answers"),
    (4, "the credential is missing or was refused, or there were too many tries (HTTP 401 and 429)"),
    (5, "the daemon refused: policy, state, or an invalid request"),
    (
        6,
        "a check failed: the audit chain is broken, the configuration is invalid, a policy case failed, a webhook \
         did not receive a message, or no wallet app connected",
    ),
    (7, "not done yet: it waits for an owner's signature"),
    (8, "done, but the result cannot be written to standard output, for example on a full disk"),
];

/// Shown at the end of every help text.
pub(crate) fn help() -> String {
    let lines = TABLE.iter().map(|(code, meaning)| format!("  {code}  {meaning}"));
    format!("Exit codes:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// The command has run, but its result could not be written.
pub(crate) const UNWRITTEN: u8 = 8;

/// An argument that is not valid, found after the command line was parsed.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// A named object does not exist, or several have the name. Same exit code as the daemon's answer to an
/// unknown id.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct NotFound(pub(crate) String);

/// No credential was found; its cause says why. The text says what was tried.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct NoCredential(pub(crate) &'static str);

/// A check that ran and found a fault.
#[derive(Debug, Error)]
#[error("{message}")]
pub(crate) struct CheckFailed {
    /// The fault.
    pub(crate) message: String,
    /// Whether standard output already has the finding; it is printed once.
    pub(crate) reported: bool,
}

/// The requested change waits for owners; standard output contains it already.
#[derive(Debug, Error)]
#[error("it waits for an owner's signature")]
pub(crate) struct Waits;

/// An approval was accepted, but its transaction did not run; standard output contains it already.
#[derive(Debug, Error)]
#[error("the transaction is {status}{}", .why.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
pub(crate) struct NotRun {
    /// Its final state.
    pub(crate) status: TxStatus,
    /// The reason in a sentence, if it is known.
    pub(crate) why: Option<String>,
}

/// No daemon runs that could be stopped.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct NoDaemon(pub(crate) String);

/// The exit code and document of a child process, which are passed on.
#[derive(Debug)]
pub(crate) struct Relayed {
    /// Its exit code.
    pub(crate) code: u8,
    /// The JSON document that it printed.
    pub(crate) document: serde_json::Value,
}

impl Relayed {
    /// Its remedy, if it has one.
    pub(crate) fn hint(&self) -> Option<String> {
        self.document["hint"].as_str().map(str::to_owned)
    }
}

impl fmt::Display for Relayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.document["message"].as_str().unwrap_or("it ended without a message"))
    }
}

impl std::error::Error for Relayed {}

/// The process that answers over TCP has not proved to be the daemon.
#[derive(Debug, Error)]
#[error("the process at {address} has not proved to be your daemon: {reason}; the password was not sent")]
pub(crate) struct Unproved {
    /// Host and port.
    pub(crate) address: String,
    /// The missing proof.
    pub(crate) reason: String,
}

/// The exit code of an error.
pub(crate) fn code(error: &anyhow::Error) -> ExitCode {
    if error.is::<CheckFailed>() || error.is::<ConfigError>() {
        return 6.into();
    }
    if error.is::<Waits>() {
        return 7.into();
    }
    if error.is::<NotRun>() || error.is::<NotFound>() {
        return 5.into();
    }
    if error.is::<Usage>() {
        return 2.into();
    }
    if error.is::<NoDaemon>() || error.is::<Unproved>() {
        return 3.into();
    }
    if let Some(relayed) = error.downcast_ref::<Relayed>() {
        return relayed.code.into();
    }
    if error.is::<NoCredential>() || password_refused(error) {
        return 4.into();
    }
    match error.downcast_ref::<ClientError>() {
        Some(ClientError::Api(api)) if matches!(api.status, 401 | 429) => 4.into(),
        Some(ClientError::Api(_)) => 5.into(),
        Some(ClientError::Transport { .. } | ClientError::NotTheDaemon { .. }) => 3.into(),
        Some(ClientError::NoMasterPassword | ClientError::NoSessionToken | ClientError::NotAHeader) => {
            4.into()
        }
        Some(ClientError::BaseUrl) => 2.into(),
        Some(ClientError::NotJson | ClientError::Output(_)) | None => 1.into(),
    }
}

/// Whether an operation without a daemon found the master password wrong.
fn password_refused(error: &anyhow::Error) -> bool {
    match (error.downcast_ref::<StartError>(), error.downcast_ref::<RestoreError>()) {
        (Some(StartError::WrongPassword), _) => true,
        (_, Some(restore)) => restore.is_wrong_password(),
        (Some(_) | None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_the_same_table() {
        let readme = include_str!("../../../docs/src/reference/exit-codes.md");
        let (_, table) = readme.split_once("| exit code | meaning |\n|---|---|\n").expect("the table");
        let (table, _) = table.split_once("\n\n").expect("its end");
        let rows = TABLE.iter().map(|(code, meaning)| format!("| {code} | {meaning} |"));
        assert_eq!(table, rows.collect::<Vec<_>>().join("\n"));
    }
}
