//! Bringing data back. It takes no lock and writes no journal: it must work beside a backup, on a machine that has
//! nothing but the policy and the key.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use mainstay_ir::Name;
use mainstay_journal::{Fault, Figures};
use mainstay_repo::Repository;
use mainstay_repo::backup::{Cancel, Event, Monitor as RepoMonitor};
use mainstay_repo::repository::Snapshot;
use mainstay_repo::restore::{RestoreError as RepoError, RestoreRequest, Restored};
use mainstay_source::OwnFolder;
use mainstay_world::TimestampMs;

use super::{Engine, StateError};
use crate::executor::StopFlag;
use crate::fault;
use crate::monitor::{Monitor, Progress};
use crate::outside::access::AccessError;
use crate::outside::source::own;
use crate::report::{Problem, RestoreReport, RestoreSpec, SnapshotLine};
use crate::state::Ledger;

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The policy has no source of this name.
    #[error("the policy has no source `{0}`")]
    UnknownSource(Name),
    /// The target is part of what makes copies.
    #[error("`{to}` is in {what}", to = .to.display())]
    IntoOwn {
        /// As it was given.
        to: PathBuf,
        /// What stands there, in words.
        what: String,
    },
    /// No repository of the policy could be read; each with its reason.
    #[error("no repository can be read: {}", words(.0))]
    NoRepository(Vec<(Name, AccessError)>),
    /// No snapshot is meant by this.
    #[error("there is no snapshot of `{source_name}`{asked}")]
    NoSnapshot {
        /// Of which source.
        source_name: Name,
        /// What was asked for, in words.
        asked: String,
        /// Whether there is one that is not whole.
        has_partial: bool,
    },
    /// Several could be meant.
    #[error("`{text}` could be any of {count} snapshots")]
    ManySnapshots {
        /// As written.
        text: String,
        /// How many.
        count: usize,
    },
    /// Several machines have snapshots of it, and this one has none.
    #[error("this machine has no snapshot of `{source_name}`, and these have: {}", hosts.join(", "))]
    ManyHosts {
        /// Of which source.
        source_name: Name,
        /// Machines that have one.
        hosts: Vec<String>,
    },
    /// The journal.
    #[error(transparent)]
    State(#[from] StateError),
    /// The restore itself.
    #[error(transparent)]
    Restore(#[from] RepoError),
}

impl RestoreError {
    /// For decisions and exit codes.
    pub fn fault(&self) -> Fault {
        match self {
            Self::UnknownSource(_)
            | Self::IntoOwn { .. }
            | Self::ManySnapshots { .. }
            | Self::ManyHosts { .. } => Fault::Policy,
            Self::NoRepository(errors) => errors.first().map_or(Fault::Missing, |(_, error)| error.fault()),
            // The repository is there: what is missing is something in it.
            Self::NoSnapshot { .. } | Self::State(_) | Self::Restore(RepoError::NothingChosen) => {
                Fault::Other
            }
            Self::Restore(error) => fault::of_class(error.class()),
        }
    }
}

fn words(errors: &[(Name, AccessError)]) -> String {
    let one = |(repo, error): &(Name, AccessError)| format!("`{repo}`: {error}");
    errors.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// A snapshot that was found, and where.
struct Chosen {
    repository: Arc<Repository>,
    snapshot: Snapshot,
    line: SnapshotLine,
}

impl Engine {
    /// Restores a snapshot of a source into a folder.
    ///
    /// # Errors
    /// See [`RestoreError`]; what could not be restored as it was stands in the report.
    pub fn restore(&self, spec: &RestoreSpec) -> Result<RestoreReport, RestoreError> {
        if !self.config.ir.sources.contains_key(&spec.source) {
            return Err(RestoreError::UnknownSource(spec.source.clone()));
        }
        if let Some(own) = OwnFolder::around(&own(&self.config.ir, &self.config), &spec.to) {
            return Err(RestoreError::IntoOwn { to: spec.to.clone(), what: own.what.clone() });
        }
        let began_ms = self.config.clock.monotonic_ms();
        let ledger = self.ledger_if_any();
        let (chosen, newer_partial) = self.choose(spec, &ledger)?;
        let unread = self.unread_of(spec, &chosen, &ledger);
        let restored = if spec.dry_run { None } else { Some(self.bring_back(&chosen, spec)?) };
        let report = RestoreReport {
            to: spec.to.clone(),
            figures: restored.as_ref().map_or_else(|| promised(&chosen.snapshot), figures),
            dry_run: spec.dry_run,
            problems: restored.as_ref().map(problems).unwrap_or_default(),
            withheld: restored.as_ref().map_or(0, |restored| restored.withheld),
            resumed: restored.as_ref().is_some_and(|restored| restored.resumed),
            verified: restored.as_ref().is_some_and(|restored| restored.verified),
            took_ms: self.config.clock.monotonic_ms().saturating_sub(began_ms),
            snapshot: chosen.line,
            newer_partial,
            unread,
        };
        Ok(report)
    }

    /// What may hide a newer snapshot than the one that is taken, in all repositories that could be meant.
    fn unread_of(&self, spec: &RestoreSpec, chosen: &Chosen, ledger: &Ledger) -> Vec<Problem> {
        if spec.snapshot.is_some() {
            return Vec::new();
        }
        let repositories = self.repositories();
        let wanted = |repo: &&Name| spec.from.as_ref().is_none_or(|from| from == *repo);
        let mut found = Vec::new();
        for repo in self.config.ir.repos.keys().filter(wanted) {
            let looked = repositories.open(repo).and_then(|repository| {
                let newest = self.newest_in(&repository, spec, chosen)?;
                let newest: Vec<&Snapshot> = newest.iter().collect();
                self.unread(repo, &repository, &newest, ledger)
            });
            match looked {
                Ok(unread) => found.extend(unread),
                Err(error) => found.push(Problem { at: format!("repo {repo}"), message: error.to_string() }),
            }
        }
        found
    }

    /// The newest snapshot of the source in a repository that is not newer than the one that is taken.
    fn newest_in(
        &self,
        repository: &Repository,
        spec: &RestoreSpec,
        chosen: &Chosen,
    ) -> Result<Option<Snapshot>, AccessError> {
        let wanted = repository.chunk_keys().source(&self.config.ir.policy, &spec.source);
        let list = repository.snapshots()?.list;
        let is_it = |snapshot: &Snapshot| {
            snapshot.public().source == wanted && snapshot.public().started <= started(chosen)
        };
        Ok(list.into_iter().filter(is_it).max_by_key(|snapshot| snapshot.public().started))
    }

    /// The snapshot that is meant: out of the repository that is named, or the newest of all that can be read. And the
    /// newest of those that were passed over because they are not whole, if it is newer.
    fn choose(
        &self,
        spec: &RestoreSpec,
        ledger: &Ledger,
    ) -> Result<(Chosen, Option<SnapshotLine>), RestoreError> {
        let (mut found, mut errors) = (Vec::new(), Vec::new());
        let repositories = self.repositories();
        let wanted = |repo: &&Name| spec.from.as_ref().is_none_or(|from| from == *repo);
        for repo in self.config.ir.repos.keys().filter(wanted) {
            match repositories
                .open(repo)
                .and_then(|repository| self.candidates(repo, repository, spec, ledger))
            {
                Ok(candidates) => found.extend(candidates),
                Err(error) => errors.push((repo.clone(), error)),
            }
        }
        if let Some(from) = spec.from.as_ref().filter(|from| !self.config.ir.repos.contains_key(*from)) {
            errors.push((from.clone(), AccessError::Unknown(from.clone())));
        }
        if found.is_empty() && !errors.is_empty() {
            return Err(RestoreError::NoRepository(errors));
        }
        pick(found, spec, &self.config.host)
    }

    /// The snapshots of the source in one repository that would do.
    fn candidates(
        &self,
        repo: &str,
        repository: Arc<Repository>,
        spec: &RestoreSpec,
        ledger: &Ledger,
    ) -> Result<Vec<Chosen>, AccessError> {
        let snapshots = repository.snapshots()?.list;
        let wanted = repository.chunk_keys().source(&self.config.ir.policy, &spec.source);
        let of_source = snapshots.into_iter().filter(|snapshot| snapshot.public().source == wanted);
        let fits = |snapshot: &Snapshot| match &spec.snapshot {
            Some(text) => snapshot.id.matches(text),
            None => spec.at_ms.is_none_or(|at| snapshot.public().started.0 <= at),
        };
        let chosen = of_source.filter(fits).map(|snapshot| Chosen {
            line: self.line(repo, &repository, ledger, &snapshot),
            repository: Arc::clone(&repository),
            snapshot,
        });
        Ok(chosen.collect())
    }

    /// What was verified when, if there is a journal: a restore does not need one.
    fn ledger_if_any(&self) -> Ledger {
        let memory = self.look_at_memory();
        memory.map(|memory| memory.fold(Default::default()).ledger().as_ref().clone()).unwrap_or_default()
    }

    fn bring_back(&self, chosen: &Chosen, spec: &RestoreSpec) -> Result<Restored, RestoreError> {
        let request = RestoreRequest {
            to: spec.to.clone(),
            special: spec.special,
            verify: spec.verify,
            include: spec.include.iter().map(|pattern| pattern.clone().into_bytes()).collect(),
            ..RestoreRequest::default()
        };
        let watch = Watch { engine: self, step: &spec.source, cancel: self.config.cancel.clone() };
        Ok(chosen.repository.restore(&chosen.snapshot.id, &request, &watch, &watch)?)
    }
}

/// The newest of what would do; of copies of one, that of the first repository. Beside it what is newer and not whole.
fn pick(
    found: Vec<Chosen>,
    spec: &RestoreSpec,
    here: &str,
) -> Result<(Chosen, Option<SnapshotLine>), RestoreError> {
    let found = of_host(found, spec, here)?;
    if let Some(text) = &spec.snapshot {
        let count = found.iter().map(|chosen| chosen.snapshot.id).collect::<BTreeSet<_>>().len();
        if count > 1 {
            return Err(RestoreError::ManySnapshots { text: text.clone(), count });
        }
    }
    let any_will_do = spec.allow_partial || spec.snapshot.is_some();
    let (fits, passed_over): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|chosen| any_will_do || chosen.snapshot.public().whole);
    let partial = newest(passed_over);
    let Some(chosen) = newest(fits) else {
        return Err(RestoreError::NoSnapshot {
            source_name: spec.source.clone(),
            asked: asked(spec),
            has_partial: partial.is_some(),
        });
    };
    let is_newer = |partial: &Chosen| started(partial) > started(&chosen);
    let newer = partial.filter(is_newer).map(|partial| partial.line);
    Ok((chosen, newer))
}

fn started(chosen: &Chosen) -> TimestampMs {
    chosen.snapshot.public().started
}

fn newest(found: Vec<Chosen>) -> Option<Chosen> {
    found.into_iter().reduce(|best, next| if started(&next) > started(&best) { next } else { best })
}

/// Those of the machine that is meant: the one that is named, this one, or, where this one has none (it may stand
/// in for one that is lost), the only one that has any. An id names its machine by itself.
fn of_host(mut found: Vec<Chosen>, spec: &RestoreSpec, here: &str) -> Result<Vec<Chosen>, RestoreError> {
    let hosts: BTreeSet<String> = found.iter().map(|chosen| chosen.line.host.clone()).collect();
    let meant = match &spec.host {
        Some(host) => host.clone(),
        None if spec.snapshot.is_some() => return Ok(found),
        None if hosts.contains(here) => here.to_owned(),
        None if hosts.len() > 1 => {
            let hosts = hosts.into_iter().collect();
            return Err(RestoreError::ManyHosts { source_name: spec.source.clone(), hosts });
        }
        None => return Ok(found),
    };
    found.retain(|chosen| chosen.line.host == meant);
    Ok(found)
}

fn asked(spec: &RestoreSpec) -> String {
    match (&spec.snapshot, spec.at_ms) {
        (Some(text), _) => format!(" whose id begins with `{text}`"),
        (None, Some(_)) => " of that time or before".to_owned(),
        (None, None) => " that is whole".to_owned(),
    }
}

fn promised(snapshot: &Snapshot) -> Figures {
    let counts = snapshot.public().counts;
    Figures {
        files: counts.files,
        folders: counts.folders,
        others: counts.others,
        bytes: counts.bytes,
        faults: counts.faults,
        ..Figures::default()
    }
}

fn figures(restored: &Restored) -> Figures {
    let counts = restored.counts;
    Figures {
        files: counts.files,
        folders: counts.folders,
        others: counts.others,
        bytes: counts.bytes,
        faults: restored.problem_count,
        ..Figures::default()
    }
}

fn problems(restored: &Restored) -> Vec<Problem> {
    let problem = |problem: &mainstay_repo::restore::RestoreProblem| Problem {
        at: String::from_utf8_lossy(&problem.path).into_owned(),
        message: problem.message.clone(),
    };
    restored.problems.iter().map(problem).collect()
}

/// What the repository says while it works, for the engine's own monitor.
pub(super) struct Watch<'a> {
    pub(super) engine: &'a Engine,
    pub(super) step: &'a str,
    pub(super) cancel: StopFlag,
}

impl RepoMonitor for Watch<'_> {
    fn event(&self, event: Event<'_>) {
        let monitor: &dyn Monitor = self.engine.config.monitor.as_ref();
        match event {
            Event::Progress(progress) => monitor.event(&Progress::Restoring {
                what: self.step.to_owned(),
                files: progress.files,
                bytes: progress.bytes,
            }),
            Event::Checkpoint(_) | Event::LeftOut { .. } => {}
            Event::Fault(fault) => monitor.event(&Progress::Fault {
                step: self.step.to_owned(),
                path: String::from_utf8_lossy(&fault.path).into_owned(),
                message: fault.message.clone(),
            }),
        }
    }
}

impl Cancel for Watch<'_> {
    fn is_cancelled(&self) -> bool {
        self.cancel.is_set()
    }
}
