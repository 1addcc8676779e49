//! What costs more than a `statx`: extended attributes and where links point.
//!
//! Attributes are read through `/proc/self/fd/N/name`: that needs no right to open the entry, works for links, fifos
//! and devices without touching what is behind them, and follows nothing but the descriptor of the folder.

use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd as _, OwnedFd};

use mainstay_world::tree::{Details, Kind};
use rustix::buffer::spare_capacity;
use rustix::io::Errno;

use super::stat::Seen;

/// Room for the names and for a value at the first try; the kernel's limit is 64 KiB for either.
const ROOM_BYTES: usize = 1024;
const MOST_BYTES: usize = 64 * 1024;

/// Attributes that are made by the system from other things and cannot be set.
const DERIVED: &[&[u8]] = &[b"system.nfs4_acl", b"system.cifs_acl", b"system.sockprotoname"];

pub(super) fn read(folder: &OwnedFd, name: &CStr, seen: &Seen) -> Result<Details, Errno> {
    let target = match seen.stat.kind {
        Kind::Symlink => Some(rustix::fs::readlinkat(folder, name, Vec::new())?.into_bytes()),
        _ => None,
    };
    Ok(Details { xattrs: xattrs(&place(folder, name)?)?, target, flags: seen.flags })
}

fn place(folder: &OwnedFd, name: &CStr) -> Result<CString, Errno> {
    let mut place = format!("/proc/self/fd/{}/", folder.as_raw_fd()).into_bytes();
    place.extend_from_slice(name.to_bytes());
    CString::new(place).map_err(|_| Errno::INVAL)
}

/// A name and its value.
type Xattr = (Vec<u8>, Vec<u8>);

fn xattrs(place: &CStr) -> Result<Vec<Xattr>, Errno> {
    let names = match grow(|room| rustix::fs::llistxattr(place, spare_capacity(room))) {
        Ok(names) => names,
        Err(Errno::NOTSUP) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut xattrs = Vec::new();
    for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty() && !DERIVED.contains(name)) {
        match grow(|room| rustix::fs::lgetxattr(place, name, spare_capacity(room))) {
            Ok(value) => xattrs.push((name.to_vec(), value)),
            // Removed meanwhile, or not for us: `trusted.` and `security.` names may be listed and not shown.
            Err(Errno::NODATA | Errno::NOTSUP | Errno::PERM) => {}
            Err(error) => return Err(error),
        }
    }
    xattrs.sort();
    Ok(xattrs)
}

/// Reads with more and more room.
fn grow(read: impl Fn(&mut Vec<u8>) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
    let mut room = Vec::with_capacity(ROOM_BYTES);
    match read(&mut room) {
        Err(Errno::RANGE) => {}
        other => return other.map(|_| room),
    }
    let mut room = Vec::with_capacity(MOST_BYTES);
    read(&mut room).map(|_| room)
}
