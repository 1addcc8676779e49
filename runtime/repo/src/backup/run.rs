//! One backup: threads, a walk, a barrier, segments, a manifest.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;

use mainstay_world::tree::View;

use super::blobs::BlobWriter;
use super::buffers::Pool;
use super::cache::{Cache, CacheSeal, CacheWriter, QuarantineMark};
use super::checkpoint::Due;
use super::files::Files;
use super::folders::{Folders, Reuse};
use super::job::{BATCH_BYTES, Job, Report, Work};
use super::line::{Line, WriteError, WrittenPack};
use super::monitor::{Cancel, Monitor};
use super::phase;
use super::plan::Plan;
use super::queue::Queue;
use super::read::Reader;
use super::session::{CommitError, Session, Trail};
use super::ship::ship;
use super::walk::{Found, WalkError, Walked, Walker};
use super::work::work;
use crate::chunk::Cutter;
use crate::class::Class;
use crate::format::TooLarge;
use crate::format::manifest::{Counts, FaultRecord, Manifest, SnapshotKind};
use crate::format::slot::Outcome;
use crate::id::{ChunkId, SnapshotId};
use crate::index::Index;
use crate::pack::PackSeal;
use crate::repository::WriteRefused;

/// Jobs that wait for readers: with the files of each they keep few folders open.
const WAITING_JOBS: usize = 32;
/// Content that waits for workers, in bytes, beside the one piece that always may.
const WAITING_BYTES: usize = 8 << 20;
/// Memory of all buffers for large files, in bytes; at least two buffers.
const LARGE_BUFFER_BYTES: usize = 32 << 20;
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
    /// A checkpoint after so much new content, in bytes; nothing: the [default](super::DEFAULT_CHECKPOINT_BYTES).
    pub checkpoint_bytes: Option<u64>,
}

/// A backup that is durable and not committed.
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
    pub(super) cache: Option<CacheWriter>,
}

impl Backed {
    /// What tests look at after the commit.
    #[cfg(test)]
    pub(super) fn clone_without_cache(&self) -> Self {
        let (manifest, faults) = (self.manifest.clone(), self.faults.clone());
        let Self { counts, new_bytes, stored_bytes, .. } = *self;
        Self { manifest, counts, faults, new_bytes, stored_bytes, cache: None }
    }
}

impl std::fmt::Debug for Backed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Backed({}, {:?})", self.manifest.public.snapshot, self.counts)
    }
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The source failed, was cancelled, or content could not be stored.
    #[error(transparent)]
    Walk(#[from] WalkError),
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
            Self::Walk(WalkError::Checkpoint(error)) => error.class(),
            Self::Walk(_) => Class::Other,
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
        let key = self.key.clone();
        let plan = Plan::new(self, &key, request);
        let reuse = self.reuse(&plan);
        let (started, cut) = (reuse.started, *self.repository().chunk_keys().cut());
        let Self { trail, index, .. } = self;
        let mut attempt = Attempt { trail, index, plan: &plan, view, monitor, cancel };
        match attempt.run(reuse) {
            // Damage that showed late: the same again without it.
            Err(BackupError::Walk(WalkError::Cache)) => attempt.run(Reuse::new(&cut, started)),
            other => other,
        }
    }

    /// W4: makes the snapshot.
    ///
    /// # Errors
    /// [`CommitError`]; after [`CommitError::Lost`] and [`CommitError::Overtaken`] the next attempt is a new session.
    pub fn commit(mut self, backed: Backed) -> Result<SnapshotId, CommitError> {
        let published = self.trail.publish_final(backed.manifest);
        if let Err(CommitError::Overtaken(_) | CommitError::Read(_)) = &published
            && let Err(left) = self.trail.publish(Outcome::Aborted)
        {
            tracing::warn!(error = %left, "a session could not be closed; others give it up in time");
        }
        let id = published?;
        if let Some(cache) = backed.cache {
            cache.commit(id);
        }
        Ok(id)
    }

    /// What of earlier runs may be taken over. Folders only if the snapshot that the cache describes was in force
    /// after the intent, its chunks are ours to refer to, nothing of the index is missing, and nothing went into quarantine
    /// since it was begun. What was there before, it has not referred to: neither by a look at the index nor by folders that
    /// it took over itself.
    fn reuse(&self, plan: &Plan<'_>) -> Reuse {
        let repository = self.repository();
        let mut reuse = Reuse::new(repository.chunk_keys().cut(), plan.started);
        let Some(folder) = &plan.request.cache_dir else { return reuse };
        let seal = CacheSeal::new(folder, repository, &plan.source);
        reuse.cache = Cache::open(&seal).map(Arc::new);
        reuse.by_folder = reuse.cache.as_ref().is_some_and(|cache| self.is_usable_parent(cache));
        let random = repository.outside().random.clone();
        reuse.writer =
            Some(CacheWriter::new(seal.clone(), reuse.cache.clone(), self.quarantine_mark(), random));
        reuse.seal = Some(seal);
        reuse
    }

    fn quarantine_mark(&self) -> QuarantineMark {
        QuarantineMark::of(&self.state.quarantined)
    }

    fn is_usable_parent(&self, cache: &Cache) -> bool {
        let published =
            self.state.sessions.get(&cache.snapshot).and_then(|session| session.published.as_ref());
        let domain = published.and_then(|published| Some(published.commit()?.manifest.public.domain));
        self.state.in_force(&cache.snapshot)
            && domain == Some(self.repository().signer().certificate().domain)
            && cache.quarantine == self.quarantine_mark()
            && self.index.faults().is_empty()
    }
}

