//! The file system of this machine, by descriptors of its folders.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::buffer::spare_capacity;
use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::disk::{Disk, DiskEntry, Folder};

/// The folders of one store, held open: a file system that is unmounted and mounted again elsewhere cannot
/// take their place.
#[derive(Debug)]
pub struct LinuxDisk {
    path: PathBuf,
    folders: BTreeMap<Folder, OwnedFd>,
}

/// Objects are for their owner alone: they are sealed, but their sizes and number say something too.
const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);

/// How much is asked of the kernel in one call. It takes at most 2 GiB less a page.
const MAX_TRANSFER_BYTES: usize = 1 << 30;

impl LinuxDisk {
    pub(super) fn new(path: &Path, folders: BTreeMap<Folder, OwnedFd>) -> Self {
        Self { path: path.to_owned(), folders }
    }

    fn folder(&self, folder: Folder) -> io::Result<BorrowedFd<'_>> {
        let found = self.folders.get(&folder).ok_or(io::ErrorKind::NotFound)?;
        Ok(found.as_fd())
    }
}

impl Disk for LinuxDisk {
    type File = OwnedFd;

    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn create(&self, folder: Folder, name: &str) -> io::Result<OwnedFd> {
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(self.folder(folder)?, name, flags, FILE_MODE)?;
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(file)
    }

    fn open(&self, folder: Folder, name: &str) -> io::Result<OwnedFd> {
        // Without waiting: a fifo that someone put there must not hold us.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        Ok(rustix::fs::openat(self.folder(folder)?, name, flags, Mode::empty())?)
    }

    fn write_all(&self, file: &OwnedFd, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let part = rest.get(..MAX_TRANSFER_BYTES).unwrap_or(rest);
            match rustix::io::write(file, part) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn read_at(&self, file: &OwnedFd, offset: u64, length: usize, into: &mut Vec<u8>) -> io::Result<()> {
        if into.capacity() < length {
            // Fresh memory is filled by the kernel; nobody writes zeros into it first.
            *into = Vec::with_capacity(length);
            return read_fresh(file, offset, length, into);
        }
        into.resize(length, 0);
        let mut filled = 0;
        while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match rustix::io::pread(file, rest, offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        into.truncate(filled);
        Ok(())
    }

    fn size(&self, file: &OwnedFd) -> io::Result<u64> {
        let stat = rustix::fs::fstat(file)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Ok(u64::try_from(stat.st_size).unwrap_or(0)),
            _ => Err(io::Error::other("it is no regular file")),
        }
    }

    fn sync_file(&self, file: &OwnedFd) -> io::Result<()> {
        Ok(rustix::fs::fsync(file)?)
    }

    fn link(&self, folder: Folder, from: &str, to: &str) -> io::Result<()> {
        let folder = self.folder(folder)?;
        Ok(rustix::fs::linkat(folder, from, folder, to, AtFlags::empty())?)
    }

    fn unlink(&self, folder: Folder, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(self.folder(folder)?, name, AtFlags::empty())?)
    }

    fn sync_folder(&self, folder: Folder) -> io::Result<()> {
        Ok(rustix::fs::fsync(self.folder(folder)?)?)
    }

    fn entries(&self, folder: Folder) -> io::Result<Vec<DiskEntry>> {
        let folder = self.folder(folder)?;
        let mut found = Vec::new();
        // Opens the folder anew, so that two listings do not share one position.
        for entry in rustix::fs::Dir::read_from(folder)? {
            let entry = entry?;
            if !matches!(entry.file_type(), FileType::RegularFile | FileType::Unknown) {
                continue;
            }
            let Ok(name) = entry.file_name().to_str() else { continue };
            let stat = match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => stat,
                // Taken away since: a temporary file, or a deletion under way.
                Err(Errno::NOENT) => continue,
                Err(error) => return Err(error.into()),
            };
            if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
                found.push(DiskEntry { name: name.to_owned(), size: size_of(&stat), made: made_at(&stat) });
            }
        }
        Ok(found)
    }

    fn remove_abandoned(&self, folder: Folder, name: &str) -> io::Result<bool> {
        let file = self.open(folder, name)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => self.unlink(folder, name).map(|()| true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn is_there(&self, folder: Folder) -> bool {
        let linked = |folder| rustix::fs::fstat(folder).is_ok_and(|stat| stat.st_nlink > 0);
        self.folder(folder).is_ok_and(linked)
    }
}

/// Reads into an empty buffer whose room is what is asked for, or a little more.
fn read_fresh(file: &OwnedFd, offset: u64, length: usize, into: &mut Vec<u8>) -> io::Result<()> {
    while into.len() < length {
        let at = offset + into.len() as u64;
        match rustix::io::pread(file, spare_capacity(into), at) {
            Ok(0) => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    into.truncate(length);
    Ok(())
}

fn size_of(stat: &rustix::fs::Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

fn made_at(stat: &rustix::fs::Stat) -> SystemTime {
    let nanoseconds = u32::try_from(stat.st_mtime_nsec).unwrap_or(0);
    let whole = Duration::from_secs(stat.st_mtime.unsigned_abs());
    let base =
        if stat.st_mtime < 0 { SystemTime::UNIX_EPOCH - whole } else { SystemTime::UNIX_EPOCH + whole };
    base + Duration::from_nanos(u64::from(nanoseconds))
}
