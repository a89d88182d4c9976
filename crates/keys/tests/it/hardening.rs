//! Hardening, checked against the kernel's report afterwards.

use waiaas_keys::hardening::{MemoryLock, harden};

#[test]
#[cfg(target_os = "linux")]
fn the_kernel_confirms_the_report() {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
    let limit = getrlimit(Resource::Memlock).current;
    let report = harden();
    assert!(report.no_core_files && report.not_dumpable, "{report:?}");
    assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    let core = getrlimit(Resource::Core);
    assert_eq!((core.current, core.maximum), (Some(0), Some(0)));
    assert_eq!(report.memory == MemoryLock::LimitTooLow, limit.is_some(), "{report:?}");
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let locked = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap();
    let locked_kib: u64 = locked.trim().trim_end_matches(" kB").parse().unwrap();
    assert_eq!(report.memory == MemoryLock::Locked, locked_kib > 0, "{report:?} {locked_kib}");
    // Twice does no harm.
    assert_eq!(harden(), report);
}
