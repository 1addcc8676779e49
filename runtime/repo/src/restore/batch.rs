//! A stretch of the walk's files, planned by pack.
//!
//! All chunks that the files need are sorted by where they lie, stretches that touch are read at once, and each
//! chunk is read and opened once however many files need it. Packs come in the order in which the walk met
//! them, so threads that begin far apart in the plan work in different folders and do not wait for each
//! other's directory locks.

use std::collections::HashMap;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::Mutex;
use std::sync::atomic::AtomicU32;

use super::folders::FolderNumber;
use super::layout::Layout;
use crate::format::node::NodeEntry;
use crate::id::{ChunkId, PackId};
use crate::index::Place;

/// Files of one batch: as many as a few megabytes of plan hold.
const MAX_FILES: usize = 32 * 1024;

/// Chunks of one batch, likewise.
const MAX_USES: usize = 64 * 1024;

/// The most that is read at once, unless one chunk is larger.
const MAX_READ_BYTES: u64 = 4 << 20;

/// Bytes that nobody wants are read along if that saves a call.
const MAX_GAP_BYTES: u64 = 32 << 10;

/// A file to write.
#[derive(Debug)]
pub(crate) struct FilePlan {
    /// Where.
    pub folder: FolderNumber,
    /// Its attributes; the content's ids are in the uses.
    pub entry: NodeEntry,
    /// Where its holes are.
    pub layout: Layout,
    /// This run makes it: an interrupted one did not.
    pub fresh: bool,
    /// Chunks that still have to be written.
    pub left: AtomicU32,
    /// What several threads share when they write one file.
    pub state: Mutex<FileState>,
}

/// The state of a file that is being written.
#[derive(Debug, Default)]
pub(crate) struct FileState {
    /// Open for writing; it may be closed between two chunks.
    pub file: Option<OwnedFd>,
    /// It is there: opened again, not made.
    pub made: bool,
    /// A chunk of it cannot be had.
    pub lost: Option<String>,
}

/// A chunk that a file needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Use {
    /// Number of the pack in this batch.
    pack: u32,
    /// Where the chunk lies.
    pub place: Place,
    /// Which chunk.
    pub id: ChunkId,
    /// Number of the file in this batch.
    pub file: u32,
    /// Where it begins in the file's content.
    pub at: u64,
}

/// A stretch of one pack that is read at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    /// In the pack, in bytes.
    pub bytes: Range<u64>,
    /// The uses in it.
    pub uses: Range<usize>,
}

/// The batch.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// All files.
    pub files: Vec<FilePlan>,
    /// All uses; sorted by [`Batch::tasks`].
    pub uses: Vec<Use>,
    packs: HashMap<PackId, u32>,
}

impl Batch {
    /// Whether it should be written before more is planned.
    pub(crate) fn is_full(&self) -> bool {
        self.files.len() >= MAX_FILES || self.uses.len() >= MAX_USES
    }

    /// The number that the next file will have.
    pub(crate) fn next_file(&self) -> u32 {
        self.files.len() as u32
    }

    /// Adds a use of the next file.
    pub(crate) fn add_use(&mut self, id: ChunkId, place: Place, at: u64) {
        let next = self.packs.len() as u32;
        let pack = *self.packs.entry(place.pack).or_insert(next);
        self.uses.push(Use { pack, place, id, file: self.next_file(), at });
    }

    /// Keeps of the next file's uses those that are wanted: told are the chunk, where it begins in the content,
    /// and its length.
    pub(crate) fn keep_uses(&mut self, from: usize, mut wanted: impl FnMut(&ChunkId, u64, usize) -> bool) {
        let uses = self.uses.split_off(from.min(self.uses.len()));
        let kept = uses.into_iter().filter(|one| wanted(&one.id, one.at, one.place.raw_length as usize));
        self.uses.extend(kept);
    }

    /// Takes back the uses of the next file.
    pub(crate) fn forget_uses(&mut self, from: usize) {
        self.uses.truncate(from);
    }

    /// Sorts the uses and cuts them into reads.
    pub(crate) fn tasks(&mut self) -> Vec<Task> {
        self.uses.sort_unstable_by_key(|one| (one.pack, one.place.offset, one.file, one.at));
        let mut tasks: Vec<Task> = Vec::new();
        let mut last_pack = None;
        for (number, one) in self.uses.iter().enumerate() {
            let start = u64::from(one.place.offset);
            let end = start + u64::from(one.place.stored_length);
            match tasks.last_mut().filter(|task| last_pack == Some(one.pack) && joins(task, start, end)) {
                Some(task) => {
                    task.bytes.end = task.bytes.end.max(end);
                    task.uses.end = number + 1;
                }
                None => tasks.push(Task { bytes: start..end, uses: number..number + 1 }),
            }
            last_pack = Some(one.pack);
        }
        tasks
    }
}

/// Whether a chunk is near enough to be read along.
fn joins(task: &Task, start: u64, end: u64) -> bool {
    // The same chunk again is already there.
    let inside = end <= task.bytes.end;
    let near = start <= task.bytes.end + MAX_GAP_BYTES;
    inside || (near && end - task.bytes.start <= MAX_READ_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::blob::{BlobKind, Codec};
    use crate::keys::KeyNumber;

    fn place(pack: u8, offset: u32, stored_length: u32) -> Place {
        Place {
            pack: PackId([pack; 32]),
            offset,
            stored_length,
            raw_length: stored_length,
            key: KeyNumber(0),
            codec: Codec::Raw,
            kind: BlobKind::Data,
            links: 0,
        }
    }

    fn planned(places: &[(u8, u32, u32)]) -> Vec<(u64, u64, usize)> {
        let mut batch = Batch::default();
        for (pack, offset, length) in places {
            batch.add_use(ChunkId([0; 32]), place(*pack, *offset, *length), 0);
        }
        let tasks = batch.tasks();
        tasks.into_iter().map(|task| (task.bytes.start, task.bytes.end, task.uses.len())).collect()
    }

    #[test]
    fn neighbours_are_read_at_once_and_strangers_are_not() {
        assert_eq!(planned(&[(1, 100, 50), (1, 0, 100), (1, 150, 10)]), [(0, 160, 3)]);
        assert_eq!(planned(&[(1, 0, 100), (1, 1 << 20, 100)]).len(), 2);
        assert_eq!(planned(&[(2, 0, 100), (1, 100, 100)]), [(0, 100, 1), (100, 200, 1)]);
    }

    #[test]
    fn a_chunk_of_many_files_is_read_once() {
        assert_eq!(planned(&[(1, 0, 100), (1, 0, 100), (1, 0, 100)]), [(0, 100, 3)]);
    }

    #[test]
    fn a_read_is_no_larger_than_its_limit_unless_a_chunk_is() {
        let places: Vec<(u8, u32, u32)> = (0..16).map(|n| (1, n << 20, 1 << 20)).collect();
        assert!(planned(&places).iter().all(|(start, end, _)| end - start <= MAX_READ_BYTES));
        assert_eq!(planned(&places).len(), 4);
        assert_eq!(planned(&[(1, 0, 8 << 20), (1, 0, 8 << 20)]), [(0, 8 << 20, 2)]);
    }
}
