//! Keeping this process's memory out of dumps, debuggers and swap, as far as the system allows.
//!
//! Call it first of all, before any secret exists, in every process that may hold one. It never fails and says
//! nothing: whatever the system refuses is in the report, for whoever has a log.

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What took effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report {
    /// The kernel writes no core file (`RLIMIT_CORE` 0, hard).
    pub no_core_files: bool,
    /// No dump and no debugger of the same user (`PR_SET_DUMPABLE` 0). Linux only.
    pub not_dumpable: bool,
    /// Whether pages stay out of swap.
    pub memory: MemoryLock,
}

/// Whether pages stay out of swap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemoryLock {
    /// All pages, as they are touched.
    Locked,
    /// `RLIMIT_MEMLOCK` is finite, so nothing was locked: a process that locks all future pages under
    /// a finite limit dies when it reaches it.
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
    // On fault: without it every thread's whole stack would become resident.
    let flags = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    match mlockall(flags) {
        Ok(()) => MemoryLock::Locked,
        Err(_) => MemoryLock::Refused,
    }
}
