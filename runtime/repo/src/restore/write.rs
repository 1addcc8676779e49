//! Writing a batch: threads take stretches of packs, open their chunks and write each where files need it.
//!
//! A file of one chunk, which most files are, is made, written, given its attributes and closed by one thread in
//! five calls. A file of several is made by whoever comes first and finished by whoever comes last; a few of
//! them are held open in between.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::RestoreError;
use super::attributes::Rules;
use super::batch::{Batch, FilePlan, FileState, Task, Use};
use super::beneath;
use super::chunks::{ChunkFault, Chunks};
use super::folders::{Folders, OpenFolders};
use super::report::{Notes, ProblemKind, Watch};

/// Descriptors that all threads together hold for folders.
const OPEN_FOLDERS: usize = 96;

/// Unfinished files of several chunks that are held open.
const OPEN_FILES: usize = 64;

/// What the threads share.
pub(crate) struct Writer<'a, C: Chunks> {
    pub chunks: &'a C,
    pub top: BorrowedFd<'a>,
    pub folders: &'a Folders,
    pub rules: &'a Rules,
    pub notes: &'a Notes,
    pub watch: &'a Watch<'a>,
    pub threads: usize,
}

/// What one run of the threads shares besides.
struct Run<'a> {
    batch: &'a Batch,
    tasks: &'a [Task],
    /// For each thread, the next of its own tasks, and their end.
    lanes: Vec<(AtomicUsize, usize)>,
    open_files: AtomicUsize,
    stopped: AtomicBool,
    error: Mutex<Option<RestoreError>>,
}

/// What a thread has for itself.
struct Hands<O> {
    opener: O,
    folders: OpenFolders,
    stored: Vec<u8>,
    content: Vec<u8>,
}

/// A failure that ends the restore, or only this file's.
enum Failed {
    All(RestoreError),
    File(ProblemKind, String),
}

