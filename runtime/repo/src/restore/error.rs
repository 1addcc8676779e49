//! Why a restore fails as a whole.

use std::io;
use std::path::{Path, PathBuf};

use mainstay_store::StoreError;
use rustix::io::Errno;

use super::chunks::ChunkFault;
use crate::class::Class;
use crate::reading::ReadingError;
use crate::repository::Emptied;

/// Why nothing was restored. The target is as it was; an unfinished tree may lie in a staging folder, to be gone on
/// with by asking again.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Something is in the target.
    #[error("`{}` is not empty: `{found}` is in it", path.display())]
    NotEmpty {
        /// The target.
        path: PathBuf,
        /// One of the things in it.
        found: String,
    },
    /// The target is no folder.
    #[error("`{}` is not a folder", path.display())]
    NotAFolder {
        /// The target.
        path: PathBuf,
    },
    /// Somebody made something while the restore ran.
    #[error("`{found}` appeared while the restore ran; the restored tree is whole at `{}`", staging.display())]
    Appeared {
        /// The target.
        path: PathBuf,
        /// What appeared.
        found: String,
        /// Where the tree is.
        staging: PathBuf,
    },
    /// Somebody put something else in the place of our folder.
    #[error("the folder of this restore at `{}` was replaced by somebody else's", path.display())]
    Swapped {
        /// The target.
        path: PathBuf,
    },
    /// Another process restores the same.
    #[error("another restore of the same to `{}` is running", path.display())]
    Busy {
        /// The target.
        path: PathBuf,
    },
    /// The target's file system is full.
    #[error("no space is left at `{}`: {source}", path.display())]
    NoSpace {
        /// The target.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The target may not be written.
    #[error("`{}` may not be written: {source}", path.display())]
    Denied {
        /// The target.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The target failed otherwise.
    #[error("`{}`: {source}", path.display())]
    Target {
        /// The target.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The repository's index, or the snapshot itself, cannot be read.
    #[error("{0}")]
    Damaged(String),
    /// There is no such snapshot, or it cannot be found out.
    #[error(transparent)]
    Snapshot(#[from] ReadingError),
    /// All packs are gone: nothing of it can be had now.
    #[error(transparent)]
    Emptied(#[from] Emptied),
    /// The key file can write, and not read.
    #[error("this key file cannot read content")]
    CannotRead,
    /// Nothing of the snapshot was chosen.
    #[error("nothing in the snapshot matches what was asked for")]
    NothingChosen,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was cancelled.
    #[error("the restore was cancelled")]
    Cancelled,
}

impl RestoreError {
    /// An error of the target's file system.
    pub(crate) fn of(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::NOSPC | Errno::DQUOT) => Self::NoSpace { path, source },
            Some(Errno::ACCESS | Errno::PERM | Errno::ROFS) => Self::Denied { path, source },
            _ => Self::Target { path, source },
        }
    }

    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::NotEmpty { .. } | Self::NotAFolder { .. } => Class::Usage,
            Self::Appeared { .. } | Self::Busy { .. } => Class::Lost,
            Self::Swapped { .. } | Self::Denied { .. } => Class::Denied,
            Self::NoSpace { .. } => Class::NoSpace,
            Self::Target { .. } => Class::Unreachable,
            Self::Damaged(_) => Class::Damage,
            Self::Snapshot(error) => error.class(),
            Self::Emptied(_) => Class::Emptied,
            Self::NothingChosen => Class::Missing,
            Self::CannotRead => Class::Key,
            Self::Store(error) => Class::of_store(error),
            Self::Cancelled => Class::Cancelled,
        }
    }
}

impl From<ChunkFault> for RestoreError {
    fn from(fault: ChunkFault) -> Self {
        match fault {
            ChunkFault::Damaged(message) => Self::Damaged(message),
            ChunkFault::Store(error) => Self::Store(error),
        }
    }
}
