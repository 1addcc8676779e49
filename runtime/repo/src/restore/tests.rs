use std::collections::{HashMap, HashSet};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use mainstay_kit::{Compare, Scratch, TreePlan, differences, make, survey};
use mainstay_source::FilesSource;
use mainstay_world::tree::{Details, Entry, Event as TreeEvent, Kind, Stat, View};

use super::*;
use crate::backup::{Never, Silent};
use crate::class::Class;
use crate::format::blob::{BlobKind, Codec};
use crate::format::node::{HardLink, Node};
use crate::id::{ChunkId, PackId};
use crate::index::Place;
use crate::keys::KeyNumber;
use crate::tree::walk::Nodes;
use rustix::io::Errno;

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
                TreeEvent::LeftOut { path, .. } => panic!("{path:?}"),
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

/// A folder with a few files, taken in.
fn ordinary() -> (Scratch, Made) {
    let scratch = Scratch::new().unwrap();
    fs::create_dir(scratch.join("source")).unwrap();
    make(&scratch.join("source"), &TreePlan::plain(4)).unwrap();
    let made = Made::of(&scratch.join("source"));
    (scratch, made)
}

#[test]
fn a_target_that_is_not_empty_or_no_folder_is_refused_untouched() {
    let (scratch, made) = ordinary();
    let target = scratch.join("target");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("mine"), b"precious").unwrap();
    let error = made.restore(&to(&target)).unwrap_err();
    assert!(matches!(&error, RestoreError::NotEmpty { found, .. } if found == "mine"), "{error}");
    assert_eq!(fs::read_dir(&target).unwrap().count(), 1);
    assert_eq!(fs::read(target.join("mine")).unwrap(), b"precious");
    let error = made.restore(&to(&target.join("mine"))).unwrap_err();
    assert!(matches!(error, RestoreError::NotAFolder { .. }), "{error}");
    symlink("nowhere", scratch.join("dangling")).unwrap();
    let error = made.restore(&to(&scratch.join("dangling"))).unwrap_err();
    assert!(matches!(error, RestoreError::NotAFolder { .. }), "{error}");
    let error = made.restore(&to(&scratch.join("no/such/folder"))).unwrap_err();
    assert_eq!(error.class(), Class::Unreachable);
    assert!(leftovers(scratch.path()).is_empty());
}

#[test]
fn errors_of_the_target_have_their_class() {
    let class = |errno: Errno| RestoreError::of(Path::new("/t"), errno.into()).class();
    assert_eq!(class(Errno::NOSPC), Class::NoSpace);
    assert_eq!(class(Errno::DQUOT), Class::NoSpace);
    assert_eq!(class(Errno::ROFS), Class::Denied);
    assert_eq!(class(Errno::ACCESS), Class::Denied);
}

fn link(name: &[u8], target: &[u8]) -> NodeEntry {
    let details = Details { target: Some(target.to_vec()), ..Details::default() };
    NodeEntry { details, ..plain(name, Kind::Symlink, 0o777) }
}

