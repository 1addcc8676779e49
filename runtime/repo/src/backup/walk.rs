//! The thread that walks, hands out files to read, and builds the tree of what comes back.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use mainstay_world::tree::{self, Entry, Event, Fault, Judgement, Kind, Stat, Tree, View};

use super::blobs::BlobWriter;
use super::cache::{CacheWriter, Stamp};
use super::checkpoint::Due;
use super::entry;
use super::files::{Files, Inode, Name, UnderWay};
use super::folder::Known;
use super::folders::{Folders, Place};
use super::job::{BATCH_BYTES, BATCH_FILES, Facts, Job, Report, SMALL_FILE_BYTES, Wanted};
use super::line::{WriteError, WrittenPack};
use super::monitor::{self, Cancel, Monitor, Progress};
use super::queue::Queue;
use super::session::CommitError;
use crate::format::limits::{MAX_FAULTS, MAX_PATH_BYTES, MAX_TEXT_BYTES};
use crate::format::manifest::{Counts, FaultRecord};
use crate::format::node::{Content, NodeEntry};
use crate::id::{ChunkId, SnapshotId};

/// How long a cancellation may go unnoticed while nothing comes back.
const PATIENCE: Duration = Duration::from_millis(200);

/// Entries between looks at what has come back, at the clock, and at a cancellation.
const LOOK_UP_EVERY: u64 = 64;

