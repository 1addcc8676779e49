//! One `statx` for each entry, with only what is asked for.

use std::ffi::CStr;
use std::os::fd::AsFd;

use mainstay_world::tree::{Kind, Stat, Time};
use rustix::fs::{AtFlags, FileType, Statx, StatxFlags, StatxTimestamp};
use rustix::io::Errno;

/// Everything of [`Stat`]; the access and birth times are not asked for.
const MASK: StatxFlags = StatxFlags::BASIC_STATS.difference(StatxFlags::ATIME);

/// Attributes that `statx` reports and `chattr` sets: compressed, immutable, append, nodump. They have the values of
/// the flags of the inode.
const KEPT_FLAGS: u64 = 0x04 | 0x10 | 0x20 | 0x40;

/// A file system and an inode in it: what an entry is, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) device: u64,
    pub(super) inode: u64,
}

/// What one `statx` says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) stat: Stat,
    pub(super) flags: u32,
}

impl Seen {
    pub(super) fn identity(&self) -> Identity {
        Identity { device: self.stat.device, inode: self.stat.inode }
    }

    pub(super) fn is_folder(&self) -> bool {
        self.stat.kind == Kind::Folder
    }
}

/// Looks at a name below a folder, without following it.
pub(super) fn look_at(folder: impl AsFd, name: &CStr) -> Result<Seen, Errno> {
    seen(&rustix::fs::statx(folder, name, AtFlags::SYMLINK_NOFOLLOW, MASK)?)
}

/// Looks at an open descriptor.
pub(super) fn look_open(descriptor: impl AsFd) -> Result<Seen, Errno> {
    seen(&rustix::fs::statx(descriptor, c"", AtFlags::EMPTY_PATH, MASK)?)
}

fn seen(statx: &Statx) -> Result<Seen, Errno> {
    let stat = Stat {
        kind: kind(FileType::from_raw_mode(statx.stx_mode.into())).ok_or(Errno::INVAL)?,
        mode: u32::from(statx.stx_mode) & 0o7777,
        uid: statx.stx_uid,
        gid: statx.stx_gid,
        size: statx.stx_size,
        mtime: time(&statx.stx_mtime),
        ctime: time(&statx.stx_ctime),
        device: u64::from(statx.stx_dev_major) << 32 | u64::from(statx.stx_dev_minor),
        inode: statx.stx_ino,
        links: statx.stx_nlink,
        rdev: (statx.stx_rdev_major, statx.stx_rdev_minor),
        blocks: statx.stx_blocks,
    };
    let flags = u32::try_from(statx.stx_attributes.bits() & KEPT_FLAGS).unwrap_or(0);
    Ok(Seen { stat, flags })
}

fn kind(file_type: FileType) -> Option<Kind> {
    Some(match file_type {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Symlink,
        FileType::Fifo => Kind::Fifo,
        FileType::Socket => Kind::Socket,
        FileType::CharacterDevice => Kind::CharDevice,
        FileType::BlockDevice => Kind::BlockDevice,
        FileType::Unknown => return None,
    })
}

fn time(stamp: &StatxTimestamp) -> Time {
    Time { seconds: stamp.tv_sec, nanoseconds: stamp.tv_nsec }
}
