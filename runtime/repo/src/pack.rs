//! Packs under construction.
//!
//! Four data packs are open at a time and each blob goes to one of them at random, so that neighbours in a pack
//! say nothing of where a file was cut. Nodes and lists go to a pack of their own: whoever walks the tree
//! reads few bytes. A full pack is closed and named by whoever filled it, outside the lock.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mainstay_world::Random;

use crate::format::TooLarge;
use crate::format::blob::{BlobKind, Shape};
use crate::format::limits::MAX_PACK_ENTRIES;
use crate::format::pack::{PackEnd, PackEntry, pack_id};
use crate::id::{ChunkId, FamilyId, PackId};
use crate::keys::{MapKey, WrappedKey};

/// A data pack is closed before its blobs exceed this.
pub const DATA_PACK_BYTES: usize = 16 << 20;
/// A pack of nodes and lists.
pub const TREE_PACK_BYTES: usize = 4 << 20;
/// Data packs that are open at the same time.
pub const OPEN_DATA_PACKS: usize = 4;

/// Random numbers are asked for in stretches of this many bytes.
const DICE_BYTES: usize = 256;

/// What all packs of a session carry.
#[derive(Clone)]
pub(crate) struct PackSeal {
    pub(crate) family: FamilyId,
    pub(crate) map: MapKey,
    /// M, wrapped.
    pub(crate) root: WrappedKey,
    pub(crate) random: Arc<dyn Random>,
}

/// A sealed blob that goes into a pack.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    pub(crate) id: ChunkId,
    pub(crate) shape: Shape,
    /// Number of its session key among those of the session.
    pub(crate) key: u32,
    /// Where its bytes are among those that are handed over.
    pub(crate) range: std::ops::Range<usize>,
}

/// A pack that is full, or that a barrier asked for.
pub(crate) struct FullPack {
    bytes: Vec<u8>,
    entries: Vec<PackEntry>,
}

/// A pack with its name.
pub(crate) struct ClosedPack {
    pub(crate) id: PackId,
    pub(crate) bytes: Vec<u8>,
    /// Their keys are numbers among those of the session.
    pub(crate) entries: Vec<PackEntry>,
}

/// What became of blobs that were handed over.
#[derive(Default)]
pub(crate) struct Added {
    /// Packs that are full now.
    pub(crate) full: Vec<FullPack>,
    /// Places among the blobs of those that are the first of their pack.
    pub(crate) first: Vec<usize>,
    /// Bytes that went into packs: not those that another thread had stored meanwhile.
    pub(crate) stored_bytes: u64,
    /// Content of these before compression, in bytes.
    pub(crate) raw_bytes: u64,
}

/// The open packs of a session, and the ids of all that went into any.
pub(crate) struct Packer {
    state: Mutex<State>,
    random: Arc<dyn Random>,
    spare: Spare,
}

/// Buffers of packs that were written, to be filled again.
#[derive(Default)]
struct Spare(Mutex<Vec<Vec<u8>>>);

impl Spare {
    fn take(&self) -> FullPack {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        FullPack { bytes: bytes.unwrap_or_default(), entries: Vec::new() }
    }

    fn give_back(&self, mut bytes: Vec<u8>) {
        bytes.clear();
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() <= OPEN_DATA_PACKS {
            spare.push(bytes);
        }
    }
}

struct State {
    data: Vec<FullPack>,
    tree: FullPack,
    known: HashSet<ChunkId, BuildHasherDefault<IdHasher>>,
    dice: Vec<u8>,
}

/// Ids are keyed hashes already: their first bytes are as good as any hash of them.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    /// The length of an array comes first; it says nothing.
    fn write_usize(&mut self, _length: usize) {}
}

impl Packer {
    /// With nothing in it.
    pub(crate) fn new(random: Arc<dyn Random>) -> Self {
        let state = State {
            data: (0..OPEN_DATA_PACKS).map(|_| FullPack::empty()).collect(),
            tree: FullPack::empty(),
            known: HashSet::default(),
            dice: Vec::new(),
        };
        Self { state: Mutex::new(state), random, spare: Spare::default() }
    }

    /// A pack was written: its buffer serves for another.
    pub(crate) fn give_back(&self, bytes: Vec<u8>) {
        self.spare.give_back(bytes);
    }

