//! Reading back by hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use mainstay_ir::{IndexMap, Name};
use mainstay_journal::{AppendError, Event, Fault};
use mainstay_repo::Repository;
use mainstay_repo::check::CheckError;
use mainstay_repo::id::SnapshotId;

use super::doubts::not_looked_into;
use super::found::{Found, ManyHosts, newest, of_host};
use super::memory::Memory;
use super::restore::Watch;
use super::shelves::{Shelves, Unread};
use super::{Engine, StateError};
use crate::acts::Shelf;
use crate::fault;
use crate::outside::access::AccessError;
use crate::readback::{self, Watchers, everything, share_ppm, snapshot};
use crate::report::{CheckReport, Problem, SnapshotLine, Unreached, VerifyLine, VerifyReport, VerifySpec};
use crate::state::{Ledger, Shapes};

/// Why nothing was read back, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// No snapshot is meant.
    #[error("there is no snapshot to verify")]
    Nothing,
    /// Several machines have snapshots, and this one has none.
    #[error("this machine has no snapshot to verify, and these have: {}", .0.join(", "))]
    ManyHosts(Vec<String>),
    /// Nothing was read, and this repository could not be looked into.
    #[error("repo `{repo}`: {message}", repo = .0.repo, message = .0.message)]
    Unreached(Unreached),
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
            Self::Nothing | Self::ManyHosts(_) => Fault::Missing,
            Self::Unreached(unreached) => unreached.fault,
            Self::Unknown { .. } => Fault::Policy,
            Self::Access { error, .. } => error.fault(),
            Self::Read { .. } => Fault::Unreachable,
            Self::State(_) | Self::Append(_) => Fault::Other,
            Self::Check(error) => fault::of_class(error.class()),
        }
    }
}

/// What is to be read back.
#[derive(Default)]
struct Chosen {
    found: Vec<Found>,
    /// Machines that have snapshots of a source of which this one has none, where there are several.
    hosts: BTreeSet<String>,
    unreached: Vec<Unreached>,
}

impl Chosen {
    fn note(&mut self, repo: &Name, unread: &Unread) {
        if self.unreached.iter().all(|one| one.repo != *repo) {
            self.unreached.push(not_looked_into(repo, unread, !unread.is_beyond_us));
        }
    }

    /// The newest in each repository, of the machine that is meant.
    fn newest(&mut self, found: Vec<Found>, here: &str) {
        let mut by_repo: IndexMap<Name, Vec<Found>> = IndexMap::default();
        match of_host(found, None, here) {
            Ok(found) => {
                found.into_iter().for_each(|one| by_repo.entry(one.line.repo.clone()).or_default().push(one));
            }
            Err(ManyHosts(hosts)) => self.hosts.extend(hosts),
        }
        self.found.extend(by_repo.into_values().filter_map(newest));
    }
}

/// A repository of which a snapshot could not be read to its end.
fn broken_off(found: &Found, error: &CheckError) -> Unreached {
    let message = format!("snapshot {} was not read to its end: {error}", found.line.short);
    Unreached {
        repo: found.line.repo.clone(),
        message,
        may_hold: true,
        fault: fault::of_class(error.class()),
    }
}

/// A repository that could not be checked to the end.
fn unchecked(repo: &str, error: CheckError) -> VerifyError {
    let fault = fault::of_class(error.class());
    match error {
        CheckError::Cancelled => error.into(),
        error => VerifyError::Unreached(Unreached {
            repo: repo.to_owned(),
            message: error.to_string(),
            may_hold: true,
            fault,
        }),
    }
}

impl Engine {
    /// Reads snapshots back and notes it in the ledger: the newest of each source in each repository, or what is
    /// named. A repository that cannot be read keeps no other from being read.
    ///
    /// # Errors
    /// See [`VerifyError`]; what does not match stands in the report.
    pub fn verify(&self, spec: &VerifySpec) -> Result<VerifyReport, VerifyError> {
        self.refuse_unknown(spec)?;
        let mut memory = self.take_memory()?;
        let ledger = Arc::clone(memory.fold(Shapes::new()).ledger());
        let shelves = self.shelves();
        let mut report = VerifyReport { lines: Vec::new(), unread: Vec::new(), unreached: Vec::new() };
        let repos = self.repos_in_question(spec.repo.as_ref());
        let Chosen { found, hosts, unreached } = self.chosen(&shelves, (&repos, spec), &ledger);
        report.unreached = unreached;
        if spec.snapshot.is_none() {
            report.unread = self.all_unread(&shelves, (&repos, &found), &ledger);
        }
        for one in &found {
            match self.read_back(&mut memory, &ledger, one, spec) {
                Ok(line) => report.lines.push(line),
                Err(VerifyError::Check(error)) if !matches!(error, CheckError::Cancelled) => {
                    report.unreached.push(broken_off(one, &error));
                }
                Err(error) => return Err(error),
            }
        }
        let is_nothing = report.lines.is_empty() && report.unread.is_empty();
        match report.unreached.iter().find(|one| one.may_hold || spec.repo.is_some()) {
            Some(one) if is_nothing => Err(VerifyError::Unreached(one.clone())),
            None if is_nothing && !hosts.is_empty() => {
                Err(VerifyError::ManyHosts(hosts.into_iter().collect()))
            }
            None if is_nothing => Err(VerifyError::Nothing),
            _ => Ok(report),
        }
    }

