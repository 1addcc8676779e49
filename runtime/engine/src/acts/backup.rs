//! `discover |> snapshot |> compress |> encrypt |> store`: one act over one session of the repository.
//!
//! Order of writes: the session's intent is durable in the repository, then in the journal, then content is
//! written, and the commitment comes last, asked for once more at the coordinator: a stale attempt never commits.
//! A failed or stopped attempt closes its session; if even that fails, the next recovery decides it.

use std::sync::Arc;

use mainstay_ir::{Ir, Value};
use mainstay_journal::{Class, Event, Fault, Figures, Outcome, Stored};
use mainstay_repo::Repository;
use mainstay_repo::backup::{
    Backed, BackupError, BackupRequest, CommitError, Session, SessionError, WalkError,
};
use mainstay_repo::format::manifest::SnapshotKind;
use mainstay_repo::id::SnapshotId;
use mainstay_source::{Discovered, StopFlag};
use mainstay_world::tree::{FaultKind, View};

use super::shelf::{Shelf, heads_event};
use super::watch::Watch;
use super::{ActError, Scene, classed, failed};
use crate::executor::Done;
use crate::fault;
use crate::outside::source::{Source, SourceError};

/// How many threads read a source that claims no pool: one is at the disk while the other waits for its buffers.
const READERS: usize = 2;
/// More never pay: each keeps a file and buffers open, and the workers behind them are as many as cores.
const MOST_READERS: usize = 16;
/// What the repository takes for "not compressed".
const NO_COMPRESSION: i32 = 0;

/// What is stored where, and how.
#[derive(Clone, Copy)]
pub(super) struct Backup<'a> {
    pub(super) source: &'a str,
    pub(super) repo: &'a str,
    pub(super) level: Option<i32>,
    pub(super) discover_ms: Option<u64>,
    pub(super) snapshot_ms: Option<u64>,
    pub(super) checkpoint_bytes: Option<u64>,
}

impl Scene<'_> {
    pub(super) fn backup(&self, backup: Backup<'_>) -> Result<Done, ActError> {
        let (discovered, view, is_stream) = self.freeze(backup)?;
        let repository = self.world.open(backup.repo)?;
        self.refuse_rolled_back(&repository, backup.repo)?;
        let request = self.request(backup, &discovered, is_stream);
        let mut session = repository.begin().map_err(|error| in_repo(backup.repo, session_error(error)))?;
        self.reporter.intent(backup.repo, &session.id().to_string())?;
        let watch = Watch::new(self.reporter);
        let backed = match session.backup(view.as_ref(), &request, &watch, &watch) {
            Ok(backed) => backed,
            Err(error) => {
                let is_of_repo = is_of_repo(&error);
                let error = backup_error(error);
                let error = if is_of_repo { in_repo(backup.repo, error) } else { error };
                return Err(give_up(session, error));
            }
        };
        if let Err(stopped) = self.reporter.may_commit() {
            return Err(give_up(session, stopped));
        }
        let figures = figures(&backed);
        let (whole, as_of_ms) = (backed.manifest.public.whole, backed.manifest.public.started.0);
        let snapshot = session.commit(backed).map_err(commit_error)?;
        let stored = self.stored(backup, &snapshot, whole, as_of_ms);
        Ok(Done {
            outcome: outcome(whole, figures.faults),
            stored: Some(stored),
            figures,
            notes: self.heads(&repository, backup.repo),
        })
    }

    /// Looks whether the source is there, and holds it still.
    fn freeze(&self, backup: Backup<'_>) -> Result<(Discovered, Box<dyn View>, bool), ActError> {
        let stop = self.reporter.stop_flag();
        let stop: StopFlag = Arc::new(move || stop.is_set());
        let source = Source::of(self.world.ir(), self.world.config(), backup.source, Some(stop))?;
        let discovered = self.within(backup.discover_ms, "discover", || source.discover())?;
        let view = self.within(backup.snapshot_ms, "snapshot", || source.snapshot())?;
        Ok((discovered, view, source.is_stream()))
    }

    /// A stage that took longer than it may has failed, whatever it gave.
    fn within<T>(
        &self,
        most_ms: Option<u64>,
        stage: &str,
        act: impl FnOnce() -> Result<T, SourceError>,
    ) -> Result<T, ActError> {
        let clock = &self.world.config().clock;
        let began_ms = clock.monotonic_ms();
        let given = act()?;
        let took_ms = clock.monotonic_ms().saturating_sub(began_ms);
        match most_ms {
            Some(most_ms) if took_ms > most_ms => {
                Err(failed(Fault::Late, format!("`{stage}` took {took_ms} ms, and may take {most_ms} ms")))
            }
            _ => Ok(given),
        }
    }

    pub(super) fn refuse_rolled_back(&self, repository: &Repository, repo: &str) -> Result<(), ActError> {
        let seen = self.job.ledger.heads(&self.world.ir().policy, repo);
        self.shelf(repository)?.refuse(seen, repo)
    }

    pub(super) fn shelf<'b>(&'b self, repository: &'b Repository) -> Result<Shelf<'b>, ActError> {
        Shelf::read(repository, &self.world.ir().policy, &self.world.config().host)
    }

    /// How far the repository has come now. If that cannot be read, the journal simply does not know it yet.
    pub(super) fn heads(&self, repository: &Repository, repo: &str) -> Vec<Event> {
        self.shelf(repository).map(|shelf| heads_event(&shelf, repo)).into_iter().collect()
    }

    fn request(&self, backup: Backup<'_>, discovered: &Discovered, is_stream: bool) -> BackupRequest {
        use std::os::unix::ffi::OsStrExt as _;
        let (ir, config, job) = (self.world.ir(), self.world.config(), self.job);
        BackupRequest {
            policy: ir.policy.clone(),
            source: backup.source.to_owned(),
            host: config.host.clone(),
            workflow: job.workflow.clone(),
            step: job.step.clone(),
            run_id: job.run.0,
            policy_hash: ir.hash().0,
            tags: super::tags(ir, backup.source),
            roots: discovered.present.iter().map(|root| root.as_os_str().as_bytes().to_vec()).collect(),
            kind: if is_stream { SnapshotKind::Stream } else { SnapshotKind::Files },
            threads: readers(ir, backup.source),
            level: backup.level.unwrap_or(NO_COMPRESSION),
            cache_dir: Some(self.caches.clone()),
            checkpoint_bytes: backup.checkpoint_bytes,
        }
    }

    fn stored(&self, backup: Backup<'_>, snapshot: &SnapshotId, whole: bool, as_of_ms: i64) -> Stored {
        Stored {
            repo: backup.repo.to_owned(),
            source: backup.source.to_owned(),
            snapshot: snapshot.to_string(),
            whole,
            as_of_ms,
        }
    }
}

