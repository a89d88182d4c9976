//! A PostgreSQL server of our own, reachable only through a socket in a temporary directory.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

/// Stops and removes its server when dropped.
pub struct Postgres {
    process: Child,
    bin: PathBuf,
    dir: PathBuf,
    temporary: TempDir,
}

impl Postgres {
    /// Starts an empty server; the installed server package is used.
    pub fn start() -> Result<Self> {
        let bin = binaries()?;
        let temporary = tempfile::Builder::new().prefix("waiaas-pg-").tempdir()?;
        std::fs::set_permissions(temporary.path(), std::fs::Permissions::from_mode(0o755))?;
        let dir = temporary.path().join("pg");
        std::fs::create_dir(&dir)?;
        if is_root() {
            let output = Command::new("id").args(["-u", "nobody"]).output()?;
            chown(&dir, Some(String::from_utf8_lossy(&output.stdout).trim().parse()?), None)?;
        }
        let data = dir.join("data");
        let output = unprivileged(&bin.join("initdb"))
            .args(["--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-D"])
            .arg(&data)
            .current_dir(&dir)
            .output()?;
        ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        let process = unprivileged(&bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&dir)
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60"])
            .current_dir(&dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(temporary.path().join("log"))?)
            .spawn()?;
        let mut server = Self { process, bin, dir, temporary };
        server.wait()?;
        Ok(server)
    }

    /// The URL of its database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.dir.display())
    }

    fn wait(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.ready() {
            if self.process.try_wait()?.is_some() || Instant::now() >= deadline {
                let log = std::fs::read_to_string(self.temporary.path().join("log")).unwrap_or_default();
                bail!("PostgreSQL does not answer: {log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn ready(&self) -> bool {
        let mut command = Command::new(self.bin.join("pg_isready"));
        command.arg("-q").arg("-h").arg(&self.dir).status().is_ok_and(|status| status.success())
    }
}

impl Drop for Postgres {
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

fn binaries() -> Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").exists() && bin.join("postgres").exists())
        .collect();
    found.sort();
    let newest = found.pop().map(|(_, bin)| bin);
    newest.context("these tests need a real PostgreSQL: install the server package (in /usr/lib/postgresql)")
}
