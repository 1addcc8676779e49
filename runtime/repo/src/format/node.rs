//! Nodes: a folder's entries, or a stretch of them.

use mainstay_world::tree::{Details, Extent, Kind, Time};

use crate::id::ChunkId;

/// Where content stands. The ids are those of its chunks (of a file) or nodes (of a folder) when `depth` is 0,
/// else of lists that lead to them in `depth` steps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Content {
    /// At most [`MAX_CONTENT_IDS`](super::limits::MAX_CONTENT_IDS), in order.
    pub ids: Vec<ChunkId>,
    /// Levels of lists above the chunks or nodes.
    pub depth: u8,
}

/// A stretch of a folder's entries, sorted by name, each name once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Node {
    /// At most [`MAX_NODE_ENTRIES`](super::limits::MAX_NODE_ENTRIES).
    pub entries: Vec<NodeEntry>,
}

/// Which inode a file with several names is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HardLink {
    /// Number of the inode.
    pub inode: u64,
    /// Its file system.
    pub device: u64,
}

/// One entry of a folder. There is no time of access and none of the inode's change: they would make every
/// folder new in every run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeEntry {
    /// Any bytes but zero and slash, never empty except for the top.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// The lower 12 bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// In bytes; 0 for a folder.
    pub size: u64,
    /// Last change of content.
    pub mtime: Time,
    /// Major and minor of a device, else zeros.
    pub rdev: (u32, u32),
    /// Only for what has several names.
    pub link: Option<HardLink>,
    /// Extended attributes, target, flags.
    pub details: Details,
    /// Chunks of a file, nodes of a folder; empty for all else.
    pub content: Content,
    /// Only for a file with holes; together as long as the file.
    pub extents: Vec<Extent>,
}
