//! What all threads of a backup share, and how the first failure of one of them stops the others.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};

use mainstay_store::{NameError, StoreError};

use super::job::Report;
use super::queue::Queue;
use super::squeeze::SqueezeError;
use crate::class::Class;
use crate::format::TooLarge;
use crate::format::blob::{BlobError, Sealer};
use crate::format::pack::PackEntry;
use crate::format::segment::SegmentPack;
use crate::id::ChunkId;
use crate::keys::{ChunkKeys, WrappedKey};
use crate::pack::{ClosedPack, FullPack, PackSeal, Packer};

/// Closed packs that wait for the writer, in bytes: one of them.
const WAITING_PACK_BYTES: usize = 17 << 20;

/// Why new content could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Compression failed, or gave something wrong.
    #[error(transparent)]
    Squeeze(#[from] SqueezeError),
    /// A seal could not be opened again just after it was made: the memory of this machine may be faulty.
    #[error("a seal could not be opened again just after it was made: {0}")]
    Seal(#[from] BlobError),
    /// Something exceeds the format.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// A name that cannot be.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A thread of the pipeline ended early.
    #[error("a part of the pipeline ended early")]
    Stopped,
}

impl WriteError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::Store(error) => Class::of_store(error),
            Self::Seal(_) | Self::Squeeze(_) | Self::TooLarge(_) | Self::Name(_) | Self::Stopped => {
                Class::Other
            }
        }
    }
}

/// What goes to the thread that writes packs.
pub(super) enum Outgoing {
    /// To be staged.
    Pack(ClosedPack),
    /// To be answered when all packs before it are durable, with what they hold.
    Barrier(Sender<Vec<WrittenPack>>),
}

/// A pack that is durable.
pub(super) struct WrittenPack {
    pub(super) pack: SegmentPack,
    /// Their keys are numbers among those of the session.
    pub(super) entries: Vec<PackEntry>,
}

/// What all threads of a session share.
pub(super) struct Line<'a> {
    pub(super) keys: &'a ChunkKeys,
    pub(super) sealer: Sealer,
    /// Whether a chunk is in the usable index.
    pub(super) in_index: &'a (dyn Fn(&ChunkId) -> bool + Sync),
    pub(super) packer: Packer,
    pub(super) pack_seal: PackSeal,
    /// Blobs name them by number; the session's own is the first.
    pub(super) session_keys: Vec<WrappedKey>,
    pub(super) packs: Queue<Outgoing>,
    /// zstd's level.
    pub(super) level: i32,
    pub(super) new_bytes: AtomicU64,
    pub(super) stored_bytes: AtomicU64,
    failure: Mutex<Option<WriteError>>,
}

impl<'a> Line<'a> {
    pub(super) fn new(
        keys: &'a ChunkKeys,
        sealer: Sealer,
        in_index: &'a (dyn Fn(&ChunkId) -> bool + Sync),
        pack_seal: PackSeal,
        session_keys: Vec<WrappedKey>,
        level: i32,
    ) -> Self {
        Self {
            keys,
            sealer,
            in_index,
            packer: Packer::new(pack_seal.random.clone()),
            pack_seal,
            session_keys,
            packs: Queue::new(WAITING_PACK_BYTES),
            level,
            new_bytes: AtomicU64::new(0),
            stored_bytes: AtomicU64::new(0),
            failure: Mutex::new(None),
        }
    }

    /// Names a full pack and hands it to the writer.
    pub(super) fn send(&self, pack: FullPack) -> Result<(), WriteError> {
        let pack = pack.close(&self.pack_seal, &self.session_keys)?;
        let weight = pack.bytes.len();
        self.packs.push(Outgoing::Pack(pack), weight).map_err(|_| WriteError::Stopped)
    }

    /// Waits until all that was put into packs is durable.
    pub(super) fn barrier(&self) -> Result<Vec<WrittenPack>, WriteError> {
        for pack in self.packer.take_all() {
            self.send(pack)?;
        }
        let (answer, answered) = std::sync::mpsc::channel();
        self.packs.push(Outgoing::Barrier(answer), 0).map_err(|_| WriteError::Stopped)?;
        answered.recv().map_err(|_| WriteError::Stopped)
    }

    /// Notes a failure, if it is the first, and lets nothing more be written.
    pub(super) fn fail(&self, error: WriteError) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        // What is left is dropped as well: who waits for a barrier among it must not wait for ever.
        self.packs.abandon();
    }

    /// The first failure, taken out.
    pub(super) fn failure(&self) -> WriteError {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or(WriteError::Stopped)
    }

    /// Whether this session or one before it stored these.
    pub(super) fn known(&self, ids: &[ChunkId]) -> Vec<bool> {
        let mut known = self.packer.knows(ids.iter());
        for (known, id) in known.iter_mut().zip(ids) {
            *known = *known || (self.in_index)(id);
        }
        known
    }

    /// New content so far, and what was stored of it, in bytes.
    pub(super) fn counted(&self) -> (u64, u64) {
        (self.new_bytes.load(Ordering::Relaxed), self.stored_bytes.load(Ordering::Relaxed))
    }

    pub(super) fn count(&self, raw_bytes: u64, stored_bytes: u64) {
        self.new_bytes.fetch_add(raw_bytes, Ordering::Relaxed);
        self.stored_bytes.fetch_add(stored_bytes, Ordering::Relaxed);
    }
}

/// Held by a thread while it works. A thread that dies without a word would leave the others waiting for ever.
pub(super) struct Alarm<'a, 'b> {
    pub(super) line: &'a Line<'b>,
    pub(super) reports: Option<Sender<Report>>,
}

impl Drop for Alarm<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.line.fail(WriteError::Stopped);
            // Whoever listened may be gone as well.
            if let Some(reports) = &self.reports {
                let _gone = reports.send(Report::Failed);
            }
        }
    }
}
