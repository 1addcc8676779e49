//! The tree under construction: folders that were entered, and are not whole yet.
//!
//! The walk goes on while files are still being read, so a folder may have been left before its entries are
//! known. It is finished when it was left and nothing of it is missing, and then becomes an entry of its parent.
//! A folder that the cache knows is only compared, as long as nothing in it changed; then it is taken over by the
//! ids of its nodes. Nothing here recurses: a path of any depth costs a few numbers for each of its folders.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use mainstay_world::TimestampMs;
use mainstay_world::tree::Stat;

use super::blobs::BlobWriter;
use super::cache::{BlockRef, Cache, CacheDraft, CacheSeal, CacheWriter, PathKey, Stamp};
use super::folder::{Cached, Finished, Folder, Known, Own};
use super::walk::WalkError;
use crate::format::node::{Content, NodeEntry};
use crate::id::SnapshotId;

/// Names a folder while it is under construction.
pub(super) type FolderKey = u64;

/// A place among the entries of a folder: the number of its entry, in the order of the walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) folder: FolderKey,
    pub(super) number: u64,
}

/// What may be taken over from an earlier run, and what the next one may take from this.
pub(super) struct Reuse {
    /// Where nodes close.
    pub(super) close_key: [u8; 32],
    pub(super) seal: Option<CacheSeal>,
    pub(super) cache: Option<Arc<Cache>>,
    /// Whether folders may be taken over by their ids: the cache's snapshot is in force, and all of it usable.
    pub(super) by_folder: bool,
    pub(super) writer: Option<CacheWriter>,
    /// When the walk began; what changed at about that time is not believed next time.
    pub(super) started: TimestampMs,
    used: bool,
}

impl Reuse {
    /// Of K_cut.
    pub(super) fn new(cut: &[u8; 32], started: TimestampMs) -> Self {
        let close_key = *blake3::keyed_hash(cut, b"mainstay 2026 nodes").as_bytes();
        Self { close_key, seal: None, cache: None, by_folder: false, writer: None, started, used: false }
    }

    pub(super) fn writes_cache(&self) -> bool {
        self.writer.is_some()
    }

    pub(super) fn keep(&mut self, key: PathKey, block: BlockRef) {
        self.used = true;
        if let Some(writer) = &mut self.writer {
            writer.keep(key, block);
        }
    }

    pub(super) fn put(&mut self, key: PathKey, content: &Content, draft: &CacheDraft) {
        if let Some(writer) = &mut self.writer {
            writer.put(key, content, draft);
        }
    }

    /// The snapshot that something was taken over from, if anything was.
    pub(super) fn parent(&self) -> Option<SnapshotId> {
        self.cache.as_ref().filter(|_| self.used && self.by_folder).map(|cache| cache.snapshot)
    }

    fn key(&self, parent: Option<&Folder>, name: &[u8]) -> PathKey {
        match (&self.seal, parent) {
            (Some(seal), Some(parent)) => seal.below(&parent.key, name),
            (Some(seal), None) => seal.top(),
            (None, _) => PathKey::default(),
        }
    }

    fn cached(&self, key: &PathKey) -> Option<Cached> {
        let (block, stamps) = self.cache.as_ref()?.stamps(key)?;
        Some(Cached::new(block, stamps))
    }
}

/// All folders under construction.
pub(super) struct Folders {
    pub(super) reuse: Reuse,
    folders: HashMap<FolderKey, Folder>,
    /// Those that the walk is in, the top first.
    path: Vec<FolderKey>,
    next: FolderKey,
    /// The top, once it is finished.
    top: Option<NodeEntry>,
}

/// Something finished that has yet to be put into its place.
type Filled = (Place, Filling);

enum Filling {
    Entry(Option<Known>),
    Folder(Finished),
}

impl Folders {
    pub(super) fn new(reuse: Reuse) -> Self {
        Self { reuse, folders: HashMap::new(), path: Vec::new(), next: 0, top: None }
    }

