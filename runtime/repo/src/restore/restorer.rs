//! The walk of a restore: folders are made on the way, files are planned and written batch by batch, and what
//! leads elsewhere (links) comes after all files, so that nothing is ever written through it.

use std::collections::HashMap;
use std::os::fd::BorrowedFd;
use std::sync::Mutex;
use std::sync::atomic::AtomicU32;

use mainstay_world::tree::Kind;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::attributes::Rules;
use super::batch::{Batch, FilePlan, FileState};
use super::beneath;
use super::chunks::{ChunkFault, Chunks};
use super::folders::{FolderNumber, Folders, OpenFolders};
use super::layout::Layout;
use super::report::{Notes, ProblemKind, Watch};
use super::resume;
use super::write::Writer;
use super::{RestoreCounts, RestoreError};
use crate::format::node::{Content, HardLink, NodeEntry};
use crate::tree::walk::{Ids, Step, Walk};
use crate::tree::{Reach, Selection, Verdict};

/// Folders that the walk holds open.
const OPEN_FOLDERS: usize = 48;

/// What the walk makes, until it is moved or given its last attributes.
pub(crate) struct Restorer<'a, C: Chunks> {
    pub chunks: &'a C,
    pub top: BorrowedFd<'a>,
    pub rules: Rules,
    pub selection: &'a Selection,
    pub notes: &'a Notes,
    pub watch: &'a Watch<'a>,
    pub threads: usize,
    pub resumed: bool,
    /// Folders right below the top get their attributes only when they have moved.
    pub keep_first_level: bool,
    state: State,
}

struct State {
    folders: Folders,
    open: OpenFolders,
    batch: Batch,
    counts: RestoreCounts,
    /// The first name of each inode that has several.
    links: HashMap<HardLink, (FolderNumber, Vec<u8>)>,
    late: Vec<Late>,
}

/// Something made after all files.
struct Late {
    folder: FolderNumber,
    entry: NodeEntry,
    /// A second name of this one.
    link_to: Option<(FolderNumber, Vec<u8>)>,
}

/// A folder on the way from the top to where the walk is.
struct Frame {
    reach: Reach,
    /// Made already, or to be made when something below it is chosen; nothing when it could not be.
    state: FrameState,
}

enum FrameState {
    Made(FolderNumber),
    Pending(Box<NodeEntry>),
    Skipped,
}

/// What is left to do after the tree has its place.
pub(crate) struct Rest {
    /// Folders whose attributes are still to be set, by name below the top, and the top itself last.
    pub folders: Vec<NodeEntry>,
    /// What was done.
    pub counts: RestoreCounts,
}

impl<'a, C: Chunks> Restorer<'a, C> {
    /// One thread, nothing resumed, unless the fields are set otherwise.
    pub(crate) fn new(
        chunks: &'a C,
        top: BorrowedFd<'a>,
        top_entry: NodeEntry,
        rules: Rules,
        selection: &'a Selection,
        notes: &'a Notes,
        watch: &'a Watch<'a>,
    ) -> Self {
        let state = State {
            folders: Folders::new(top_entry),
            open: OpenFolders::new(OPEN_FOLDERS),
            batch: Batch::default(),
            counts: RestoreCounts::default(),
            links: HashMap::new(),
            late: Vec::new(),
        };
        Self {
            chunks,
            top,
            rules,
            selection,
            notes,
            watch,
            threads: 1,
            resumed: false,
            keep_first_level: false,
            state,
        }
    }

