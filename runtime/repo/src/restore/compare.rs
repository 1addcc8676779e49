//! Comparing a restored tree with its snapshot, entry by entry and byte by byte.
//!
//! It shares no step with the restorer: it asks the file system what is there, and the snapshot what should be.
//! Content is read back and matched with the ids of its chunks, so nothing is decrypted twice. What the restore
//! has named as a problem already is not named again.

mod holes;

use std::collections::{BTreeSet, HashMap};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use mainstay_world::tree::{Kind, Time};
use rustix::fs::{AtFlags, FileType, OFlags, Stat};
use rustix::io::Errno;

use super::RestoreError;
use super::attributes::Rules;
use super::beneath;
use super::chunks::{ChunkFault, Chunks};
use super::layout::Layout;
use super::report::{Notes, ProblemKind, Watch};
use super::resume::read_exact;
use crate::format::node::{Content, HardLink, NodeEntry};
use crate::tree::walk::{Ids, Step, Walk};
use crate::tree::{Reach, Selection, Verdict};
use holes::holes_are_empty;

/// Folders of the path that are held open; those above are opened again when the walk comes back to them.
const OPEN_LEVELS: usize = 64;

/// The largest value of an extended attribute on Linux.
const MAX_XATTR_BYTES: usize = 64 << 10;

/// What is compared.
pub(crate) struct Comparer<'a, C: Chunks> {
    pub chunks: &'a C,
    /// The restored tree.
    pub top: BorrowedFd<'a>,
    pub rules: &'a Rules,
    pub selection: &'a Selection,
    pub notes: &'a Notes,
    pub watch: &'a Watch<'a>,
    /// Paths with problems that were named already.
    pub known: &'a BTreeSet<Vec<u8>>,
}

/// A folder on the way from the top to where the walk is.
struct Level {
    /// Nothing for one that the snapshot's choice leaves out, or that is not there.
    folder: Option<Folder>,
    reach: Reach,
}

struct Folder {
    name: Vec<u8>,
    open: Option<OwnedFd>,
    /// What is in it and has not been met in the snapshot.
    unmet: BTreeSet<Vec<u8>>,
}

struct State {
    levels: Vec<Level>,
    inodes: HashMap<HardLink, (u64, u64)>,
    buffer: Vec<u8>,
}

