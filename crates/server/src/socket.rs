//! The operator's way in on the daemon's own machine: a Unix socket in the data directory.
//!
//! Only the daemon's own user may use it, and root: the file's mode says so, and the kernel is asked
//! who each peer is. The network cannot reach it, so what floods the TCP port does not touch it.

use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use thiserror::Error;
use tokio::net::{UnixListener, UnixSocket, UnixStream};

/// Longest path of a Unix socket, in bytes: `sun_path` has 108 with its final zero.
const MAX_PATH: usize = 107;
/// Connections that may wait to be accepted; beyond that a connect is refused with `EAGAIN`.
const BACKLOG: u32 = 1024;

/// Why there is no socket.
#[derive(Debug, Error)]
pub enum SocketError {
    /// The data directory's path is too long.
    #[error(
        "the path of the socket {path} has {bytes} bytes, and a Unix socket's may have {MAX_PATH}; use a data directory with a shorter path"
    )]
    TooLong {
        /// Where it was to be.
        path: PathBuf,
        /// How long that is.
        bytes: usize,
    },
    /// Something else lies there.
    #[error("{0} is in the way and is no socket; move it elsewhere")]
    NotASocket(PathBuf),
    /// Somebody answers there.
    #[error("another process answers on {0}; stop it first")]
    InUse(PathBuf),
    /// The system refuses.
    #[error(
        "cannot {action} the socket {path}: {reason}; the data directory must be this user's, on a file system that has Unix sockets"
    )]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// Why it failed.
        reason: io::Error,
    },
}

/// The listening socket. Dropping it removes the file.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Listens on `path`. What an earlier daemon left there is replaced when nobody answers on it. The
    /// caller holds the data directory's lock, so no other daemon does the same at the same time.
    pub fn bind(path: &Path) -> Result<Self, SocketError> {
        let bytes = path.as_os_str().len();
        if bytes > MAX_PATH {
            return Err(SocketError::TooLong { path: path.to_owned(), bytes });
        }
        clear(path)?;
        let socket = UnixSocket::new_stream().map_err(failed("make", path))?;
        socket.bind(path).map_err(failed("make", path))?;
        // Nobody can connect before `listen`, so nobody does under another mode.
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(path, private).map_err(failed("protect", path))?;
        let listener = socket.listen(BACKLOG).map_err(failed("listen on", path))?;
        Ok(Self { listener, path: path.to_owned() })
    }

    /// The next connection of somebody who may use this socket; `None` for anybody else's.
    pub(crate) async fn accept(&self) -> io::Result<Option<UnixStream>> {
        let (stream, _) = self.listener.accept().await?;
        let peer = stream.peer_cred()?.uid();
        let ours = rustix::process::geteuid();
        if peer == ours.as_raw() || peer == rustix::process::Uid::ROOT.as_raw() {
            return Ok(Some(stream));
        }
        tracing::warn!(uid = peer, "another user's process connected to the socket and was sent away");
        Ok(None)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Gone already is just as well.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Removes a socket that nobody listens on.
fn clear(path: &Path) -> Result<(), SocketError> {
    let found = match std::fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(failed("look at", path)(source)),
    };
    if !found.file_type().is_socket() {
        return Err(SocketError::NotASocket(path.to_owned()));
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Err(SocketError::InUse(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(failed("replace", path))
        }
        Err(source) => Err(failed("ask who answers on", path)(source)),
    }
}

fn failed<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> SocketError + 'a {
    move |reason| SocketError::Io { action, path: path.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_private_and_replaces_only_what_nobody_answers_on() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("daemon.sock");
        let socket = Socket::bind(&path).expect("bound");
        let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(matches!(Socket::bind(&path), Err(SocketError::InUse(_))));
        drop(socket);
        assert!(!path.exists());

        // As a daemon leaves it that was killed.
        drop(std::os::unix::net::UnixListener::bind(&path).expect("bound"));
        assert!(path.exists());
        drop(Socket::bind(&path).expect("replaced"));

        for other in ["a file", "a link"] {
            if other == "a file" {
                std::fs::write(&path, "precious").expect("written");
            } else {
                std::fs::rename(&path, dir.path().join("target")).expect("moved");
                std::os::unix::fs::symlink(dir.path().join("target"), &path).expect("linked");
            }
            assert!(matches!(Socket::bind(&path), Err(SocketError::NotASocket(_))), "{other}");
        }
        assert_eq!(std::fs::read_to_string(dir.path().join("target")).expect("kept"), "precious");
    }

    #[tokio::test]
    async fn a_path_that_is_too_long_is_named() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("x".repeat(120));
        let error = Socket::bind(&path).expect_err("too long").to_string();
        assert!(error.contains(&path.display().to_string()) && error.contains("107"), "{error}");
    }
}
