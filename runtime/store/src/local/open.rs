//! Making and opening the folders of a local store.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::disk::Folder;
use super::{FOLDERS, LinuxDisk, LocalStore};
use crate::api::StoreErrorKind;

/// Why a folder could not become, or be opened as, a store.
#[derive(Debug, thiserror::Error)]
pub enum OpenStoreError {
    /// Nothing is there. An unmounted disk looks like this too.
    #[error("there is nothing at `{}`", path.display())]
    Missing {
        /// Where.
        path: PathBuf,
    },
    /// Something is there, and it has not the folders of a store.
    #[error("`{}` is not a whole repository: it has no folder `{folder}`: is a disk not in its place?{}", path.display(), way_out(*folder))]
    NotAStore {
        /// Where.
        path: PathBuf,
        /// The first folder that is missing.
        folder: char,
    },
    /// A new store would stand among other things.
    #[error("`{}` is not empty: `{found}` is in it", path.display())]
    NotEmpty {
        /// Where.
        path: PathBuf,
        /// One of the things in it.
        found: String,
    },
    /// A file system whose promises about fsync and link are not known.
    #[error("`{}` is on a file system (type {magic:#x}) that is not among {LISTED_NAMES}", path.display())]
    FileSystem {
        /// Where.
        path: PathBuf,
        /// What statfs calls it.
        magic: u64,
    },
    /// The system said no.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
}

/// What lies in `p` can be lost and the rest goes on; the other folders say what there is.
fn way_out(folder: char) -> &'static str {
    if folder == 'p' { " if what was in it is lost for good, make it anew, empty" } else { "" }
}

impl OpenStoreError {
    /// What kind, for decisions and exit codes.
    pub fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Missing { .. } | Self::NotAStore { .. } => StoreErrorKind::Unreachable,
            Self::NotEmpty { .. } | Self::FileSystem { .. } => StoreErrorKind::Other,
            Self::Io { source, .. } => kind_of(source),
        }
    }
}

/// The file systems on which fsync of a file and of its folder is known to hold, and link to be atomic.
const LISTED: &[(u64, &str)] = &[
    (0xEF53, "ext4"),
    (0x5846_5342, "xfs"),
    (0x9123_683E, "btrfs"),
    (0x2FC1_2FC1, "zfs"),
    (0xF2F5_2010, "f2fs"),
    (0x0102_1994, "tmpfs"),
    // The folder of a container that has no volume: its upper layer is one of the others, and overlayfs hands
    // fsync and link down to it (unless it was mounted `volatile`, which promises nothing to anybody).
    (0x794C_7630, "overlayfs"),
];

const LISTED_NAMES: &str = "ext4, xfs, btrfs, zfs, f2fs, tmpfs, overlayfs";

/// For their owner alone.
const FOLDER_MODE: Mode = Mode::RWXU;

impl LocalStore<LinuxDisk> {
    /// Makes a store in a folder that is new, empty, or a store already, and opens it. Parents must be there.
    /// When this returns, the folders are durable. It can be repeated after a crash.
    pub fn init(path: &Path) -> Result<Self, OpenStoreError> {
        let made = match fs::create_dir(path) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                let path = path.parent().unwrap_or(path).to_owned();
                return Err(OpenStoreError::Missing { path });
            }
            Err(source) => return Err(failed(path, source)),
        };
        let result = make_folders(path, made);
        if result.is_err() && made {
            // Only if nothing is in it: a refused store leaves nothing of itself.
            let _ = fs::remove_dir(path);
        }
        result.and_then(|()| Self::open(path))
    }

    /// Opens a store.
    pub fn open(path: &Path) -> Result<Self, OpenStoreError> {
        let top = open_folder(path)?;
        refuse_unlisted(path, &top)?;
        let mut folders = BTreeMap::new();
        for prefix in FOLDERS.chars() {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            match rustix::fs::openat(&top, prefix.to_string(), flags, Mode::empty()) {
                Ok(folder) => folders.insert(Folder::Prefix(prefix), folder),
                Err(Errno::NOENT) => {
                    return Err(OpenStoreError::NotAStore { path: path.to_owned(), folder: prefix });
                }
                Err(error) => return Err(failed(&path.join(prefix.to_string()), error.into())),
            };
        }
        folders.insert(Folder::Top, top);
        let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        Ok(Self::on(Arc::new(LinuxDisk::new(&full, folders))))
    }
}