    /// Makes everything below the top.
    pub(crate) fn run(mut self, content: &Content) -> Result<Rest, RestoreError> {
        let mut walk = Walk::new(self.chunks, content);
        let top = Frame { reach: self.selection.top(), state: FrameState::Made(FolderNumber::TOP) };
        let mut frames = vec![top];
        while let Some(step) = walk.next() {
            match step {
                Step::Enter(entry) => {
                    let frame = self.enter(&mut frames, entry)?;
                    if matches!(frame.state, FrameState::Skipped) {
                        walk.skip();
                    }
                    frames.push(frame);
                }
                Step::Leaf(entry) => self.leaf(&mut frames, entry)?,
                Step::Leave => self.leave(frames.pop()),
                Step::Fault(ChunkFault::Store(error)) => return Err(error.into()),
                Step::Fault(ChunkFault::Damaged(message)) => {
                    let message = format!("entries of this folder are missing: {message}");
                    self.notes.problem(walk.path().to_vec(), ProblemKind::Damaged, message);
                }
            }
            if self.state.batch.is_full() {
                self.write_batch()?;
            }
        }
        self.end()
    }

    fn enter(&mut self, frames: &mut [Frame], entry: NodeEntry) -> Result<Frame, RestoreError> {
        let skipped = Frame { reach: Reach::All, state: FrameState::Skipped };
        let Some(above) = frames.last() else { return Ok(skipped) };
        match self.selection.judge(&above.reach, &entry.name, true) {
            Verdict::Out => Ok(skipped),
            Verdict::OnTheWay(reach) => Ok(Frame { reach, state: FrameState::Pending(Box::new(entry)) }),
            Verdict::Chosen => match self.folder(frames)? {
                None => Ok(skipped),
                Some(parent) => {
                    let state = self.make_folder(parent, entry)?;
                    Ok(Frame { reach: Reach::All, state })
                }
            },
        }
    }

    /// The folder that the walk is in, made with those above it if it is not.
    fn folder(&mut self, frames: &mut [Frame]) -> Result<Option<FolderNumber>, RestoreError> {
        let made = frames.iter().rposition(|frame| !matches!(frame.state, FrameState::Pending(_)));
        let (done, pending) = frames.split_at_mut(made.map_or(0, |made| made + 1));
        let mut parent = match done.last().map(|frame| &frame.state) {
            Some(FrameState::Made(number)) => *number,
            _ => return Ok(None),
        };
        for frame in pending {
            let state = std::mem::replace(&mut frame.state, FrameState::Skipped);
            if let FrameState::Pending(entry) = state {
                frame.state = self.make_folder(parent, *entry)?;
            }
            match frame.state {
                FrameState::Made(number) => parent = number,
                _ => return Ok(None),
            }
        }
        Ok(Some(parent))
    }

    fn make_folder(&mut self, parent: FolderNumber, entry: NodeEntry) -> Result<FrameState, RestoreError> {
        match self.try_make_folder(parent, &entry) {
            Ok(()) => {
                self.state.counts.folders += 1;
                let number = self.state.folders.add(parent, entry);
                if self.keep_first_level && parent == FolderNumber::TOP {
                    self.state.folders.wait(number);
                }
                Ok(FrameState::Made(number))
            }
            Err(error) => self.not_made(parent, &entry.name, error).map(|()| FrameState::Skipped),
        }
    }

    fn try_make_folder(&mut self, parent: FolderNumber, entry: &NodeEntry) -> rustix::io::Result<()> {
        if !beneath::is_plain(&entry.name) {
            return Err(Errno::INVAL);
        }
        let parent = self.state.open.get(self.top, &self.state.folders, parent)?;
        match rustix::fs::mkdirat(parent, entry.name.as_slice(), Mode::RWXU) {
            Err(Errno::EXIST) if self.resumed => resume::take_over_folder(parent, &entry.name),
            other => other,
        }
    }

    fn leave(&mut self, frame: Option<Frame>) {
        if let Some(Frame { state: FrameState::Made(number), .. }) = frame
            && number != FolderNumber::TOP
        {
            self.state.folders.leave(number);
        }
    }