    /// Says of each id whether this session stored it.
    pub(crate) fn knows<'a>(&self, ids: impl Iterator<Item = &'a ChunkId>) -> Vec<bool> {
        let state = self.lock();
        ids.map(|id| state.known.contains(id)).collect()
    }

    /// Puts blobs into open packs. What another thread stored since it was looked up is left out.
    pub(crate) fn add(&self, blobs: &[Sealed], bytes: &[u8]) -> Added {
        let mut state = self.lock();
        let mut added = Added::default();
        for (place, blob) in blobs.iter().enumerate() {
            if state.known.insert(blob.id) {
                let stored = bytes.get(blob.range.clone()).unwrap_or_default();
                let die = state.roll(&*self.random);
                state.put(die, place, blob, stored, &self.spare, &mut added);
            }
        }
        added
    }

    /// All packs that hold anything: what a barrier writes.
    pub(crate) fn take_all(&self) -> Vec<FullPack> {
        let mut state = self.lock();
        let State { data, tree, .. } = &mut *state;
        let open = data.iter_mut().chain([tree]).filter(|pack| !pack.entries.is_empty());
        open.map(|pack| std::mem::replace(pack, FullPack::empty())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A random number of one of the open packs.
    fn roll(&mut self, random: &dyn Random) -> usize {
        if self.dice.is_empty() {
            self.dice.resize(DICE_BYTES, 0);
            random.fill(&mut self.dice);
        }
        usize::from(self.dice.pop().unwrap_or(0)) % OPEN_DATA_PACKS
    }

    fn put(
        &mut self,
        die: usize,
        place: usize,
        blob: &Sealed,
        stored: &[u8],
        spare: &Spare,
        added: &mut Added,
    ) {
        let (pack, limit) = match blob.shape.kind {
            BlobKind::Data => (self.data.get_mut(die).unwrap_or(&mut self.tree), DATA_PACK_BYTES),
            BlobKind::Node | BlobKind::List => (&mut self.tree, TREE_PACK_BYTES),
        };
        if !pack.has_room(stored.len(), limit) {
            added.full.push(std::mem::replace(pack, spare.take()));
        }
        if pack.entries.is_empty() {
            added.first.push(place);
        }
        pack.put(blob, stored);
        added.stored_bytes += stored.len() as u64;
        added.raw_bytes += u64::from(blob.shape.raw_length);
    }
}

impl FullPack {
    fn empty() -> Self {
        Self { bytes: Vec::new(), entries: Vec::new() }
    }

    fn has_room(&self, bytes: usize, limit: usize) -> bool {
        let fits = self.bytes.len() + bytes <= limit && self.entries.len() < MAX_PACK_ENTRIES as usize;
        self.entries.is_empty() || fits
    }

    fn put(&mut self, blob: &Sealed, stored: &[u8]) {
        let Shape { kind, codec, raw_length, links } = blob.shape;
        self.entries.push(PackEntry {
            id: blob.id,
            offset: self.bytes.len() as u32,
            stored_length: stored.len() as u32,
            raw_length,
            key: blob.key,
            codec,
            kind,
            links,
        });
        self.bytes.extend_from_slice(stored);
    }

    /// Writes the end and names the whole. `keys` are those of the session, which blobs name by number.
    pub(crate) fn close(mut self, seal: &PackSeal, keys: &[WrappedKey]) -> Result<ClosedPack, TooLarge> {
        let (entries, keys) = own_keys(&self.entries, keys);
        let end = PackEnd { entries, keys, root: seal.root.clone() };
        end.append(&mut self.bytes, &seal.family, &seal.map, &*seal.random)?;
        Ok(ClosedPack { id: pack_id(&self.bytes), bytes: self.bytes, entries: self.entries })
    }
}

/// A pack names only the keys that it needs, by its own numbers.
fn own_keys(entries: &[PackEntry], keys: &[WrappedKey]) -> (Vec<PackEntry>, Vec<WrappedKey>) {
    let mut used: Vec<u32> = entries.iter().map(|entry| entry.key).collect();
    used.sort_unstable();
    used.dedup();
    let renumbered = |entry: &PackEntry| PackEntry {
        key: used.binary_search(&entry.key).unwrap_or_default() as u32,
        ..*entry
    };
    let wanted = used.iter().filter_map(|number| keys.get(*number as usize).cloned());
    (entries.iter().map(renumbered).collect(), wanted.collect())
}
