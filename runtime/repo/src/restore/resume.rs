//! Going on where an interrupted restore stopped. What it left is believed only as far as it can be compared.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags};

use super::beneath;
use super::layout::Layout;

/// Takes a folder that is there, and makes it ours to work in: it may have got its last rights already.
pub(crate) fn take_over_folder(parent: BorrowedFd<'_>, name: &[u8]) -> rustix::io::Result<()> {
    let held = beneath::open(parent, [name], OFlags::PATH | OFlags::DIRECTORY)?;
    let place = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&held));
    rustix::fs::chmod(place.as_str(), Mode::RWXU)
}

/// Opens what is there of a file; what cannot be gone on with is taken away.
pub(crate) fn open_file(folder: BorrowedFd<'_>, name: &[u8]) -> Option<OwnedFd> {
    let opened = beneath::open(folder, [name], OFlags::RDWR | OFlags::NONBLOCK).ok();
    let usable = opened.filter(|file| {
        rustix::fs::fstat(file).is_ok_and(|stat| {
            FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && stat.st_nlink == 1
        })
    });
    if usable.is_none() {
        // Missing is as good as gone; what cannot be taken away will be met again when the file is made.
        let _ = beneath::unlink(folder, name);
    }
    usable
}

/// Whether a stretch of content stands in the file already.
pub(crate) fn is_equal(
    file: &OwnedFd,
    layout: &Layout,
    at: u64,
    length: usize,
    buffer: &mut Vec<u8>,
    matches: impl Fn(&[u8]) -> bool,
) -> bool {
    buffer.clear();
    buffer.resize(length, 0);
    for piece in layout.pieces(at, length) {
        let Some(part) = buffer.get_mut(piece.from..piece.from + piece.length) else { return false };
        if read_exact(file, part, piece.to).is_err() {
            return false;
        }
    }
    matches(buffer)
}

/// Cuts off what is too long; says whether the file can be gone on with.
pub(crate) fn cut(file: &OwnedFd, size: u64) -> bool {
    let length = rustix::fs::fstat(file).map(|stat| u64::try_from(stat.st_size).unwrap_or(0));
    match length {
        Ok(length) if length > size => rustix::fs::ftruncate(file.as_fd(), size).is_ok(),
        Ok(_) => true,
        Err(_) => false,
    }
}

/// Fills the buffer from an offset, or fails.
pub(crate) fn read_exact(file: &OwnedFd, buffer: &mut [u8], offset: u64) -> rustix::io::Result<()> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match rustix::io::pread(file, rest, offset + done as u64) {
            Ok(0) => return Err(rustix::io::Errno::IO),
            Ok(read) => done += read,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
