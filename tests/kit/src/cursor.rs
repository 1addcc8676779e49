//! A place in a tree, held by one descriptor, however deep it is.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Dir, FileType, Mode, OFlags};

/// A folder, and the way there.
pub(crate) struct Cursor {
    at: OwnedFd,
    names: Vec<Vec<u8>>,
}

/// A name in a folder, and whether it is one itself.
pub(crate) struct Named {
    pub(crate) name: Vec<u8>,
    pub(crate) is_folder: bool,
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Cursor {
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        let at = rustix::fs::openat(CWD, root, FOLDER.difference(OFlags::NOFOLLOW), Mode::empty())?;
        Ok(Self { at, names: Vec::new() })
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.at.as_fd()
    }

    pub(crate) fn enter(&mut self, name: &[u8]) -> io::Result<()> {
        self.at = rustix::fs::openat(&self.at, name, FOLDER, Mode::empty())?;
        self.names.push(name.to_vec());
        Ok(())
    }

    pub(crate) fn up(&mut self) -> io::Result<()> {
        self.at = rustix::fs::openat(&self.at, "..", FOLDER, Mode::empty())?;
        self.names.pop();
        Ok(())
    }

    /// The path of a name here, below the root.
    pub(crate) fn path(&self, name: &[u8]) -> Vec<u8> {
        let mut path = self.names.join(&b'/');
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        path
    }

    /// The names here, in the order of their bytes.
    pub(crate) fn list(&self) -> io::Result<Vec<Named>> {
        let mut found = Vec::new();
        for entry in Dir::read_from(&self.at)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                found
                    .push(Named { name: name.to_vec(), is_folder: entry.file_type() == FileType::Directory });
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }
}
