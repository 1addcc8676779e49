//! The state folder: who holds it may append.
//!
//! The lock is the kernel's and hangs on an open descriptor: a killed process leaves nothing to unlock. It is
//! taken before the journal is even looked at, so there is one coordinator at a time; who only reads takes none.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Nobody else may look: names of hosts, paths and programs stand in it.
const FOLDER_MODE: u32 = 0o700;
/// The same for files.
const FILE_MODE: u32 = 0o600;
/// Who may write in a folder may put other files in the place of those in it, whatever their modes.
const EVERYONE_WRITES: u32 = 0o002;

/// A state folder that this process holds alone, until it is dropped.
#[derive(Debug)]
pub struct StateFolder {
    path: PathBuf,
    lock: File,
}

impl Drop for StateFolder {
    /// Said, and not left to the closing of the descriptor: a child that another thread is starting has a copy of it until
    /// it becomes its own program, and would hold the lock that long.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

/// Why the state folder could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process holds it.
    #[error("the state folder `{path}` is in use by another mainstay process", path = .0.display())]
    InUse(PathBuf),
    /// Everyone may put a journal of their own there.
    #[error("everyone may write in the state folder `{path}`: `chmod o-w` it, and look who has", path = .0.display())]
    Everyones(PathBuf),
    /// It cannot be made or opened.
    #[error("the state folder `{path}` cannot be used: {error}", path = .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl StateFolder {
    /// Makes the folder if it is not there, and takes it.
    pub fn take(path: &Path) -> Result<Self, FolderError> {
        let failed = |error| FolderError::Io { path: path.to_owned(), error };
        if let Err(error) = DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path) {
            let is_other = path.exists() && !path.is_dir();
            return Err(failed(if is_other { io::ErrorKind::NotADirectory.into() } else { error }));
        }
        if path.metadata().map_err(failed)?.permissions().mode() & EVERYONE_WRITES != 0 {
            return Err(FolderError::Everyones(path.to_owned()));
        }
        let lock = open_private(&path.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Whether a process holds the folder now. Nothing is made.
    pub fn is_held(path: &Path) -> bool {
        let lock = File::open(path.join("lock"));
        lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Opens a file for writing that only its owner may read; makes it if it is not there.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(FILE_MODE).open(path)
}

/// Makes a new name in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_the_descriptor_does_not_outlive_the_holder() {
        let scratch = tempfile::tempdir().unwrap();
        let held = StateFolder::take(scratch.path()).unwrap();
        let of_a_child = held.lock.try_clone().unwrap();
        assert!(matches!(StateFolder::take(scratch.path()), Err(FolderError::InUse(_))));
        drop(held);
        assert!(StateFolder::take(scratch.path()).is_ok());
        drop(of_a_child);
    }
}
