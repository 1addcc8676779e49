//! The content of a regular file.
//!
//! Opened without following a link and without waiting for a pipe's other end, then looked at: what is no regular
//! file any more is closed unread. A file that was replaced by another regular file of the same file system since it
//! was listed (as editors and package managers do) is read as it is now: [`Content::finish`] says what it is. Between
//! the first look and the last nothing may have changed its size or its times, or the bytes that were read
//! are no state that the file ever had. Whether it is tried again is the taker's matter.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use mainstay_world::tree::{Content, Extent, Fault, FaultKind, Kind, Stat};
use rustix::fs::{Advice, Mode, OFlags, SeekFrom};
use rustix::io::Errno;

use super::entry::fault;
use super::stat::{Seen, look_open};

/// Bytes of a block as `statx` counts them.
const BLOCK_BYTES: u64 = 512;

/// From this size on the kernel is told that a file will be read from its beginning to its end.
const ADVISED_BYTES: u64 = 1024 * 1024;

const CAREFUL: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// Why a file could not be opened.
pub(super) enum OpenError {
    System(Errno),
    Swapped(&'static str),
}

impl From<Errno> for OpenError {
    fn from(error: Errno) -> Self {
        Self::System(error)
    }
}

/// An open file.
pub(super) struct FileContent {
    file: OwnedFd,
    path: Vec<u8>,
    before: Stat,
    /// Where it has data, when it has holes: beginning and end.
    stretches: Option<Vec<(u64, u64)>>,
    /// How many of them are read.
    done: usize,
    position: u64,
}

impl FileContent {
    pub(super) fn open(
        folder: impl AsFd,
        name: &CStr,
        listed: &Seen,
        without_trace: bool,
    ) -> Result<Self, OpenError> {
        if listed.stat.kind != Kind::File {
            return Err(OpenError::Swapped("is no regular file"));
        }
        let file = open_file(folder, name, without_trace)?;
        let before = look_open(&file)?.stat;
        if before.kind != Kind::File {
            return Err(OpenError::Swapped("was swapped for something that is no regular file"));
        }
        if before.device != listed.stat.device {
            return Err(OpenError::Swapped("was swapped for a file of another file system"));
        }
        if before.size >= ADVISED_BYTES {
            // Only advice: a file system that does not take it reads as it always does.
            let _ = rustix::fs::fadvise(&file, 0, None, Advice::Sequential);
        }
        Ok(Self { file, path: Vec::new(), before, stretches: None, done: 0, position: 0 })
    }

    pub(super) fn named(mut self, path: Vec<u8>) -> Self {
        self.path = path;
        self
    }

    /// The end of the data that can be read from here on; skips a hole.
    fn stretch_end(&mut self) -> Option<u64> {
        let Some(stretches) = &self.stretches else { return Some(u64::MAX) };
        while let Some((begin, end)) = stretches.get(self.done).copied() {
            if self.position < end {
                self.position = self.position.max(begin);
                return Some(end);
            }
            self.done += 1;
        }
        None
    }
}

fn open_file(folder: impl AsFd, name: &CStr, without_trace: bool) -> Result<OwnedFd, Errno> {
    if without_trace {
        match rustix::fs::openat(&folder, name, CAREFUL | OFlags::NOATIME, Mode::empty()) {
            Err(Errno::PERM) => {}
            other => return other,
        }
    }
    rustix::fs::openat(folder, name, CAREFUL, Mode::empty())
}

impl Content for FileContent {
    fn extents(&mut self) -> io::Result<Option<Vec<Extent>>> {
        if self.before.blocks.saturating_mul(BLOCK_BYTES) >= self.before.size {
            return Ok(None);
        }
        let stretches = find_data(&self.file, self.before.size)?;
        if stretches.as_slice() == [(0, self.before.size)] {
            return Ok(None);
        }
        let extents = extents(&stretches, self.before.size);
        self.stretches = Some(stretches);
        Ok(Some(extents))
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            let Some(end) = self.stretch_end() else { break };
            let most = usize::try_from(end - self.position).unwrap_or(usize::MAX);
            let rest = buffer.get_mut(filled..).unwrap_or_default();
            let room = rest.len().min(most);
            let Some(rest) = rest.get_mut(..room) else { break };
            match rustix::io::pread(&self.file, rest, self.position) {
                Ok(0) => break,
                Ok(read) => {
                    filled += read;
                    self.position += read as u64;
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(filled)
    }

    fn finish(self: Box<Self>) -> Result<Stat, Fault> {
        let after = look_open(&self.file).map_err(|error| fault(self.path.clone(), error))?.stat;
        let before = &self.before;
        if (before.size, before.mtime, before.ctime) == (after.size, after.mtime, after.ctime) {
            return Ok(after);
        }
        // A name more or less, or new rights, move `ctime` alone: what was read is still one state only
        // if nothing wrote, and `mtime` can be set back; so this counts as a change as well.
        Err(Fault {
            kind: FaultKind::Changed,
            path: self.path,
            message: "changed while it was read".to_owned(),
        })
    }
}

/// Where a file has data, as beginnings and ends.
fn find_data(file: &OwnedFd, size: u64) -> Result<Vec<(u64, u64)>, Errno> {
    let mut stretches = Vec::new();
    let mut position = 0;
    while position < size {
        let begin = match rustix::fs::seek(file, SeekFrom::Data(position)) {
            // Nothing but a hole up to the end.
            Err(Errno::NXIO) => break,
            other => other?,
        };
        let end = rustix::fs::seek(file, SeekFrom::Hole(begin))?.min(size);
        if begin >= end {
            break;
        }
        stretches.push((begin, end));
        position = end;
    }
    Ok(stretches)
}

fn extents(stretches: &[(u64, u64)], size: u64) -> Vec<Extent> {
    let mut extents = Vec::new();
    let mut position = 0;
    for (begin, end) in stretches.iter().copied() {
        if begin > position {
            extents.push(Extent::Hole(begin - position));
        }
        extents.push(Extent::Data(end - begin));
        position = end;
    }
    if position < size {
        extents.push(Extent::Hole(size - position));
    }
    extents
}
