//! Files that are written whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::file_error::{DataDirError, io};
use crate::ids;

/// A file readable by this user only that gets its name when it is complete and on disk. Until then it has an
/// unpredictable name beside it; if dropped earlier, it is removed.
#[derive(Debug)]
pub struct WholeFile {
    file: File,
    target: PathBuf,
    temporary: Option<PathBuf>,
}

impl WholeFile {
    /// Begins the file. An existing file of that name stays until [`WholeFile::keep`].
    ///
    /// # Errors
    ///
    /// If the directory cannot be written.
    pub fn create(target: &Path) -> Result<Self, DataDirError> {
        let (file, temporary) = fresh(directory_of(target))?;
        Ok(Self { file, target: target.to_owned(), temporary: Some(temporary) })
    }

    /// Gives the file its name; returns the number of bytes.
    ///
    /// # Errors
    ///
    /// If it cannot be written to disk whole; it is removed then.
    pub fn keep(mut self) -> Result<u64, DataDirError> {
        let Some(temporary) = &self.temporary else { return Ok(0) };
        self.file.sync_all().map_err(io("write", temporary))?;
        let size = self.file.metadata().map_err(io("read", temporary))?.len();
        std::fs::rename(temporary, &self.target).map_err(io("rename", &self.target))?;
        self.temporary = None;
        let parent = directory_of(&self.target);
        File::open(parent).and_then(|dir| dir.sync_all()).map_err(io("sync", parent))?;
        Ok(size)
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // The caller's error is more useful than one from here.
            let _ = std::fs::remove_file(temporary);
        }
    }
}

/// An unnamed file, readable by this user only, removed with its last handle.
pub(crate) fn nameless(directory: &Path) -> Result<File, DataDirError> {
    let (file, path) = fresh(directory)?;
    std::fs::remove_file(&path).map_err(io("remove", &path))?;
    Ok(file)
}

/// A new file that only this user can open. An existing file or link is neither opened nor followed (`O_EXCL`).
fn fresh(directory: &Path) -> Result<(File, PathBuf), DataDirError> {
    let path = directory.join(format!(".{}.tmp", ids::ordered().simple()));
    let mut options = OpenOptions::new();
    let options = options.create_new(true).read(true).write(true).mode(0o600);
    let file = options.open(&path).map_err(io("create", &path))?;
    Ok((file, path))
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).expect("entries");
        entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_file_is_whole_or_not_there() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("it");
        let mut file = WholeFile::create(&path).expect("created");
        file.write_all(b"half").expect("written");
        assert!(!path.exists());
        drop(file);
        assert!(names(dir.path()).is_empty());

        let mut file = WholeFile::create(&path).expect("created");
        file.write_all(b"whole").expect("written");
        assert_eq!(file.keep().expect("kept"), 5);
        assert_eq!(std::fs::read(&path).expect("read"), b"whole");
        assert_eq!(names(dir.path()), ["it"]);

        std::fs::create_dir(dir.path().join("taken")).expect("a directory");
        let file = WholeFile::create(&dir.path().join("taken")).expect("created");
        assert!(file.keep().is_err(), "a directory has the name");
        assert_eq!(names(dir.path()).len(), 2);
    }

    #[test]
    fn what_others_put_beside_the_place_is_neither_filled_nor_followed() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("dir");
        let (path, theirs) = (dir.path().join("it"), dir.path().join("theirs"));
        let modes = |path: &Path| std::fs::metadata(path).expect("file").permissions().mode() & 0o777;
        std::fs::write(&theirs, "precious").expect("written");
        std::os::unix::fs::symlink(&theirs, dir.path().join("it.tmp")).expect("a link at a guessed name");
        std::os::unix::fs::symlink(&theirs, &path).expect("a link at the name");
        let mut file = WholeFile::create(&path).expect("created");
        file.write_all(b"mine").expect("written");
        assert!(names(dir.path()).len() == 4, "one of ours: {:?}", names(dir.path()));
        file.keep().expect("kept");
        assert_eq!(std::fs::read(&theirs).expect("read"), b"precious");
        assert_eq!((std::fs::read(&path).expect("read"), modes(&path)), (b"mine".to_vec(), 0o600));
    }

    #[test]
    fn a_nameless_file_leaves_nothing() {
        let dir = tempfile::tempdir().expect("dir");
        let mut file = nameless(dir.path()).expect("created");
        file.write_all(b"x").expect("written");
        assert!(names(dir.path()).is_empty());
    }
}
