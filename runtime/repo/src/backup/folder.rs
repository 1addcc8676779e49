//! One folder under construction: its entries become nodes in the order of their names, as they become known.

use std::collections::{BTreeMap, VecDeque};

use super::blobs::BlobWriter;
use super::cache::{BlockRef, CacheDraft, OldNodes, PathKey, Stamp, Stamps};
use super::content::ContentBuilder;
use super::folders::{Place, Reuse};
use super::line::WriteError;
use super::walk::WalkError;
use crate::format::limits::{MAX_NODE_ENTRIES, MAX_NODE_LINKS};
use crate::format::node::{Content, Node, NodeEntry};

/// A node closes at a name whose keyed hash ends in as many zero bits as this mask has ones.
const CLOSE_MASK: u16 = (1 << 10) - 1;
/// Names, attributes and extents of a node, roughly, in bytes: one large extended attribute does not push
/// a node over what a blob may hold.
const NODE_WEIGHT_BYTES: usize = 4 << 20;

/// An entry whose content is known, and what would show a change of it.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) entry: NodeEntry,
    pub(super) stamp: Stamp,
}

impl Known {
    /// The same under another name.
    pub(super) fn named(&self, name: Vec<u8>) -> Self {
        Self { entry: NodeEntry { name, ..self.entry.clone() }, stamp: self.stamp }
    }
}

enum Slot {
    /// Not known yet.
    Waiting,
    Known(Box<Known>),
    /// It could not be had.
    Left,
}

/// The attributes of a folder.
pub(super) enum Own {
    /// As they were read in this run.
    Fresh(NodeEntry),
    /// As entry of this number of its parent in the cache.
    Cached(u64),
}

/// What the cache knows of a folder.
pub(super) struct Cached {
    pub(super) block: BlockRef,
    pub(super) stamps: Stamps,
    nodes: Option<OldNodes>,
}

/// A folder in which nothing has changed so far: only counted, nothing is built.
#[derive(Default)]
struct Unchanged {
    /// Entries met; their numbers are those of the cache.
    met: u64,
    /// Folders among them that are not finished.
    waiting: Vec<u64>,
}

/// A folder that was entered and is not finished.
pub(super) struct Folder {
    /// Where it goes when it is finished; the top goes nowhere.
    pub(super) place: Option<Place>,
    pub(super) own: Own,
    pub(super) stamp: Stamp,
    pub(super) key: PathKey,
    pub(super) cached: Option<Cached>,
    unchanged: Option<Unchanged>,
    /// Entries that are not in a node yet; the first is number `first`.
    slots: VecDeque<Slot>,
    first: u64,
    pub(super) left: bool,
    built: Built,
    draft: CacheDraft,
}

/// What entries have become.
#[derive(Clone, Default)]
struct Built {
    node: OpenNode,
    nodes: ContentBuilder,
}

/// Entries of the node that is being filled.
#[derive(Clone, Default)]
struct OpenNode {
    entries: Vec<NodeEntry>,
    links: usize,
    weight_bytes: usize,
}

/// A finished folder.
pub(super) struct Finished {
    pub(super) own: Own,
    pub(super) stamp: Stamp,
    pub(super) content: Content,
    /// Its nodes are those of the cache.
    pub(super) unchanged: bool,
}

impl Cached {
    pub(super) fn new(block: BlockRef, stamps: Stamps) -> Self {
        Self { block, stamps, nodes: None }
    }
}

impl Folder {
    pub(super) fn new(
        place: Option<Place>,
        own: Own,
        stamp: Stamp,
        key: PathKey,
        cached: Option<Cached>,
        may_be_reused: bool,
    ) -> Self {
        let unchanged = (may_be_reused && cached.is_some()).then(Unchanged::default);
        Self {
            place,
            own,
            stamp,
            key,
            cached,
            unchanged,
            slots: VecDeque::new(),
            first: 0,
            left: false,
            built: Built::default(),
            draft: CacheDraft::default(),
        }
    }

