//! Reading back by hand.

use std::sync::Arc;

use mainstay_ir::Name;
use mainstay_journal::{AppendError, Event, Fault};
use mainstay_repo::Repository;
use mainstay_repo::check::CheckError;
use mainstay_repo::repository::Snapshot;

use super::memory::Memory;
use super::restore::Watch;
use super::{Engine, StateError};
use crate::acts::Shelf;
use crate::fault;
use crate::outside::access::AccessError;
use crate::readback::{Found, Watchers, everything, share_ppm, snapshot};
use crate::report::{CheckReport, Problem, VerifyLine, VerifyReport, VerifySpec};
use crate::state::{Ledger, Shapes};

/// Why nothing was read back, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// No snapshot is meant.
    #[error("there is no snapshot to verify")]
    Nothing,
    /// The policy has nothing of this name.
    #[error("the policy has no {kind} `{name}`")]
    Unknown {
        /// `source` or `repo`.
        kind: &'static str,
        /// As written.
        name: Name,
    },
    /// A repository.
    #[error("repo `{repo}`: {error}")]
    Access {
        /// Which.
        repo: Name,
        /// Why.
        error: AccessError,
    },
    /// What a repository says of itself cannot be read.
    #[error("repo `{repo}`: {message}")]
    Read {
        /// Which.
        repo: Name,
        /// In words.
        message: String,
    },
    /// The state folder.
    #[error(transparent)]
    State(#[from] StateError),
    /// The journal could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// Reading back came to no end.
    #[error(transparent)]
    Check(#[from] CheckError),
}

impl VerifyError {
    /// For decisions and exit codes.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Nothing => Fault::Missing,
            Self::Unknown { .. } => Fault::Policy,
            Self::Access { error, .. } => error.fault(),
            Self::Read { .. } => Fault::Unreachable,
            Self::State(_) | Self::Append(_) => Fault::Other,
            Self::Check(error) => fault::of_class(error.class()),
        }
    }
}

impl Engine {
    /// Reads snapshots back and notes it in the ledger: the newest of each source in each repository, or what is
    /// named.
    ///
    /// # Errors
    /// See [`VerifyError`]; what does not match stands in the report.
    pub fn verify(&self, spec: &VerifySpec) -> Result<VerifyReport, VerifyError> {
        self.refuse_unknown(spec)?;
        let mut memory = self.take_memory()?;
        let ledger = memory.fold(Shapes::new()).ledger().as_ref().clone();
        let repositories = self.repositories();
        let (mut lines, mut unread) = (Vec::new(), Vec::new());
        for repo in &self.repos_in_question(spec.repo.as_ref()) {
            let access = |error| VerifyError::Access { repo: repo.clone(), error };
            let repository = repositories.open(repo).map_err(access)?;
            let chosen = self.chosen(&repository, spec).map_err(access)?;
            if spec.snapshot.is_none() {
                let newest: Vec<&Snapshot> = chosen.iter().map(|(_, snapshot)| snapshot).collect();
                unread.extend(self.unread(repo, &repository, &newest, &ledger).map_err(access)?);
            }
            for (source, chosen) in chosen {
                lines.push(self.read_back(
                    &mut memory,
                    &ledger,
                    (repo, &source, &chosen),
                    &repository,
                    spec,
                )?);
            }
        }
        if lines.is_empty() && unread.is_empty() {
            return Err(VerifyError::Nothing);
        }
        Ok(VerifyReport { lines, unread })
    }

    fn refuse_unknown(&self, spec: &VerifySpec) -> Result<(), VerifyError> {
        let ir = &self.config.ir;
        let is_unknown = |name: &&Name, known: bool| (!known).then(|| Name::clone(name));
        let source = spec.source.as_ref().and_then(|name| is_unknown(&name, ir.sources.contains_key(name)));
        let repo = spec.repo.as_ref().and_then(|name| is_unknown(&name, ir.repos.contains_key(name)));
        match (source, repo) {
            (Some(name), _) => Err(VerifyError::Unknown { kind: "source", name }),
            (None, Some(name)) => Err(VerifyError::Unknown { kind: "repo", name }),
            (None, None) => Ok(()),
        }
    }