#[test]
fn names_that_lead_elsewhere_are_named_and_made_nowhere() {
    let scratch = Scratch::new().unwrap();
    fs::create_dir(scratch.join("outside")).unwrap();
    let names: [&[u8]; 7] = [b"..", b".", b"", b"../outside/x", b"/etc/x", b"a\0b", b"outside/x"];
    let kinds = [Kind::File, Kind::Folder, Kind::Fifo, Kind::Symlink];
    let mut entries: Vec<NodeEntry> = Vec::new();
    for kind in kinds {
        entries.extend(names.iter().map(|name| match kind {
            Kind::Symlink => link(name, b"x"),
            kind => plain(name, kind, 0o700),
        }));
    }
    entries.push(plain(b"good", Kind::File, 0o600));
    let restored = Made::by_hand(entries).restore(&to(&scratch.join("target"))).unwrap();
    assert_eq!(restored.problem_count, 28);
    assert!(restored.problems.iter().all(|problem| problem.kind == ProblemKind::NotMade));
    assert_eq!(fs::read_dir(scratch.join("target")).unwrap().count(), 1);
    assert_eq!(fs::read_dir(scratch.join("outside")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 2);
}

#[test]
fn nothing_is_written_through_a_link_that_the_snapshot_brings_along() {
    let scratch = Scratch::new().unwrap();
    let outside = scratch.join("outside");
    fs::create_dir(&outside).unwrap();
    let target = outside.to_str().unwrap().as_bytes();
    let mut made = Made::default();
    let inner = made.folder(vec![plain(b"planted", Kind::File, 0o600)]);
    let folder = NodeEntry { content: inner, ..plain(b"door", Kind::Folder, 0o700) };
    // The same name twice: first the link, then a folder to write into.
    let content = made.folder(vec![link(b"door", target), folder]);
    made.top = Some(NodeEntry { content, ..plain(b"", Kind::Folder, 0o755) });
    let restored = made.restore(&to(&scratch.join("target"))).unwrap();
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert_eq!(restored.problems.len(), 1, "one of the two is named");
    assert!(scratch.join("target/door/planted").exists());
}

/// Flips a folder of the unfinished tree between itself and a link to the outside, as fast as it can.
fn attack(scratch: &Scratch, name: &str, stop: &AtomicBool) -> u64 {
    let outside = scratch.join("outside");
    let mut flips = 0;
    while !stop.load(Ordering::Relaxed) {
        let Some(staging) = leftovers(scratch.path()).into_iter().next() else { continue };
        let (victim, aside) = (scratch.join(&staging).join(name), scratch.join("aside"));
        if fs::rename(&victim, &aside).is_ok() {
            let planted = symlink(&outside, &victim).is_ok();
            std::thread::yield_now();
            if planted {
                let _ = fs::remove_file(&victim);
            }
            let _ = fs::rename(&aside, &victim);
            flips += 1;
        }
    }
    flips
}

#[test]
fn a_folder_that_is_swapped_for_a_link_meanwhile_lets_nothing_out() {
    let scratch = Scratch::new().unwrap();
    fs::create_dir(scratch.join("outside")).unwrap();
    let source = scratch.join("source");
    fs::create_dir_all(source.join("victim")).unwrap();
    for number in 0..800 {
        fs::write(source.join(format!("victim/{number}")), format!("content {number}")).unwrap();
    }
    let made = Made::of(&source);
    let stop = AtomicBool::new(false);
    let mut flips = 0;
    for round in 0..2 {
        stop.store(false, Ordering::Relaxed);
        flips += std::thread::scope(|scope| {
            let attacker = scope.spawn(|| attack(&scratch, "victim", &stop));
            // Each attempt ends somehow: what counts is what became of the outside.
            let _ = made.restore(&to(&scratch.join(format!("target{round}"))));
            stop.store(true, Ordering::Relaxed);
            attacker.join().unwrap()
        });
    }
    assert!(flips > 0, "the attack never met the restore");
    assert_eq!(fs::read_dir(scratch.join("outside")).unwrap().count(), 0);
}

/// Swaps a folder for a link to the outside after folders were made and before files are written into them.
struct SwapOnce<'a> {
    scratch: &'a Scratch,
    events: AtomicU64,
}

impl Monitor for SwapOnce<'_> {
    fn event(&self, _: crate::backup::Event<'_>) {
        // The first comes before the staging folder is made, the second before the first batch is written.
        if self.events.fetch_add(1, Ordering::Relaxed) == 1 {
            let staging = self.scratch.join(leftovers(self.scratch.path()).concat());
            fs::rename(staging.join("victim"), self.scratch.join("aside")).unwrap();
            symlink(self.scratch.join("outside"), staging.join("victim")).unwrap();
        }
    }
}

#[test]
fn a_folder_that_became_a_link_before_its_files_come_is_not_entered() {
    let scratch = Scratch::new().unwrap();
    fs::create_dir_all(scratch.join("outside/inner")).unwrap();
    let source = scratch.join("source");
    fs::create_dir_all(source.join("victim/inner")).unwrap();
    for path in ["victim/file", "victim/inner/file", "beside"] {
        fs::write(source.join(path), path).unwrap();
    }
    let made = Made::of(&source);
    let swap = SwapOnce { scratch: &scratch, events: AtomicU64::new(0) };
    let restored = made.restore_with(&to(&scratch.join("target")), &swap, &Never).unwrap();
    let outside = survey(&scratch.join("outside")).unwrap();
    assert_eq!(outside.into_keys().collect::<Vec<_>>(), [b"".to_vec(), b"inner".to_vec()]);
    let named = restored.problems.iter().filter(|problem| problem.kind == ProblemKind::NotMade);
    assert_eq!(named.count(), 2, "{:?}", restored.problems);
    assert_eq!(fs::read(scratch.join("target/beside")).unwrap(), b"beside");
}

/// Stops after so many events.
struct StopAfter(AtomicU64);

impl Cancel for StopAfter {
    fn is_cancelled(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
    }
}

