//! A tree with one file in it, whose content is the output of a program.

use std::collections::VecDeque;
use std::io;

use mainstay_world::TimestampMs;
use mainstay_world::tree::{
    Content, Details, Entry, Event, Extent, Fault, FaultKind, Kind, Stat, Time, Tree,
};

use super::CommandSource;
use crate::{Ended, Output, Process};

/// The name of the file.
const NAME: &[u8] = b"stdout";

/// How much of the end is kept to look for the trailer.
const TRAILER_BYTES: usize = 4 * 1024;

/// The walk: the top, the file, the end.
pub(super) struct Stream(VecDeque<Event>);

impl Stream {
    pub(super) fn new(source: &CommandSource) -> Self {
        let top = StreamEntry { stat: stat(Kind::Folder, 0o700, source.at, 0), source: None };
        let file = StreamEntry { stat: stat(Kind::File, 0o600, source.at, 0), source: Some(source.clone()) };
        Self(VecDeque::from([Event::Enter(Box::new(top)), Event::Leaf(Box::new(file)), Event::Leave]))
    }
}

impl Tree for Stream {
    fn next(&mut self) -> Option<Event> {
        self.0.pop_front()
    }
}

/// The attributes of something that lies on no disk. Its owner is whoever runs; a `ctime` of zero means that it is
/// never taken as unchanged.
fn stat(kind: Kind, mode: u32, at: TimestampMs, size: u64) -> Stat {
    Stat {
        kind,
        mode,
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
        size,
        mtime: time(at),
        ctime: Time::default(),
        device: 0,
        inode: 0,
        links: 1,
        rdev: (0, 0),
        blocks: 0,
    }
}

fn time(at: TimestampMs) -> Time {
    let nanoseconds = u32::try_from(at.0.rem_euclid(1000) * 1_000_000).unwrap_or(0);
    Time { seconds: at.0.div_euclid(1000), nanoseconds }
}

struct StreamEntry {
    stat: Stat,
    /// The file's; the top has none.
    source: Option<CommandSource>,
}

impl Entry for StreamEntry {
    fn name(&self) -> &[u8] {
        if self.source.is_some() { NAME } else { b"" }
    }

    fn stat(&self) -> &Stat {
        &self.stat
    }

    fn path(&self) -> Vec<u8> {
        self.name().to_vec()
    }

    fn details(&self) -> Result<Details, Fault> {
        Ok(Details::default())
    }

    fn open(&self) -> Result<Box<dyn Content>, Fault> {
        let Some(source) = &self.source else { return Err(producer("is a folder".to_owned())) };
        let process = Process::start(&source.program, Output::Read, source.stop.clone())
            .map_err(|error| producer(error.to_string()))?;
        Ok(Box::new(StreamContent { source: source.clone(), process, size: 0, end: Vec::new() }))
    }
}

struct StreamContent {
    source: CommandSource,
    process: Process,
    size: u64,
    /// The last bytes that were read.
    end: Vec<u8>,
}

impl Content for StreamContent {
    fn extents(&mut self) -> io::Result<Option<Vec<Extent>>> {
        Ok(None)
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.process.read(buffer).map_err(io::Error::other)?;
        self.size += read as u64;
        let fresh = buffer.get(..read).unwrap_or_default();
        let last = fresh.get(fresh.len().saturating_sub(TRAILER_BYTES)..).unwrap_or_default();
        self.end.extend_from_slice(last);
        let surplus = self.end.len().saturating_sub(TRAILER_BYTES);
        self.end.drain(..surplus);
        Ok(read)
    }

    fn finish(self: Box<Self>) -> Result<Stat, Fault> {
        let Self { source, process, size, end } = *self;
        let ended = process.wait().map_err(|error| producer(error.to_string()))?;
        match complaint(&source, &ended, size, &end) {
            Some(message) => Err(producer(message)),
            None => Ok(stat(Kind::File, 0o600, source.at, size)),
        }
    }
}

/// Why what a program printed is not believed.
fn complaint(source: &CommandSource, ended: &Ended, size: u64, end: &[u8]) -> Option<String> {
    let name = source.program.name();
    let why = match (ended.code, ended.signal) {
        (Some(0), _) => return doubt(source, size, end),
        (Some(code), _) => format!("`{name}` exited with code {code}"),
        (None, Some(signal)) => format!("`{name}` was ended by signal {signal}"),
        (None, None) => format!("`{name}` ended, nobody knows how"),
    };
    Some(if ended.tail.is_empty() { why } else { format!("{why}: {}", ended.tail) })
}

/// Why the output of a program that exited well is not believed.
fn doubt(source: &CommandSource, size: u64, end: &[u8]) -> Option<String> {
    let name = source.program.name();
    if size < source.min_size {
        let least = source.min_size;
        return Some(format!("`{name}` printed {size} bytes, at least {least} were expected"));
    }
    let trailer = source.trailer.as_deref().filter(|trailer| !trailer.is_empty())?;
    let is_there = end.windows(trailer.len()).any(|window| window == trailer.as_bytes());
    (!is_there).then(|| format!("the output of `{name}` does not end with `{trailer}`"))
}

fn producer(message: String) -> Fault {
    Fault { kind: FaultKind::Producer, path: NAME.to_vec(), message }
}
