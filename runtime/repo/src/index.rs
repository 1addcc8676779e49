//! Where chunks are: the live segments of the index, in memory, in 62 bytes a chunk.

mod load;
mod rescue;
mod table;

use crate::format::blob::{BlobKind, Codec};
use crate::format::pack::PackEntry;
use crate::format::segment::SegmentPack;
use crate::id::{ChunkId, PackId};
use crate::keys::{KeyNumber, WrappedKey};

pub use load::{Domains, IndexFault, IndexFaultKind, LoadError};
pub use rescue::PackEndError;
use table::Table;

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

impl Place {
    /// As an entry of a pack or a segment, with the key's number there.
    pub fn entry(&self, id: ChunkId, key: u32) -> PackEntry {
        PackEntry {
            id,
            offset: self.offset,
            stored_length: self.stored_length,
            raw_length: self.raw_length,
            key,
            codec: self.codec,
            kind: self.kind,
            links: self.links,
        }
    }
}

/// The index of a repository as of when it was loaded. It does not change.
#[derive(Debug, Default)]
pub struct Index {
    table: Table,
    packs: Vec<SegmentPack>,
    keys: Vec<WrappedKey>,
    segments: usize,
    faults: Vec<IndexFault>,
}

impl Index {
    /// Whether a chunk has a place.
    pub fn contains(&self, id: &ChunkId) -> bool {
        self.table.find(id).next().is_some()
    }

    /// All places of a chunk.
    pub fn places<'a>(&'a self, id: &'a ChunkId) -> impl Iterator<Item = Place> + 'a {
        self.table.find(id).filter_map(|found| self.place(found))
    }

    /// All chunks with their places, in no order.
    pub fn all(&self) -> impl Iterator<Item = (ChunkId, Place)> + '_ {
        self.table.all().filter_map(|entry| Some((entry.id, self.place(entry)?)))
    }

    fn place(&self, entry: &table::Entry) -> Option<Place> {
        Some(Place {
            pack: self.packs.get(entry.pack as usize)?.id,
            offset: entry.offset,
            stored_length: entry.stored_length,
            raw_length: entry.raw_length,
            key: KeyNumber(entry.key),
            codec: Codec::from_number(entry.codec())?,
            kind: BlobKind::from_number(entry.kind())?,
            links: entry.links,
        })
    }

    /// The session key of a number, as stored.
    pub fn key(&self, number: KeyNumber) -> Option<&WrappedKey> {
        self.keys.get(number.0 as usize)
    }

    /// The packs that hold its chunks, with their sizes.
    pub fn packs(&self) -> &[SegmentPack] {
        &self.packs
    }

    /// Places that are known.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Segments that it was made of.
    pub fn segments(&self) -> usize {
        self.segments
    }

    /// Segments and packs that could not be read.
    pub fn faults(&self) -> &[IndexFault] {
        &self.faults
    }
}

#[cfg(test)]
mod tests;
