use std::collections::{HashMap, HashSet};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use mainstay_kit::{Compare, Scratch, TreePlan, differences, make, survey};
use mainstay_source::FilesSource;
use mainstay_world::tree::{Entry, Event as TreeEvent, Extent, Kind, Stat, View};

use super::*;
use crate::backup::{Event, Never, Silent};
use crate::format::blob::{BlobKind, Codec};
use crate::format::node::{HardLink, Node};
use crate::id::{ChunkId, PackId};
use crate::index::Place;
use crate::keys::KeyNumber;
use crate::tree::walk::Nodes;

/// Chunks in memory, in packs of the clear.
#[derive(Default)]
struct Made {
    nodes: HashMap<ChunkId, Node>,
    lists: HashMap<ChunkId, Vec<ChunkId>>,
    places: HashMap<ChunkId, Place>,
    packs: Vec<Vec<u8>>,
    /// Chunks that cannot be opened any more.
    broken: HashSet<ChunkId>,
    reads: AtomicU64,
    top: Option<NodeEntry>,
}

/// Small, so that small files have several chunks and a small tree several packs.
const CHUNK_BYTES: usize = 4096;
const PACK_BYTES: usize = 64 << 10;

impl Nodes for Made {
    type Error = ChunkFault;

    fn node(&self, id: &ChunkId) -> Result<Node, ChunkFault> {
        self.nodes.get(id).cloned().ok_or_else(|| ChunkFault::Damaged("a node is missing".into()))
    }

    fn list(&self, id: &ChunkId) -> Result<Vec<ChunkId>, ChunkFault> {
        self.lists.get(id).cloned().ok_or_else(|| ChunkFault::Damaged("a list is missing".into()))
    }
}

impl Chunks for Made {
    type Opener = ();

    fn opener(&self) -> Result<(), ChunkFault> {
        Ok(())
    }

    fn place(&self, id: &ChunkId) -> Option<Place> {
        self.places.get(id).copied()
    }

    fn read_pack(
        &self,
        pack: &PackId,
        offset: u64,
        length: u64,
        into: &mut Vec<u8>,
    ) -> Result<(), ChunkFault> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let (from, length) = (offset as usize, length as usize);
        into.clear();
        into.extend_from_slice(&self.packs[usize::from(pack.0[0])][from..from + length]);
        Ok(())
    }

    fn open(
        &self,
        _opener: &mut (),
        id: &ChunkId,
        _place: &Place,
        stored: &[u8],
        into: &mut Vec<u8>,
    ) -> Result<(), ChunkFault> {
        into.clear();
        into.extend_from_slice(stored);
        match self.broken.contains(id) || self.data_id(into) != *id {
            true => Err(ChunkFault::Damaged("a chunk is damaged".into())),
            false => Ok(()),
        }
    }

    fn read_anywhere(&self, _opener: &mut (), _id: &ChunkId, _into: &mut Vec<u8>) -> Result<(), ChunkFault> {
        Err(ChunkFault::Damaged("a chunk is damaged".into()))
    }

    fn data_id(&self, content: &[u8]) -> ChunkId {
        ChunkId(*blake3::hash(content).as_bytes())
    }
}

impl Made {
    /// Takes a folder in, as a backup would.
    fn of(root: &Path) -> Self {
        let source = FilesSource { roots: vec![root.to_owned()], ..FilesSource::default() };
        Self::of_view(source.snapshot().unwrap().as_ref())
    }

    fn of_view(view: &dyn View) -> Self {
        let mut made = Self::default();
        let mut tree = view.walk().unwrap();
        let mut open: Vec<NodeEntry> = Vec::new();
        let mut children: Vec<Vec<NodeEntry>> = vec![Vec::new()];
        while let Some(event) = tree.next() {
            match event {
                TreeEvent::Enter(entry) => {
                    open.push(made.entry(entry.as_ref()));
                    children.push(Vec::new());
                }
                TreeEvent::Leaf(entry) => {
                    let entry = made.entry(entry.as_ref());
                    children.last_mut().unwrap().push(entry);
                }
                TreeEvent::Leave => {
                    let mut folder = open.pop().unwrap();
                    folder.content = made.folder(children.pop().unwrap());
                    children.last_mut().unwrap().push(folder);
                }
                TreeEvent::Fault(fault) => panic!("{fault}"),
            }
        }
        made.top = children.pop().unwrap().pop();
        made
    }

    fn entry(&mut self, entry: &dyn Entry) -> NodeEntry {
        let Stat { kind, mode, uid, gid, size, mtime, rdev, links, inode, device, .. } = *entry.stat();
        let link = (links > 1 && kind != Kind::Folder).then_some(HardLink { inode, device });
        let mut made = NodeEntry {
            name: entry.name().to_vec(),
            kind,
            mode,
            uid,
            gid,
            size: if kind == Kind::File { size } else { 0 },
            mtime,
            rdev,
            link,
            details: entry.details().unwrap(),
            content: Content::default(),
            extents: Vec::new(),
        };
        if kind == Kind::File {
            let mut content = entry.open().unwrap();
            made.extents = content.extents().unwrap().unwrap_or_default();
            let mut buffer = vec![0; CHUNK_BYTES];
            let mut ids = Vec::new();
            loop {
                let read = content.read(&mut buffer).unwrap();
                if read == 0 {
                    break;
                }
                ids.push(self.data(&buffer[..read]));
            }
            content.finish().unwrap();
            // Through a list, so that lists are walked too.
            made.content = if ids.len() > 3 {
                let list = self.id();
                self.lists.insert(list, ids);
                Content { ids: vec![list], depth: 1 }
            } else {
                Content { ids, depth: 0 }
            };
        }
        made
    }

