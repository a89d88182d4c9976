//! Keeps this process's memory out of dumps, debuggers and swap, as far as the system permits.
//!
//! Call it before any secret exists, in every process that may hold one. It never fails and logs nothing: the
//! report says what the system refused.

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The measures that took effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report {
    /// The kernel writes no core file (`RLIMIT_CORE` 0, hard).
    pub no_core_files: bool,
    /// Neither dumps nor debuggers of the same user (`PR_SET_DUMPABLE` 0). Linux only.
    pub not_dumpable: bool,
    /// Whether pages stay out of swap.
    pub memory: MemoryLock,
}

/// Whether pages stay out of swap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemoryLock {
    /// All pages, once they are used.
    Locked,
    /// `RLIMIT_MEMLOCK` is finite, so nothing was locked: a process that locks all future pages under a
    /// finite limit is killed when it reaches the limit.
    LimitTooLow,
    /// The system refused.
    Refused,
}

/// Applies all measures.
pub fn harden() -> Report {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    Report {
        no_core_files: setrlimit(Resource::Core, none).is_ok(),
        not_dumpable: forbid_dumps(),
        memory: lock_memory(),
    }
}

#[cfg(target_os = "linux")]
fn forbid_dumps() -> bool {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn forbid_dumps() -> bool {
    false
}

fn lock_memory() -> MemoryLock {
    if getrlimit(Resource::Memlock).current.is_some() {
        return MemoryLock::LimitTooLow;
    }
    // Lock on fault: otherwise every thread's whole stack would become resident.
    let flags = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    match mlockall(flags) {
        Ok(()) => MemoryLock::Locked,
        Err(_) => MemoryLock::Refused,
    }
}