    /// What may hide that there are newer ones than these.
    fn all_unread(
        &self,
        shelves: &Shelves<'_>,
        (repos, chosen): (&[Name], &[Found]),
        ledger: &Ledger,
    ) -> Vec<Problem> {
        let each = repos.iter().filter_map(|repo| {
            let here = chosen.iter().filter(|found| found.line.repo == *repo);
            let newest: Vec<SnapshotId> = here.map(|found| found.snapshot.id).collect();
            self.unread(shelves, repo, &newest, ledger).ok()
        });
        each.flatten().collect()
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

    /// The snapshots that are meant, by repository. Whose they are is decided for all repositories at once.
    fn chosen(
        &self,
        shelves: &Shelves<'_>,
        (repos, spec): (&[Name], &VerifySpec),
        ledger: &Ledger,
    ) -> Chosen {
        let mut chosen = Chosen::default();
        let sources = self.config.ir.sources.keys();
        for source in sources.filter(|name| spec.source.as_ref().is_none_or(|only| only == *name)) {
            let mut found = Vec::new();
            for repo in repos {
                match self.found(shelves, ledger, (repo, source)) {
                    Ok(here) => found.extend(here),
                    Err(unread) => chosen.note(repo, &unread),
                }
            }
            match &spec.snapshot {
                Some(text) => {
                    chosen.found.extend(found.into_iter().filter(|one| one.snapshot.id.matches(text)));
                }
                None => chosen.newest(found, &self.config.host),
            }
        }
        chosen.found.sort_by_key(|one| repos.iter().position(|repo| *repo == one.line.repo));
        chosen
    }

    fn read_back(
        &self,
        memory: &mut Memory,
        ledger: &Ledger,
        chosen: &Found,
        spec: &VerifySpec,
    ) -> Result<VerifyLine, VerifyError> {
        let SnapshotLine { policy, repo, source, id, short, time_ms, .. } = chosen.line.clone();
        let turn = ledger.count(&policy, &repo, &source) as u64;
        let watch = Watch { engine: self, step: &source, cancel: self.config.cancel.clone() };
        let watchers = Watchers { monitor: &watch, cancel: &watch };
        let read = snapshot(&chosen.repository, &chosen.snapshot.id, spec.level, turn, watchers)?;
        let event = Event::Verified {
            policy,
            repo: repo.clone(),
            snapshot: id.clone(),
            source: source.clone(),
            sample_ppm: share_ppm(spec.level),
            objects: read.objects,
            bytes: read.bytes,
            problems: read.count,
        };
        memory.append(self.now_ms(), &[event])?;
        Ok(VerifyLine {
            repo,
            source,
            snapshot: id,
            short,
            time_ms,
            objects: read.objects,
            bytes: read.bytes,
            problems: read.problems,
            quarantined: read.quarantined,
        })
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

    /// Writes down which snapshots are damaged, for `status` and `snapshots`; what keeps it from that is told. A run that
    /// goes on has the journal, and a check does not wait for it.
    fn note_damage(
        &self,
        repository: &Repository,
        repo: &str,
        read_data: bool,
        found: &readback::Found,
        watchers: Watchers<'_>,
    ) -> Option<Problem> {
        let untold = |error: String| Problem {
            at: "journal".to_owned(),
            message: format!(
                "which snapshots are damaged is not written down, and `status` does not know it: {error}"
            ),
        };
        let events = match readback::damage(repository, &self.config.ir, repo, read_data, found, watchers) {
            Ok(events) if events.is_empty() => return None,
            Ok(events) => events,
            Err(error) => return Some(untold(error.to_string())),
        };
        let mut memory = match self.take_memory() {
            Ok(memory) => memory,
            Err(error) => return Some(untold(error.to_string())),
        };
        memory.append(self.now_ms(), &events).err().map(|error| untold(error.to_string()))
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
        let found = everything(&repository, read_data, watchers);
        let mut found = found.map_err(|error| unchecked(repo, error))?;
        found.problems.extend(self.rolled_back(repo, &repository)?);
        found.problems.extend(self.note_damage(&repository, repo, read_data, &found, watchers));
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
