//! Packs: blobs back to back, and at the end what is needed to find them again without any index.

use super::blob::{BlobKind, Codec};
use crate::id::ChunkId;

/// Where one blob lies in its pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackEntry {
    /// What it is.
    pub id: ChunkId,
    /// From the beginning of the pack, in bytes.
    pub offset: u32,
    /// With its seals, in bytes.
    pub stored_length: u32,
    /// Content before compression, in bytes (of a node: its body).
    pub raw_length: u32,
    /// Number of its session key among the pack's (or, in a segment, the segment's) wrapped keys.
    pub key: u32,
    /// How it was compressed.
    pub codec: Codec,
    /// What it holds.
    pub kind: BlobKind,
    /// Links of a node or a list; 0 for data.
    pub links: u16,
}
