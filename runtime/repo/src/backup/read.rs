//! Threads that open, read and cut.
//!
//! A file that changed while it was read is read once more; if it changed again, what was read is kept and the
//! fault is told. What cannot be read at all is told and left out.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use mainstay_world::tree::{Content, Details, Entry, Extent, Fault, FaultKind, Stat};

use super::buffers::Pool;
use super::job::{Facts, Job, ReadChunk, ReadFile, Report, SMALL_FILE_BYTES, Wanted, Work};
use super::line::{Alarm, Line};
use super::monitor::Cancel;
use super::queue::Queue;
use crate::chunk::Cutter;
use crate::format::limits::MAX_EXTENTS;

/// How often a file is read that keeps changing.
const ATTEMPTS: u32 = 2;

/// An open file, and its extents if it has holes.
type Opened = (Box<dyn Content>, Option<Vec<Extent>>);

/// The others are gone: nothing is left to do.
struct Stopped;

/// What one reader thread has.
pub(super) struct Reader<'a> {
    pub(super) jobs: &'a Queue<Job>,
    pub(super) work: &'a Queue<Work>,
    pub(super) reports: Sender<Report>,
    /// For batches.
    pub(super) small: Pool,
    /// For stretches of large files: as long as the largest chunk.
    pub(super) large: Pool,
    pub(super) cutter: &'a Cutter,
    pub(super) cancel: &'a dyn Cancel,
}

/// A small file, or why not.
enum Whole {
    Read(usize, Facts),
    /// It is longer than it was: it must be read as a large one.
    NoRoom,
    Missing(Fault),
}

/// How reading ended.
struct Ended {
    stat: Stat,
    fault: Option<Fault>,
}

impl Reader<'_> {
    /// Reads until no job is left.
    pub(super) fn run(&self, line: &Line<'_>) {
        let _alarm = Alarm { line, reports: Some(self.reports.clone()) };
        while let Some(job) = self.jobs.pop() {
            let done = match job {
                Job::Batch(files) => self.batch(files),
                Job::Large(file) => self.large(&file),
            };
            if done.is_err() {
                return;
            }
        }
    }

    fn batch(&self, wanted: Vec<Wanted>) -> Result<(), Stopped> {
        let mut buffer = self.small.take();
        let mut used = 0;
        let (mut files, mut grown) = (Vec::with_capacity(wanted.len()), Vec::new());
        for Wanted { ticket, entry } in wanted {
            let room = buffer.get_mut(used..).unwrap_or_default();
            match read_whole(&*entry, room) {
                Whole::Read(length, facts) => {
                    files.push(ReadFile { ticket, range: used..used + length, facts });
                    used += length;
                }
                Whole::NoRoom => grown.push(Wanted { ticket, entry }),
                Whole::Missing(fault) => self.report(Report::Missing { ticket, fault })?,
            }
        }
        if !files.is_empty() {
            self.work.push(Work::Batch { buffer, files }, used).map_err(|_| Stopped)?;
        }
        grown.iter().try_for_each(|file| self.large(file))
    }

    fn large(&self, Wanted { ticket, entry }: &Wanted) -> Result<(), Stopped> {
        for attempt in 0..ATTEMPTS {
            let read = match open_large(&**entry) {
                Ok((content, extents)) => self.stream(*ticket, attempt, &**entry, content, extents)?,
                Err(fault) => Err(fault),
            };
            match read {
                Ok((_, facts)) if attempt + 1 < ATTEMPTS && !facts.faults.is_empty() && repeats(&facts) => {}
                Ok((chunks, facts)) => {
                    return self.report(Report::End { ticket: *ticket, attempt, chunks, facts });
                }
                Err(fault) => return self.report(Report::Missing { ticket: *ticket, fault }),
            }
        }
        Ok(())
    }

    /// Reads a file from its beginning to its end and sends its chunks on their way.
    fn stream(
        &self,
        ticket: u64,
        attempt: u32,
        entry: &dyn Entry,
        mut content: Box<dyn Content>,
        extents: Option<Vec<Extent>>,
    ) -> Result<Result<(u64, Facts), Fault>, Stopped> {
        let (mut number, mut read_bytes, mut tail) = (0, 0, Vec::new());
        loop {
            if self.cancel.is_cancelled() {
                return Err(Stopped);
            }
            let mut buffer = self.large.take();
            let (carried, room) = buffer.split_at_mut(tail.len());
            carried.copy_from_slice(&tail);
            let read = match fill(&mut *content, room) {
                Ok(read) => read,
                Err(error) => return Ok(Err(broken(entry, &error))),
            };
            read_bytes += read as u64;
            let (seen, last) = (tail.len() + read, read < room.len());
            let mut start = 0;
            let buffer = Arc::new(buffer);
            while let Some(length) = self.cut(buffer.get(start..seen).unwrap_or_default(), last, number) {
                let chunk = ReadChunk {
                    ticket,
                    attempt,
                    number,
                    buffer: Arc::clone(&buffer),
                    range: start..start + length,
                };
                self.work.push(Work::Chunk(chunk), length).map_err(|_| Stopped)?;
                start += length;
                number += 1;
            }
            // The tail is copied out before the next buffer is waited for: who holds one never waits for one.
            tail.clear();
            tail.extend_from_slice(buffer.get(start..seen).unwrap_or_default());
            if last {
                break;
            }
        }
        let ended = finish(entry, content);
        Ok(ended.map(|ended| (number, facts(entry, ended, extents, read_bytes))))
    }

    /// A small file is one chunk on whatever way it came.
    fn cut(&self, window: &[u8], last: bool, number: u64) -> Option<usize> {
        if last && number == 0 && !window.is_empty() && (window.len() as u64) < SMALL_FILE_BYTES {
            return Some(window.len());
        }
        self.cutter.cut(window, last)
    }

    fn report(&self, report: Report) -> Result<(), Stopped> {
        self.reports.send(report).map_err(|_| Stopped)
    }
}