    /// Whether nothing has changed so far.
    pub(super) fn is_unchanged(&self) -> bool {
        self.unchanged.is_some()
    }

    /// Keeps a place for an entry; its number.
    pub(super) fn reserve(&mut self) -> u64 {
        let number = self.first + self.slots.len() as u64;
        self.slots.push_back(Slot::Waiting);
        number
    }

    /// In a folder without change: meets an entry that has none either. A folder is waited for.
    pub(super) fn meet(&mut self, waits: bool) -> u64 {
        let Some(unchanged) = &mut self.unchanged else { return 0 };
        let number = unchanged.met;
        unchanged.met += 1;
        if waits {
            unchanged.waiting.push(number);
        }
        number
    }

    /// In a folder without change: a folder in it is finished and has none either.
    pub(super) fn settle(&mut self, number: u64) {
        if let Some(unchanged) = &mut self.unchanged {
            unchanged.waiting.retain(|waiting| *waiting != number);
        }
    }

    /// A change after all: what was only counted is built now, from the cache.
    pub(super) fn diverge(&mut self, reuse: &Reuse, blobs: &mut BlobWriter<'_>) -> Result<(), WalkError> {
        let Some(Unchanged { met, waiting }) = self.unchanged.take() else { return Ok(()) };
        let stamps = self.cached.as_ref().map(|cached| cached.stamps.first(met)).unwrap_or_default();
        if stamps.len() as u64 != met {
            return Err(WalkError::Cache);
        }
        for (number, stamp) in (0..).zip(stamps) {
            let slot = match waiting.contains(&number) {
                true => Slot::Waiting,
                false => {
                    let entry = self.cached_entry(number, reuse).ok_or(WalkError::Cache)?;
                    Slot::Known(Box::new(Known { entry, stamp }))
                }
            };
            self.slots.push_back(slot);
            self.drain(reuse, blobs)?;
        }
        Ok(())
    }

    /// An entry as the cache has it.
    pub(super) fn cached_entry(&mut self, ordinal: u64, reuse: &Reuse) -> Option<NodeEntry> {
        let cached = self.cached.as_mut()?;
        if cached.nodes.is_none() {
            cached.nodes = reuse.cache.as_ref()?.nodes(&self.key, &cached.block);
        }
        cached.nodes.as_mut()?.entry(ordinal)
    }

    /// An entry is known, or is known to be missing.
    pub(super) fn put(&mut self, number: u64, known: Option<Known>) {
        let place = number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        if let Some(slot) = place.and_then(|place| self.slots.get_mut(place)) {
            *slot = known.map_or(Slot::Left, |known| Slot::Known(Box::new(known)));
        }
    }

    /// Moves entries into nodes, as far as they are known.
    pub(super) fn drain(&mut self, reuse: &Reuse, blobs: &mut BlobWriter<'_>) -> Result<(), WriteError> {
        while let Some(slot) = self.slots.pop_front() {
            match slot {
                Slot::Waiting => {
                    self.slots.push_front(slot);
                    return Ok(());
                }
                Slot::Left => {}
                Slot::Known(known) => self.add(*known, reuse, blobs)?,
            }
            self.first += 1;
        }
        Ok(())
    }

    fn add(&mut self, known: Known, reuse: &Reuse, blobs: &mut BlobWriter<'_>) -> Result<(), WriteError> {
        let Known { entry, stamp } = known;
        let mut draft = reuse.writes_cache().then_some(&mut self.draft);
        if let Some(draft) = &mut draft {
            draft.stamp(&entry.name, &stamp);
        }
        self.built.add(entry, &reuse.close_key, draft, blobs)
    }

    /// What is finished of it: all that is known, and what is finished of the folders in it, by their numbers.
    pub(super) fn partial(
        &self,
        mut inner: BTreeMap<u64, NodeEntry>,
        reuse: &Reuse,
        blobs: &mut BlobWriter<'_>,
    ) -> Result<Content, WriteError> {
        let mut built = self.built.clone();
        for (number, slot) in (self.first..).zip(&self.slots) {
            let entry = match slot {
                Slot::Known(known) => Some(known.entry.clone()),
                Slot::Waiting => inner.remove(&number),
                Slot::Left => None,
            };
            if let Some(entry) = entry {
                built.add(entry, &reuse.close_key, None, blobs)?;
            }
        }
        built.finish(None, blobs)
    }

