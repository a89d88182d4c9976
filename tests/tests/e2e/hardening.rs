//! The kernel's view of a command while it waits for a password.

use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::fs::{CWD, Mode, OFlags, mkfifoat};

use crate::cli::Home;

/// Every command that reads the master password or a key by itself, and nothing of the kind is read before the
/// process is closed to core files and debuggers.
#[test]
fn a_command_is_hardened_before_it_reads_a_password() -> Result<()> {
    let home = Home::new(None)?;
    let fifo = home.path("password");
    mkfifoat(CWD, &fifo, Mode::RUSR | Mode::WUSR)?;
    let variable = |name: &'static str| (name, fifo.display().to_string());
    let backup = home.write("a.backup", "none")?.display().to_string();
    for (arguments, (name, value)) in [
        (&["init"][..], variable("WAIAAS_MASTER_PASSWORD_FILE")),
        (&["set-master"], variable("WAIAAS_MASTER_PASSWORD_FILE")),
        (&["restore", &backup], variable("WAIAAS_MASTER_PASSWORD_FILE")),
        (&["start"], variable("WAIAAS_MASTER_PASSWORD_FILE")),
        (&["start", "--daemon"], variable("WAIAAS_MASTER_PASSWORD_FILE")),
    ] {
        let mut command = home.command(arguments)?;
        let mut child = command.env(name, value).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        // It opens once the pipe has a reader, which is the moment before the password is in memory.
        let deadline = Instant::now() + Duration::from_secs(60);
        let writer = loop {
            let flags = OFlags::NONBLOCK.bits().try_into()?;
            match std::fs::OpenOptions::new().write(true).custom_flags(flags).open(&fifo) {
                Ok(writer) => break writer,
                Err(error) if Instant::now() > deadline => bail!("{arguments:?} reads no password: {error}"),
                Err(_) => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        let process = PathBuf::from(format!("/proc/{}", child.id()));
        let limits = std::fs::read_to_string(process.join("limits"))?;
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).context("a limit")?;
        let bounds: Vec<_> = core.split_whitespace().skip(4).take(2).collect();
        assert_eq!(bounds, ["0", "0"], "{arguments:?}: {core}");
        // The files of a process that may not be dumped belong to root. A test run by root proves nothing.
        let owner = std::fs::metadata(process.join("environ"))?.uid();
        assert_eq!(owner, 0, "{arguments:?} may be looked into by its user");
        child.kill()?;
        child.wait()?;
        drop(writer);
    }
    Ok(())
}