/// Why no tree came of a walk.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// The source cannot give a copy that may be kept.
    #[error("the source failed: {0}")]
    Source(#[source] Fault),
    /// The walk ended before its top was left.
    #[error("the source ended its walk too early")]
    Unfinished,
    /// It was told to stop.
    #[error("cancelled")]
    Cancelled,
    /// The stat cache broke while it was read; the walk can be made again without it.
    #[error("the stat cache is damaged")]
    Cache,
    /// A checkpoint could not be made, or somebody ended the session.
    #[error(transparent)]
    Checkpoint(#[from] CommitError),
    /// Content could not be stored.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Makes packs that are durable, and what is finished of the tree, a checkpoint; answers its name.
pub(super) type Checkpoint<'a> =
    &'a mut dyn FnMut(&Walked, Vec<WrittenPack>) -> Result<SnapshotId, WalkError>;

/// What a walk has met so far.
pub(super) struct Found {
    counts: Counts,
    whole: bool,
    /// The first of them.
    faults: Vec<FaultRecord>,
}

impl Default for Found {
    fn default() -> Self {
        Self { counts: Counts::default(), whole: true, faults: Vec::new() }
    }
}

/// What a walk gave.
pub(super) struct Walked {
    /// The top with its nodes.
    pub(super) top: NodeEntry,
    pub(super) counts: Counts,
    pub(super) whole: bool,
    /// The first of them.
    pub(super) faults: Vec<FaultRecord>,
    /// Where entries and folders were taken over from.
    pub(super) parent: Option<SnapshotId>,
    /// To be committed after the snapshot.
    pub(super) cache: Option<CacheWriter>,
}

/// The walk of one backup.
pub(super) struct Walker<'a> {
    pub(super) view: &'a dyn View,
    pub(super) jobs: &'a Queue<Job>,
    pub(super) reports: Receiver<Report>,
    pub(super) blobs: BlobWriter<'a>,
    pub(super) monitor: &'a dyn Monitor,
    pub(super) cancel: &'a dyn Cancel,
    pub(super) folders: Folders,
    pub(super) files: Files,
    pub(super) batch: Vec<Wanted>,
    pub(super) batch_bytes: usize,
    pub(super) found: Found,
    pub(super) due: Due<'a>,
    pub(super) checkpoint: Checkpoint<'a>,
}

impl Walker<'_> {
    /// Walks the tree to its end and waits for all that is under way.
    pub(super) fn run(mut self) -> Result<Walked, WalkError> {
        let mut tree = self.view.walk().map_err(WalkError::Source)?;
        let mut events = 0u64;
        while let Some(event) = tree.next() {
            self.event(event)?;
            events += 1;
            if events.is_multiple_of(LOOK_UP_EVERY) {
                self.look_up()?;
            }
        }
        self.flush()?;
        while !self.files.is_empty() {
            self.wait_for_report()?;
        }
        drop::<Box<dyn Tree>>(tree);
        let top = self.folders.take_top().ok_or(WalkError::Unfinished)?;
        let reuse = self.folders.reuse;
        Ok(Walked {
            top,
            counts: self.found.counts,
            whole: self.found.whole,
            faults: self.found.faults,
            parent: reuse.parent(),
            cache: reuse.writer,
        })
    }

    fn check_cancel(&self) -> Result<(), WalkError> {
        if self.cancel.is_cancelled() { Err(WalkError::Cancelled) } else { Ok(()) }
    }

    fn event(&mut self, event: Event) -> Result<(), WalkError> {
        match event {
            Event::Enter(entry) => self.enter(&*entry),
            Event::Leaf(entry) if entry.stat().kind == Kind::File => self.file(entry),
            Event::Leaf(entry) => self.other(&*entry),
            Event::Leave => {
                self.flush()?;
                self.folders.leave(&mut self.blobs)
            }
            Event::Fault(fault) => self.fault(fault),
            Event::LeftOut { path, what } => {
                self.monitor.event(monitor::Event::LeftOut { path: &path, what: &what });
                Ok(())
            }
        }
    }

    fn enter(&mut self, entry: &dyn Entry) -> Result<(), WalkError> {
        self.flush()?;
        self.found.counts.folders += 1;
        let mut fault = None;
        let fresh = || {
            let (node, broken) = entry::of_other(entry);
            fault = broken;
            node
        };
        self.folders.enter(entry.name(), entry.stat(), fresh, &mut self.blobs)?;
        fault.map_or(Ok(()), |fault| self.fault(fault))
    }

    fn other(&mut self, entry: &dyn Entry) -> Result<(), WalkError> {
        self.found.counts.others += 1;
        if self.folders.take(entry.name(), entry.stat(), &mut self.blobs)? {
            return Ok(());
        }
        let (node, fault) = entry::of_other(entry);
        let stamp = self.stamp(entry.stat(), fault.is_some());
        if let Some(place) = self.folders.reserve() {
            self.folders.fill(place, Some(Known { entry: node, stamp }), &mut self.blobs)?;
        }
        fault.map_or(Ok(()), |fault| self.fault(fault))
    }

    fn file(&mut self, entry: Box<dyn Entry>) -> Result<(), WalkError> {
        if self.folders.take(entry.name(), entry.stat(), &mut self.blobs)? {
            self.found.counts.files += 1;
            self.found.counts.bytes += entry.stat().size;
            return Ok(());
        }
        let Some(place) = self.folders.reserve() else { return Ok(()) };
        let stat = entry.stat();
        let inode: Option<Inode> = (stat.links > 1).then_some((stat.device, stat.inode));
        let name = match inode {
            None => Name::First,
            Some(inode) => self.files.link(inode, place, entry.name(), || entry.path()),
        };
        match name {
            Name::First => self.want(place, inode, entry),
            Name::Known(known) => self.done(place, *known),
            Name::Waits => Ok(()),
        }
    }

    fn want(&mut self, place: Place, inode: Option<Inode>, entry: Box<dyn Entry>) -> Result<(), WalkError> {
        let (size, is_stream) = (entry.stat().size, entry.stat().ctime == tree::Time::default());
        let ticket = self.files.begin(place, entry.name(), inode);
        let wanted = Wanted { ticket, entry };
        if is_stream || size >= SMALL_FILE_BYTES {
            return self.send(Job::Large(wanted));
        }
        // A byte more than it has, to see its end.
        let room = size as usize + 1;
        if self.batch_bytes + room > BATCH_BYTES || self.batch.len() >= BATCH_FILES {
            self.flush()?;
        }
        self.batch_bytes += room;
        self.batch.push(wanted);
        Ok(())
    }

    /// Sends the batch on its way.
    fn flush(&mut self) -> Result<(), WalkError> {
        self.batch_bytes = 0;
        if self.batch.is_empty() {
            return Ok(());
        }
        let files = std::mem::take(&mut self.batch);
        self.send(Job::Batch(files))
    }

    /// Hands out a job. While there is no room, what comes back is taken: readers wait for workers, workers for
    /// nobody, and every job that was taken is answered, so there will be room.
    fn send(&mut self, job: Job) -> Result<(), WalkError> {
        let mut job = job;
        loop {
            match self.jobs.try_push(job, 1) {
                Ok(()) => return Ok(()),
                Err(back) => job = back,
            }
            self.wait_for_report()?;
        }
    }

    /// Waits for what comes back, but not longer than a cancellation may take to be noticed.
    fn wait_for_report(&mut self) -> Result<(), WalkError> {
        self.check_cancel()?;
        self.check_due()?;
        match self.reports.recv_timeout(PATIENCE) {
            Ok(report) => self.report(report),
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => Err(WriteError::Stopped.into()),
        }
    }

    /// Makes a checkpoint if one is due: what has come back is in packs, and these are made durable first.
    fn check_due(&mut self) -> Result<(), WalkError> {
        if !self.due.is_now(self.blobs.counted().0) {
            return Ok(());
        }
        let top = self.folders.partial(&mut self.blobs)?;
        let Some(top) = top else { return Ok(()) };
        let Found { counts, whole, faults } = &self.found;
        let parent = self.folders.reuse.parent();
        let walked =
            Walked { top, counts: *counts, whole: *whole, faults: faults.clone(), parent, cache: None };
        let written = self.blobs.barrier()?;
        let id = (self.checkpoint)(&walked, written)?;
        self.monitor.event(monitor::Event::Checkpoint(id));
        Ok(())
    }

    /// What is to be done now and then, whether or not anything comes back.
    fn look_up(&mut self) -> Result<(), WalkError> {
        self.check_cancel()?;
        self.take_reports()?;
        self.check_due()?;
        self.monitor.event(monitor::Event::Progress(self.progress()));
        Ok(())
    }

    /// Takes what has come back already.
    fn take_reports(&mut self) -> Result<(), WalkError> {
        while let Ok(report) = self.reports.try_recv() {
            self.report(report)?;
        }
        Ok(())
    }

    fn report(&mut self, report: Report) -> Result<(), WalkError> {
        match report {
            Report::Files(files) => {
                for (ticket, facts, id) in files {
                    self.small_file(ticket, facts, id)?;
                }
            }
            Report::Chunk { ticket, attempt, number, id } => {
                if let Some((file, facts, content)) =
                    self.files.chunk(ticket, attempt, number, id, &mut self.blobs)?
                {
                    self.read(file, facts, content)?;
                }
            }
            Report::End { ticket, attempt, chunks, facts } => {
                if let Some((file, facts, content)) =
                    self.files.end(ticket, attempt, chunks, facts, &mut self.blobs)?
                {
                    self.read(file, facts, content)?;
                }
            }
            Report::Missing { ticket, fault } => self.missing(ticket, fault)?,
            Report::Failed => return Err(WriteError::Stopped.into()),
        }
        self.monitor.event(monitor::Event::Progress(self.progress()));
        Ok(())
    }

    fn small_file(&mut self, ticket: u64, facts: Facts, id: Option<ChunkId>) -> Result<(), WalkError> {
        let Some(file) = self.files.take(ticket) else { return Ok(()) };
        let content = Content { ids: id.into_iter().collect(), depth: 0 };
        self.read(file, facts, content)
    }

    /// A file and all of its content are known.
    fn read(&mut self, file: UnderWay, mut facts: Facts, content: Content) -> Result<(), WalkError> {
        let stamp = self.stamp(&facts.stat, !facts.faults.is_empty());
        for fault in std::mem::take(&mut facts.faults) {
            self.fault(fault)?;
        }
        let links = facts.stat.links;
        let known = Known { entry: entry::of_file(file.name, facts, content), stamp };
        let others = file.inode.map(|inode| self.files.linked(inode, &known, links)).unwrap_or_default();
        for other in others {
            self.done(other.place, known.named(other.name))?;
        }
        self.done(file.place, known)
    }

    /// What had a fault is not believed next time: the fault must be told again.
    fn stamp(&self, stat: &Stat, faulty: bool) -> Stamp {
        let stamp = Stamp::of(stat, self.folders.reuse.started);
        if faulty { stamp.distrusted() } else { stamp }
    }

    fn missing(&mut self, ticket: u64, fault: Fault) -> Result<(), WalkError> {
        let Some(file) = self.files.take(ticket) else { return Ok(()) };
        self.folders.fill(file.place, None, &mut self.blobs)?;
        let others = file.inode.map(|inode| self.files.unlinked(inode)).unwrap_or_default();
        for other in others {
            self.folders.fill(other.place, None, &mut self.blobs)?;
            self.fault(Fault { kind: fault.kind, path: other.path, message: fault.message.clone() })?;
        }
        self.fault(fault)
    }

    fn done(&mut self, place: Place, known: Known) -> Result<(), WalkError> {
        self.found.counts.files += 1;
        self.found.counts.bytes += known.entry.size;
        self.folders.fill(place, Some(known), &mut self.blobs)
    }

    /// What is missing is told and listed, whatever it means; its owner may have said that the copy is whole
    /// without it, or that there must be none.
    fn fault(&mut self, fault: Fault) -> Result<(), WalkError> {
        match self.view.judge(&fault) {
            Judgement::Fails => return Err(WalkError::Source(fault)),
            Judgement::Degrades => self.found.whole = false,
            Judgement::Noted => {}
        }
        self.monitor.event(monitor::Event::Fault(&fault));
        self.found.counts.faults += 1;
        if self.found.faults.len() < MAX_FAULTS as usize {
            self.found.faults.push(record(fault));
        }
        Ok(())
    }

    fn progress(&self) -> Progress {
        let Counts { files, folders, others, bytes, .. } = self.found.counts;
        let (new_bytes, stored_bytes) = self.blobs.counted();
        Progress { entries: files + folders + others, files, bytes, new_bytes, stored_bytes }
    }
}

/// A fault as a manifest can keep it: of a path that is too long, the end says more.
fn record(fault: Fault) -> FaultRecord {
    let Fault { kind, mut path, mut message } = fault;
    path.drain(..path.len().saturating_sub(MAX_PATH_BYTES as usize));
    while message.len() > MAX_TEXT_BYTES as usize {
        message.pop();
    }
    FaultRecord { path, kind, message }
}