    /// Whether the walk left it and nothing of it is missing.
    pub(super) fn is_whole(&self) -> bool {
        let waits = self.unchanged.as_ref().is_some_and(|unchanged| !unchanged.waiting.is_empty());
        self.left && self.slots.is_empty() && !waits
    }

    /// Stores what is open, and tells the cache.
    pub(super) fn finish(
        mut self,
        reuse: &mut Reuse,
        blobs: &mut BlobWriter<'_>,
    ) -> Result<Finished, WriteError> {
        if let (Some(_), Some(cached)) = (&self.unchanged, self.cached.take()) {
            reuse.keep(self.key, cached.block);
            let content = cached.stamps.content;
            return Ok(Finished { own: self.own, stamp: self.stamp, content, unchanged: true });
        }
        let draft = reuse.writes_cache().then_some(&mut self.draft);
        let content = self.built.finish(draft, blobs)?;
        reuse.put(self.key, &content, &self.draft);
        Ok(Finished { own: self.own, stamp: self.stamp, content, unchanged: false })
    }
}

impl Built {
    fn add(
        &mut self,
        entry: NodeEntry,
        close_key: &[u8; 32],
        mut draft: Option<&mut CacheDraft>,
        blobs: &mut BlobWriter<'_>,
    ) -> Result<(), WriteError> {
        if !self.node.has_room(&entry) {
            self.close_node(draft.as_deref_mut(), blobs)?;
        }
        let closes = closes_at(close_key, &entry.name);
        self.node.add(entry);
        if closes || self.node.entries.len() >= MAX_NODE_ENTRIES as usize {
            self.close_node(draft, blobs)?;
        }
        Ok(())
    }

    fn close_node(
        &mut self,
        draft: Option<&mut CacheDraft>,
        blobs: &mut BlobWriter<'_>,
    ) -> Result<(), WriteError> {
        let OpenNode { entries, .. } = std::mem::take(&mut self.node);
        if entries.is_empty() {
            return Ok(());
        }
        let (id, bytes) = blobs.node(&Node { entries })?;
        if let Some(draft) = draft {
            draft.node(bytes);
        }
        self.nodes.push(id, blobs)
    }

    fn finish(
        &mut self,
        draft: Option<&mut CacheDraft>,
        blobs: &mut BlobWriter<'_>,
    ) -> Result<Content, WriteError> {
        self.close_node(draft, blobs)?;
        std::mem::take(&mut self.nodes).finish(blobs)
    }
}

impl OpenNode {
    fn has_room(&self, entry: &NodeEntry) -> bool {
        self.entries.is_empty()
            || (self.links + entry.content.ids.len() <= MAX_NODE_LINKS as usize
                && self.weight_bytes + weight_bytes(entry) <= NODE_WEIGHT_BYTES)
    }

    fn add(&mut self, entry: NodeEntry) {
        self.links += entry.content.ids.len();
        self.weight_bytes += weight_bytes(&entry);
        self.entries.push(entry);
    }
}

/// What an entry takes in a node, roughly.
fn weight_bytes(entry: &NodeEntry) -> usize {
    let xattrs: usize = entry.details.xattrs.iter().map(|(name, value)| name.len() + value.len() + 8).sum();
    let target = entry.details.target.as_ref().map_or(0, Vec::len);
    entry.name.len() + xattrs + target + entry.extents.len() * 10 + 64
}

/// Depends on the name alone, so that a change in a large folder changes one of its nodes.
fn closes_at(close_key: &[u8; 32], name: &[u8]) -> bool {
    let hash = blake3::keyed_hash(close_key, name);
    let [low, high, ..] = hash.as_bytes();
    u16::from_le_bytes([*low, *high]) & CLOSE_MASK == 0
}