    /// The walk enters a folder. Its attributes are asked for only if the cache does not know them; answers whether
    /// they were.
    pub(super) fn enter(
        &mut self,
        name: &[u8],
        stat: &Stat,
        fresh: impl FnOnce() -> NodeEntry,
        blobs: &mut BlobWriter<'_>,
    ) -> Result<(), WalkError> {
        let stamp = Stamp::of(stat, self.reuse.started);
        let parent = self.path.last().copied();
        let believed = match parent {
            Some(_) => self.look(name, &stamp, blobs)?,
            None => None,
        };
        let place = parent.and_then(|key| {
            let folder = self.folders.get_mut(&key)?;
            let number = if folder.is_unchanged() { folder.meet(true) } else { folder.reserve() };
            Some(Place { folder: key, number })
        });
        let own = believed.map_or_else(|| Own::Fresh(fresh()), Own::Cached);
        let key = self.reuse.key(parent.and_then(|key| self.folders.get(&key)), name);
        let cached = self.reuse.cached(&key);
        self.folders.insert(self.next, Folder::new(place, own, stamp, key, cached, self.reuse.by_folder));
        self.path.push(self.next);
        self.next += 1;
        Ok(())
    }

    /// Takes an entry that is no folder from the cache, if it is there and may be believed.
    pub(super) fn take(
        &mut self,
        name: &[u8],
        stat: &Stat,
        blobs: &mut BlobWriter<'_>,
    ) -> Result<bool, WalkError> {
        let stamp = Stamp::of(stat, self.reuse.started);
        let Some(ordinal) = self.look(name, &stamp, blobs)? else { return Ok(false) };
        let Some(folder) = self.path.last().and_then(|key| self.folders.get_mut(key)) else {
            return Ok(false);
        };
        if folder.is_unchanged() {
            folder.meet(false);
            return Ok(true);
        }
        let Some(entry) = folder.cached_entry(ordinal, &self.reuse) else { return Ok(false) };
        if !blobs.may_refer_to(&entry.content, self.reuse.by_folder) {
            return Ok(false);
        }
        self.reuse.used = true;
        let number = folder.reserve();
        folder.put(number, Some(Known { entry, stamp }));
        folder.drain(&self.reuse, blobs)?;
        Ok(true)
    }

    /// The number of an entry in the cache, if nothing of it changed. An entry that is new, changed, or gone before
    /// this one ends the hope that its folder is unchanged.
    fn look(
        &mut self,
        name: &[u8],
        stamp: &Stamp,
        blobs: &mut BlobWriter<'_>,
    ) -> Result<Option<u64>, WalkError> {
        let Some(folder) = self.path.last().and_then(|key| self.folders.get_mut(key)) else {
            return Ok(None);
        };
        let Some(cached) = &mut folder.cached else { return Ok(None) };
        let lookup = cached.stamps.find(name);
        let believed = lookup.found.filter(|(_, old)| old.believes(stamp)).map(|(ordinal, _)| ordinal);
        if lookup.skipped || believed.is_none() {
            folder.diverge(&self.reuse, blobs)?;
        }
        Ok(believed)
    }

    /// Keeps a place for an entry of the folder that the walk is in; none before the top.
    pub(super) fn reserve(&mut self) -> Option<Place> {
        let key = *self.path.last()?;
        Some(Place { folder: key, number: self.folders.get_mut(&key)?.reserve() })
    }

    /// An entry is known, or is known to be missing.
    pub(super) fn fill(
        &mut self,
        place: Place,
        known: Option<Known>,
        blobs: &mut BlobWriter<'_>,
    ) -> Result<(), WalkError> {
        self.settle((place, Filling::Entry(known)), blobs)
    }

    /// The walk leaves the folder that it is in.
    pub(super) fn leave(&mut self, blobs: &mut BlobWriter<'_>) -> Result<(), WalkError> {
        let Some(key) = self.path.pop() else { return Ok(()) };
        if let Some(folder) = self.folders.get_mut(&key) {
            folder.left = true;
            if folder.cached.as_ref().is_some_and(|cached| !cached.stamps.is_at_end()) {
                folder.diverge(&self.reuse, blobs)?;
            }
        }
        match self.finish(key, blobs)? {
            Some(filled) => self.settle(filled, blobs),
            None => Ok(()),
        }
    }

