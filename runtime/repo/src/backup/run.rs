//! One backup: threads, a walk, a barrier, segments, a manifest.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::thread;

use mainstay_world::TimestampMs;
use mainstay_world::tree::View;

use super::blobs::BlobWriter;
use super::buffers::Pool;
use super::files::Files;
use super::folders::Folders;
use super::job::{BATCH_BYTES, Job, Report, Work};
use super::line::{Line, WriteError, WrittenPack};
use super::monitor::{Cancel, Monitor};
use super::queue::Queue;
use super::read::Reader;
use super::session::{CommitError, Session};
use super::ship::ship;
use super::walk::{WalkError, Walked, Walker};
use super::work::work;
use crate::chunk::Cutter;
use crate::class::Class;
use crate::format::TooLarge;
use crate::format::manifest::{Counts, FaultRecord, Manifest, Private, Public, SealedPrivate, SnapshotKind};
use crate::format::node::{Content, NodeEntry};
use crate::id::{ChunkId, SnapshotId};
use crate::pack::PackSeal;
use crate::repository::WriteRefused;

/// Jobs that wait for readers: with the files of each they keep few folders open.
const WAITING_JOBS: usize = 32;
/// Content that waits for workers, in bytes, beside the one piece that always may.
const WAITING_BYTES: usize = 16 << 20;
/// Memory of all buffers for large files, in bytes; at least two buffers.
const LARGE_BUFFER_BYTES: usize = 48 << 20;
/// zstd's level unless the policy names another.
pub const DEFAULT_LEVEL: i32 = 3;

/// What is to be backed up, and what its manifest will say.
#[derive(Debug, Clone)]
pub struct BackupRequest {
    /// Name of the policy.
    pub policy: String,
    /// Name of the source.
    pub source: String,
    /// Name of the host.
    pub host: String,
    /// Workflow that runs.
    pub workflow: String,
    /// Its step.
    pub step: String,
    /// Identity of the run.
    pub run_id: [u8; 32],
    /// Hash of the compiled policy.
    pub policy_hash: [u8; 32],
    /// Free words.
    pub tags: Vec<String>,
    /// Paths that are walked, for people.
    pub roots: Vec<Vec<u8>>,
    /// Files or a stream.
    pub kind: SnapshotKind,
    /// Reader threads: the permits of the source's pool; at least one.
    pub threads: usize,
    /// zstd's level; 0 compresses nothing.
    pub level: i32,
    /// Where the stat cache is kept; nothing: every file is read.
    pub cache_dir: Option<PathBuf>,
}

/// A backup that is durable and not committed.
#[derive(Debug)]
pub struct Backed {
    /// What will be committed.
    pub manifest: Manifest,
    /// What it holds.
    pub counts: Counts,
    /// The first of what is missing, by name.
    pub faults: Vec<FaultRecord>,
    /// Content that the repository did not have, in bytes.
    pub new_bytes: u64,
    /// What of it was written, in bytes.
    pub stored_bytes: u64,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The source failed, was cancelled, or content could not be stored.
    #[error(transparent)]
    Walk(#[from] WalkError),
    /// A checkpoint could not be made.
    #[error(transparent)]
    Checkpoint(#[from] CommitError),
    /// Nothing may be written.
    #[error(transparent)]
    Refused(#[from] WriteRefused),
}

impl BackupError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::Walk(WalkError::Write(error)) => error.class(),
            Self::Walk(WalkError::Cancelled) => Class::Cancelled,
            Self::Walk(_) => Class::Other,
            Self::Checkpoint(error) => error.class(),
            Self::Refused(error) => error.class(),
        }
    }
}

impl From<WriteError> for BackupError {
    fn from(error: WriteError) -> Self {
        Self::Walk(error.into())
    }
}

impl From<TooLarge> for BackupError {
    fn from(error: TooLarge) -> Self {
        WriteError::from(error).into()
    }
}

