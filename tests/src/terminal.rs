//! A command with a person at its terminal.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result};
use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Runs a command whose standard input is a terminal on which `typed` is typed, and collects what it prints.
pub fn at_a_terminal(command: &mut Command, typed: &str) -> Result<Output> {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&person)?;
    unlockpt(&person)?;
    let name = ptsname(&person, Vec::new())?;
    let input: OwnedFd = open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty())?;
    // It waits in the terminal until the command reads it.
    let mut person = File::from(person);
    person.write_all(typed.as_bytes())?;
    let child = command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    child.wait_with_output().context("waiting for the command")
}
