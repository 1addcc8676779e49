//! What a tree of files is, to whoever gives one and whoever takes one.
//!
//! A tree is walked depth first, the entries of a folder in the order of their names' bytes. An entry costs its giver one
//! `statx`; everything dearer (extended attributes, link targets, content) is asked for only when the taker
//! does not know the entry already. Entries can be sent to other threads and opened there, later.

use std::io;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A regular file.
    File,
    /// A symbolic link.
    Symlink,
    /// A named pipe.
    Fifo,
    /// A socket: recorded, restored as nothing.
    Socket,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
}

/// Seconds and nanoseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Time {
    /// May be negative.
    pub seconds: i64,
    /// 0 to 999,999,999, counted forward.
    pub nanoseconds: u32,
}

/// What `statx` says of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// The lower 12 bits: permissions, setuid, setgid, sticky.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// In bytes; what it will be is unknown for a stream, which says 0.
    pub size: u64,
    /// Last change of content.
    pub mtime: Time,
    /// Last change of the inode. Zero for a stream: it is never taken as unchanged.
    pub ctime: Time,
    /// Device of the file system.
    pub device: u64,
    /// Number of the inode.
    pub inode: u64,
    /// Names of this inode.
    pub links: u32,
    /// For devices: major and minor.
    pub rdev: (u32, u32),
    /// 512-byte blocks in use; fewer than the size asks for means holes.
    pub blocks: u64,
}

/// What costs more than a `statx`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details {
    /// Names and values of extended attributes (ACLs are among them), sorted by name.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where a symbolic link points, as bytes.
    pub target: Option<Vec<u8>>,
    /// Inode flags that `chattr` sets and that are worth keeping (immutable, append, nodump, ...); 0 where unknown.
    pub flags: u32,
}

/// Why something of a tree could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// No right to read it.
    Unreadable,
    /// It was listed and is gone.
    Vanished,
    /// It changed while it was read, more than once.
    Changed,
    /// It is another kind of thing than it was a moment ago (swapped underneath).
    Swapped,
    /// The medium failed, or anything else.
    Broken,
    /// The producer of a stream failed: nothing of this tree may be kept.
    Producer,
}

/// Something of a tree that could not be had.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {message}", path = String::from_utf8_lossy(path))]
pub struct Fault {
    /// What kind.
    pub kind: FaultKind,
    /// Below the top of the tree, as bytes.
    pub path: Vec<u8>,
    /// In words, lower case, no final stop.
    pub message: String,
}

/// A step of a walk.
pub enum Event {
    /// A folder begins; its entries follow. The first event of every tree is its top, with an empty name.
    Enter(Box<dyn Entry>),
    /// Anything that is no folder.
    Leaf(Box<dyn Entry>),
    /// The folder ends.
    Leave,
    /// Something is missing from the tree; the walk goes on.
    Fault(Fault),
    /// A folder is no part of the tree, because it belongs to what makes copies. The copy is whole without it.
    LeftOut {
        /// Below the top of the tree, as bytes.
        path: Vec<u8>,
        /// What it is, in words.
        what: String,
    },
}

/// A walk.
pub trait Tree: Send {
    /// The next step; nothing after the top has been left.
    fn next(&mut self) -> Option<Event>;
}

/// An entry of a folder.
pub trait Entry: Send {
    /// Its name in the folder, as bytes.
    fn name(&self) -> &[u8];

    /// Its `statx`.
    fn stat(&self) -> &Stat;

    /// Its path below the top, for people and faults.
    fn path(&self) -> Vec<u8>;

    /// Reads what costs more.
    fn details(&self) -> Result<Details, Fault>;

    /// Opens the content of a regular file.
    fn open(&self) -> Result<Box<dyn Content>, Fault>;
}

/// A stretch of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// This many bytes to read.
    Data(u64),
    /// This many zeros that take no space.
    Hole(u64),
}

/// The content of a file, read once from its beginning to its end.
pub trait Content: Send {
    /// The extents in order when they are known beforehand (a sparse file); nothing: read to the end.
    fn extents(&mut self) -> io::Result<Option<Vec<Extent>>>;

    /// Reads into the buffer, as much as there is room for, fewer only at the end; holes are skipped when
    /// extents were given. 0 is the end.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize>;

    /// After the last read: whether what was read is one state of the file. Says what `statx` says now; a
    /// stream waits for its producer and judges it.
    fn finish(self: Box<Self>) -> Result<Stat, Fault>;
}

/// What a fault means for the copy that is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Judgement {
    /// It is mentioned; its owner said that the copy is whole without it.
    Noted,
    /// The copy is made, and is not whole.
    Degrades,
    /// No copy may be made.
    Fails,
}

/// Something that can be walked, more than once if need be.
pub trait View: Send + Sync {
    /// Begins a walk.
    fn walk(&self) -> Result<Box<dyn Tree>, Fault>;

    /// What a fault that the walk, or an entry of it, gave means for the copy.
    fn judge(&self, fault: &Fault) -> Judgement {
        match fault.kind {
            FaultKind::Producer => Judgement::Fails,
            _ => Judgement::Degrades,
        }
    }
}
