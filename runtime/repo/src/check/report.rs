//! What is asked of a check, and what it answers.

use std::collections::{BTreeMap, BTreeSet};

use mainstay_store::StoreError;

use crate::class::Class;
use crate::id::{PackId, SnapshotId};
use crate::index::LoadError;
use crate::reading::ReadingError;
use crate::repository::Emptied;
use crate::slots::ReadError;

/// How deep to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// All objects are there and of their size.
    Presence,
    /// Their stored bytes are what their names say.
    Hashes,
    /// They are there, and a share of the chunks opens and matches.
    Sample {
        /// How many of a million.
        millionths: u32,
        /// Which share: each turn takes the next one, until all were taken.
        turn: u64,
    },
    /// Stored bytes match, and all chunks open and match.
    AllData,
}

/// What to check, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckRequest {
    /// How deep.
    pub level: Level,
    /// Threads that read; 0 is one for each processor.
    pub threads: usize,
}

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CheckProblemKind {
    /// An object is not there.
    Missing,
    /// An object is not what it was.
    Damaged,
    /// An object is not signed by somebody who may say what it says.
    Untrusted,
    /// The index and the packs do not say the same.
    Index,
    /// A chunk that a snapshot needs cannot be had from anywhere.
    Lost,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckProblem {
    /// The object, or the chunk.
    pub object: String,
    /// What kind.
    pub kind: CheckProblemKind,
    /// In words, lower case, no final stop.
    pub message: String,
}

/// A file or folder that damage takes with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Affected {
    /// Of this snapshot.
    pub snapshot: SnapshotId,
    /// Below its top, as bytes; empty for the top.
    pub path: Vec<u8>,
}

/// What nothing refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unreferenced {
    /// Packs.
    pub packs: u64,
    /// Segments of the index.
    pub segments: u64,
    /// Bytes of both.
    pub bytes: u64,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Snapshots whose trees were walked.
    pub snapshots: u64,
    /// Objects that were looked at.
    pub objects: u64,
    /// Bytes that were read back.
    pub bytes: u64,
    /// Chunks that were opened and matched.
    pub chunks: u64,
    /// What is wrong, sorted; the first ten thousand.
    pub problems: Vec<CheckProblem>,
    /// How much is wrong.
    pub problem_count: u64,
    /// What damage takes with it, sorted; the first thousand.
    pub affected: Vec<Affected>,
    /// Each snapshot of which something is lost, with how many of its entries at least. Only who can read names can say.
    pub hit: BTreeMap<SnapshotId, u64>,
    /// Packs that are gone, or of which something is damaged, as a second look says too: see [`Repository::quarantine`](crate::Repository::quarantine).
    pub damaged: BTreeSet<PackId>,
    /// Orphans; of a check of everything only.
    pub unreferenced: Unreferenced,
}

impl Checked {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.problem_count == 0
    }
}

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// There is no such snapshot, or it cannot be found out.
    #[error(transparent)]
    Snapshot(#[from] ReadingError),
    /// The slots could not be read.
    #[error(transparent)]
    Slots(#[from] ReadError),
    /// The index could not be read.
    #[error(transparent)]
    Index(#[from] LoadError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// All packs are gone at once: that is no damage of packs.
    #[error(transparent)]
    Emptied(#[from] Emptied),
    /// The key file can write, and not read.
    #[error("this key file cannot read content; it can check presence and stored hashes")]
    CannotRead,
    /// No memory for a decompressor.
    #[error("{0}")]
    Resources(String),
    /// It was cancelled.
    #[error("the check was cancelled")]
    Cancelled,
}

impl CheckError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::Snapshot(error) => error.class(),
            Self::Slots(error) => error.class(),
            Self::Index(error) => error.class(),
            Self::Store(error) => Class::of_store(error),
            Self::Emptied(_) => Class::Emptied,
            Self::CannotRead => Class::Key,
            Self::Resources(_) => Class::Other,
            Self::Cancelled => Class::Cancelled,
        }
    }
}

/// The most problems that are kept by name.
const MAX_PROBLEMS: usize = 10_000;

/// What is found on the way.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(super) problems: BTreeSet<CheckProblem>,
    pub(super) count: u64,
}

impl Findings {
    pub(crate) fn add(&mut self, object: impl ToString, kind: CheckProblemKind, message: impl ToString) {
        let problem = CheckProblem { object: object.to_string(), kind, message: message.to_string() };
        if self.problems.contains(&problem) {
            return;
        }
        self.count += 1;
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.insert(problem);
        }
    }
}
