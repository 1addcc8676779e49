//! Bringing data back. It takes no lock and writes no journal: it must work beside a backup, on a machine that has
//! nothing but the policy and the key.

use std::path::PathBuf;

use mainstay_ir::Name;
use mainstay_journal::{Fault, Figures};
use mainstay_repo::backup::{Cancel, Event, Monitor as RepoMonitor};
use mainstay_repo::repository::{Emptied, Snapshot};
use mainstay_repo::restore::{RestoreError as RepoError, RestoreRequest, Restored};
use mainstay_source::OwnFolder;

use super::choose::Choice;
use super::found::Found;
use super::{Engine, StateError};
use crate::executor::StopFlag;
use crate::fault;
use crate::monitor::{Monitor, Progress};
use crate::outside::source::own;
use crate::report::{Problem, RestoreReport, RestoreSpec, Unreached};

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The policy has no source of this name.
    #[error("the policy has no source `{0}`")]
    UnknownSource(Name),
    /// The policy has no repository of this name.
    #[error("the policy has no repo `{0}`")]
    UnknownRepo(Name),
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
    NoRepository(Vec<Unreached>),
    /// No snapshot is meant by this.
    #[error("there is no snapshot of `{source_name}`{asked}")]
    NoSnapshot {
        /// Of which source.
        source_name: Name,
        /// What was asked for, in words.
        asked: String,
        /// The repository of the newest that is not whole, if that is all there is.
        partial: Option<Name>,
        /// Repositories that may have one, and could not be looked into.
        unreached: Vec<Unreached>,
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
        /// Repositories that may have one, and could not be looked into.
        unreached: Vec<Unreached>,
    },
    /// The journal.
    #[error(transparent)]
    State(#[from] StateError),
    /// All packs of the repository are gone.
    #[error("repo `{repo}`: {emptied}")]
    Emptied {
        /// Which.
        repo: Name,
        /// How many should be there.
        emptied: Emptied,
        /// Other repositories that have the same.
        elsewhere: Vec<Name>,
    },
    /// The restore itself.
    #[error(transparent)]
    Restore(#[from] RepoError),
}

impl RestoreError {
    /// For decisions and exit codes.
    pub fn fault(&self) -> Fault {
        match self {
            Self::UnknownSource(_)
            | Self::UnknownRepo(_)
            | Self::IntoOwn { .. }
            | Self::ManySnapshots { .. }
            | Self::ManyHosts { .. } => Fault::Policy,
            Self::NoRepository(errors) => errors.first().map_or(Fault::Missing, |one| one.fault),
            Self::NoSnapshot { partial: None, unreached, .. } => {
                unreached.iter().find(|one| one.may_hold).map_or(Fault::Other, |one| one.fault)
            }
            // The repository is there: what is missing is something in it.
            Self::NoSnapshot { .. } | Self::State(_) | Self::Restore(RepoError::NothingChosen) => {
                Fault::Other
            }
            Self::Emptied { .. } => Fault::Emptied,
            Self::Restore(error) => fault::of_class(error.class()),
        }
    }
}

fn words(errors: &[Unreached]) -> String {
    let one = |one: &Unreached| format!("`{}`: {}", one.repo, one.message);
    errors.iter().map(one).collect::<Vec<_>>().join("; ")
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
        if let Some(from) = spec.from.as_ref().filter(|from| !self.config.ir.repos.contains_key(*from)) {
            return Err(RestoreError::UnknownRepo(from.clone()));
        }
        let began_ms = self.config.clock.monotonic_ms();
        let Choice { chosen, newer_partial, elsewhere, unread, unreached } = self.choose(spec)?;
        let restored = match self.bring_back(&chosen, spec) {
            Err(RepoError::Emptied(emptied)) => {
                return Err(RestoreError::Emptied { repo: chosen.line.repo, emptied, elsewhere });
            }
            restored => restored?,
        };
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
            elsewhere,
            unread,
            unreached,
        };
        Ok(report)
    }

    fn bring_back(&self, chosen: &Found, spec: &RestoreSpec) -> Result<Option<Restored>, RepoError> {
        if spec.dry_run {
            return Ok(None);
        }
        let request = RestoreRequest {
            to: spec.to.clone(),
            special: spec.special,
            verify: spec.verify,
            include: spec.include.iter().map(|pattern| pattern.clone().into_bytes()).collect(),
            ..RestoreRequest::default()
        };
        let watch = Watch { engine: self, step: &spec.source, cancel: self.config.cancel.clone() };
        chosen.repository.restore(&chosen.snapshot.id, &request, &watch, &watch).map(Some)
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