#[test]
fn an_interrupted_restore_is_gone_on_with_and_keeps_what_is_right() {
    let scratch = hostile();
    let made = Made::of(&scratch.join("source"));
    let target = scratch.join("target");
    for events in [1, 4, 9] {
        let stopped = made.restore_with(&all_to(&target), &Silent, &StopAfter(AtomicU64::new(events)));
        assert!(matches!(stopped, Err(RestoreError::Cancelled)));
        assert!(!target.exists());
    }
    let staging = scratch.join(leftovers(scratch.path()).concat());
    spoil(&staging);
    made.reads.store(0, Ordering::Relaxed);
    let restored = made.restore(&all_to(&target)).unwrap();
    assert!(restored.resumed);
    assert_eq!(restored.problems, []);
    assert_same(&scratch.join("source"), &target);
    let whole = Made::of(&scratch.join("source"));
    whole.restore(&all_to(&scratch.join("anew"))).unwrap();
    assert!(made.reads.load(Ordering::Relaxed) < whole.reads.load(Ordering::Relaxed));
}

/// Spoils one file of an unfinished tree, as a crash without fsync may.
fn spoil(staging: &Path) {
    let mut folders = vec![staging.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let meta = entry.metadata().unwrap();
            if meta.is_dir() {
                folders.push(entry.path());
            } else if meta.is_file() && meta.len() > 10_000 {
                let mut bytes = fs::read(entry.path()).unwrap();
                bytes[5000..].fill(0);
                fs::write(entry.path(), bytes).unwrap();
                return;
            }
        }
    }
    panic!("nothing to spoil");
}

/// Restores the same again in the midst of a restore.
struct Again<'a> {
    made: &'a Made,
    target: &'a Path,
    events: AtomicU64,
    busy: AtomicU64,
}

impl Monitor for Again<'_> {
    fn event(&self, _: crate::backup::Event<'_>) {
        // The first event comes before the folder is made.
        if self.events.fetch_add(1, Ordering::Relaxed) > 0 {
            let busy = matches!(self.made.restore(&to(self.target)), Err(RestoreError::Busy { .. }));
            self.busy.fetch_add(u64::from(busy), Ordering::Relaxed);
        }
    }
}

#[test]
fn two_restores_of_the_same_do_not_work_in_one_folder() {
    let (scratch, made) = ordinary();
    let target = scratch.join("target");
    let again = Again { made: &made, target: &target, events: AtomicU64::new(0), busy: AtomicU64::new(0) };
    made.restore_with(&to(&target), &again, &Never).unwrap();
    assert!(again.busy.into_inner() > 0);
    assert_same(&scratch.join("source"), &target);
}

#[test]
fn a_lost_chunk_takes_its_file_and_nothing_else() {
    let (scratch, mut made) = ordinary();
    let largest = walk_files(&scratch.join("source")).into_iter().max_by_key(|(_, size)| *size).unwrap();
    let bytes = fs::read(scratch.join("source").join(&largest.0)).unwrap();
    made.broken.insert(ChunkId(*blake3::hash(&bytes[CHUNK_BYTES..2 * CHUNK_BYTES]).as_bytes()));
    let restored = made.restore(&to(&scratch.join("target"))).unwrap();
    let named: Vec<String> =
        restored.problems.iter().map(|problem| String::from_utf8(problem.path.clone()).unwrap()).collect();
    assert_eq!(named, std::slice::from_ref(&largest.0));
    assert_eq!(restored.problems[0].kind, ProblemKind::Damaged);
    fs::remove_file(scratch.join("source").join(&largest.0)).unwrap();
    let left: Vec<_> = walk_files(&scratch.join("source"));
    assert_eq!(walk_files(&scratch.join("target")), left);
    for (name, _) in left {
        let pair = ["source", "target"].map(|top| fs::read(scratch.join(top).join(&name)).unwrap());
        assert_eq!(pair[0], pair[1]);
    }
}

/// Regular files by path, with their sizes, sorted.
fn walk_files(top: &Path) -> Vec<(String, u64)> {
    let seen = survey(top).unwrap().into_iter().filter(|(_, facts)| facts.kind == "file");
    seen.map(|(path, facts)| (String::from_utf8(path).unwrap(), facts.size)).collect()
}

