//! Where chunks are.

use crate::format::blob::{BlobKind, Codec};
use crate::id::PackId;
use crate::keys::KeyNumber;

/// A place where a chunk lies. A chunk may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The pack.
    pub pack: PackId,
    /// From its beginning, in bytes.
    pub offset: u32,
    /// With its seals, in bytes.
    pub stored_length: u32,
    /// Content before compression, in bytes (of a node: its body).
    pub raw_length: u32,
    /// Which session key of the index's table seals it; opened on demand, since a writer cannot.
    pub key: KeyNumber,
    /// How it was compressed.
    pub codec: Codec,
    /// What it holds.
    pub kind: BlobKind,
    /// Links of a node or a list; 0 for data.
    pub links: u16,
}
