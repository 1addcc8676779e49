//! An entry of a walk, which can be opened later and by another thread.

use std::ffi::CStr;
use std::sync::Arc;

use mainstay_world::tree::{Content, Details, Entry, Fault, FaultKind, Stat};
use rustix::io::Errno;

use super::content::FileContent;
use super::folder::Folder;
use super::listing::Listing;
use super::stat::Seen;
use super::walk::meaning;
use super::{content, details};

/// An entry: its folder, its name there, and what it was when it was seen.
pub(super) struct FileEntry {
    folder: Arc<Folder>,
    name: Name,
    seen: Seen,
    /// Who reads: the owner of a file, and root, may read it without a trace in its access time.
    own_uid: u32,
}

/// A name, without a copy of it.
pub(super) enum Name {
    /// The top has none.
    Top,
    /// At this place of the folder's names.
    Listed(Arc<Listing>, usize),
}

impl FileEntry {
    pub(super) fn new(folder: Arc<Folder>, name: Name, seen: Seen, own_uid: u32) -> Self {
        Self { folder, name, seen, own_uid }
    }

    pub(super) fn name_bytes(&self) -> &[u8] {
        match &self.name {
            Name::Top => b"",
            Name::Listed(listing, place) => listing.bytes(*place).unwrap_or_default(),
        }
    }

    pub(super) fn path_bytes(&self) -> Vec<u8> {
        let mut path = self.folder.path();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(self.name_bytes());
        path
    }

    /// The name as the kernel wants it, below the folder.
    fn kernel_name(&self) -> Result<&CStr, Errno> {
        match &self.name {
            Name::Top => Ok(c"."),
            Name::Listed(listing, place) => listing.name(*place).ok_or(Errno::INVAL),
        }
    }

    fn fault(&self, error: Errno) -> Fault {
        fault(self.path_bytes(), error)
    }

    fn open_content(&self) -> Result<FileContent, content::OpenError> {
        let handle = self.folder.handle()?;
        let without_trace = self.own_uid == 0 || self.own_uid == self.seen.stat.uid;
        FileContent::open(&*handle, self.kernel_name()?, &self.seen, without_trace)
    }
}

impl Entry for FileEntry {
    fn name(&self) -> &[u8] {
        self.name_bytes()
    }

    fn stat(&self) -> &Stat {
        &self.seen.stat
    }

    fn path(&self) -> Vec<u8> {
        self.path_bytes()
    }

    fn details(&self) -> Result<Details, Fault> {
        let read =
            self.folder.handle().and_then(|handle| details::read(&handle, self.kernel_name()?, &self.seen));
        read.map_err(|error| self.fault(error))
    }

    fn open(&self) -> Result<Box<dyn Content>, Fault> {
        match self.open_content() {
            Ok(content) => Ok(Box::new(content.named(self.path_bytes()))),
            Err(content::OpenError::System(error)) => Err(self.fault(error)),
            Err(content::OpenError::Swapped(message)) => {
                Err(Fault { kind: FaultKind::Swapped, path: self.path_bytes(), message: message.to_owned() })
            }
        }
    }
}

/// A fault in words.
pub(super) fn fault(path: Vec<u8>, error: Errno) -> Fault {
    let kind = meaning(error);
    let message = match kind {
        FaultKind::Unreadable => "may not be read".to_owned(),
        FaultKind::Vanished => "is gone since it was listed".to_owned(),
        FaultKind::Swapped => "was swapped for something else since it was listed".to_owned(),
        _ => format!("cannot be read: {}", std::io::Error::from(error)),
    };
    Fault { kind, path, message }
}