    fn leaf(&mut self, frames: &mut [Frame], entry: NodeEntry) -> Result<(), RestoreError> {
        let Some(above) = frames.last() else { return Ok(()) };
        if self.selection.judge(&above.reach, &entry.name, false) != Verdict::Chosen {
            return Ok(());
        }
        let Some(folder) = self.folder(frames)? else { return Ok(()) };
        if !beneath::is_plain(&entry.name) {
            return self.not_made(folder, &entry.name, Errno::INVAL);
        }
        if let Some(link) = entry.link {
            let first = (folder, entry.name.clone());
            if let Some(link_to) = self.state.links.get(&link).cloned() {
                return self.later(folder, entry, Some(link_to));
            }
            self.state.links.insert(link, first);
            // Its folder must be reachable under its number until the links are made.
            self.state.folders.wait(folder);
        }
        match entry.kind {
            Kind::File => self.plan_file(folder, entry),
            Kind::Symlink => self.later(folder, entry, None),
            Kind::Fifo => self.make_special(folder, &entry),
            Kind::CharDevice | Kind::BlockDevice if self.rules.special => self.make_special(folder, &entry),
            Kind::CharDevice | Kind::BlockDevice | Kind::Socket | Kind::Folder => {
                self.notes.withheld();
                Ok(())
            }
        }
    }

    fn later(
        &mut self,
        folder: FolderNumber,
        entry: NodeEntry,
        link_to: Option<(FolderNumber, Vec<u8>)>,
    ) -> Result<(), RestoreError> {
        self.state.folders.wait(folder);
        self.state.late.push(Late { folder, entry, link_to });
        Ok(())
    }

    /// Plans the chunks of a file; one that is damaged already in its lists, or in the index, is not begun.
    fn plan_file(&mut self, folder: FolderNumber, entry: NodeEntry) -> Result<(), RestoreError> {
        let from = self.state.batch.uses.len();
        match self.plan_chunks(folder, &entry, from) {
            Ok(Some((layout, fresh, left))) => self.add_file(folder, entry, layout, fresh, left),
            Ok(None) => Ok(()),
            Err(ChunkFault::Store(error)) => Err(error.into()),
            Err(ChunkFault::Damaged(message)) => {
                self.state.batch.forget_uses(from);
                let path = self.state.folders.path(folder, &entry.name);
                self.notes.problem(path, ProblemKind::Damaged, message);
                Ok(())
            }
        }
    }

    fn plan_chunks(
        &mut self,
        folder: FolderNumber,
        entry: &NodeEntry,
        from: usize,
    ) -> Result<Option<(Layout, bool, u32)>, ChunkFault> {
        let damaged = |message: &str| ChunkFault::Damaged(message.to_owned());
        let layout = Layout::of(entry).ok_or_else(|| damaged("its extents contradict its size"))?;
        let mut ids = Ids::new(&entry.content);
        let mut at = 0_u64;
        while let Some(id) = ids.next(self.chunks) {
            let id = id?;
            let place = self.chunks.place(&id).ok_or_else(|| damaged("a chunk of it is not in the index"))?;
            self.state.batch.add_use(id, place, at);
            at = at.saturating_add(u64::from(place.raw_length));
        }
        if layout.content_bytes.is_some_and(|bytes| bytes != at) {
            return Err(damaged("its chunks are not as long as its extents"));
        }
        let fresh = !(self.resumed && self.keep_equal_parts(folder, entry, &layout, from));
        let left = (self.state.batch.uses.len() - from) as u32;
        Ok(Some((layout, fresh, left)))
    }

    /// Looks at what an interrupted restore left of a file, and takes out of the plan what is right in it. Says
    /// whether there is anything to go on with.
    fn keep_equal_parts(
        &mut self,
        folder: FolderNumber,
        entry: &NodeEntry,
        layout: &Layout,
        from: usize,
    ) -> bool {
        let Ok(folder) = self.state.open.get(self.top, &self.state.folders, folder) else { return false };
        let Some(found) = resume::open_file(folder, &entry.name) else { return false };
        let mut buffer = Vec::new();
        let chunks = self.chunks;
        self.state.batch.keep_uses(from, |id, at, length| {
            !resume::is_equal(&found, layout, at, length, &mut buffer, |content| {
                chunks.data_id(content) == *id
            })
        });
        resume::cut(&found, entry.size)
    }