    /// The snapshots that are meant in one repository, each with its source's name.
    fn chosen(
        &self,
        repository: &Arc<Repository>,
        spec: &VerifySpec,
    ) -> Result<Vec<(Name, Snapshot)>, AccessError> {
        let (ir, keys) = (&self.config.ir, repository.chunk_keys());
        let all = repository.snapshots()?.list;
        let mut chosen = Vec::new();
        for source in ir.sources.keys() {
            let wanted = keys.source(&ir.policy, source);
            if spec.source.as_ref().is_some_and(|name| name != source) {
                continue;
            }
            let of_it = all.iter().filter(|snapshot| snapshot.public().source == wanted);
            match &spec.snapshot {
                Some(text) => chosen.extend(
                    of_it.filter(|one| one.id.matches(text)).map(|one| (source.clone(), one.clone())),
                ),
                None => {
                    let here = of_it.filter(|one| one.public().host == keys.host(&self.config.host));
                    let newest = here.max_by_key(|one| (one.public().started, one.id));
                    chosen.extend(newest.map(|one| (source.clone(), one.clone())));
                }
            }
        }
        Ok(chosen)
    }

    fn read_back(
        &self,
        memory: &mut Memory,
        ledger: &Ledger,
        (repo, source, chosen): (&Name, &Name, &Snapshot),
        repository: &Repository,
        spec: &VerifySpec,
    ) -> Result<VerifyLine, VerifyError> {
        let policy = &self.config.ir.policy;
        let turn = ledger.count(policy, repo, source) as u64;
        let watch = Watch { engine: self, step: source, cancel: self.config.cancel.clone() };
        let watchers = Watchers { monitor: &watch, cancel: &watch };
        let Found { objects, bytes, count, problems, quarantined } =
            snapshot(repository, &chosen.id, spec.level, turn, watchers)?;
        let event = Event::Verified {
            policy: policy.clone(),
            repo: repo.clone(),
            snapshot: chosen.id.to_string(),
            source: source.clone(),
            sample_ppm: share_ppm(spec.level),
            objects,
            bytes,
            problems: count,
        };
        memory.append(self.now_ms(), &[event])?;
        Ok(VerifyLine {
            repo: repo.clone(),
            source: source.clone(),
            snapshot: chosen.id.to_string(),
            short: chosen.id.short(),
            time_ms: chosen.public().started.0,
            objects,
            bytes,
            problems,
            quarantined,
        })
    }

    /// What may hide that there is something newer than these snapshots: the repository is behind what the journal has
    /// seen of it, or a record cannot be read.
    pub(super) fn unread(
        &self,
        repo: &str,
        repository: &Repository,
        newest: &[&Snapshot],
        ledger: &Ledger,
    ) -> Result<Vec<Problem>, AccessError> {
        let policy = &self.config.ir.policy;
        let state = Arc::new(repository.state()?);
        let shelf = Shelf::of(repository, Arc::clone(&state), policy, &self.config.host);
        let behind = shelf.check(ledger.heads(policy, repo)).err();
        let mut found: Vec<Problem> = behind
            .map(|error| Problem { at: format!("repo {repo}"), message: error.to_string() })
            .into_iter()
            .collect();
        // One that is older than the newest of one source may be newer than that of another.
        let each = newest.iter().map(|snapshot| state.unread_since(Some(&snapshot.id)));
        let doubts: Vec<_> =
            if newest.is_empty() { state.unread_since(None) } else { each.flatten().collect() };
        for fault in doubts {
            let problem = Problem { at: fault.object.clone(), message: fault.kind.to_string() };
            if !found.contains(&problem) {
                found.push(problem);
            }
        }
        Ok(found)
    }

    /// Whether a repository is behind what the journal has seen of it.
    fn rolled_back(&self, repo: &str, repository: &Repository) -> Result<Option<Problem>, VerifyError> {
        let policy = &self.config.ir.policy;
        let state = self.look_at_memory()?.fold(Shapes::new());
        let shelf = Shelf::read(repository, policy, &self.config.host)
            .map_err(|error| VerifyError::Read { repo: repo.to_owned(), message: error.to_string() })?;
        let behind = shelf.check(state.ledger().heads(policy, repo)).err();
        Ok(behind.map(|error| Problem { at: repo.to_owned(), message: error.to_string() }))
    }

    /// Checks a whole repository: its metadata, or everything in it.
    ///
    /// # Errors
    /// See [`VerifyError`]; what does not match stands in the report.
    pub fn repo_check(&self, repo: &str, read_data: bool) -> Result<CheckReport, VerifyError> {
        let access = |error| VerifyError::Access { repo: repo.to_owned(), error };
        let repository = self.repositories().open(repo).map_err(access)?;
        let watch = Watch { engine: self, step: repo, cancel: self.config.cancel.clone() };
        let watchers = Watchers { monitor: &watch, cancel: &watch };
        let mut found = everything(&repository, read_data, watchers)?;
        found.problems.extend(self.rolled_back(repo, &repository)?);
        Ok(CheckReport {
            repo: repo.to_owned(),
            place: repository.store().place(),
            read_data,
            objects: found.objects,
            bytes: found.bytes,
            problems: found.problems,
            quarantined: found.quarantined,
        })
    }
}