    /// Puts what is finished into its place, and what that finishes, up to the top.
    fn settle(&mut self, filled: Filled, blobs: &mut BlobWriter<'_>) -> Result<(), WalkError> {
        let mut next = Some(filled);
        while let Some((place, filling)) = next {
            let Some(folder) = self.folders.get_mut(&place.folder) else { return Ok(()) };
            match filling {
                Filling::Folder(Finished { unchanged: true, own: Own::Cached(_), .. })
                    if folder.is_unchanged() =>
                {
                    folder.settle(place.number);
                }
                Filling::Folder(finished) => {
                    folder.diverge(&self.reuse, blobs)?;
                    let known = as_entry(folder, finished, &self.reuse)?;
                    folder.put(place.number, Some(known));
                }
                Filling::Entry(known) => folder.put(place.number, known),
            }
            folder.drain(&self.reuse, blobs)?;
            next = self.finish(place.folder, blobs)?;
        }
        Ok(())
    }

    /// Takes a folder out if nothing of it is missing; answers where it goes, and as what.
    fn finish(&mut self, key: FolderKey, blobs: &mut BlobWriter<'_>) -> Result<Option<Filled>, WalkError> {
        if !self.folders.get(&key).is_some_and(Folder::is_whole) {
            return Ok(None);
        }
        let Some(folder) = self.folders.remove(&key) else { return Ok(None) };
        let place = folder.place;
        let finished = folder.finish(&mut self.reuse, blobs)?;
        if let Some(place) = place {
            return Ok(Some((place, Filling::Folder(finished))));
        }
        if let Own::Fresh(entry) = finished.own {
            self.top = Some(NodeEntry { content: finished.content, ..entry });
        }
        Ok(None)
    }

    /// What is finished so far, from the top; nothing before the walk began. A folder that is unchanged so far is
    /// left out: an earlier snapshot has it.
    pub(super) fn partial(&mut self, blobs: &mut BlobWriter<'_>) -> Result<Option<NodeEntry>, WalkError> {
        let mut inner: BTreeMap<FolderKey, BTreeMap<u64, NodeEntry>> = BTreeMap::new();
        // Folders are numbered as they are entered, so what is deeper has the larger number.
        let mut keys: Vec<FolderKey> = self.folders.keys().copied().collect();
        keys.sort_unstable();
        while let Some(key) = keys.pop() {
            let Some(folder) = self.folders.get(&key).filter(|folder| !folder.is_unchanged()) else {
                continue;
            };
            let content = folder.partial(inner.remove(&key).unwrap_or_default(), &self.reuse, blobs)?;
            let place = folder.place;
            let own = match &folder.own {
                Own::Fresh(entry) => Some(entry.clone()),
                Own::Cached(ordinal) => {
                    let ordinal = *ordinal;
                    let parent = place.and_then(|place| self.folders.get_mut(&place.folder));
                    parent.and_then(|parent| parent.cached_entry(ordinal, &self.reuse))
                }
            };
            let Some(entry) = own.map(|entry| NodeEntry { content, ..entry }) else { continue };
            match place {
                Some(place) => drop(inner.entry(place.folder).or_default().insert(place.number, entry)),
                None => return Ok(Some(entry)),
            }
        }
        Ok(None)
    }

    /// The top, once everything is finished.
    pub(super) fn take_top(&mut self) -> Option<NodeEntry> {
        self.top.take()
    }
}

/// A finished folder as an entry of its parent.
fn as_entry(parent: &mut Folder, finished: Finished, reuse: &Reuse) -> Result<Known, WalkError> {
    let Finished { own, stamp, content, .. } = finished;
    let entry = match own {
        Own::Fresh(entry) => entry,
        Own::Cached(ordinal) => parent.cached_entry(ordinal, reuse).ok_or(WalkError::Cache)?,
    };
    Ok(Known { entry: NodeEntry { content, ..entry }, stamp })
}
