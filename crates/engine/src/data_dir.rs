//! The data directory: its files, their permissions, and the lock that admits only one daemon.

mod shared;

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::file_error::{DataDirError, io};
use crate::whole_file::WholeFile;

/// A data directory, by default `~/.waiaas`.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// Names a directory without touching it.
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

    /// The running daemon's socket.
    pub fn socket(&self) -> PathBuf {
        self.0.join("daemon.sock")
    }

    /// The lock file of the directory.
    pub fn lock_file(&self) -> PathBuf {
        self.0.join("daemon.lock")
    }

    /// The default directory of backups.
    pub fn backups(&self) -> PathBuf {
        self.0.join("backups")
    }

    /// The token that the command line stores for an agent on this machine.
    pub fn session_token(&self) -> PathBuf {
        self.0.join("mcp-token")
    }

    /// Creates the directory and its parents, readable by this user only.
    ///
    /// # Errors
    /// If the directory cannot be created, or its permissions cannot be set.
    pub fn create(&self) -> Result<(), DataDirError> {
        self.create_sub(&self.0)
    }

    /// Creates a directory below, readable by this user only.
    ///
    /// # Errors
    /// If the directory cannot be created, or its permissions cannot be set.
    pub fn create_sub(&self, path: &Path) -> Result<(), DataDirError> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io("create", path))
    }

    /// Locks the directory for this process until the lock is dropped or the process ends. The lock file holds the
    /// process id of the holder, for messages. A directory that other users can write is refused
    /// ([`DataDir::refuse_shared`]).
    ///
    /// # Errors
    /// [`DataDirError`]: another process holds the directory, other users can write it, or its lock file cannot be
    /// written.
    pub fn lock(&self) -> Result<DirLock, DataDirError> {
        self.refuse_shared()?;
        let path = self.lock_file();
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
                // The lock holds without the process id, so a full disk is no reason to stop.
                let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
                Ok(DirLock { file })
            }
            Err(std::fs::TryLockError::WouldBlock) => {
                Err(DataDirError::InUse { path: self.0.clone(), pid: said(&mut file) })
            }
            Err(std::fs::TryLockError::Error(reason)) => {
                Err(DataDirError::Io { action: "lock", path, reason })
            }
        }
    }

    /// The process id of the holder of the directory, if any. Creates nothing, and accepts a directory of any user.
    ///
    /// # Errors
    ///
    /// If the lock file cannot be read.
    pub fn holder(&self) -> Result<Option<u32>, DataDirError> {
        let path = self.lock_file();
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(reason) => return Err(DataDirError::Io { action: "open", path, reason }),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(std::fs::TryLockError::WouldBlock) => match said(&mut file) {
                Some(pid) => Ok(Some(pid)),
                None => Err(DataDirError::InUse { path: self.0.clone(), pid: None }),
            },
            Err(std::fs::TryLockError::Error(reason)) => {
                Err(DataDirError::Io { action: "lock", path, reason })
            }
        }
    }

    /// The auto-provisioned password, if its file still exists.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is empty.
    pub fn read_recovery_key(&self) -> Result<Option<SecretString>, DataDirError> {
        let path = self.recovery_key();
        match read_alone(&path) {
            Ok((text, _)) if text.trim().is_empty() => Err(DataDirError::EmptyRecoveryKey(path)),
            Ok((_, mode)) if mode & 0o077 != 0 => Err(DataDirError::Exposed { path, mode }),
            Ok((text, _)) => Ok(Some(SecretString::from(text.trim()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(reason) => Err(DataDirError::Io { action: "read", path, reason }),
        }
    }

    /// Writes the auto-provisioned password for the operator, mode 0600, whole or not at all. It replaces an existing
    /// file, so it is only for a directory that is not initialised.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_recovery_key(&self, password: &SecretString) -> Result<(), DataDirError> {
        let line = Zeroizing::new(format!("{}\n", password.expose_secret()));
        write_private(&self.recovery_key(), line.as_bytes())
    }

    /// Removes the auto-provisioned password; true if there was one.
    ///
    /// # Errors
    /// If the file exists and cannot be removed.
    pub fn remove_recovery_key(&self) -> Result<bool, DataDirError> {
        let path = self.recovery_key();
        match std::fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(reason) => Err(DataDirError::Io { action: "remove", path, reason }),
        }
    }
}

/// The process id in a lock file.
fn said(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// The lock of the data directory.
#[derive(Debug)]
pub struct DirLock {
    file: File,
}

impl DirLock {
    /// A value that identifies this lock among all locks on all machines until the machine restarts: if two
    /// processes had it, the earlier one has ended. None if the system does not provide it.
    pub(crate) fn place(&self) -> Option<String> {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let file = self.file.metadata().ok()?;
        Some(format!("{}:{}:{}", boot.trim(), file.dev(), file.ino()))
    }
}

/// Writes a file of this user only, whole or not at all.
///
/// # Errors
/// If the file cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), DataDirError> {
    let mut file = WholeFile::create(path)?;
    file.write_all(bytes).map_err(io("write", path))?;
    file.keep().map(|_| ())
}

/// Reads a secret file's text, and the permissions of the same file.
fn read_alone(path: &Path) -> io::Result<(Zeroizing<String>, u32)> {
    let mut file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text)?;
    Ok((text, mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_key_that_others_can_read_is_refused_with_its_remedy() {
        let dir = tempfile::tempdir().expect("directory");
        let data_dir = DataDir::new(dir.path());
        assert!(data_dir.read_recovery_key().expect("none").is_none());
        data_dir.write_recovery_key(&"the-password".into()).expect("written");
        assert_eq!(data_dir.read_recovery_key().expect("read").expect("one").expose_secret(), "the-password");
        for mode in [0o640, 0o604, 0o644, 0o660] {
            let open = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(data_dir.recovery_key(), open).expect("opened");
            let text = data_dir.read_recovery_key().expect_err("refused").to_string();
            assert!(text.contains("chmod 600") && text.contains(&format!("{mode:03o}")), "{text}");
            assert!(!text.contains("the-password"));
        }
    }

    #[test]
    fn errors_of_files_say_path_reason_and_remedy_once() {
        let dir = tempfile::tempdir().expect("directory");
        std::fs::write(dir.path().join("file"), "").expect("written");
        let error = DataDir::new(dir.path().join("file/below")).create().expect_err("refused");
        let text = error.to_string();
        assert!(text.starts_with("cannot create ") && text.contains("file/below"), "{text}");
        assert_eq!(text.matches("ot a directory").count(), 1, "{text}");
        assert!(text.contains("move it elsewhere"), "{text}");
        assert!(std::error::Error::source(&error).is_none(), "printed once");
    }
}