/// Opens a large file. One with more holes than a node holds is opened again and read with its zeros: once extents
/// were asked for, holes are skipped.
fn open_large(entry: &dyn Entry) -> Result<Opened, Fault> {
    let mut content = entry.open()?;
    match content.extents() {
        Ok(Some(extents)) if extents.len() > MAX_EXTENTS as usize => Ok((entry.open()?, None)),
        Ok(extents) => Ok((content, extents)),
        Err(error) => Err(broken(entry, &error)),
    }
}

/// Whether reading again may help: a stream cannot be read twice.
fn repeats(facts: &Facts) -> bool {
    facts.faults.iter().any(|fault| fault.kind == FaultKind::Changed) && facts.stat.inode != 0
}

fn read_whole(entry: &dyn Entry, room: &mut [u8]) -> Whole {
    for attempt in 0..ATTEMPTS {
        match read_once(entry, room) {
            Whole::Read(_, facts) if attempt + 1 < ATTEMPTS && repeats(&facts) => {}
            other => return other,
        }
    }
    Whole::NoRoom
}

fn read_once(entry: &dyn Entry, room: &mut [u8]) -> Whole {
    let mut content = match entry.open() {
        Ok(content) => content,
        Err(fault) => return Whole::Missing(fault),
    };
    let read = content.extents().and_then(|extents| Ok((extents, fill(&mut *content, room)?)));
    let (extents, length) = match read {
        Ok(read) => read,
        Err(error) => return Whole::Missing(broken(entry, &error)),
    };
    // Without a byte to spare there is no telling whether this is the end.
    if length >= room.len() {
        return Whole::NoRoom;
    }
    match finish(entry, content) {
        Ok(ended) => Whole::Read(length, facts(entry, ended, extents, length as u64)),
        Err(fault) => Whole::Missing(fault),
    }
}

/// Reads as much as there is room for; less is the end.
fn fill(content: &mut dyn Content, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match content.read(room) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// A file that changed is kept as it was read, with its fault; any other fault loses it.
fn finish(entry: &dyn Entry, content: Box<dyn Content>) -> Result<Ended, Fault> {
    match content.finish() {
        Ok(stat) => Ok(Ended { stat, fault: None }),
        Err(fault) if fault.kind == FaultKind::Changed => {
            Ok(Ended { stat: *entry.stat(), fault: Some(fault) })
        }
        Err(fault) => Err(fault),
    }
}

fn facts(entry: &dyn Entry, ended: Ended, extents: Option<Vec<Extent>>, read_bytes: u64) -> Facts {
    let mut faults: Vec<Fault> = ended.fault.into_iter().collect();
    let details = entry.details().unwrap_or_else(|fault| {
        faults.push(fault);
        Details::default()
    });
    let (extents, size) = sound_extents(extents.unwrap_or_default(), read_bytes);
    Facts { stat: ended.stat, details, extents, size, faults }
}

/// Extents that fit what was read, and the size with their holes. A file that shrank while it was read has less
/// data than it promised: then the last stretches are shortened.
fn sound_extents(extents: Vec<Extent>, read_bytes: u64) -> (Vec<Extent>, u64) {
    let mut left = read_bytes;
    let fit = |extent| match extent {
        Extent::Data(length) => {
            let length = length.min(left);
            left -= length;
            Extent::Data(length)
        }
        hole => hole,
    };
    let extents: Vec<Extent> = extents.into_iter().map(fit).collect();
    let sum = |sum: u64, extent: &Extent| match extent {
        Extent::Data(length) | Extent::Hole(length) => sum.saturating_add(*length),
    };
    let size = if extents.is_empty() { read_bytes } else { extents.iter().fold(0, sum) };
    (extents, size)
}

fn broken(entry: &dyn Entry, error: &io::Error) -> Fault {
    let message = format!("cannot be read: {error}");
    Fault { kind: FaultKind::Broken, path: entry.path(), message }
}
