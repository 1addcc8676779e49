//! The tree under construction: folders that were entered, and are not whole yet.
//!
//! The walk goes on while files are still being read, so a folder may have been left before its entries are
//! known. Entries become nodes in the order of their names as soon as all before them are known; a folder is
//! finished when it was left and nothing of it is missing, and then becomes an entry of its parent.
//! Nothing here recurses: a path of any depth costs a few numbers for each of its folders.

use std::collections::{HashMap, VecDeque};

use super::blobs::BlobWriter;
use super::content::ContentBuilder;
use super::line::WriteError;
use crate::format::limits::{MAX_NODE_ENTRIES, MAX_NODE_LINKS};
use crate::format::node::{Content, Node, NodeEntry};

/// A node closes at a name whose keyed hash ends in as many zero bits as this mask has ones.
const CLOSE_MASK: u16 = (1 << 10) - 1;
/// Names, attributes and extents of a node, roughly, in bytes: one large extended attribute does not push
/// a node over what a blob may hold.
const NODE_WEIGHT_BYTES: usize = 4 << 20;

/// Names a folder while it is under construction.
pub(super) type FolderKey = u64;

/// A place among the entries of a folder: the number of its entry, in the order of the walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) folder: FolderKey,
    pub(super) number: u64,
}

enum Slot {
    /// Not known yet.
    Waiting,
    Known(Box<NodeEntry>),
    /// It could not be had.
    Left,
}

struct Folder {
    /// Where it goes when it is finished; the top goes nowhere.
    place: Option<Place>,
    entry: NodeEntry,
    /// Entries that are not in a node yet; the first is number `first`.
    slots: VecDeque<Slot>,
    first: u64,
    left: bool,
    node: OpenNode,
    nodes: ContentBuilder,
}

/// Entries of the node that is being filled.
#[derive(Default)]
struct OpenNode {
    entries: Vec<NodeEntry>,
    links: usize,
    weight_bytes: usize,
}

/// All folders under construction.
pub(super) struct Folders {
    close_key: [u8; 32],
    folders: HashMap<FolderKey, Folder>,
    /// Those that the walk is in, the top first.
    path: Vec<FolderKey>,
    next: FolderKey,
    /// The top, once it is finished.
    top: Option<NodeEntry>,
}

impl Folders {
    /// With K_cut, which says where nodes close.
    pub(super) fn new(cut: &[u8; 32]) -> Self {
        let close_key = *blake3::keyed_hash(cut, b"mainstay 2026 nodes").as_bytes();
        Self { close_key, folders: HashMap::new(), path: Vec::new(), next: 0, top: None }
    }

    /// The walk enters a folder.
    pub(super) fn enter(&mut self, entry: NodeEntry) {
        let place = self.reserve();
        let folder = Folder {
            place,
            entry,
            slots: VecDeque::new(),
            first: 0,
            left: false,
            node: OpenNode::default(),
            nodes: ContentBuilder::default(),
        };
        self.folders.insert(self.next, folder);
        self.path.push(self.next);
        self.next += 1;
    }

    /// Keeps a place for the next entry of the folder that the walk is in; none before the top.
    pub(super) fn reserve(&mut self) -> Option<Place> {
        let key = *self.path.last()?;
        let folder = self.folders.get_mut(&key)?;
        let number = folder.first + folder.slots.len() as u64;
        folder.slots.push_back(Slot::Waiting);
        Some(Place { folder: key, number })
    }

    /// An entry is known, or is known to be missing.
    pub(super) fn fill(
        &mut self,
        place: Place,
        entry: Option<NodeEntry>,
        blobs: &mut BlobWriter<'_>,
    ) -> Result<(), WriteError> {
        let mut filled = Some((place, entry));
        while let Some((place, entry)) = filled {
            let close_key = self.close_key;
            let Some(folder) = self.folders.get_mut(&place.folder) else { return Ok(()) };
            folder.put(place.number, entry);
            folder.drain(&close_key, blobs)?;
            filled = self.finish(place.folder, blobs)?;
        }
        Ok(())
    }

    /// The walk leaves the folder that it is in.
    pub(super) fn leave(&mut self, blobs: &mut BlobWriter<'_>) -> Result<(), WriteError> {
        let Some(key) = self.path.pop() else { return Ok(()) };
        if let Some(folder) = self.folders.get_mut(&key) {
            folder.left = true;
        }
        match self.finish(key, blobs)? {
            Some((place, entry)) => self.fill(place, entry, blobs),
            None => Ok(()),
        }
    }

    /// Takes a folder out if nothing of it is missing; answers where it goes, and as what.
    fn finish(
        &mut self,
        key: FolderKey,
        blobs: &mut BlobWriter<'_>,
    ) -> Result<Option<(Place, Option<NodeEntry>)>, WriteError> {
        if !self.folders.get(&key).is_some_and(|folder| folder.left && folder.slots.is_empty()) {
            return Ok(None);
        }
        let Some(folder) = self.folders.remove(&key) else { return Ok(None) };
        let place = folder.place;
        let entry = folder.close(blobs)?;
        match place {
            Some(place) => Ok(Some((place, Some(entry)))),
            None => {
                self.top = Some(entry);
                Ok(None)
            }
        }
    }

    /// The top, once everything is finished.
    pub(super) fn take_top(&mut self) -> Option<NodeEntry> {
        self.top.take()
    }
}

impl Folder {
    fn put(&mut self, number: u64, entry: Option<NodeEntry>) {
        let place = number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        if let Some(slot) = place.and_then(|place| self.slots.get_mut(place)) {
            *slot = entry.map_or(Slot::Left, |entry| Slot::Known(Box::new(entry)));
        }
    }

    /// Moves entries into nodes, as far as they are known.
    fn drain(&mut self, close_key: &[u8; 32], blobs: &mut BlobWriter<'_>) -> Result<(), WriteError> {
        while let Some(slot) = self.slots.pop_front() {
            match slot {
                Slot::Waiting => {
                    self.slots.push_front(slot);
                    return Ok(());
                }
                Slot::Left => {}
                Slot::Known(entry) => self.add(*entry, close_key, blobs)?,
            }
            self.first += 1;
        }
        Ok(())
    }

    fn add(
        &mut self,
        entry: NodeEntry,
        close_key: &[u8; 32],
        blobs: &mut BlobWriter<'_>,
    ) -> Result<(), WriteError> {
        if !self.node.has_room(&entry) {
            self.close_node(blobs)?;
        }
        let closes = closes_at(close_key, &entry.name);
        self.node.add(entry);
        if closes || self.node.entries.len() >= MAX_NODE_ENTRIES as usize {
            self.close_node(blobs)?;
        }
        Ok(())
    }

    fn close_node(&mut self, blobs: &mut BlobWriter<'_>) -> Result<(), WriteError> {
        let OpenNode { entries, .. } = std::mem::take(&mut self.node);
        if entries.is_empty() {
            return Ok(());
        }
        let id = blobs.node(&Node { entries })?;
        self.nodes.push(id, blobs)
    }

    /// As an entry of its parent.
    fn close(mut self, blobs: &mut BlobWriter<'_>) -> Result<NodeEntry, WriteError> {
        self.close_node(blobs)?;
        let content: Content = self.nodes.finish(blobs)?;
        Ok(NodeEntry { content, ..self.entry })
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
