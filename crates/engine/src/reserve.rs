//! Disk space reserved for a full disk: for the kill switch, the audit log, and the completion of
//! transactions in progress.
//!
//! The reserve is a file next to the database. The first of these writes that finds the disk full removes the
//! file and uses its space; from then on no new request is admitted, so that agents cannot use up that space.
//! The file is created again once there is room.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;
use waiaas_store::StoreError;

use crate::config::DatabaseTarget;
use crate::error::{Error, ErrorCode};

/// Reserved bytes. An activation of the kill switch needs a few thousand, as does the end of a transaction.
const BYTES: u64 = 8 * 1024 * 1024;

/// The reserve, for an SQLite database.
pub(crate) struct Reserve {
    path: Option<PathBuf>,
    held: AtomicBool,
}

impl Reserve {
    /// Reserves the space. The daemon also starts without it, so that it can be stopped or inspected.
    pub(crate) fn hold(target: &DatabaseTarget) -> Self {
        let path = match target {
            DatabaseTarget::Sqlite(path) => Some(path.with_extension("reserve")),
            DatabaseTarget::Postgres(_) => None,
        };
        let reserve = Self { path, held: AtomicBool::new(false) };
        reserve.restore();
        reserve
    }

    /// Whether the reserve exists, or none is needed.
    pub(crate) fn is_held(&self) -> bool {
        self.path.is_none() || self.held.load(Ordering::SeqCst)
    }

    /// Removes the reserve; true if that made room.
    pub(crate) fn release(&self) -> bool {
        let Some(path) = &self.path else { return false };
        if !self.held.swap(false, Ordering::SeqCst) {
            return false;
        }
        match std::fs::remove_file(path) {
            Ok(()) => {
                tracing::error!(
                    "the disk is full: its reserve is given up, and nothing new is admitted until there is room"
                );
                true
            }
            Err(error) => {
                tracing::error!(%error, path = %path.display(), "the reserve of disk space cannot be given up");
                false
            }
        }
    }

    /// Reserves the space again if there is room. Blocking.
    pub(crate) fn restore(&self) {
        let Some(path) = self.path.as_deref().filter(|_| !self.is_held()) else { return };
        match fill(path) {
            Ok(()) => self.held.store(true, Ordering::SeqCst),
            Err(error) => {
                // A partial reserve would take space that is needed.
                let _ = std::fs::remove_file(path);
                tracing::warn!(%error, path = %path.display(), "there is no room for the reserve of disk space");
            }
        }
    }

    /// Writes; if the disk is full, releases the reserve and writes again.
    pub(crate) async fn write<T, F>(&self, write: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        match write().await {
            Err(StoreError::Full(_)) if self.release() => write().await,
            other => other,
        }
    }

    /// Releases the reserve after an error for lack of space, for a caller that will try again.
    pub(crate) fn make_room_after(&self, error: &Error) {
        if error.code == ErrorCode::StorageFull {
            self.release();
        }
    }

    /// Refuses writes that can wait until the reserve exists again.
    pub(crate) fn refuse_unless_held(&self) -> Result<(), Error> {
        if self.is_held() {
            return Ok(());
        }
        Err(Error::new(ErrorCode::StorageFull, "The disk is full; nothing was changed.").hint(format!(
            "Free at least {} MiB on the database's disk, then ask again.",
            BYTES / 1024 / 1024
        )))
    }
}

fn fill(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    match fallocate(&file, FallocateFlags::empty(), 0, BYTES) {
        Ok(()) => {}
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => write_out(&file)?,
        Err(error) => return Err(error.into()),
    }
    file.sync_all()
}

/// For file systems that cannot reserve space.
fn write_out(mut file: &File) -> io::Result<()> {
    let chunk = vec![0xa5; 64 * 1024];
    let mut left = BYTES;
    while left > 0 {
        file.write_all(&chunk)?;
        left = left.saturating_sub(64 * 1024);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_real_space_and_gives_it_back_once() {
        use std::os::unix::fs::MetadataExt as _;
        let dir = tempfile::tempdir().expect("directory");
        let target = DatabaseTarget::Sqlite(dir.path().join("w.db"));
        let reserve = Reserve::hold(&target);
        let file = dir.path().join("w.reserve");
        let found = std::fs::metadata(&file).expect("a file");
        assert!(reserve.is_held() && found.len() == BYTES && found.blocks() * 512 >= BYTES, "{found:?}");
        assert_eq!(found.mode() & 0o777, 0o600);
        assert!(reserve.release() && !file.exists() && !reserve.is_held());
        assert!(!reserve.release(), "there is nothing left to give");
        reserve.restore();
        assert!(reserve.is_held() && file.exists());
        // The next start takes over the file.
        assert!(Reserve::hold(&target).is_held());
    }

    #[test]
    fn where_there_is_no_room_nothing_is_held() {
        let target = DatabaseTarget::Sqlite(PathBuf::from("/nonexistent/w.db"));
        let reserve = Reserve::hold(&target);
        assert!(!reserve.is_held() && !reserve.release());
        let elsewhere = Reserve::hold(&DatabaseTarget::Postgres("postgres://host/db".into()));
        assert!(elsewhere.is_held() && !elsewhere.release(), "another machine's disk");
    }
}