/// One walk of a tree into the packs of a session.
struct Attempt<'a, 'r> {
    trail: &'a mut Trail<'r>,
    index: &'a Index,
    plan: &'a Plan<'a>,
    view: &'a dyn View,
    monitor: &'a dyn Monitor,
    cancel: &'a dyn Cancel,
}

impl Attempt<'_, '_> {
    fn run(&mut self, reuse: Reuse) -> Result<Backed, BackupError> {
        let repository = self.trail.repository;
        let pack_seal = PackSeal {
            family: *repository.family(),
            map: repository.map_key().clone(),
            root: repository.wrapped_root()?.clone(),
            random: repository.outside().random.clone(),
        };
        let key = self.plan.key;
        let index = self.index;
        let in_index = |id: &ChunkId| index.contains(id);
        let (sealer, keys) = (repository.sealer(key), vec![key.wrapped.clone()]);
        let level = self.plan.request.level;
        let line = Line::new(repository.chunk_keys(), sealer, &in_index, pack_seal, keys, level);
        let (walked, written) = self.walk(&line, reuse)?;
        self.trail.write_segments(written, &line.session_keys)?;
        let manifest = self.plan.manifest(&walked, false)?;
        let (new_bytes, stored_bytes) = line.counted();
        let Walked { counts, faults, cache, .. } = walked;
        Ok(Backed { manifest, counts, faults, new_bytes, stored_bytes, cache })
    }

    fn walk(&mut self, line: &Line<'_>, reuse: Reuse) -> Result<(Walked, Vec<WrittenPack>), BackupError> {
        let Self { trail, plan, view, monitor, cancel, .. } = self;
        let (plan, cancel) = (*plan, *cancel);
        let cutter = Cutter::new(line.keys.cut(), &plan.repository.chunker());
        let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let readers = plan.request.threads.max(1);
        let (jobs, queue) = (Queue::<Job>::new(WAITING_JOBS), Queue::<Work>::new(WAITING_BYTES));
        let small = Pool::new(readers + 2 * workers, BATCH_BYTES);
        let large = Pool::new((LARGE_BUFFER_BYTES / cutter.max_bytes()).max(2), cutter.max_bytes());
        let (sender, reports) = channel::<Report>();
        let mut checkpoint = |walked: &Walked, written| {
            phase::begins("checkpoint");
            trail.write_segments(written, &line.session_keys)?;
            trail.publish_partial(plan.manifest(walked, true).map_err(WriteError::from)?)?;
            phase::begins("walk");
            Ok(trail.id)
        };
        let clock = &*plan.repository.outside().clock;
        phase::begins("walk");
        let walker = Walker {
            view: *view,
            jobs: &jobs,
            reports,
            blobs: BlobWriter::new(line)?,
            monitor: *monitor,
            cancel,
            folders: Folders::new(reuse),
            files: Files::default(),
            batch: Vec::new(),
            batch_bytes: 0,
            found: Found::default(),
            due: Due::new(clock, plan.request.checkpoint_bytes),
            checkpoint: &mut checkpoint,
        };
        thread::scope(|scope| {
            scope.spawn(|| ship(line, plan.repository.store()));
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
                scope.spawn(move || reader.run(line));
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
}
