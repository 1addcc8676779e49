//! What long work says while it goes on, and how it is told to stop. Libraries never print.

use mainstay_world::tree::Fault;

use crate::id::SnapshotId;

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// How far it is; all numbers only grow.
    Progress(Progress),
    /// What is finished so far is safe in the repository under this session.
    Checkpoint(SnapshotId),
    /// Something could not be had; the work goes on.
    Fault(&'a Fault),
    /// A folder was left out, because it belongs to what makes copies.
    LeftOut {
        /// Below the top of the tree, as bytes.
        path: &'a [u8],
        /// What it is, in words.
        what: &'a str,
    },
}

/// How far a piece of work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Entries of any kind that are done.
    pub entries: u64,
    /// Files among them.
    pub files: u64,
    /// Their content, in bytes.
    pub bytes: u64,
    /// Content that the repository did not have, in bytes.
    pub new_bytes: u64,
    /// What of it was written after compression and sealing, in bytes.
    pub stored_bytes: u64,
}

/// Who is told. Called by one thread at a time, often: it must be quick.
pub trait Monitor: Send + Sync {
    /// Something happened.
    fn event(&self, event: Event<'_>);
}

/// Whether to stop. Asked between chunks.
pub trait Cancel: Send + Sync {
    /// True once it should stop; it stays true.
    fn is_cancelled(&self) -> bool;
}

/// Nobody is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Monitor for Silent {
    fn event(&self, _event: Event<'_>) {}
}

/// Nothing stops it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Never;

impl Cancel for Never {
    fn is_cancelled(&self) -> bool {
        false
    }
}
