//! Where a restore works until it is whole: a private folder that becomes the target at the end.
//!
//! A target that is not there yet appears by one rename of a folder beside it. In a target that is there and
//! empty (a mount point, say, where nothing can be renamed onto it) the folder stands inside, and its entries
//! move up at the end. A target with anything else in it is refused, untouched.
//!
//! The folder is named after the snapshot and what was asked of it. A restore that was interrupted finds its own
//! again and keeps what is right in it; two at once cannot work in one, because it is locked.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::RestoreError;
use super::attributes::Rules;
use super::beneath;

/// How the name of a staging folder begins.
const PREFIX: &str = ".mainstay-restore-";

/// Its owner alone.
const PRIVATE: Mode = Mode::RWXU;

/// What a new file system brings along: a mount point with nothing else is empty.
const LOST_AND_FOUND: &[u8] = b"lost+found";

/// A file that is made to see what the kernel makes of its mode, and gone at once.
const PROBE: &[u8] = b".mainstay-probe";

/// ACLs that a new folder inherits: the one for itself, and the one for what is made in it.
const INHERITED_ACLS: [&str; 2] = ["system.posix_acl_access", "system.posix_acl_default"];

/// The folder, and what is to become of it.
#[derive(Debug)]
pub(crate) struct Staging {
    target: PathBuf,
    /// The folder in which the staging folder stands: the target's own, or the target itself.
    home: OwnedFd,
    name: String,
    folder: OwnedFd,
    /// The name in `home` that the staging folder gets; nothing when it stands in the target.
    becomes: Option<Vec<u8>>,
    /// An interrupted restore left it.
    pub resumed: bool,
}

impl Staging {
    /// Makes or finds the folder. The key tells restores of different things apart.
    pub(crate) fn prepare(target: &Path, key: &str) -> Result<Self, RestoreError> {
        let name = format!("{PREFIX}{key}");
        let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let (home, becomes) = match rustix::fs::open(target, folder, Mode::empty()) {
            Ok(home) => {
                refuse_occupied(target, &home, &name)?;
                (home, None)
            }
            Err(Errno::NOENT) => {
                let (parent, last) = split(target)?;
                let home = rustix::fs::open(parent, folder, Mode::empty());
                let home = home.map_err(|error| failed(parent, error))?;
                // A link to nowhere is there all the same, and would be in the way at the end.
                if rustix::fs::statat(&home, last, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
                    return Err(RestoreError::NotAFolder { path: target.to_owned() });
                }
                (home, Some(last.to_vec()))
            }
            Err(Errno::NOTDIR) => return Err(RestoreError::NotAFolder { path: target.to_owned() }),
            Err(error) => return Err(failed(target, error)),
        };
        let resumed = make(&home, &name).map_err(|error| failed(target, error))?;
        let folder = open_own(target, &home, &name)?;
        Ok(Self { target: target.to_owned(), home, name, folder, becomes, resumed })
    }

    /// The folder in which everything is made.
    pub(crate) fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    /// Whether the entries of the top move at the end: their rights can be set only afterwards.
    pub(crate) fn moves_entries(&self) -> bool {
        self.becomes.is_none()
    }

    /// Where the unfinished tree is, for people.
    pub(crate) fn path(&self) -> PathBuf {
        match &self.becomes {
            Some(_) => self.target.with_file_name(&self.name),
            None => self.target.join(&self.name),
        }
    }

    /// What the kernel makes of what this process makes here.
    pub(crate) fn rules(&self, owners: bool, special: bool) -> Result<Rules, RestoreError> {
        let failed = |error| failed(&self.target, error);
        let _ = beneath::unlink(self.folder(), PROBE);
        let probe = beneath::create(self.folder(), PROBE, Mode::from_raw_mode(0o777)).map_err(failed)?;
        let stat = rustix::fs::fstat(&probe);
        beneath::unlink(self.folder(), PROBE).map_err(failed)?;
        let stat = stat.map_err(failed)?;
        Ok(Rules { owners, special, uid: stat.st_uid, gid: stat.st_gid, umask: !stat.st_mode & 0o777 })
    }

    /// Takes the folder away if nothing is in it.
    pub(crate) fn abandon(&self) {
        if let Err(error) = rustix::fs::unlinkat(&self.home, self.name.as_str(), AtFlags::REMOVEDIR) {
            tracing::debug!(%error, "a staging folder stays");
        }
    }

    /// Makes what was written durable, all at once.
    pub(crate) fn sync(&self) -> Result<(), RestoreError> {
        rustix::fs::syncfs(&self.folder).map_err(|error| failed(&self.target, error))
    }

