//! Attributes of what was made: owner, extended attributes, mode, times, in this order.
//!
//! A change of owner clears setuid and capabilities, and an ACL changes the mode, so the mode comes after both;
//! times come last because everything changes them. Files and folders are reached by their descriptors. Links,
//! fifos and devices are never opened: they are held by a descriptor that is a place only (`O_PATH`).
//!
//! What could give power to somebody is withheld unless it was asked for: setuid and setgid of files,
//! capabilities and other attributes of the system, devices.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use mainstay_world::tree::{Kind, Time};
use rustix::fs::{AtFlags, Gid, IFlags, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, Uid, XattrFlags};
use rustix::io::Errno;

use super::beneath;
use crate::format::node::NodeEntry;

/// setuid and setgid.
const POWER_BITS: u32 = 0o6000;

/// What makes a file unchangeable: set by nobody but root, and only when asked for.
const LOCKING_FLAGS: IFlags = IFlags::IMMUTABLE.union(IFlags::APPEND);

/// What is kept of `chattr`'s flags. The others say how the file system stores the file.
const KEPT_FLAGS: IFlags = IFlags::NODUMP.union(IFlags::NOATIME).union(IFlags::SYNC).union(LOCKING_FLAGS);

/// What is applied, and how things are made if nothing is said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Owners and groups.
    pub owners: bool,
    /// What gives power.
    pub special: bool,
    /// Who owns what this process makes.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Bits that the kernel takes from the mode of what is made.
    pub umask: u32,
}

/// What became of the attributes of one entry.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// What could not be set, and why.
    pub refused: Vec<String>,
    /// What was not asked for.
    pub withheld: bool,
}

impl Applied {
    /// None of them, because it could not even be opened.
    pub(crate) fn refused(error: Errno) -> Self {
        let mut applied = Self::default();
        applied.note("attributes", Err(error));
        applied
    }

    fn note(&mut self, what: &str, result: rustix::io::Result<()>) {
        if let Err(error) = result {
            self.refused.push(format!("{what}: {}", std::io::Error::from(error)));
        }
    }
}

impl Rules {
    /// The mode that an entry should have in the end.
    pub(crate) fn expected_mode(&self, entry: &NodeEntry) -> u32 {
        self.mode(entry, &mut Applied::default())
    }

    /// Whether an extended attribute is restored.
    pub(crate) fn sets(&self, name: &[u8]) -> bool {
        self.special || is_harmless(name)
    }

    /// The mode of an entry as it is applied.
    fn mode(&self, entry: &NodeEntry, applied: &mut Applied) -> u32 {
        let withheld = entry.kind != Kind::Folder && !self.special && entry.mode & POWER_BITS != 0;
        applied.withheld |= withheld;
        if withheld { entry.mode & !POWER_BITS & 0o7777 } else { entry.mode & 0o7777 }
    }

    /// The mode to make a file with: its own where the kernel leaves it as it is, so that it need not be set
    /// again, and where it can be opened again for another chunk.
    pub(crate) fn making_mode(&self, entry: &NodeEntry) -> Mode {
        if self.is_exact(entry) { Mode::from_raw_mode(entry.mode) } else { Mode::RUSR | Mode::WUSR }
    }

    fn is_exact(&self, entry: &NodeEntry) -> bool {
        let writable = entry.mode & 0o600 == 0o600;
        writable
            && entry.mode & !0o777 == 0
            && entry.mode & self.umask == 0
            && entry.details.xattrs.is_empty()
    }

    /// The owner and group to set, if any. Who is not root may give a file to another of his groups.
    fn owner(&self, entry: &NodeEntry) -> (Option<Uid>, Option<Gid>) {
        let uid = (self.owners && entry.uid != self.uid).then(|| Uid::from_raw(entry.uid));
        let mine = entry.uid == self.uid;
        let gid = ((self.owners || mine) && entry.gid != self.gid).then(|| Gid::from_raw(entry.gid));
        (uid, gid)
    }

