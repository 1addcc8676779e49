//! A hash table over chunk ids: an array of entries, and an array of their numbers with open addressing. The
//! ids are keyed hashes, so their first 8 bytes serve as the hash; and because the place in the table grows
//! with the id, entries that come sorted are put in one after the other.

use crate::format::pack::PackEntry;
use crate::id::ChunkId;

/// One place of one chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) id: ChunkId,
    pub(super) pack: u32,
    pub(super) offset: u32,
    pub(super) stored_length: u32,
    pub(super) raw_length: u32,
    pub(super) key: u32,
    pub(super) links: u16,
    /// Codec in the upper half, kind in the lower.
    form: u8,
}

impl Entry {
    pub(super) fn new(blob: &PackEntry, pack: u32, key: u32) -> Self {
        Self {
            id: blob.id,
            pack,
            offset: blob.offset,
            stored_length: blob.stored_length,
            raw_length: blob.raw_length,
            key,
            links: blob.links,
            form: blob.codec.number() << 4 | blob.kind.number(),
        }
    }

    pub(super) fn codec(&self) -> u8 {
        self.form >> 4
    }

    pub(super) fn kind(&self) -> u8 {
        self.form & 15
    }
}

// With its slot, 62 bytes for a chunk.
const _: () = assert!(size_of::<Entry>() == 56);

const EMPTY: u32 = u32::MAX;

/// The table, built once.
#[derive(Debug, Default)]
pub(super) struct Table {
    entries: Vec<Entry>,
    /// Four for every three entries.
    slots: Vec<u32>,
}

impl Table {
    /// Of entries in any order; a place that is named twice stays once.
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let slots = vec![EMPTY; entries.len() + entries.len() / 3 + 1];
        let mut table = Self { entries, slots };
        for number in 0..table.entries.len().min(EMPTY as usize) {
            table.insert(number as u32);
        }
        table
    }

    fn insert(&mut self, number: u32) {
        let Some(new) = self.entries.get(number as usize).copied() else { return };
        let mut at = self.start(&new.id);
        loop {
            let Some(slot) = self.slots.get(at).copied() else { return };
            match self.entries.get(slot as usize) {
                _ if slot == EMPTY => break,
                Some(old) if (old.id, old.pack, old.offset) == (new.id, new.pack, new.offset) => return,
                _ => at = self.after(at),
            }
        }
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = number;
        }
    }

    fn start(&self, id: &ChunkId) -> usize {
        let [a, b, c, d, e, f, g, h, ..] = id.0;
        let hash = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        ((u128::from(hash) * self.slots.len() as u128) >> 64) as usize
    }

    fn after(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() { 0 } else { at + 1 }
    }

    /// All entries of an id.
    pub(super) fn find<'a>(&'a self, id: &'a ChunkId) -> impl Iterator<Item = &'a Entry> {
        let mut at = self.start(id);
        std::iter::from_fn(move || {
            let slot = *self.slots.get(at)?;
            at = self.after(at);
            self.entries.get(slot as usize)
        })
        .filter(|entry| entry.id == *id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Entry> {
        self.slots.iter().filter_map(|slot| self.entries.get(*slot as usize))
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}
