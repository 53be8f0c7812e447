//! How much memory a run may take on this computer.

use sysinfo::{MemoryRefreshKind, ProcessRefreshKind, ProcessesToUpdate, System};

/// Bytes that this process can have: what it has, and what is free for it, in its container if it is in one. None
/// where the system does not say.
pub fn of_this_process() -> Option<u64> {
    let mut system = System::new();
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let id = sysinfo::get_current_pid().ok()?;
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[id]), false, ProcessRefreshKind::nothing().with_memory());
    let own = system.process(id)?.memory();
    let container = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
    let free = system.available_memory().min(container);
    (free > 0).then(|| own + free)
}