    fn add_file(
        &mut self,
        folder: FolderNumber,
        entry: NodeEntry,
        layout: Layout,
        fresh: bool,
        left: u32,
    ) -> Result<(), RestoreError> {
        self.state.counts.files += 1;
        self.state.counts.bytes += entry.size;
        let state = Mutex::new(FileState { made: !fresh, ..FileState::default() });
        let content = Content::default();
        let entry = NodeEntry { content, extents: Vec::new(), ..entry };
        let plan = FilePlan { folder, entry, layout, fresh, left: AtomicU32::new(left), state };
        if left > 0 {
            self.state.batch.files.push(plan);
            return Ok(());
        }
        let State { folders, open, .. } = &mut self.state;
        let (notes, watch) = (self.notes, self.watch);
        let writer = Writer {
            chunks: self.chunks,
            top: self.top,
            folders,
            rules: &self.rules,
            notes,
            watch,
            threads: 1,
        };
        writer.finish_planned(&plan, open)
    }

    fn make_special(&mut self, folder: FolderNumber, entry: &NodeEntry) -> Result<(), RestoreError> {
        match self.try_make_special(folder, entry) {
            Ok(()) => {
                self.state.counts.others += 1;
                Ok(())
            }
            Err(error) => self.not_made(folder, &entry.name, error),
        }
    }

    fn try_make_special(&mut self, number: FolderNumber, entry: &NodeEntry) -> rustix::io::Result<()> {
        let folder = self.state.open.get(self.top, &self.state.folders, number)?;
        let kind = match entry.kind {
            Kind::CharDevice => FileType::CharacterDevice,
            Kind::BlockDevice => FileType::BlockDevice,
            _ => FileType::Fifo,
        };
        let device = match kind {
            FileType::Fifo => 0,
            _ => rustix::fs::makedev(entry.rdev.0, entry.rdev.1),
        };
        let name = entry.name.as_slice();
        let make = || rustix::fs::mknodat(folder, name, kind, Mode::RUSR | Mode::WUSR, device);
        anew(folder, name, self.resumed, make)?;
        let applied = self.rules.apply_to_closed(folder, entry);
        self.notes.applied(self.state.folders.path(number, name), applied);
        Ok(())
    }

    fn not_made(&self, folder: FolderNumber, name: &[u8], error: Errno) -> Result<(), RestoreError> {
        if let Some(error) = self.watch.ends_all(error) {
            return Err(error);
        }
        let path = self.state.folders.path(folder, name);
        let message = match error {
            Errno::INVAL if !beneath::is_plain(name) => "its name would lead elsewhere".into(),
            Errno::EXIST => "its name is taken here".into(),
            error => std::io::Error::from(error).to_string(),
        };
        self.notes.problem(path, ProblemKind::NotMade, message);
        Ok(())
    }

    fn write_batch(&mut self) -> Result<(), RestoreError> {
        self.watch.check()?;
        let batch = std::mem::take(&mut self.state.batch);
        let writer = Writer {
            chunks: self.chunks,
            top: self.top,
            folders: &self.state.folders,
            rules: &self.rules,
            notes: self.notes,
            watch: self.watch,
            threads: self.threads,
        };
        writer.write(batch)?;
        self.finish_folders(false)
    }

    fn end(mut self) -> Result<Rest, RestoreError> {
        self.write_batch()?;
        let late = std::mem::take(&mut self.state.late);
        let (links, symlinks): (Vec<Late>, Vec<Late>) =
            late.into_iter().partition(|late| late.link_to.is_some());
        for late in symlinks.into_iter().chain(links) {
            self.watch.check()?;
            if let Err(error) = self.make_late(&late) {
                self.not_made(late.folder, &late.entry.name, error)?;
            }
        }
        self.finish_folders(true)?;
        self.rest()
    }

