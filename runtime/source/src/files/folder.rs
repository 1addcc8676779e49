//! Open folders, of which there are never too many.
//!
//! A folder keeps its descriptor while it can. When too many are open, the one that was opened first loses its own:
//! on a walk that is the one nearest to the top, which is needed last. It is opened again when it is needed: by `..` of a child
//! that the walk just left, else from the nearest folder above that is still open, by names that are not followed.
//! Whatever is opened again must be the same inode as before; a folder that was swapped meanwhile is not entered.

use std::collections::VecDeque;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::stat::{Identity, look_open};

/// How many folders stay open at once. With the files that are being read and what the rest of the program
/// holds this stays well below 256, and far below the usual limit of 1,024.
const OPEN_FOLDERS: usize = 128;

/// The longest piece of a path that is handed to the kernel at once; it takes 4,095 bytes.
const PIECE_BYTES: usize = 3_800;

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW);
const PASSAGE: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW);

/// All open folders of one walk.
#[derive(Debug, Default)]
pub(super) struct Descriptors {
    /// In the order in which they were opened; some may be gone.
    opened: Mutex<VecDeque<Weak<Folder>>>,
    count: AtomicUsize,
}

/// A folder of a walk.
#[derive(Debug)]
pub(super) struct Folder {
    /// Absent for the top, and while it is taken apart.
    parent: Option<Arc<Folder>>,
    /// In its parent; the absolute path for the top.
    name: CString,
    identity: Identity,
    handle: Mutex<Option<Arc<OwnedFd>>>,
    descriptors: Arc<Descriptors>,
}

/// Opens a folder of a path that its owner wrote down: links in it are followed.
pub(super) fn open_path(path: &CStr) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(CWD, path, FOLDER.difference(OFlags::NOFOLLOW), Mode::empty())
}

/// Opens a folder by its name in another, without following it.
pub(super) fn open_below(folder: impl AsFd, name: &CStr) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(folder, name, FOLDER, Mode::empty())
}

impl Folder {
    /// Keeps an open folder; without a parent its name is its path.
    pub(super) fn keep(
        descriptors: &Arc<Descriptors>,
        parent: Option<&Arc<Folder>>,
        name: &CStr,
        identity: Identity,
        descriptor: OwnedFd,
    ) -> Arc<Self> {
        let folder = Arc::new(Self {
            parent: parent.cloned(),
            name: name.to_owned(),
            identity,
            handle: Mutex::new(None),
            descriptors: Arc::clone(descriptors),
        });
        folder.put(descriptor);
        folder
    }

    pub(super) fn parent(&self) -> Option<&Arc<Folder>> {
        self.parent.as_ref()
    }

    /// The path below the top.
    pub(super) fn path(&self) -> Vec<u8> {
        let mut names = Vec::new();
        let mut folder = self;
        while let Some(parent) = folder.parent.as_deref() {
            names.push(folder.name.to_bytes());
            folder = parent;
        }
        names.reverse();
        names.join(&b'/')
    }

    /// Its descriptor, opened again if it was dropped.
    pub(super) fn handle(self: &Arc<Self>) -> Result<Arc<OwnedFd>, Errno> {
        if let Some(handle) = self.lock().as_ref() {
            return Ok(Arc::clone(handle));
        }
        let descriptor = self.open_again()?;
        self.restore(descriptor)
    }

    /// Opens it again, if need be, as the parent of a folder that is still open.
    pub(super) fn reopen_from(self: &Arc<Self>, child: &Folder) {
        if self.lock().is_some() {
            return;
        }
        let Some(handle) = child.lock().clone() else { return };
        if let Ok(descriptor) = open_below(&*handle, c"..") {
            // Another folder than before: the next need of this one will say so.
            let _ = self.restore(descriptor);
        }
    }

    fn restore(self: &Arc<Self>, descriptor: OwnedFd) -> Result<Arc<OwnedFd>, Errno> {
        if look_open(&descriptor)?.identity() != self.identity {
            return Err(Errno::STALE);
        }
        Ok(self.put(descriptor))
    }

    /// Takes the descriptor, unless another thread was faster. Its own lock is free again before others are closed:
    /// two folders that close each other must not wait for each other.
    fn put(self: &Arc<Self>, descriptor: OwnedFd) -> Arc<OwnedFd> {
        let handle = {
            let mut slot = self.lock();
            if let Some(handle) = slot.as_ref() {
                return Arc::clone(handle);
            }
            self.descriptors.count.fetch_add(1, Ordering::Relaxed);
            Arc::clone(slot.insert(Arc::new(descriptor)))
        };
        self.descriptors.opened(self);
        handle
    }

    fn open_again(&self) -> Result<OwnedFd, Errno> {
        let mut names = Vec::new();
        let mut folder = self;
        let mut passage = loop {
            if let Some(handle) = folder.lock().as_ref() {
                break Arc::clone(handle);
            }
            match folder.parent.as_deref() {
                Some(parent) => {
                    names.push(folder.name.to_bytes());
                    folder = parent;
                }
                None => break Arc::new(open_path(&folder.name)?),
            }
        };
        names.reverse();
        for piece in pieces(&names) {
            passage = Arc::new(pass(&passage, &piece)?);
        }
        open_below(&*passage, c".")
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<OwnedFd>>> {
        self.handle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        if self.lock().take().is_some() {
            self.descriptors.count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Folder {
    /// Lets go of the parents one after the other: a chain of many thousand must not use the stack.
    fn drop(&mut self) {
        self.close();
        let mut parent = self.parent.take();
        while let Some(folder) = parent {
            parent = Arc::into_inner(folder).and_then(|mut last| last.parent.take());
        }
    }
}

impl Descriptors {
    /// Notes a folder that was opened, and closes those that were opened first when there are too many.
    fn opened(&self, folder: &Arc<Folder>) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.push_back(Arc::downgrade(folder));
        while self.count.load(Ordering::Relaxed) > OPEN_FOLDERS {
            let Some(first) = opened.pop_front() else { break };
            if let Some(first) = first.upgrade()
                && !Arc::ptr_eq(&first, folder)
            {
                first.close();
            }
        }
        if opened.len() > 4 * OPEN_FOLDERS {
            opened.retain(|folder| folder.strong_count() > 0);
        }
    }
}

/// Joins names to paths that are short enough for the kernel.
fn pieces(names: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    for name in names {
        match pieces.last_mut() {
            Some(piece) if piece.len() + name.len() < PIECE_BYTES => {
                piece.push(b'/');
                piece.extend_from_slice(name);
            }
            _ => pieces.push(name.to_vec()),
        }
    }
    pieces
}

/// Goes down a path, no part of which may be a link.
fn pass(from: impl AsFd, path: &[u8]) -> Result<OwnedFd, Errno> {
    let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    match rustix::fs::openat2(&from, path, PASSAGE, Mode::empty(), beneath) {
        // A kernel before 5.6, or a filter that does not know the call.
        Err(Errno::NOSYS | Errno::PERM) => pass_one_by_one(from, path),
        other => other,
    }
}

fn pass_one_by_one(from: impl AsFd, path: &[u8]) -> Result<OwnedFd, Errno> {
    let mut at = rustix::io::fcntl_dupfd_cloexec(&from, 0)?;
    for name in path.split(|byte| *byte == b'/') {
        at = rustix::fs::openat(&at, name, PASSAGE, Mode::empty())?;
    }
    Ok(at)
}
