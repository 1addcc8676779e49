//! The holes of a restored file.

use std::os::fd::OwnedFd;

use mainstay_world::tree::Extent;
use rustix::fs::SeekFrom;
use rustix::io::Errno;

use crate::format::node::NodeEntry;
use crate::restore::resume::read_exact;

/// Whether a file has no data where its holes are.
pub(super) fn holes_are_empty(file: &OwnedFd, entry: &NodeEntry, buffer: &mut Vec<u8>) -> bool {
    let mut at = 0;
    for extent in &entry.extents {
        let (length, is_hole) = match *extent {
            Extent::Data(length) => (length, false),
            Extent::Hole(length) => (length, true),
        };
        if is_hole && !is_empty(file, at, at + length, buffer) {
            return false;
        }
        at += length;
    }
    true
}

/// A file system without holes fills them with zeros; that is as good.
fn is_empty(file: &OwnedFd, from: u64, to: u64, buffer: &mut Vec<u8>) -> bool {
    const PIECE_BYTES: u64 = 1 << 20;
    let data = match rustix::fs::seek(file, SeekFrom::Data(from)) {
        Ok(data) => data,
        Err(Errno::NXIO) => return true,
        Err(_) => from,
    };
    let mut at = data.max(from);
    while at < to {
        let length = PIECE_BYTES.min(to - at);
        buffer.resize(usize::try_from(length).unwrap_or(0), 0);
        if read_exact(file, buffer, at).is_err() || buffer.iter().any(|byte| *byte != 0) {
            return false;
        }
        at += length;
    }
    true
}
