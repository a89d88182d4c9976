//! Finds the daemon that holds a data directory, so that a signal reaches it and no other process.
//!
//! The lock file names a process id, which proves nothing alone: it may be stale or belong to another process
//! by now. So the process is pinned first; then the kernel is asked whether it holds the lock and whether it
//! catches the signal, which a command that holds the directory does not.

use anyhow::{Context as _, Result, bail};
use rustix::process::Signal;
use waiaas_engine::DataDir;

#[cfg(target_os = "linux")]
pub(crate) use linux::of;

/// The process named as the holder of the directory; none if there is none.
fn named(data_dir: &DataDir) -> Result<Option<i32>> {
    Ok(data_dir.holder()?.map(i32::try_from).transpose()?)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::MetadataExt as _;

    use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};

    use super::*;

    /// A running process that holds the directory.
    pub(crate) struct Holder {
        pid: i32,
        process: OwnedFd,
    }

    /// The holder, if there is one.
    ///
    /// # Errors
    ///
    /// If the named process cannot be shown to hold the lock.
    pub(crate) fn of(data_dir: &DataDir) -> Result<Option<Holder>> {
        let Some(pid) = named(data_dir)? else { return Ok(None) };
        let process = Pid::from_raw(pid).context("a process id")?;
        // From here on it is this process or, after its end, none.
        let process = pidfd_open(process, PidfdFlags::empty()).with_context(|| unproved(data_dir, pid))?;
        let lock = std::fs::metadata(data_dir.lock_file()).with_context(|| unproved(data_dir, pid))?;
        let locks = std::fs::read_to_string("/proc/locks").with_context(|| unproved(data_dir, pid))?;
        if !locks.lines().any(|line| is_lock_of(line, pid, lock.ino())) {
            bail!(unproved(data_dir, pid));
        }
        Ok(Some(Holder { pid, process }))
    }

    impl Holder {
        pub(crate) const fn pid(&self) -> i32 {
            self.pid
        }

        /// Sends a signal that the process catches.
        ///
        /// # Errors
        ///
        /// If it would end the process instead.
        pub(crate) fn send(&self, signal: Signal) -> Result<()> {
            let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
            if !catches(&status, signal.as_raw()) {
                bail!("process {} is using the data directory and is not a daemon that is ready", self.pid);
            }
            pidfd_send_signal(&self.process, signal).context("sending the signal")
        }
    }

    fn unproved(data_dir: &DataDir, pid: i32) -> String {
        format!(
            "process {pid} cannot be shown to hold {}; if it is your daemon, send it the signal yourself",
            data_dir.path().display()
        )
    }

    /// A line of `/proc/locks`: number, kind, mode, access, process id, device and inode, range.
    fn is_lock_of(line: &str, pid: i32, inode: u64) -> bool {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [_, "FLOCK", _, _, held_by, place, ..] = fields.as_slice() else { return false };
        let of_file = place.rsplit(':').next().and_then(|text| text.parse().ok()) == Some(inode);
        of_file && held_by.parse() == Ok(pid)
    }

    /// Whether `SigCgt` of `/proc/PID/status` contains the signal.
    fn catches(status: &str, signal: i32) -> bool {
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = caught.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0);
        u32::try_from(signal - 1).ok().and_then(|bit| mask.checked_shr(bit)).is_some_and(|bits| bits & 1 == 1)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn only_the_process_that_has_this_lock() {
            let line = "7: FLOCK  ADVISORY  WRITE 4711 fe:00:10013115 0 EOF";
            assert!(is_lock_of(line, 4711, 10_013_115));
            assert!(!is_lock_of(line, 471, 10_013_115) && !is_lock_of(line, 4711, 10_013_116));
            let waits = "7: -> FLOCK  ADVISORY  WRITE 4711 fe:00:10013115 0 EOF";
            let other = "7: POSIX  ADVISORY  WRITE 4711 fe:00:10013115 0 EOF";
            for line in [waits, other, "", "7: FLOCK"] {
                assert!(!is_lock_of(line, 4711, 10_013_115), "{line}");
            }
        }

        #[test]
        fn a_signal_is_caught_where_its_bit_is_set() {
            // SIGUSR1 is 10, so the tenth bit.
            assert!(catches("Name:\tx\nSigCgt:\t0000000000000200\n", 10));
            for status in ["SigCgt:\t0000000000000400", "SigIgn:\t0000000000000200", "SigCgt:\tx", ""] {
                assert!(!catches(status, 10), "{status}");
            }
        }
    }
}

/// On other systems the kernel cannot be asked.
#[cfg(not(target_os = "linux"))]
pub(crate) enum Holder {}

#[cfg(not(target_os = "linux"))]
pub(crate) fn of(data_dir: &DataDir) -> Result<Option<Holder>> {
    let Some(pid) = named(data_dir)? else { return Ok(None) };
    bail!(
        "process {pid} is said to hold the data directory; if it is your daemon, send it the signal yourself"
    )
}

#[cfg(not(target_os = "linux"))]
impl Holder {
    pub(crate) const fn pid(&self) -> i32 {
        match *self {}
    }

    pub(crate) fn send(&self, _: Signal) -> Result<()> {
        match *self {}
    }
}