/// As many readers as the slots that a source claims of its pool: that is how many may be at its disk at once.
fn readers(ir: &Ir, source: &str) -> usize {
    let pool = ir.sources.get(source).and_then(|made| made.fields.get("pool"));
    let slots = match pool {
        None => return READERS,
        Some(Value::Constructed(claim)) => match claim.fields.get("slots") {
            Some(Value::Int(slots)) => usize::try_from(*slots).unwrap_or(1),
            _ => 1,
        },
        Some(_) => 1,
    };
    slots.clamp(1, MOST_READERS)
}

pub(super) fn figures(backed: &Backed) -> Figures {
    Figures {
        files: backed.counts.files,
        folders: backed.counts.folders,
        others: backed.counts.others,
        bytes: backed.counts.bytes,
        new_bytes: backed.new_bytes,
        stored_bytes: backed.stored_bytes,
        faults: backed.counts.faults,
    }
}

fn outcome(whole: bool, faults: u64) -> Outcome {
    if whole {
        return Outcome::Ok;
    }
    let entries = if faults == 1 { "entry" } else { "entries" };
    Outcome::Degraded { reason: format!("{faults} {entries} could not be had") }
}

/// Closes the session, so that nobody has to wait for it.
pub(super) fn give_up(session: Session<'_>, error: ActError) -> ActError {
    if let Err(left) = session.abort() {
        tracing::warn!(error = %left, "a session could not be closed; the next run decides it");
    }
    error
}

/// What could not be written is somewhere: a step may fill several repositories, and a disk is full in one place.
pub(super) fn in_repo(repo: &str, error: ActError) -> ActError {
    match error {
        ActError::Failed { class, fault, reason } => {
            ActError::Failed { class, fault, reason: format!("repo `{repo}`: {reason}") }
        }
        other => other,
    }
}

fn is_of_repo(error: &BackupError) -> bool {
    matches!(
        error,
        BackupError::Refused(_) | BackupError::Walk(WalkError::Write(_) | WalkError::Checkpoint(_))
    )
}

pub(super) fn session_error(error: SessionError) -> ActError {
    of_class(error.class(), error.to_string())
}

fn backup_error(error: BackupError) -> ActError {
    match &error {
        BackupError::Walk(WalkError::Cancelled) => ActError::Stopped,
        BackupError::Walk(WalkError::Source(found)) if found.kind == FaultKind::Unreadable => {
            failed(Fault::Source, error.to_string())
        }
        BackupError::Walk(WalkError::Source(_) | WalkError::Unfinished) => {
            ActError::Failed { class: Class::Transient, fault: Fault::Source, reason: error.to_string() }
        }
        _ => of_class(error.class(), error.to_string()),
    }
}

/// When the store failed, the snapshot may be there: the session says so when it is decided.
pub(super) fn commit_error(error: CommitError) -> ActError {
    match &error {
        CommitError::Lost(_) | CommitError::Overtaken(_) => ActError::Lost(error.to_string()),
        CommitError::Read(read) => of_class(read.class(), error.to_string()),
        CommitError::Put(_) => ActError::Undecided(error.to_string()),
    }
}

pub(super) fn of_class(class: mainstay_repo::Class, reason: String) -> ActError {
    match class {
        mainstay_repo::Class::Lost => ActError::Lost(reason),
        mainstay_repo::Class::Cancelled => ActError::Stopped,
        class => classed(fault::of_class(class), reason),
    }
}

impl From<SourceError> for ActError {
    fn from(error: SourceError) -> Self {
        Self::Failed { class: error.class(), fault: error.fault(), reason: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_by_as_many_as_it_claims_of_its_pool() {
        for (pool, expected) in [
            ("", 2),
            ("pool: disk", 1),
            ("pool: claim(disk, slots: 3)", 3),
            ("pool: claim(disk, slots: 64)", MOST_READERS),
        ] {
            let text = format!(
                "edition 2026\npolicy p\npool disk {{ slots: 64 }}\nsource home = files {{ roots: [\"/x\"], {pool} }}\n"
            );
            let ir = crate::operation::tests::house::ir(&text);
            assert_eq!(readers(&ir, "home"), expected, "{pool}");
        }
    }
}
