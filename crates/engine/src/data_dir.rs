//! The data directory: where files are, who may open them, and that only one daemon uses it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::whole_file::WholeFile;

/// What goes wrong with files.
#[derive(Debug, Error)]
pub enum DataDirError {
    /// A file operation failed.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// Another process has taken this directory: a daemon, or a command that works without one.
    #[error("another daemon or command{} is using {}", process(*.pid), .path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
        /// Whose it is, if that process has said so.
        pid: Option<u32>,
    },
    /// A start that was cut short has left an empty file for the password.
    #[error(
        "{} is empty, left by a start that was cut short; delete it, then give the master password or \
         start again with WAIAAS_AUTO_PROVISION=true",
        .0.display()
    )]
    EmptyRecoveryKey(PathBuf),
}

fn process(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

/// A data directory, by default `~/.waiaas`.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// Names a directory; nothing is touched.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The operator's configuration.
    pub fn config_file(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// The auto-provisioned password, while it exists.
    pub fn recovery_key(&self) -> PathBuf {
        self.0.join("recovery.key")
    }

    /// Where backups go unless told otherwise.
    pub fn backups(&self) -> PathBuf {
        self.0.join("backups")
    }

    /// The token the command line leaves for an agent on this machine.
    pub fn session_token(&self) -> PathBuf {
        self.0.join("mcp-token")
    }

    /// A path of the configuration, relative to this directory unless absolute.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        self.0.join(path)
    }

    /// Creates the directory and its parents, readable by this user only.
    pub fn create(&self) -> Result<(), DataDirError> {
        self.create_sub(&self.0)
    }

    /// Creates a directory below, readable by this user only.
    pub fn create_sub(&self, path: &Path) -> Result<(), DataDirError> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io("create", path))
    }

    /// Takes the directory for this process until the lock is dropped (or the process ends, however).
    /// The lock file holds the process id of whoever has it, for others to name.
    pub fn lock(&self) -> Result<DirLock, DataDirError> {
        let path = self.0.join("daemon.lock");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {
                // The lock holds without it, so a full disk is no reason to stop.
                let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
                Ok(DirLock { _file: file })
            }
            Err(std::fs::TryLockError::WouldBlock) => {
                let mut text = String::new();
                let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                Err(DataDirError::InUse { path: self.0.clone(), pid })
            }
            Err(std::fs::TryLockError::Error(source)) => {
                Err(DataDirError::Io { action: "lock", path, source })
            }
        }
    }

    /// The auto-provisioned password, if it still lies there.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, and where it is empty: that opens nothing.
    pub fn read_recovery_key(&self) -> Result<Option<SecretString>, DataDirError> {
        let path = self.recovery_key();
        match std::fs::read_to_string(&path).map(Zeroizing::new) {
            Ok(text) if text.trim().is_empty() => Err(DataDirError::EmptyRecoveryKey(path)),
            Ok(text) => Ok(Some(SecretString::from(text.trim()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(DataDirError::Io { action: "read", path, source }),
        }
    }

    /// Leaves the auto-provisioned password for the operator, mode 0600, whole or not at all. What lies
    /// there already is replaced, so this is only for a directory that is not initialised.
    pub fn write_recovery_key(&self, password: &SecretString) -> Result<(), DataDirError> {
        let line = Zeroizing::new(format!("{}\n", password.expose_secret()));
        write_private(&self.recovery_key(), line.as_bytes())
    }

    /// Removes the auto-provisioned password; true if there was one.
    pub fn remove_recovery_key(&self) -> Result<bool, DataDirError> {
        let path = self.recovery_key();
        match std::fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(DataDirError::Io { action: "remove", path, source }),
        }
    }
}

/// Holds the data directory for one process.
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

/// Writes a file of this user only, whole or not at all.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), DataDirError> {
    let mut file = WholeFile::create(path)?;
    file.write_all(bytes).map_err(io("write", path))?;
    file.keep().map(|_| ())
}

pub(crate) fn io<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> DataDirError + 'a {
    move |source| DataDirError::Io { action, path: path.to_owned(), source }
}