fn make_folders(path: &Path, made: bool) -> Result<(), OpenStoreError> {
    let top = open_folder(path)?;
    refuse_unlisted(path, &top)?;
    refuse_occupied(path)?;
    for prefix in FOLDERS.chars() {
        match rustix::fs::mkdirat(&top, prefix.to_string(), FOLDER_MODE) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(failed(path, error.into())),
        }
        sync(&path.join(prefix.to_string()))?;
    }
    sync(path)?;
    let parent = path.canonicalize().map_err(|source| failed(path, source))?;
    match parent.parent() {
        Some(parent) if made => sync(parent),
        _ => Ok(()),
    }
}

/// A folder with other things in it is somebody else's.
fn refuse_occupied(path: &Path) -> Result<(), OpenStoreError> {
    for entry in fs::read_dir(path).map_err(|source| failed(path, source))? {
        let name = entry.map_err(|source| failed(path, source))?.file_name();
        let found = name.to_string_lossy().into_owned();
        let ours = found == "format"
            || found.starts_with(super::TEMPORARY)
            || (found.len() == 1 && FOLDERS.contains(&found));
        if !ours {
            return Err(OpenStoreError::NotEmpty { path: path.to_owned(), found });
        }
    }
    Ok(())
}

fn refuse_unlisted(path: &Path, top: &OwnedFd) -> Result<(), OpenStoreError> {
    let stat = rustix::fs::fstatfs(top).map_err(|error| failed(path, error.into()))?;
    // The kernel's field is signed and as wide as a word; the magic numbers fit in 32 bits.
    let magic = stat.f_type.cast_unsigned() & 0xFFFF_FFFF;
    match LISTED.iter().any(|(listed, _)| *listed == magic) {
        true => Ok(()),
        false => Err(OpenStoreError::FileSystem { path: path.to_owned(), magic }),
    }
}

fn open_folder(path: &Path) -> Result<OwnedFd, OpenStoreError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty()).map_err(|error| match error {
        Errno::NOENT => OpenStoreError::Missing { path: path.to_owned() },
        error => failed(path, error.into()),
    })
}

fn sync(path: &Path) -> Result<(), OpenStoreError> {
    let folder = open_folder(path)?;
    rustix::fs::fsync(&folder).map_err(|error| failed(path, error.into()))
}

fn failed(path: &Path, source: io::Error) -> OpenStoreError {
    OpenStoreError::Io { path: path.to_owned(), source }
}

/// What the system's error means for a decision.
pub(super) fn kind_of(error: &io::Error) -> StoreErrorKind {
    let Some(code) = error.raw_os_error() else { return StoreErrorKind::Other };
    match Errno::from_raw_os_error(code) {
        Errno::NOSPC | Errno::DQUOT => StoreErrorKind::NoSpace,
        Errno::ACCESS | Errno::PERM | Errno::ROFS => StoreErrorKind::Denied,
        Errno::NOENT => StoreErrorKind::NotFound,
        Errno::NOTDIR | Errno::STALE | Errno::NODEV | Errno::NXIO | Errno::HOSTDOWN | Errno::TIMEDOUT => {
            StoreErrorKind::Unreachable
        }
        // This process, or this machine, has no more of something: that says nothing of what is stored.
        Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS => StoreErrorKind::Unreachable,
        _ => StoreErrorKind::Other,
    }
}