    /// Lets the target appear, or its entries in it. Never replaces anything. Answers the folder that the tree
    /// is in now.
    pub(crate) fn publish(&self) -> Result<BorrowedFd<'_>, RestoreError> {
        match &self.becomes {
            Some(name) => self.rename_whole(name).map(|()| self.folder.as_fd()),
            None => self.move_entries().map(|()| self.home.as_fd()),
        }
    }

    fn rename_whole(&self, name: &[u8]) -> Result<(), RestoreError> {
        let renamed = rename_new(self.home.as_fd(), self.name.as_bytes(), self.home.as_fd(), name);
        renamed.map_err(|error| match error {
            Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR => self.taken(name),
            error => failed(&self.target, error),
        })?;
        // Whoever may write in the target's folder could have put another one in its place.
        let there = rustix::fs::statat(&self.home, name, AtFlags::SYMLINK_NOFOLLOW);
        let ours = rustix::fs::fstat(&self.folder);
        match there
            .and_then(|there| ours.map(|ours| (there.st_ino, there.st_dev) == (ours.st_ino, ours.st_dev)))
        {
            Ok(true) => Ok(()),
            Ok(false) => Err(RestoreError::Swapped { path: self.target.clone() }),
            Err(error) => Err(failed(&self.target, error)),
        }
    }

    fn move_entries(&self) -> Result<(), RestoreError> {
        for name in names(&self.target, &self.folder)? {
            if name == LOST_AND_FOUND && self.drop_empty(&name) {
                continue;
            }
            let moved = rename_new(self.folder(), &name, self.home.as_fd(), &name);
            moved.map_err(|error| match error {
                Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR => self.taken(&name),
                error => failed(&self.target, error),
            })?;
        }
        let removed = rustix::fs::unlinkat(&self.home, self.name.as_str(), AtFlags::REMOVEDIR);
        removed.map_err(|error| failed(&self.target, error))
    }

    /// The target's own stays; one that the snapshot brought along is not needed if nothing is in it.
    fn drop_empty(&self, name: &[u8]) -> bool {
        let there = rustix::fs::statat(&self.home, name, AtFlags::SYMLINK_NOFOLLOW).is_ok();
        there && rustix::fs::unlinkat(&self.folder, name, AtFlags::REMOVEDIR).is_ok()
    }

    fn taken(&self, name: &[u8]) -> RestoreError {
        RestoreError::Appeared {
            path: self.target.clone(),
            found: String::from_utf8_lossy(name).into_owned(),
            staging: self.path(),
        }
    }
}

/// Renames without replacing. Where the file system cannot promise that, a plain rename of a folder replaces
/// nothing but an empty folder; a file is refused first if its name is taken.
fn rename_new(from: BorrowedFd<'_>, name: &[u8], to: BorrowedFd<'_>, new: &[u8]) -> rustix::io::Result<()> {
    match rustix::fs::renameat_with(from, name, to, new, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) => match rustix::fs::statat(to, new, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Err(Errno::EXIST),
            Err(Errno::NOENT) => rustix::fs::renameat(from, name, to, new),
            Err(error) => Err(error),
        },
        other => other,
    }
}

/// The folder of a target, and its last name.
fn split(target: &Path) -> Result<(&Path, &[u8]), RestoreError> {
    let name = target.file_name().map(OsStr::as_bytes);
    let name = name.ok_or_else(|| RestoreError::Target {
        path: target.to_owned(),
        source: io::Error::from(io::ErrorKind::NotFound),
    })?;
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    Ok((parent.unwrap_or(Path::new(".")), name))
}

/// Makes the folder; says whether it was there.
fn make(home: &OwnedFd, name: &str) -> rustix::io::Result<bool> {
    match rustix::fs::mkdirat(home, name, PRIVATE) {
        Ok(()) => Ok(false),
        Err(Errno::EXIST) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Opens the folder, and sees to it that it is ours, and ours alone.
fn open_own(target: &Path, home: &OwnedFd, name: &str) -> Result<OwnedFd, RestoreError> {
    let failed = |error| failed(target, error);
    let folder =
        beneath::open(home.as_fd(), [name.as_bytes()], OFlags::RDONLY | OFlags::DIRECTORY).map_err(failed)?;
    let stat = rustix::fs::fstat(&folder).map_err(failed)?;
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(RestoreError::Swapped { path: target.to_owned() });
    }
    match rustix::fs::flock(&folder, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => return Err(RestoreError::Busy { path: target.to_owned() }),
        other => other.map_err(failed)?,
    }
    for acl in INHERITED_ACLS {
        // Missing, or a file system without any: both are what is wanted.
        let _ = rustix::fs::fremovexattr(&folder, acl);
    }
    rustix::fs::fchmod(&folder, PRIVATE).map_err(failed)?;
    Ok(folder)
}

fn refuse_occupied(target: &Path, home: &OwnedFd, own: &str) -> Result<(), RestoreError> {
    let found =
        names(target, home)?.into_iter().find(|name| name != own.as_bytes() && name != LOST_AND_FOUND);
    match found {
        None => Ok(()),
        Some(found) => Err(RestoreError::NotEmpty {
            path: target.to_owned(),
            found: String::from_utf8_lossy(&found).into_owned(),
        }),
    }
}

fn names(target: &Path, folder: &OwnedFd) -> Result<Vec<Vec<u8>>, RestoreError> {
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::read_from(folder).map_err(|error| failed(target, error))? {
        let entry = entry.map_err(|error| failed(target, error))?;
        let name = entry.file_name().to_bytes();
        if beneath::is_plain(name) {
            names.push(name.to_vec());
        }
    }
    Ok(names)
}

fn failed(path: &Path, error: Errno) -> RestoreError {
    RestoreError::of(path, error.into())
}
