//! Errors of files in and beside the data directory, with their remedies.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A file error.
#[derive(Debug, Error)]
pub enum DataDirError {
    /// A file operation failed.
    #[error("cannot {action} {path}: {reason}{}", remedy(.reason.kind()))]
    Io {
        /// The attempted action.
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// The reason. It is not the error's source, which would be printed again.
        reason: io::Error,
    },
    /// Other users can read the plain-text password.
    #[error(
        "{path} holds the master password and can be read by others (mode {mode:03o}); run `chmod 600 {path}`, and `waiaas set-master` if somebody may have read it"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The directory belongs to another user.
    #[error(
        "{} belongs to user {owner}, who could put another daemon, configuration or key there; run this as that user \
         (`sudo -u '#{owner}' waiaas …`), or run `chown -R {me} {}` where it is to be yours",
        .path.display(), .path.display()
    )]
    Foreign {
        /// The directory, or a file in it.
        path: PathBuf,
        /// Its user id.
        owner: u32,
        /// The user id of this process.
        me: u32,
    },
    /// Other users can write the directory or a file in it that matters.
    #[error(
        "{} can be written by others (mode {mode:03o}), who could put another daemon, configuration or key there; \
         look what is in it, then run `chmod go-w {}`",
        .path.display(), .path.display()
    )]
    Writable {
        /// The path.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Another process holds this directory: a daemon, or a command that works without one.
    #[error("another daemon or command{} is using {}; `waiaas stop` ends a daemon", process(*.pid), .path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
        /// Its process id, if known.
        pid: Option<u32>,
    },
    /// An interrupted start has left an empty file for the password.
    #[error(
        "{} is empty, left by a start that was cut short; delete it, then give the master password or \
         start again with WAIAAS_AUTO_PROVISION=true",
        .0.display()
    )]
    EmptyRecoveryKey(PathBuf),
}

impl DataDirError {
    /// Whether there is no space left.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Io { reason, .. } => reason.kind() == io::ErrorKind::StorageFull,
            Self::Exposed { .. }
            | Self::Foreign { .. }
            | Self::Writable { .. }
            | Self::InUse { .. }
            | Self::EmptyRecoveryKey(_) => false,
        }
    }
}

fn process(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

/// The remedy for this kind of error, if there is one.
const fn remedy(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::PermissionDenied => {
            "; it must belong to the user who runs this (see `ls -l`), or name another with --data-dir"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; free some space, then try again",
        io::ErrorKind::ReadOnlyFilesystem => "; name a data directory that can be written with --data-dir",
        io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory | io::ErrorKind::AlreadyExists => {
            "; something else is in the way: move it elsewhere"
        }
        _ => "",
    }
}

pub(crate) fn io<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> DataDirError + 'a {
    move |reason| DataDirError::Io { action, path: path.to_owned(), reason }
}