impl Session<'_> {
    /// W3: stores a tree; packs and segments are durable afterwards, and nothing of it can be seen.
    ///
    /// # Errors
    /// [`BackupError`] says why there is none; the session can only be aborted then.
    pub fn backup(
        &mut self,
        view: &dyn View,
        request: &BackupRequest,
        monitor: &dyn Monitor,
        cancel: &dyn Cancel,
    ) -> Result<Backed, BackupError> {
        let repository = self.repository;
        let started = repository.outside().clock.now();
        let pack_seal = PackSeal {
            family: *repository.family(),
            map: repository.map_key().clone(),
            root: repository.wrapped_root()?.clone(),
            random: repository.outside().random.clone(),
        };
        let session_keys = vec![self.key.wrapped.clone()];
        let in_index = |id: &ChunkId| self.index.contains(id);
        let sealer = repository.sealer(&self.key);
        let line =
            Line::new(repository.chunk_keys(), sealer, &in_index, pack_seal, session_keys, request.level);
        let (walked, written) = self.run(&line, view, request, monitor, cancel)?;
        let (new_bytes, stored_bytes) = line.counted();
        let keys = line.session_keys;
        self.write_segments(written, &keys)?;
        let manifest = self.manifest(request, started, &walked, false)?;
        let Walked { counts, faults, .. } = walked;
        Ok(Backed { manifest, counts, faults, new_bytes, stored_bytes })
    }

    /// W4: makes the snapshot.
    ///
    /// # Errors
    /// [`CommitError`]; after [`CommitError::Lost`] the next attempt is a new session.
    pub fn commit(self, backed: Backed) -> Result<SnapshotId, CommitError> {
        self.publish_final(backed.manifest)
    }

    fn run(
        &self,
        line: &Line<'_>,
        view: &dyn View,
        request: &BackupRequest,
        monitor: &dyn Monitor,
        cancel: &dyn Cancel,
    ) -> Result<(Walked, Vec<WrittenPack>), BackupError> {
        let chunker = self.repository.chunker();
        let cutter = Cutter::new(line.keys.cut(), &chunker);
        let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let readers = request.threads.max(1);
        let (jobs, queue) = (Queue::<Job>::new(WAITING_JOBS), Queue::<Work>::new(WAITING_BYTES));
        let small = Pool::new(readers + 2 * workers, BATCH_BYTES);
        let large = Pool::new((LARGE_BUFFER_BYTES / cutter.max_bytes()).max(2), cutter.max_bytes());
        let (sender, reports) = channel::<Report>();
        let walker = Walker {
            view,
            jobs: &jobs,
            reports,
            blobs: BlobWriter::new(line)?,
            monitor,
            cancel,
            folders: Folders::new(line.keys.cut()),
            files: Files::default(),
            batch: Vec::new(),
            batch_bytes: 0,
            counts: Counts::default(),
            whole: true,
            faults: Vec::new(),
        };
        thread::scope(|scope| {
            scope.spawn(|| ship(line, self.repository.store()));
            for _ in 0..workers {
                let reports = sender.clone();
                scope.spawn(|| work(line, &queue, reports));
            }
            for _ in 0..readers {
                let reader = Reader {
                    jobs: &jobs,
                    work: &queue,
                    reports: sender.clone(),
                    small: small.clone(),
                    large: large.clone(),
                    cutter: &cutter,
                    cancel,
                };
                scope.spawn(move || reader.run());
            }
            drop(sender);
            let walked = walker.run();
            jobs.abandon();
            queue.abandon();
            let written = walked.map_err(BackupError::from).and_then(|walked| Ok((walked, line.barrier()?)));
            line.packs.close();
            // A thread that met a failure told only that there is one.
            written.map_err(|error| match error {
                BackupError::Walk(WalkError::Write(WriteError::Stopped)) => line.failure().into(),
                other => other,
            })
        })
    }

    fn manifest(
        &self,
        request: &BackupRequest,
        started: TimestampMs,
        walked: &Walked,
        partial: bool,
    ) -> Result<Manifest, TooLarge> {
        let repository = self.repository;
        let source = repository.chunk_keys().source(&request.policy, &request.source);
        let top = NodeEntry { content: Content::default(), ..walked.top.clone() };
        let private = Private {
            policy: request.policy.clone(),
            source: request.source.clone(),
            host: request.host.clone(),
            workflow: request.workflow.clone(),
            step: request.step.clone(),
            roots: request.roots.clone(),
            policy_hash: request.policy_hash,
            tags: request.tags.clone(),
            top,
            faults: walked.faults.clone(),
        };
        let mut binding = [0; 32];
        repository.outside().random.fill(&mut binding);
        let public = Public {
            snapshot: self.id,
            source,
            host: repository.chunk_keys().host(&request.host),
            started,
            ended: repository.outside().clock.now(),
            kind: request.kind,
            root: walked.top.content.clone(),
            counts: walked.counts,
            whole: walked.whole,
            partial,
            run_id: request.run_id,
            parents: Vec::new(),
            heads: self.state.heads(&source),
            chunker: repository.chunker(),
            domain: repository.signer().certificate().domain,
            replicated_from: None,
        };
        let private =
            SealedPrivate::seal(&private, repository.family(), &self.key, binding, repository.nonce())?;
        Ok(Manifest { public, private })
    }
}