    fn id(&self) -> ChunkId {
        let number = (self.nodes.len() + self.lists.len()) as u64;
        ChunkId(*blake3::hash(&number.to_le_bytes()).as_bytes())
    }

    fn folder(&mut self, entries: Vec<NodeEntry>) -> Content {
        let mut ids = Vec::new();
        for part in entries.chunks(50) {
            let id = self.id();
            self.nodes.insert(id, Node { entries: part.to_vec() });
            ids.push(id);
        }
        Content { ids, depth: 0 }
    }

    fn data(&mut self, bytes: &[u8]) -> ChunkId {
        let id = self.data_id(bytes);
        if self.places.contains_key(&id) {
            return id;
        }
        if self.packs.last().is_none_or(|pack| pack.len() + bytes.len() > PACK_BYTES) {
            self.packs.push(Vec::new());
        }
        let number = self.packs.len() - 1;
        let pack = &mut self.packs[number];
        let place = Place {
            pack: PackId([number as u8; 32]),
            offset: pack.len() as u32,
            stored_length: bytes.len() as u32,
            raw_length: bytes.len() as u32,
            key: KeyNumber(0),
            codec: Codec::Raw,
            kind: BlobKind::Data,
            links: 0,
        };
        pack.extend_from_slice(bytes);
        self.places.insert(id, place);
        id
    }

    /// A tree of entries that were written down by hand.
    fn by_hand(entries: Vec<NodeEntry>) -> Self {
        let mut made = Self::default();
        let content = made.folder(entries);
        made.top = Some(NodeEntry { content, ..plain(b"", Kind::Folder, 0o755) });
        made
    }

    fn restore(&self, request: &RestoreRequest) -> Result<Restored, RestoreError> {
        self.restore_with(request, &Silent, &Never)
    }

    fn restore_with(
        &self,
        request: &RestoreRequest,
        monitor: &dyn Monitor,
        cancel: &dyn Cancel,
    ) -> Result<Restored, RestoreError> {
        let top = self.top.as_ref().unwrap();
        let tree = TreeToRestore { name: "snapshot".into(), top, content: &top.content };
        restore_tree(self, &tree, request, monitor, cancel)
    }
}

fn plain(name: &[u8], kind: Kind, mode: u32) -> NodeEntry {
    NodeEntry {
        name: name.to_vec(),
        kind,
        mode,
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
        size: 0,
        mtime: Default::default(),
        rdev: (0, 0),
        link: None,
        details: Default::default(),
        content: Content::default(),
        extents: Vec::new(),
    }
}

fn to(path: &Path) -> RestoreRequest {
    RestoreRequest { to: path.to_owned(), threads: 3, ..RestoreRequest::default() }
}

/// With what gives power.
fn all_to(path: &Path) -> RestoreRequest {
    RestoreRequest { special: true, ..to(path) }
}

fn leftovers(folder: &Path) -> Vec<String> {
    let names =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(".mainstay")).collect()
}

fn assert_same(original: &Path, copy: &Path) {
    let compare = Compare { special: false, ..Compare::default() };
    let found = differences(&survey(original).unwrap(), &survey(copy).unwrap(), compare);
    assert!(found.is_empty(), "{found:#?}");
}

fn hostile() -> Scratch {
    let scratch = Scratch::new().unwrap();
    fs::create_dir(scratch.join("source")).unwrap();
    make(&scratch.join("source"), &TreePlan::hostile(7)).unwrap();
    scratch
}

#[test]
fn a_hostile_tree_comes_back_as_it_was() {
    let scratch = hostile();
    let made = Made::of(&scratch.join("source"));
    let restored = made.restore(&all_to(&scratch.join("target"))).unwrap();
    assert_eq!(restored.problems, []);
    assert_same(&scratch.join("source"), &scratch.join("target"));
    assert!(leftovers(scratch.path()).is_empty());
    assert!(restored.counts.files > 0 && restored.counts.others > 0);
}

#[test]
fn an_empty_target_is_filled_and_nothing_is_left_beside() {
    let scratch = hostile();
    let made = Made::of(&scratch.join("source"));
    let target = scratch.join("target");
    fs::create_dir(&target).unwrap();
    let before = fs::metadata(&target).unwrap().ino();
    assert_eq!(made.restore(&all_to(&target)).unwrap().problems, []);
    assert_same(&scratch.join("source"), &target);
    assert_eq!(fs::metadata(&target).unwrap().ino(), before, "a mount point stays one");
    assert!(leftovers(&target).is_empty());
}
