//! The name of this machine.

/// As the kernel has it: a part of each snapshot's identity.
pub fn host_name() -> std::io::Result<String> {
    Ok(std::fs::read_to_string("/proc/sys/kernel/hostname")?.trim().to_owned())
}