    fn make_late(&mut self, late: &Late) -> rustix::io::Result<()> {
        let Late { folder: number, entry, link_to } = late;
        let name = entry.name.as_slice();
        if let Some((first, first_name)) = link_to {
            // Two folders at once: the first is held by its own descriptor.
            let from = self.state.open.get(self.top, &self.state.folders, *first)?.try_clone_to_owned();
            let from = from.map_err(|_| Errno::MFILE)?;
            let folder = self.state.open.get(self.top, &self.state.folders, *number)?;
            let link = || rustix::fs::linkat(&from, first_name.as_slice(), folder, name, AtFlags::empty());
            anew(folder, name, self.resumed, link)?;
            self.state.counts.others += 1;
            return Ok(());
        }
        let folder = self.state.open.get(self.top, &self.state.folders, *number)?;
        let target =
            entry.details.target.as_deref().filter(|target| !target.is_empty() && !target.contains(&0));
        let target = target.ok_or(Errno::INVAL)?;
        anew(folder, name, self.resumed, || rustix::fs::symlinkat(target, folder, name))?;
        self.state.counts.others += 1;
        let applied = self.rules.apply_to_closed(folder, entry);
        self.notes.applied(self.state.folders.path(*number, name), applied);
        Ok(())
    }

    /// Gives folders in which nothing more is made their attributes, deepest first.
    fn finish_folders(&mut self, end: bool) -> Result<(), RestoreError> {
        for number in self.state.folders.ready(end) {
            if end && self.keep_first_level && self.is_first_level(number) {
                self.state.folders.leave(number);
                continue;
            }
            self.finish_folder(number)?;
        }
        Ok(())
    }

    fn is_first_level(&self, number: FolderNumber) -> bool {
        self.state.folders.get(number).is_some_and(|folder| folder.parent == FolderNumber::TOP)
    }

    fn finish_folder(&mut self, number: FolderNumber) -> Result<(), RestoreError> {
        let State { folders, open, .. } = &mut self.state;
        let Some(folder) = folders.get(number) else { return Ok(()) };
        let path = folders.path(folder.parent, &folder.entry.name);
        let parent = open.get(self.top, folders, folder.parent);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        match parent.and_then(|parent| beneath::open(parent, [folder.entry.name.as_slice()], flags)) {
            Ok(opened) => {
                let applied = self.rules.apply_to_folder(std::os::fd::AsFd::as_fd(&opened), &folder.entry);
                self.notes.applied(path, applied);
            }
            Err(error) => match self.watch.ends_all(error) {
                Some(error) => return Err(error),
                None => {
                    let message = std::io::Error::from(error).to_string();
                    self.notes.problem(path, ProblemKind::Attribute, message);
                }
            },
        }
        open.close(number);
        folders.finish(number);
        Ok(())
    }

    fn rest(mut self) -> Result<Rest, RestoreError> {
        let first_level = self.state.folders.ready(true);
        let numbers = first_level.into_iter().chain([FolderNumber::TOP]);
        let folders: Vec<NodeEntry> = numbers
            .filter_map(|number| self.state.folders.finish(number))
            .map(|folder| folder.entry)
            .collect();
        Ok(Rest { folders, counts: self.state.counts })
    }
}

/// Makes something; what an interrupted restore left in its place goes first.
fn anew(
    folder: BorrowedFd<'_>,
    name: &[u8],
    resumed: bool,
    make: impl Fn() -> rustix::io::Result<()>,
) -> rustix::io::Result<()> {
    match make() {
        Err(Errno::EXIST) if resumed => beneath::unlink(folder, name).and_then(|()| make()),
        other => other,
    }
}
