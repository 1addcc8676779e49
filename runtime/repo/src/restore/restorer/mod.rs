//! The walk of a restore: folders are made on the way, files are planned and written batch by batch, and what
//! leads elsewhere (links) comes after all files, so that nothing is ever written through it.

mod files;
mod make;

use std::collections::HashMap;
use std::os::fd::BorrowedFd;

use mainstay_world::tree::Kind;
use rustix::io::Errno;

use super::attributes::Rules;
use super::batch::Batch;
use super::beneath;
use super::chunks::{ChunkFault, Chunks};
use super::folders::{FolderNumber, Folders, OpenFolders};
use super::report::{Notes, ProblemKind, Watch};
use super::write::Writer;
use super::{RestoreCounts, RestoreError};
use crate::format::node::{Content, HardLink, NodeEntry};
use crate::tree::walk::{Step, Walk};
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
