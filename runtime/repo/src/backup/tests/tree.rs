//! A tree in memory, whose entries can be told to misbehave.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mainstay_world::tree::*;

/// What a folder holds, by name.
pub(crate) type Items = BTreeMap<Vec<u8>, Item>;

/// How a file behaves when it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Calm,
    Unreadable,
    /// Changes during so many readings.
    Changes(u32),
    /// Reading fails half way.
    Breaks,
    /// A stream whose program fails at its end.
    ProducerFails,
    /// It has this many more bytes than its `statx` said.
    Grows(usize),
}

#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) stat: Stat,
    pub(crate) details: Details,
    pub(crate) body: Body,
    pub(crate) mood: Mood,
}

#[derive(Debug, Clone)]
pub(crate) enum Body {
    Folder(Items),
    File { data: Vec<u8>, extents: Option<Vec<Extent>> },
    None,
}

/// A view of a folder.
pub(crate) struct MemoryView {
    pub(crate) top: Item,
    pub(crate) opened: Arc<AtomicU64>,
}

static INODES: AtomicU64 = AtomicU64::new(1);

fn stat(kind: Kind) -> Stat {
    Stat {
        kind,
        mode: 0o644,
        uid: 1000,
        gid: 1000,
        size: 0,
        mtime: Time { seconds: 1_600_000_000, nanoseconds: 5 },
        ctime: Time { seconds: 1_600_000_000, nanoseconds: 7 },
        device: 1,
        inode: INODES.fetch_add(1, Ordering::Relaxed),
        links: 1,
        rdev: (0, 0),
        blocks: 0,
    }
}

impl Item {
    fn new(kind: Kind, body: Body) -> Self {
        Self { stat: stat(kind), details: Details::default(), body, mood: Mood::Calm }
    }

    pub(crate) fn folder(items: impl IntoIterator<Item = (&'static str, Item)>) -> Self {
        let items = items.into_iter().map(|(name, item)| (name.as_bytes().to_vec(), item));
        Self::new(Kind::Folder, Body::Folder(items.collect()))
    }

    pub(crate) fn file(data: impl Into<Vec<u8>>) -> Self {
        let data = data.into();
        let mut item = Self::new(Kind::File, Body::None);
        item.stat.size = data.len() as u64;
        item.body = Body::File { data, extents: None };
        item
    }

    pub(crate) fn sparse(data: impl Into<Vec<u8>>, extents: Vec<Extent>) -> Self {
        let mut item = Self::file(data);
        let length = |extent: &Extent| match extent {
            Extent::Data(length) | Extent::Hole(length) => *length,
        };
        item.stat.size = extents.iter().map(length).sum();
        if let Body::File { extents: of, .. } = &mut item.body {
            *of = Some(extents);
        }
        item
    }

    pub(crate) fn symlink(target: &str) -> Self {
        let mut item = Self::new(Kind::Symlink, Body::None);
        item.details.target = Some(target.into());
        item
    }

    pub(crate) fn fifo() -> Self {
        Self::new(Kind::Fifo, Body::None)
    }

    pub(crate) fn moody(mut self, mood: Mood) -> Self {
        self.mood = mood;
        self
    }

    pub(crate) fn items(&mut self) -> &mut Items {
        match &mut self.body {
            Body::Folder(items) => items,
            _ => panic!("no folder"),
        }
    }

    /// Content changes, and `ctime` with it.
    pub(crate) fn write(&mut self, new: impl Into<Vec<u8>>) {
        self.stat.ctime.seconds += 1;
        self.stat.mtime.seconds += 1;
        let new = new.into();
        self.stat.size = new.len() as u64;
        self.body = Body::File { data: new, extents: None };
    }
}

impl MemoryView {
    pub(crate) fn new(top: Item) -> Self {
        Self { top, opened: Arc::default() }
    }

