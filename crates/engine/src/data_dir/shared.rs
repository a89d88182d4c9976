//! Refuses a data directory that other users can write.

use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::DataDir;
use crate::file_error::DataDirError;

impl DataDir {
    /// Refuses a data directory, configuration file or database directory that does not belong to this user or to root,
    /// or that group or others can write. A missing path passes.
    ///
    /// Root may not use another user's directory either: its owner controls the control socket and the configuration.
    ///
    /// # Errors
    ///
    /// [`DataDirError::Foreign`] and [`DataDirError::Writable`] with the remedy.
    pub fn refuse_shared(&self) -> Result<(), DataDirError> {
        let me = rustix::process::geteuid().as_raw();
        for path in [self.0.clone(), self.config_file(), self.0.join("data")] {
            match std::fs::metadata(&path) {
                Ok(found) => refuse_of(&path, found.uid(), found.permissions().mode() & 0o777, me)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                // The path cannot be examined; its later use reports why.
                Err(error) if error.kind() == io::ErrorKind::NotADirectory => {}
                Err(reason) => return Err(DataDirError::Io { action: "look at", path, reason }),
            }
        }
        Ok(())
    }
}

/// Refuses a path that belongs to another `owner` than `me` or root, or that others can write.
fn refuse_of(path: &Path, owner: u32, mode: u32, me: u32) -> Result<(), DataDirError> {
    let path = || path.to_owned();
    if owner != me && owner != 0 {
        return Err(DataDirError::Foreign { path: path(), owner, me });
    }
    if mode & 0o022 != 0 {
        return Err(DataDirError::Writable { path: path(), mode });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_dir::write_private;

    #[test]
    fn a_directory_that_others_may_fill_is_refused_with_its_remedy() {
        let (path, mode) = (Path::new("/somewhere"), 0o700);
        for (owner, me) in [(1000, 1000), (0, 1000), (0, 0)] {
            assert!(refuse_of(path, owner, mode, me).is_ok(), "{owner} {me}");
        }
        for (owner, me) in [(65534, 1000), (65534, 0), (1000, 0)] {
            let text = refuse_of(path, owner, mode, me).expect_err("another user's").to_string();
            assert!(
                text.contains("/somewhere") && text.contains("sudo -u") && text.contains("chown"),
                "{text}"
            );
        }
        let dir = tempfile::tempdir().expect("directory");
        let data_dir = DataDir::new(dir.path());
        let set = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode));
        data_dir.create_sub(&dir.path().join("data")).expect("created");
        write_private(&data_dir.config_file(), b"").expect("written");
        for (path, sound) in [
            (dir.path().to_owned(), 0o755),
            (data_dir.config_file(), 0o644),
            (dir.path().join("data"), 0o750),
        ] {
            for mode in [0o777, 0o775, 0o702, sound] {
                set(&path, mode).expect("set");
                let found = data_dir.lock().map(drop);
                assert_eq!(found.is_ok(), mode == sound, "{} {mode:o}", path.display());
                if let Err(error) = found {
                    let text = error.to_string();
                    let at = path.display().to_string();
                    assert!(text.starts_with(&at) && text.contains(&format!("chmod go-w {at}")), "{text}");
                }
            }
        }
        assert!(DataDir::new(dir.path().join("nothing")).refuse_shared().is_ok());
    }
}