    /// Applies all to a file that this process has made with [`Rules::making_mode`], or found (`made` false).
    pub(crate) fn apply_to_file(&self, file: BorrowedFd<'_>, entry: &NodeEntry, made: bool) -> Applied {
        let mut applied = Applied::default();
        let (uid, gid) = self.owner(entry);
        if uid.is_some() || gid.is_some() {
            let result = rustix::fs::fchown(file, uid, gid);
            self.note_owner(&mut applied, result);
        }
        self.xattrs(entry, &mut applied, |name, value| {
            rustix::fs::fsetxattr(file, name, value, XattrFlags::empty())
        });
        let mode = self.mode(entry, &mut applied);
        if !(made && self.is_exact(entry)) {
            applied.note("mode", rustix::fs::fchmod(file, Mode::from_raw_mode(mode)));
        }
        applied.note("times", rustix::fs::futimens(file, &times(entry.mtime)));
        self.flags(file, entry, &mut applied);
        applied
    }

    /// Applies all to a folder.
    pub(crate) fn apply_to_folder(&self, folder: BorrowedFd<'_>, entry: &NodeEntry) -> Applied {
        self.apply_to_file(folder, entry, false)
    }

    /// Applies all to what is never opened: a link, a fifo, a device.
    pub(crate) fn apply_to_closed(&self, folder: BorrowedFd<'_>, entry: &NodeEntry) -> Applied {
        let mut applied = Applied::default();
        let held = match beneath::open(folder, [entry.name.as_slice()], OFlags::PATH) {
            Ok(held) => held,
            Err(error) => {
                applied.note("attributes", Err(error));
                return applied;
            }
        };
        let (uid, gid) = self.owner(entry);
        if uid.is_some() || gid.is_some() {
            let result = rustix::fs::chownat(&held, c"", uid, gid, AtFlags::EMPTY_PATH);
            self.note_owner(&mut applied, result);
        }
        if entry.kind != Kind::Symlink {
            // The only name of a held place that these calls take; it follows nothing but the descriptor.
            let place = proc_name(&held);
            self.xattrs(entry, &mut applied, |name, value| {
                rustix::fs::setxattr(place.as_str(), name, value, XattrFlags::empty())
            });
            let mode = Mode::from_raw_mode(self.mode(entry, &mut applied));
            applied.note("mode", rustix::fs::chmod(place.as_str(), mode));
        } else {
            applied.withheld |= !entry.details.xattrs.is_empty();
        }
        let moment = times(entry.mtime);
        let name = entry.name.as_slice();
        applied.note("times", rustix::fs::utimensat(folder, name, &moment, AtFlags::SYMLINK_NOFOLLOW));
        applied
    }

    /// Who is not root, and asked for no owners, is not told that a group is not his.
    fn note_owner(&self, applied: &mut Applied, result: rustix::io::Result<()>) {
        if self.owners || result != Err(Errno::PERM) {
            applied.note("owner", result);
        }
    }

    fn xattrs(
        &self,
        entry: &NodeEntry,
        applied: &mut Applied,
        set: impl Fn(&[u8], &[u8]) -> rustix::io::Result<()>,
    ) {
        for (name, value) in &entry.details.xattrs {
            if name.contains(&0) {
                applied.refused.push("an extended attribute with a zero byte in its name".into());
            } else if self.sets(name) {
                let what = format!("attribute `{}`", String::from_utf8_lossy(name));
                applied.note(&what, set(name, value));
            } else {
                applied.withheld = true;
            }
        }
    }

    fn flags(&self, file: BorrowedFd<'_>, entry: &NodeEntry, applied: &mut Applied) {
        let asked = IFlags::from_bits_truncate(entry.details.flags) & KEPT_FLAGS;
        let wanted = if self.special { asked } else { asked - LOCKING_FLAGS };
        applied.withheld |= wanted != asked;
        if wanted.is_empty() {
            return;
        }
        let set = rustix::fs::ioctl_getflags(file)
            .and_then(|flags| rustix::fs::ioctl_setflags(file, (flags - KEPT_FLAGS) | wanted));
        applied.note("flags", set);
    }
}

/// Attributes that give nobody power: those of users, and ACLs.
fn is_harmless(name: &[u8]) -> bool {
    name.starts_with(b"user.") || name.starts_with(b"system.posix_acl_")
}

fn proc_name(held: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", held.as_fd().as_raw_fd())
}

/// The time of change; that of access stays what it is.
fn times(mtime: Time) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        last_modification: Timespec { tv_sec: mtime.seconds, tv_nsec: i64::from(mtime.nanoseconds) },
    }
}
