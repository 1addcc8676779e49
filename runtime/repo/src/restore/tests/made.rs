//! Snapshots made by hand, in memory: what the tests of restoring restore.

use super::*;

/// Chunks in memory, in packs of the clear.
#[derive(Default)]
pub(super) struct Made {
    pub(super) nodes: HashMap<ChunkId, Node>,
    pub(super) lists: HashMap<ChunkId, Vec<ChunkId>>,
    pub(super) places: HashMap<ChunkId, Place>,
    pub(super) packs: Vec<Vec<u8>>,
    /// Chunks that cannot be opened any more.
    pub(super) broken: HashSet<ChunkId>,
    pub(super) reads: AtomicU64,
    pub(super) top: Option<NodeEntry>,
}

/// Small, so that small files have several chunks and a small tree several packs.
pub(super) const CHUNK_BYTES: usize = 4096;
pub(super) const PACK_BYTES: usize = 64 << 10;

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
    pub(super) fn of(root: &Path) -> Self {
        let source = FilesSource { roots: vec![root.to_owned()], ..FilesSource::default() };
        Self::of_view(source.snapshot().unwrap().as_ref())
    }

    pub(super) fn of_view(view: &dyn View) -> Self {
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
                TreeEvent::LeftOut { path, .. } => panic!("{path:?}"),
            }
        }
        made.top = children.pop().unwrap().pop();
        made
    }

    pub(super) fn entry(&mut self, entry: &dyn Entry) -> NodeEntry {
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

    pub(super) fn id(&self) -> ChunkId {
        let number = (self.nodes.len() + self.lists.len()) as u64;
        ChunkId(*blake3::hash(&number.to_le_bytes()).as_bytes())
    }

    pub(super) fn folder(&mut self, entries: Vec<NodeEntry>) -> Content {
        let mut ids = Vec::new();
        for part in entries.chunks(50) {
            let id = self.id();
            self.nodes.insert(id, Node { entries: part.to_vec() });
            ids.push(id);
        }
        Content { ids, depth: 0 }
    }

    pub(super) fn data(&mut self, bytes: &[u8]) -> ChunkId {
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
    pub(super) fn by_hand(entries: Vec<NodeEntry>) -> Self {
        let mut made = Self::default();
        let content = made.folder(entries);
        made.top = Some(NodeEntry { content, ..plain(b"", Kind::Folder, 0o755) });
        made
    }

    pub(super) fn restore(&self, request: &RestoreRequest) -> Result<Restored, RestoreError> {
        self.restore_with(request, &Silent, &Never)
    }

    pub(super) fn restore_with(
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

pub(super) fn plain(name: &[u8], kind: Kind, mode: u32) -> NodeEntry {
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

pub(super) fn to(path: &Path) -> RestoreRequest {
    RestoreRequest { to: path.to_owned(), threads: 3, ..RestoreRequest::default() }
}

/// With what gives power.
pub(super) fn all_to(path: &Path) -> RestoreRequest {
    RestoreRequest { special: true, ..to(path) }
}

pub(super) fn leftovers(folder: &Path) -> Vec<String> {
    let names =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(".mainstay")).collect()
}

pub(super) fn assert_same(original: &Path, copy: &Path) {
    let compare = Compare { special: false, ..Compare::default() };
    let found = differences(&survey(original).unwrap(), &survey(copy).unwrap(), compare);
    assert!(found.is_empty(), "{found:#?}");
}

pub(super) fn hostile() -> Scratch {
    let scratch = Scratch::new().unwrap();
    fs::create_dir(scratch.join("source")).unwrap();
    make(&scratch.join("source"), &TreePlan::hostile(7)).unwrap();
    scratch
}

/// A folder with a few files, taken in.
pub(super) fn ordinary() -> (Scratch, Made) {
    let scratch = Scratch::new().unwrap();
    fs::create_dir(scratch.join("source")).unwrap();
    make(&scratch.join("source"), &TreePlan::plain(4)).unwrap();
    let made = Made::of(&scratch.join("source"));
    (scratch, made)
}

pub(super) fn link(name: &[u8], target: &[u8]) -> NodeEntry {
    let details = Details { target: Some(target.to_vec()), ..Details::default() };
    NodeEntry { details, ..plain(name, Kind::Symlink, 0o777) }
}