#[test]
fn what_gives_power_is_withheld_and_counted_unless_it_is_asked_for() {
    let scratch = Scratch::new().unwrap();
    let entries = vec![
        plain(b"folder", Kind::Folder, 0o2755),
        plain(b"plain", Kind::File, 0o755),
        plain(b"setgid", Kind::File, 0o2755),
        plain(b"setuid", Kind::File, 0o4755),
        plain(b"socket", Kind::Socket, 0o755),
    ];
    let made = Made::by_hand(entries);
    let restored = made.restore(&to(&scratch.join("safe"))).unwrap();
    assert_eq!((restored.problem_count, restored.withheld), (0, 3));
    let restored = made.restore(&all_to(&scratch.join("all"))).unwrap();
    assert_eq!((restored.problem_count, restored.withheld), (0, 1));
    let mode = |path: &str| fs::metadata(scratch.join(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(["safe/setuid", "safe/setgid", "safe/folder"].map(mode), [0o755, 0o755, 0o2755]);
    assert_eq!(["all/setuid", "all/setgid", "all/folder"].map(mode), [0o4755, 0o2755, 0o2755]);
    assert!(!scratch.join("all/socket").exists());
}

#[test]
fn a_choice_brings_what_it_names_and_the_folders_above() {
    let scratch = Scratch::new().unwrap();
    let source = scratch.join("source");
    for path in ["a/b/c", "a/x", "d"] {
        fs::create_dir_all(source.join(path)).unwrap();
    }
    for path in ["a/b/c/deep.txt", "a/b/other", "a/x/y", "d/top.txt", "z"] {
        fs::write(source.join(path), path).unwrap();
    }
    fs::set_permissions(source.join("a/b"), fs::Permissions::from_mode(0o710)).unwrap();
    let made = Made::of(&source);
    let include = vec![b"**/deep.txt".to_vec(), b"d".to_vec()];
    let request = RestoreRequest { include, verify: true, ..to(&scratch.join("target")) };
    let restored = made.restore(&request).unwrap();
    assert_eq!(restored.problems, []);
    let found: Vec<Vec<u8>> = survey(&scratch.join("target")).unwrap().into_keys().collect();
    let expected: [&[u8]; 7] = [b"", b"a", b"a/b", b"a/b/c", b"a/b/c/deep.txt", b"d", b"d/top.txt"];
    assert_eq!(found, expected);
    let mode = fs::metadata(scratch.join("target/a/b")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o710);
    let request = RestoreRequest { include: vec![b"nowhere".to_vec()], ..to(&scratch.join("none")) };
    assert!(matches!(made.restore(&request), Err(RestoreError::NothingChosen)));
    assert!(!scratch.join("none").exists() && leftovers(scratch.path()).is_empty());
}

#[test]
fn a_new_file_system_with_its_lost_and_found_is_empty() {
    let (scratch, made) = ordinary();
    let target = scratch.join("target");
    fs::create_dir_all(target.join("lost+found")).unwrap();
    assert_eq!(made.restore(&to(&target)).unwrap().problems, []);
    let own = Made::of(&target);
    fs::create_dir_all(scratch.join("next/lost+found")).unwrap();
    assert_eq!(own.restore(&to(&scratch.join("next"))).unwrap().problems, []);
    assert_same(&target, &scratch.join("next"));
}

#[test]
fn a_comparison_finds_nothing_in_a_good_restore_of_everything() {
    let scratch = hostile();
    let made = Made::of(&scratch.join("source"));
    let restored = made.restore(&RestoreRequest { verify: true, ..all_to(&scratch.join("target")) }).unwrap();
    assert_eq!(restored.problems, []);
    assert!(restored.verified);
}

/// Compares a folder with what was made, as a restore into it would.
fn compared(made: &Made, folder: &Path) -> Vec<String> {
    let open =
        rustix::fs::open(folder, OFlags::RDONLY | OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
    let notes = Notes::default();
    let watch = Watch::new(&Silent, &Never, folder);
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let rules = attributes::Rules { owners: true, special: true, uid, gid, umask: 0o22 };
    let (selection, known) = (Selection::default(), std::collections::BTreeSet::new());
    let comparer = Comparer {
        chunks: made,
        top: open.as_fd(),
        rules: &rules,
        selection: &selection,
        notes: &notes,
        watch: &watch,
        known: &known,
    };
    let top = made.top.as_ref().unwrap();
    comparer.run(top, &top.content).unwrap();
    let problems = notes.into_inner().problems;
    problems.iter().map(|problem| String::from_utf8_lossy(&problem.path).into_owned()).collect()
}

#[test]
fn a_comparison_finds_each_kind_of_difference() {
    let scratch = Scratch::new().unwrap();
    let source = scratch.join("source");
    fs::create_dir_all(source.join("d/e")).unwrap();
    for path in ["bytes", "mode", "longer", "gone", "d/e/inner", "time"] {
        fs::write(source.join(path), vec![b'x'; 10_000]).unwrap();
    }
    fs::hard_link(source.join("bytes"), source.join("second")).unwrap();
    symlink("bytes", source.join("link")).unwrap();
    let made = Made::of(&source);
    assert_eq!(compared(&made, &source), [] as [String; 0]);
    let touch = |path: &str, act: &dyn Fn(&Path)| {
        let path = source.join(path);
        let parent = path.parent().unwrap().to_owned();
        let times =
            [&path, &parent].map(|path| fs::symlink_metadata(path).and_then(|meta| meta.modified()).ok());
        act(&path);
        for (path, time) in [path, parent].iter().zip(times) {
            if let (Some(time), Ok(file)) = (time, fs::File::open(path)) {
                file.set_modified(time).unwrap();
            }
        }
    };
    touch("bytes", &|path| {
        let mut bytes = fs::read(path).unwrap();
        bytes[9_999] = b'y';
        fs::write(path, bytes).unwrap();
    });
    touch("mode", &|path| fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap());
    touch("longer", &|path| fs::write(path, vec![b'x'; 10_001]).unwrap());
    touch("gone", &|path| fs::remove_file(path).unwrap());
    touch("d/e/extra", &|path| fs::write(path, b"").unwrap());
    touch("time", &|path| drop(fs::File::options().write(true).open(path).unwrap()));
    fs::File::open(source.join("time")).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    touch("link", &|path| {
        fs::remove_file(path).unwrap();
        symlink("elsewhere", path).unwrap();
    });
    let mut found = compared(&made, &source);
    found.sort();
    found.dedup();
    assert_eq!(found, ["bytes", "d/e/extra", "gone", "link", "longer", "mode", "second", "time"]);
}

#[test]
fn a_path_longer_than_any_that_the_kernel_takes_comes_back() {
    let scratch = Scratch::new().unwrap();
    fs::create_dir(scratch.join("source")).unwrap();
    let plan = TreePlan { depth: 900, files: 3, ..TreePlan::plain(1) };
    make(&scratch.join("source"), &plan).unwrap();
    let made = Made::of(&scratch.join("source"));
    let restored = made.restore(&RestoreRequest { verify: true, ..to(&scratch.join("target")) }).unwrap();
    assert_eq!(restored.problems, []);
    assert_same(&scratch.join("source"), &scratch.join("target"));
}

#[test]
fn few_folders_are_open_at_once() {
    let scratch = Scratch::new().unwrap();
    let top = rustix::fs::open(scratch.path(), OFlags::PATH | OFlags::DIRECTORY, rustix::fs::Mode::empty())
        .unwrap();
    let mut all = folders::Folders::new(plain(b"", Kind::Folder, 0o755));
    let mut open = folders::OpenFolders::new(4);
    let mut parent = folders::FolderNumber::TOP;
    let before = fs::read_dir("/proc/self/fd").unwrap().count();
    let mut numbers = Vec::new();
    for number in 0..200 {
        let name = format!("n{number}");
        rustix::fs::mkdirat(open.get(top.as_fd(), &all, parent).unwrap(), &name, rustix::fs::Mode::RWXU)
            .unwrap();
        parent = all.add(parent, plain(name.as_bytes(), Kind::Folder, 0o755));
        numbers.push(parent);
    }
    for number in numbers.iter().rev().chain(&numbers) {
        open.get(top.as_fd(), &all, *number).unwrap();
    }
    assert!(open.count() <= 4, "{} of {before}", open.count());
}

/// An ACL in the kernel's form: version 2, then tag, rights and id of each entry.
fn acl(group_rights: u16) -> Vec<u8> {
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    // Owner, a user named by number, group, mask, others.
    let entries = [
        (1_u16, 7, u32::MAX),
        (2, 7, 12_345),
        (4, group_rights, u32::MAX),
        (16, 7, u32::MAX),
        (32, 0, u32::MAX),
    ];
    for (tag, rights, id) in entries {
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&u16::to_le_bytes(rights));
        bytes.extend_from_slice(&id.to_le_bytes());
    }
    bytes
}

#[test]
fn what_the_targets_folder_would_hand_down_stays_out() {
    let (scratch, made) = ordinary();
    let home = scratch.join("home");
    fs::create_dir(&home).unwrap();
    let flags = rustix::fs::XattrFlags::empty();
    match rustix::fs::setxattr(&home, "system.posix_acl_default", &acl(7), flags) {
        // A file system without ACLs hands nothing down.
        Err(Errno::OPNOTSUPP) => return,
        set => set.unwrap(),
    }
    assert_eq!(made.restore(&to(&home.join("target"))).unwrap().problems, []);
    assert_same(&scratch.join("source"), &home.join("target"));
    let mut value = [0; 200];
    let left = rustix::fs::getxattr(home.join("target"), "system.posix_acl_access", &mut value);
    assert_eq!(left, Err(Errno::NODATA));
}
