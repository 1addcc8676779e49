//! The folders that are being restored: which there are, and a few of them open.

use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::beneath;
use crate::format::node::NodeEntry;

/// Number of a folder. The top is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FolderNumber(u32);

impl FolderNumber {
    /// The top of what is restored.
    pub(crate) const TOP: Self = Self(0);
}

/// A folder that has been made and not been finished.
#[derive(Debug)]
pub(crate) struct Folder {
    /// Where it is; the top's is itself.
    pub parent: FolderNumber,
    /// Its attributes, applied when nothing more is made in it; its content is not kept.
    pub entry: NodeEntry,
    /// Something is still to be made in it, or below it, after all files: links.
    pub waits: bool,
}

/// All of them. What is finished is let go, so that memory is that of the folders under way.
#[derive(Debug)]
pub(crate) struct Folders {
    made: HashMap<FolderNumber, Folder>,
    next: u32,
    /// Left by the walk, in that order: so the deepest come first.
    left: Vec<FolderNumber>,
}

impl Folders {
    /// With the top alone.
    pub(crate) fn new(top: NodeEntry) -> Self {
        let top = Folder { parent: FolderNumber::TOP, entry: top, waits: true };
        Self { made: HashMap::from([(FolderNumber::TOP, top)]), next: 1, left: Vec::new() }
    }

    /// Notes one that was made.
    pub(crate) fn add(&mut self, parent: FolderNumber, mut entry: NodeEntry) -> FolderNumber {
        let number = FolderNumber(self.next);
        self.next += 1;
        entry.content.ids = Vec::new();
        self.made.insert(number, Folder { parent, entry, waits: false });
        number
    }

    /// One of them, unless it is finished.
    pub(crate) fn get(&self, number: FolderNumber) -> Option<&Folder> {
        self.made.get(&number)
    }

    /// The walk has left it: once the files of this batch are written, it can be finished.
    pub(crate) fn leave(&mut self, number: FolderNumber) {
        self.left.push(number);
    }

    /// Something will be made in it later: it and all above it wait.
    pub(crate) fn wait(&mut self, number: FolderNumber) {
        let mut at = number;
        while let Some(folder) = self.made.get_mut(&at).filter(|folder| !folder.waits) {
            folder.waits = true;
            at = folder.parent;
        }
    }

    /// Those that can be finished now, deepest first; at the end all that are left but the top.
    pub(crate) fn ready(&mut self, end: bool) -> Vec<FolderNumber> {
        let waits = |number: &FolderNumber| self.made.get(number).is_some_and(|folder| folder.waits && !end);
        let (waiting, ready) = self.left.iter().copied().partition(waits);
        self.left = waiting;
        ready
    }

    /// Takes a finished one out.
    pub(crate) fn finish(&mut self, number: FolderNumber) -> Option<Folder> {
        self.made.remove(&number)
    }

    /// The path below the top, for people.
    pub(crate) fn path(&self, number: FolderNumber, name: &[u8]) -> Vec<u8> {
        let mut names = vec![name];
        let mut at = number;
        while at != FolderNumber::TOP
            && let Some(folder) = self.made.get(&at)
        {
            names.push(&folder.entry.name);
            at = folder.parent;
        }
        names.retain(|name| !name.is_empty());
        names.reverse();
        names.join(&b'/')
    }
}

/// Open folders of one thread. They are opened for use as a place only, which needs no right to read them.
#[derive(Debug)]
pub(crate) struct OpenFolders {
    open: HashMap<FolderNumber, (OwnedFd, u64)>,
    most: usize,
    uses: u64,
}

impl OpenFolders {
    /// At most so many at once, besides the top.
    pub(crate) fn new(most: usize) -> Self {
        Self { open: HashMap::new(), most: most.max(2), uses: 0 }
    }

    /// A folder, opened if it is not.
    pub(crate) fn get<'a>(
        &'a mut self,
        top: BorrowedFd<'a>,
        folders: &Folders,
        number: FolderNumber,
    ) -> rustix::io::Result<BorrowedFd<'a>> {
        if number == FolderNumber::TOP {
            return Ok(top);
        }
        if !self.open.contains_key(&number) {
            self.open_from_nearest(top, folders, number)?;
        }
        self.uses += 1;
        if let Some((_, used)) = self.open.get_mut(&number) {
            *used = self.uses;
        }
        self.open.get(&number).map(|(folder, _)| folder.as_fd()).ok_or(Errno::NOENT)
    }

    /// How many are open.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.open.len()
    }

    /// Forgets one, before its rights change or it moves.
    pub(crate) fn close(&mut self, number: FolderNumber) {
        self.open.remove(&number);
    }

    /// From the nearest folder above it that is open. Where that is far away, the last few on the way are kept
    /// open too: the walk comes back through them, and would have to go all the way for each.
    fn open_from_nearest(
        &mut self,
        top: BorrowedFd<'_>,
        folders: &Folders,
        number: FolderNumber,
    ) -> rustix::io::Result<()> {
        let mut way: Vec<(FolderNumber, &[u8])> = Vec::new();
        let mut at = number;
        while at != FolderNumber::TOP && !self.open.contains_key(&at) {
            let folder = folders.get(at).ok_or(Errno::NOENT)?;
            way.push((at, &folder.entry.name));
            at = folder.parent;
        }
        way.reverse();
        let kept = self.most / 3;
        let (far, near) = way.split_at(way.len().saturating_sub(kept.max(1)));
        if let Some((last, _)) = far.last() {
            self.open_below(top, at, *last, far)?;
            at = *last;
        }
        for step in near {
            self.open_below(top, at, step.0, std::slice::from_ref(step))?;
            at = step.0;
        }
        Ok(())
    }

    /// Opens a folder at the end of a way, and keeps it.
    fn open_below(
        &mut self,
        top: BorrowedFd<'_>,
        from: FolderNumber,
        number: FolderNumber,
        way: &[(FolderNumber, &[u8])],
    ) -> rustix::io::Result<()> {
        let names = way.iter().map(|(_, name)| *name);
        let from = self.open.get(&from).map_or(top, |(folder, _)| folder.as_fd());
        let opened = beneath::open(from, names, OFlags::PATH | OFlags::DIRECTORY)?;
        self.make_room();
        self.uses += 1;
        self.open.insert(number, (opened, self.uses));
        Ok(())
    }

    fn make_room(&mut self) {
        while self.open.len() >= self.most {
            let oldest = self.open.iter().min_by_key(|(_, (_, used))| *used).map(|(number, _)| *number);
            let Some(oldest) = oldest else { return };
            self.open.remove(&oldest);
        }
    }
}