    /// How many files were opened so far.
    pub(crate) fn opened(&self) -> u64 {
        self.opened.load(Ordering::SeqCst)
    }
}

impl View for MemoryView {
    fn walk(&self) -> Result<Box<dyn Tree>, Fault> {
        let mut steps = Vec::new();
        let mut open = vec![Step::Enter(Vec::new(), Vec::new(), &self.top)];
        while let Some(step) = open.pop() {
            match step {
                Step::Leave => steps.push(Event::Leave),
                Step::Enter(path, name, item) => {
                    let entry = MemoryEntry::new(&path, &name, item, &self.opened);
                    match &item.body {
                        Body::Folder(items) => {
                            steps.push(Event::Enter(Box::new(entry)));
                            open.push(Step::Leave);
                            for (name, item) in items.iter().rev() {
                                let mut below = path.clone();
                                if !below.is_empty() {
                                    below.push(b'/');
                                }
                                below.extend_from_slice(name);
                                open.push(Step::Enter(below, name.clone(), item));
                            }
                        }
                        _ => steps.push(Event::Leaf(Box::new(entry))),
                    }
                }
            }
        }
        Ok(Box::new(MemoryTree(steps.into_iter())))
    }
}

enum Step<'a> {
    Enter(Vec<u8>, Vec<u8>, &'a Item),
    Leave,
}

struct MemoryTree(std::vec::IntoIter<Event>);

impl Tree for MemoryTree {
    fn next(&mut self) -> Option<Event> {
        self.0.next()
    }
}

struct MemoryEntry {
    path: Vec<u8>,
    name: Vec<u8>,
    stat: Stat,
    details: Details,
    data: Vec<u8>,
    extents: Option<Vec<Extent>>,
    mood: Mood,
    opened: Arc<AtomicU64>,
    readings: AtomicU64,
}

impl MemoryEntry {
    fn new(path: &[u8], name: &[u8], item: &Item, opened: &Arc<AtomicU64>) -> Self {
        let (data, extents) = match &item.body {
            Body::File { data, extents } => (data.clone(), extents.clone()),
            _ => (Vec::new(), None),
        };
        Self {
            path: path.to_vec(),
            name: name.to_vec(),
            stat: item.stat,
            details: item.details.clone(),
            data,
            extents,
            mood: item.mood,
            opened: Arc::clone(opened),
            readings: AtomicU64::new(0),
        }
    }

    fn fault(&self, kind: FaultKind) -> Fault {
        Fault { kind, path: self.path.clone(), message: "as told".to_owned() }
    }
}

impl Entry for MemoryEntry {
    fn name(&self) -> &[u8] {
        &self.name
    }

    fn stat(&self) -> &Stat {
        &self.stat
    }

    fn path(&self) -> Vec<u8> {
        self.path.clone()
    }

    fn details(&self) -> Result<Details, Fault> {
        Ok(self.details.clone())
    }

    fn open(&self) -> Result<Box<dyn Content>, Fault> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        if self.mood == Mood::Unreadable {
            return Err(self.fault(FaultKind::Unreadable));
        }
        let reading = self.readings.fetch_add(1, Ordering::SeqCst) as u32;
        let fault = match self.mood {
            Mood::Changes(times) if reading < times => Some(self.fault(FaultKind::Changed)),
            Mood::ProducerFails => Some(self.fault(FaultKind::Producer)),
            _ => None,
        };
        let mut data = self.data.clone();
        let whole = self
            .extents
            .as_deref()
            .filter(|extents| extents.len() > 1000)
            .map(|extents| filled(extents, &data));
        if let Mood::Grows(by) = self.mood {
            data.resize(data.len() + by, b'+');
        }
        let mut stat = self.stat;
        stat.size = stat.size.max(data.len() as u64);
        let breaks = self.mood == Mood::Breaks;
        let extents = self.extents.clone();
        Ok(Box::new(MemoryContent { data, whole, read: 0, extents, stat, fault, breaks }))
    }
}

/// Content with its holes as zeros.
fn filled(extents: &[Extent], data: &[u8]) -> Vec<u8> {
    let (mut all, mut rest) = (Vec::new(), data);
    for extent in extents {
        match extent {
            Extent::Hole(length) => all.resize(all.len() + *length as usize, 0),
            Extent::Data(length) => {
                let (part, after) = rest.split_at(*length as usize);
                all.extend_from_slice(part);
                rest = after;
            }
        }
    }
    all
}

struct MemoryContent {
    data: Vec<u8>,
    /// What is read unless extents are asked for.
    whole: Option<Vec<u8>>,
    read: usize,
    extents: Option<Vec<Extent>>,
    stat: Stat,
    fault: Option<Fault>,
    breaks: bool,
}

impl Content for MemoryContent {
    fn extents(&mut self) -> io::Result<Option<Vec<Extent>>> {
        self.whole = None;
        Ok(self.extents.clone())
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(whole) = self.whole.take() {
            self.data = whole;
        }
        if self.breaks && self.read >= self.data.len() / 2 {
            return Err(io::Error::other("the medium is worn"));
        }
        let left = &self.data[self.read..];
        let length = left.len().min(buffer.len());
        buffer[..length].copy_from_slice(&left[..length]);
        self.read += length;
        Ok(length)
    }

    fn finish(self: Box<Self>) -> Result<Stat, Fault> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(self.stat),
        }
    }
}