impl<C: Chunks> Writer<'_, C> {
    /// Writes all files of a batch.
    pub(crate) fn write(&self, mut batch: Batch) -> Result<(), RestoreError> {
        let tasks = batch.tasks();
        let run = Run::new(&batch, &tasks, self.threads.max(1));
        std::thread::scope(|scope| {
            for lane in 1..run.lanes.len() {
                let run = &run;
                scope.spawn(move || self.work(run, lane));
            }
            self.work(&run, 0);
        });
        match run.error.into_inner().unwrap_or_else(PoisonError::into_inner) {
            None => Ok(()),
            Some(error) => Err(error),
        }
    }

    /// Finishes a file of which no chunk is left to write.
    pub(crate) fn finish_planned(
        &self,
        file: &FilePlan,
        folders: &mut OpenFolders,
    ) -> Result<(), RestoreError> {
        let mut state = lock(&file.state);
        let opened = self.open_file(file, &mut state, folders);
        let finished = opened.and_then(|open| self.finish_open(file, open.as_fd()));
        self.settle(file, &mut state, finished)
    }

    fn work(&self, run: &Run<'_>, lane: usize) {
        let result = self.chunks.opener().map_err(RestoreError::from).and_then(|opener| {
            let folders = OpenFolders::new(OPEN_FOLDERS / run.lanes.len());
            let mut hands = Hands { opener, folders, stored: Vec::new(), content: Vec::new() };
            while let Some(task) = run.next(lane) {
                self.watch.check()?;
                self.task(run, task, &mut hands)?;
            }
            Ok(())
        });
        if let Err(error) = result {
            run.stop(error);
        }
    }

    /// Reads a stretch, and writes each chunk of it.
    fn task(&self, run: &Run<'_>, task: &Task, hands: &mut Hands<C::Opener>) -> Result<(), RestoreError> {
        let uses = run.batch.uses.get(task.uses.clone()).unwrap_or_default();
        let Some(first) = uses.first() else { return Ok(()) };
        let length = task.bytes.end - task.bytes.start;
        let read = self.chunks.read_pack(&first.place.pack, task.bytes.start, length, &mut hands.stored);
        match read {
            Ok(()) => {}
            Err(ChunkFault::Damaged(_)) => hands.stored.clear(),
            Err(ChunkFault::Store(error)) => return Err(error.into()),
        }
        for same in
            uses.chunk_by(|left, right| (left.place.offset, left.id) == (right.place.offset, right.id))
        {
            self.chunk(run, task.bytes.start, same, hands)?;
        }
        Ok(())
    }

    /// Opens one chunk and writes it to each file that needs it.
    fn chunk(
        &self,
        run: &Run<'_>,
        start: u64,
        uses: &[Use],
        hands: &mut Hands<C::Opener>,
    ) -> Result<(), RestoreError> {
        let Some(first) = uses.first() else { return Ok(()) };
        let opened = self.open(start, first, hands);
        if let Err(ChunkFault::Store(error)) = opened {
            return Err(error.into());
        }
        for one in uses {
            let Some(file) = run.batch.files.get(one.file as usize) else { continue };
            let lost = opened.as_ref().err().map(ToString::to_string);
            self.write_use(run, file, one, lost, hands)?;
        }
        Ok(())
    }

    /// Opens a chunk from what was read, or else from any place that has it whole.
    fn open(&self, start: u64, one: &Use, hands: &mut Hands<C::Opener>) -> Result<(), ChunkFault> {
        let from = usize::try_from(u64::from(one.place.offset) - start).unwrap_or(usize::MAX);
        let stored = hands.stored.get(from..from.saturating_add(one.place.stored_length as usize));
        let opened = stored
            .is_some_and(|stored| {
                self.chunks.open(&mut hands.opener, &one.id, &one.place, stored, &mut hands.content).is_ok()
            })
            .then_some(());
        match opened {
            Some(()) => Ok(()),
            None => self.chunks.read_anywhere(&mut hands.opener, &one.id, &mut hands.content),
        }
    }

    fn write_use(
        &self,
        run: &Run<'_>,
        file: &FilePlan,
        one: &Use,
        lost: Option<String>,
        hands: &mut Hands<C::Opener>,
    ) -> Result<(), RestoreError> {
        let mut state = lock(&file.state);
        if state.lost.is_none() {
            let written = match lost {
                Some(message) => Err(Failed::File(ProblemKind::Damaged, message)),
                None if hands.content.len() != one.place.raw_length as usize => {
                    Err(Failed::File(ProblemKind::Damaged, "a chunk is not as long as the index says".into()))
                }
                None => self.write_content(run, file, &mut state, one, hands),
            };
            self.settle(file, &mut state, written)?;
        }
        // Under the file's lock, so that the last one sees what the others did.
        if file.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            let finished = self.finish(run, file, &mut state, hands);
            self.settle(file, &mut state, finished)?;
        }
        Ok(())
    }

    fn settle(
        &self,
        file: &FilePlan,
        state: &mut FileState,
        result: Result<(), Failed>,
    ) -> Result<(), RestoreError> {
        match result {
            Ok(()) => Ok(()),
            Err(Failed::All(error)) => Err(error),
            Err(Failed::File(kind, message)) => {
                let path = self.folders.path(file.folder, &file.entry.name);
                self.notes.problem(path, kind, message.clone());
                state.lost = Some(message);
                Ok(())
            }
        }
    }

    fn write_content(
        &self,
        run: &Run<'_>,
        file: &FilePlan,
        state: &mut FileState,
        one: &Use,
        hands: &mut Hands<C::Opener>,
    ) -> Result<(), Failed> {
        if state.file.is_none() {
            let opened = self.open_file(file, state, &mut hands.folders)?;
            state.file = Some(opened);
            run.open_files.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(open) = &state.file {
            for piece in file.layout.pieces(one.at, hands.content.len()) {
                let bytes = hands.content.get(piece.from..piece.from + piece.length).unwrap_or_default();
                write_all(open, bytes, piece.to).map_err(|error| self.failed(error))?;
            }
        }
        self.watch.wrote(hands.content.len() as u64);
        let crowded = run.open_files.load(Ordering::Relaxed) > OPEN_FILES;
        if crowded && file.left.load(Ordering::Relaxed) > 1 {
            state.file = None;
            run.open_files.fetch_sub(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn open_file(
        &self,
        file: &FilePlan,
        state: &mut FileState,
        folders: &mut OpenFolders,
    ) -> Result<OwnedFd, Failed> {
        let folder = folders.get(self.top, self.folders, file.folder).map_err(|error| self.failed(error))?;
        let name = file.entry.name.as_slice();
        let opened = match state.made {
            true => beneath::open(folder, [name], OFlags::WRONLY),
            false => beneath::create(folder, name, self.rules.making_mode(&file.entry)),
        };
        let opened = opened.map_err(|error| self.failed(error))?;
        state.made = true;
        Ok(opened)
    }

    /// After the last chunk: the length where the file ends with a hole, and the attributes; or the file goes,
    /// if a chunk of it was lost: no file is left with other bytes than it had.
    fn finish(
        &self,
        run: &Run<'_>,
        file: &FilePlan,
        state: &mut FileState,
        hands: &mut Hands<C::Opener>,
    ) -> Result<(), Failed> {
        let open = state.file.take();
        if open.is_some() {
            run.open_files.fetch_sub(1, Ordering::Relaxed);
        }
        if state.lost.is_some() && !state.made {
            return Ok(());
        }
        if state.lost.is_some() {
            let folder = hands.folders.get(self.top, self.folders, file.folder);
            let gone = folder.and_then(|folder| beneath::unlink(folder, &file.entry.name));
            return match gone {
                Ok(()) | Err(Errno::NOENT) => Ok(()),
                Err(error) => Err(self.failed(error)),
            };
        }
        let open = match open {
            Some(open) => open,
            None => self.open_file(file, state, &mut hands.folders)?,
        };
        self.finish_open(file, open.as_fd())
    }

    fn finish_open(&self, file: &FilePlan, open: BorrowedFd<'_>) -> Result<(), Failed> {
        if file.layout.has_holes() {
            rustix::fs::ftruncate(open, file.entry.size).map_err(|error| self.failed(error))?;
        }
        let applied = self.rules.apply_to_file(open, &file.entry, file.fresh);
        self.notes.applied(|| self.folders.path(file.folder, &file.entry.name), applied);
        self.watch.finished_file();
        Ok(())
    }

    fn failed(&self, error: Errno) -> Failed {
        match self.watch.ends_all(error) {
            Some(error) => Failed::All(error),
            None => Failed::File(ProblemKind::NotMade, std::io::Error::from(error).to_string()),
        }
    }
}

impl<'a> Run<'a> {
    fn new(batch: &'a Batch, tasks: &'a [Task], threads: usize) -> Self {
        let threads = threads.min(tasks.len()).max(1);
        let bound = |lane: usize| tasks.len() * lane / threads;
        let lanes = (0..threads).map(|lane| (AtomicUsize::new(bound(lane)), bound(lane + 1))).collect();
        Self {
            batch,
            tasks,
            lanes,
            open_files: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            error: Mutex::new(None),
        }
    }

    /// The next task of this lane, then of the others.
    fn next(&self, own: usize) -> Option<&Task> {
        if self.stopped.load(Ordering::Relaxed) {
            return None;
        }
        let from_own = self.lanes.iter().cycle().skip(own).take(self.lanes.len());
        let mut taken = from_own.filter_map(|(next, end)| {
            let number = next.fetch_add(1, Ordering::Relaxed);
            (number < *end).then_some(number)
        });
        taken.next().and_then(|number| self.tasks.get(number))
    }

    fn stop(&self, error: RestoreError) {
        self.stopped.store(true, Ordering::Relaxed);
        let mut first = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(error);
    }
}

/// The state of a file is whole after any panic: what matters of it is decided by the chunks that are left.
fn lock(state: &Mutex<FileState>) -> MutexGuard<'_, FileState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes all bytes at an offset.
pub(crate) fn write_all(file: &OwnedFd, bytes: &[u8], offset: u64) -> rustix::io::Result<()> {
    let mut done = 0;
    while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
        match rustix::io::pwrite(file, rest, offset + done as u64) {
            Ok(0) => return Err(Errno::IO),
            Ok(written) => done += written,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
