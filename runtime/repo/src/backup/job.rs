//! What travels from thread to thread.

use std::ops::Range;
use std::sync::Arc;

use mainstay_world::tree::{Details, Entry, Extent, Fault, Stat};

use super::buffers::Buffer;
use crate::id::ChunkId;

/// Files below this travel in batches, and are one chunk each.
pub(super) const SMALL_FILE_BYTES: u64 = 128 << 10;
/// Files of a batch, all of one folder.
pub(super) const BATCH_FILES: usize = 64;
/// Their content, and so the size of a buffer for them.
pub(super) const BATCH_BYTES: usize = 1 << 20;

/// Names a file while it is under way.
pub(super) type Ticket = u64;

/// A file to read.
pub(super) struct Wanted {
    pub(super) ticket: Ticket,
    pub(super) entry: Box<dyn Entry>,
}

/// For readers.
pub(super) enum Job {
    Batch(Vec<Wanted>),
    Large(Wanted),
}

/// What a reader learned of a file beside its content.
#[derive(Debug)]
pub(super) struct Facts {
    /// After the last read.
    pub(super) stat: Stat,
    pub(super) details: Details,
    /// Nothing for a file without holes.
    pub(super) extents: Vec<Extent>,
    /// Its length as read, holes included.
    pub(super) size: u64,
    /// What went wrong although the file was kept.
    pub(super) faults: Vec<Fault>,
}

/// A small file as read.
pub(super) struct ReadFile {
    pub(super) ticket: Ticket,
    /// In the batch's buffer.
    pub(super) range: Range<usize>,
    pub(super) facts: Facts,
}

/// A stretch of a large file.
pub(super) struct ReadChunk {
    pub(super) ticket: Ticket,
    pub(super) attempt: u32,
    pub(super) number: u64,
    pub(super) buffer: Arc<Buffer>,
    pub(super) range: Range<usize>,
}

/// For workers.
pub(super) enum Work {
    Batch { buffer: Buffer, files: Vec<ReadFile> },
    Chunk(ReadChunk),
}

/// For whoever builds the tree.
pub(super) enum Report {
    /// Small files, with their one chunk or none.
    Files(Vec<(Ticket, Facts, Option<ChunkId>)>),
    /// A chunk of a large file.
    Chunk { ticket: Ticket, attempt: u32, number: u64, id: ChunkId },
    /// A large file was read to its end and has so many chunks.
    End { ticket: Ticket, attempt: u32, chunks: u64, facts: Facts },
    /// A file could not be had.
    Missing { ticket: Ticket, fault: Fault },
    /// Nothing more can be stored; the line knows why.
    Failed,
}
