//! A PostgreSQL server of our own, reachable only through a socket in a temporary directory.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Stops and removes its server when dropped.
pub(crate) struct Server {
    process: Child,
    bin: PathBuf,
    dir: PathBuf,
    _temporary: TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        let bin = binaries();
        let temporary = tempfile::Builder::new().prefix("waiaas-pg-").tempdir().expect("temporary directory");
        std::fs::set_permissions(temporary.path(), PermissionsExt::from_mode(0o755)).expect("permissions");
        let dir = temporary.path().join("pg");
        std::fs::create_dir(&dir).expect("directory");
        if is_root() {
            let output = Command::new("id").args(["-u", "nobody"]).output().expect("id");
            let uid = String::from_utf8_lossy(&output.stdout).trim().parse().expect("uid of nobody");
            chown(&dir, Some(uid), None).expect("chown");
        }
        let data = dir.join("data");
        let output = unprivileged(&bin.join("initdb"))
            .args(["--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-D"])
            .arg(&data)
            .current_dir(&dir)
            .output()
            .expect("initdb");
        assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        let log = std::fs::File::create(temporary.path().join("log")).expect("log");
        let process = unprivileged(&bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&dir)
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60"])
            .current_dir(&dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("postgres");
        let mut server = Self { process, bin, dir, _temporary: temporary };
        server.wait();
        server
    }

    /// The URL of a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.dir.display())
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.ready() {
            let ended = self.process.try_wait().expect("process");
            let log = || std::fs::read_to_string(self._temporary.path().join("log")).unwrap_or_default();
            assert!(ended.is_none(), "PostgreSQL ended: {}", log());
            assert!(Instant::now() < deadline, "PostgreSQL does not answer: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn ready(&self) -> bool {
        let mut command = Command::new(self.bin.join("pg_isready"));
        command.arg("-q").arg("-h").arg(&self.dir).status().is_ok_and(|status| status.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let stopped = unprivileged(&self.bin.join("pg_ctl"))
            .args(["-m", "immediate", "-s", "-w", "stop", "-D"])
            .arg(self.dir.join("data"))
            .current_dir(&self.dir)
            .status();
        if !stopped.is_ok_and(|status| status.success()) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// PostgreSQL refuses to run as root. The server ends with the test process even when that is killed.
fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM"]);
    if is_root() {
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]);
    }
    command.arg("--").arg(program);
    command
}

fn binaries() -> PathBuf {
    let root = Path::new("/usr/lib/postgresql");
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").exists() && bin.join("postgres").exists())
        .collect();
    found.sort();
    let newest = found.pop();
    newest
        .expect(
            "these tests need a real PostgreSQL: install the server package (looked in /usr/lib/postgresql)",
        )
        .1
}