impl<C: Chunks> Comparer<'_, C> {
    /// Compares all below the top, and the top's own attributes.
    pub(crate) fn run(&self, top: &NodeEntry, content: &Content) -> Result<(), RestoreError> {
        let mut state = State { levels: Vec::new(), inodes: HashMap::new(), buffer: Vec::new() };
        let folder = self.folder(self.top, top, b"");
        state.levels.push(Level { folder, reach: self.selection.top() });
        let mut walk = Walk::new(self.chunks, content);
        while let Some(step) = walk.next() {
            self.watch.check()?;
            match step {
                Step::Enter(entry) => {
                    let level = self.enter(&mut state, &entry, walk.path());
                    if level.folder.is_none() {
                        walk.skip();
                    }
                    state.levels.push(level);
                }
                Step::Leaf(entry) => self.leaf(&mut state, &entry, walk.path())?,
                Step::Leave => self.leave(state.levels.pop(), walk.path()),
                Step::Fault(ChunkFault::Store(error)) => return Err(error.into()),
                // The restore has named the folder; what is missing of it cannot be known.
                Step::Fault(ChunkFault::Damaged(_)) => {}
            }
        }
        Ok(())
    }

    fn differs(&self, path: &[u8], message: impl Into<String>) {
        if !self.known.contains(path) {
            self.notes.problem(path.to_vec(), ProblemKind::Differs, message.into());
        }
    }

    fn enter(&self, state: &mut State, entry: &NodeEntry, path: &[u8]) -> Level {
        let out = Level { folder: None, reach: Reach::All };
        let Some(above) = state.levels.last() else { return out };
        let reach = match self.selection.judge(&above.reach, &entry.name, true) {
            Verdict::Out => return out,
            Verdict::OnTheWay(reach) => reach,
            Verdict::Chosen => Reach::All,
        };
        let on_the_way = reach != Reach::All;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let opened = self.with_folder(state, |folder| beneath::open(folder, [entry.name.as_slice()], flags));
        state.meet(&entry.name);
        state.forget_far();
        match opened {
            Ok(opened) => {
                let folder = self.folder(opened.as_fd(), entry, path);
                Level { folder: folder.map(|folder| Folder { open: Some(opened), ..folder }), reach }
            }
            // Nothing below it was chosen in the end.
            Err(Errno::NOENT) if on_the_way => out,
            Err(error) => {
                self.differs(path, format!("the folder cannot be opened: {}", words(error)));
                out
            }
        }
    }

    /// A folder's own attributes, and what is in it.
    fn folder(&self, opened: BorrowedFd<'_>, entry: &NodeEntry, path: &[u8]) -> Option<Folder> {
        match rustix::fs::fstat(opened) {
            Ok(stat) => self.attributes(&stat, entry, path),
            Err(error) => self.differs(path, words(error)),
        }
        self.xattrs(opened, entry, path);
        match names(opened) {
            Ok(unmet) => Some(Folder { name: entry.name.clone(), open: None, unmet }),
            Err(error) => {
                self.differs(path, format!("the folder cannot be listed: {}", words(error)));
                None
            }
        }
    }

    fn leave(&self, level: Option<Level>, path: &[u8]) {
        let unmet = level.and_then(|level| level.folder).map(|folder| folder.unmet).unwrap_or_default();
        for name in unmet {
            let path =
                [path, &name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(&b'/');
            self.differs(&path, "it is not in the snapshot");
        }
    }

    fn leaf(&self, state: &mut State, entry: &NodeEntry, path: &[u8]) -> Result<(), RestoreError> {
        let Some(above) = state.levels.last() else { return Ok(()) };
        if self.selection.judge(&above.reach, &entry.name, false) != Verdict::Chosen
            || self.is_withheld(entry)
        {
            return Ok(());
        }
        let name = entry.name.as_slice();
        let stat =
            self.with_folder(state, |folder| rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW));
        state.meet(name);
        let stat = match stat {
            Ok(stat) => stat,
            Err(error) => {
                self.differs(path, words(error));
                return Ok(());
            }
        };
        if kind_of(&stat) != Some(entry.kind) {
            self.differs(path, "it is another kind of thing");
            return Ok(());
        }
        self.attributes(&stat, entry, path);
        self.link(state, &stat, entry, path);
        match entry.kind {
            Kind::File => self.file(state, entry, path),
            Kind::Symlink => {
                let target =
                    self.with_folder(state, |folder| rustix::fs::readlinkat(folder, name, Vec::new()));
                if target.ok().map(std::ffi::CString::into_bytes) != entry.details.target {
                    self.differs(path, "the link points elsewhere");
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn is_withheld(&self, entry: &NodeEntry) -> bool {
        match entry.kind {
            Kind::Socket => true,
            Kind::CharDevice | Kind::BlockDevice => !self.rules.special,
            _ => false,
        }
    }

    fn attributes(&self, stat: &Stat, entry: &NodeEntry, path: &[u8]) {
        let mut wrong = Vec::new();
        if entry.kind != Kind::Symlink && stat.st_mode & 0o7777 != self.rules.expected_mode(entry) {
            wrong.push("mode");
        }
        if self.rules.owners && (stat.st_uid, stat.st_gid) != (entry.uid, entry.gid) {
            wrong.push("owner");
        }
        let mtime = Time {
            seconds: stat.st_mtime,
            nanoseconds: u32::try_from(stat.st_mtime_nsec).unwrap_or_default(),
        };
        if mtime != entry.mtime {
            wrong.push("time");
        }
        let device = (rustix::fs::major(stat.st_rdev), rustix::fs::minor(stat.st_rdev));
        if matches!(entry.kind, Kind::CharDevice | Kind::BlockDevice) && device != entry.rdev {
            wrong.push("device");
        }
        if !wrong.is_empty() {
            self.differs(path, format!("not as it was: {}", wrong.join(", ")));
        }
    }

    fn link(&self, state: &mut State, stat: &Stat, entry: &NodeEntry, path: &[u8]) {
        let Some(link) = entry.link else { return };
        let found = (stat.st_dev, stat.st_ino);
        if *state.inodes.entry(link).or_insert(found) != found {
            self.differs(path, "it is no longer one file with its other names");
        }
    }

    fn file(&self, state: &mut State, entry: &NodeEntry, path: &[u8]) -> Result<(), RestoreError> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK;
        let name = entry.name.as_slice();
        let opened = match self.with_folder(state, |folder| beneath::open(folder, [name], flags)) {
            Ok(opened) => opened,
            Err(error) => {
                self.differs(path, format!("it cannot be read: {}", words(error)));
                return Ok(());
            }
        };
        self.xattrs(opened.as_fd(), entry, path);
        match self.content(&opened, entry, &mut state.buffer) {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.differs(path, "its content is not as it was");
                Ok(())
            }
            Err(ChunkFault::Store(error)) => Err(error.into()),
            Err(ChunkFault::Damaged(message)) => {
                self.differs(path, message);
                Ok(())
            }
        }
    }

    /// Whether each chunk of the content stands where it should, with nothing else in the file.
    fn content(&self, file: &OwnedFd, entry: &NodeEntry, buffer: &mut Vec<u8>) -> Result<bool, ChunkFault> {
        let damaged = |message: &str| ChunkFault::Damaged(message.to_owned());
        let layout = Layout::of(entry).ok_or_else(|| damaged("its extents contradict its size"))?;
        let mut ids = Ids::new(&entry.content);
        let mut at = 0;
        while let Some(id) = ids.next(self.chunks) {
            let id = id?;
            let place = self.chunks.place(&id).ok_or_else(|| damaged("a chunk of it is not in the index"))?;
            buffer.resize(place.raw_length as usize, 0);
            for piece in layout.pieces(at, buffer.len()) {
                let Some(part) = buffer.get_mut(piece.from..piece.from + piece.length) else {
                    return Ok(false);
                };
                if read_exact(file, part, piece.to).is_err() {
                    return Ok(false);
                }
            }
            if self.chunks.data_id(buffer) != id {
                return Ok(false);
            }
            at += u64::from(place.raw_length);
        }
        let size = rustix::fs::fstat(file).map(|stat| stat.st_size.cast_unsigned());
        let whole = if layout.has_holes() { entry.size } else { at };
        Ok(size == Ok(whole) && holes_are_empty(file, entry, buffer))
    }

    fn xattrs(&self, opened: BorrowedFd<'_>, entry: &NodeEntry, path: &[u8]) {
        if entry.details.xattrs.is_empty() {
            return;
        }
        let mut value = vec![0; MAX_XATTR_BYTES];
        for (name, expected) in entry.details.xattrs.iter().filter(|(name, _)| self.rules.sets(name)) {
            let read = rustix::fs::fgetxattr(opened, name.as_slice(), value.as_mut_slice());
            let found = read.ok().and_then(|length| value.get(..length));
            if found != Some(expected.as_slice()) {
                self.differs(path, format!("attribute `{}` is not as it was", String::from_utf8_lossy(name)));
            }
        }
    }

    /// Does something in the folder that the walk is in.
    fn with_folder<T>(
        &self,
        state: &mut State,
        act: impl FnOnce(BorrowedFd<'_>) -> rustix::io::Result<T>,
    ) -> rustix::io::Result<T> {
        let depth = state.levels.len();
        let is_open = |level: &Level| level.folder.as_ref().is_some_and(|folder| folder.open.is_some());
        if depth > 1 && !state.levels.last().is_some_and(is_open) {
            let nearest = state.levels.iter().rposition(is_open).unwrap_or(0);
            let from = state.levels.get(nearest).and_then(Level::open).unwrap_or(self.top);
            let names = state.levels.iter().skip(nearest + 1).filter_map(|level| level.folder.as_ref());
            let names: Vec<&[u8]> = names.map(|folder| folder.name.as_slice()).collect();
            let opened = beneath::open(from, names, OFlags::PATH | OFlags::DIRECTORY)?;
            if let Some(folder) = state.levels.last_mut().and_then(|level| level.folder.as_mut()) {
                folder.open = Some(opened);
            }
        }
        act(state.levels.last().and_then(Level::open).unwrap_or(self.top))
    }
}

impl Level {
    fn open(&self) -> Option<BorrowedFd<'_>> {
        self.folder.as_ref().and_then(|folder| folder.open.as_ref()).map(AsFd::as_fd)
    }
}

impl State {
    fn meet(&mut self, name: &[u8]) {
        if let Some(folder) = self.levels.last_mut().and_then(|level| level.folder.as_mut()) {
            folder.unmet.remove(name);
        }
    }

    /// Closes what is far above: there are at most so many descriptors.
    fn forget_far(&mut self) {
        let far = self.levels.len().checked_sub(OPEN_LEVELS);
        let far = far.and_then(|far| self.levels.get_mut(far));
        if let Some(folder) = far.and_then(|level| level.folder.as_mut()) {
            folder.open = None;
        }
    }
}

fn names(folder: BorrowedFd<'_>) -> rustix::io::Result<BTreeSet<Vec<u8>>> {
    let mut names = BTreeSet::new();
    for entry in rustix::fs::Dir::read_from(folder)? {
        let name = entry?.file_name().to_bytes().to_vec();
        if beneath::is_plain(&name) {
            names.insert(name);
        }
    }
    Ok(names)
}

fn kind_of(stat: &Stat) -> Option<Kind> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => Some(Kind::Folder),
        FileType::RegularFile => Some(Kind::File),
        FileType::Symlink => Some(Kind::Symlink),
        FileType::Fifo => Some(Kind::Fifo),
        FileType::Socket => Some(Kind::Socket),
        FileType::CharacterDevice => Some(Kind::CharDevice),
        FileType::BlockDevice => Some(Kind::BlockDevice),
        FileType::Unknown => None,
    }
}

fn words(error: Errno) -> String {
    std::io::Error::from(error).to_string()
}
