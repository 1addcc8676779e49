//! What is stored.

use mainstay_ir::Name;
use mainstay_repo::Repository;
use mainstay_repo::repository::Snapshot;

use super::{Engine, StateError};
use crate::outside::access::AccessError;
use crate::report::{SnapshotFilter, SnapshotLine, SnapshotsReport};
use crate::state::Ledger;

impl Engine {
    /// The snapshots of this policy's sources in its repositories. What cannot be read is said beside them.
    ///
    /// # Errors
    /// [`StateError`] if the journal cannot be read.
    pub fn snapshots(&self, filter: &SnapshotFilter) -> Result<SnapshotsReport, StateError> {
        let memory = self.look_at_memory()?;
        let state = memory.fold(Default::default());
        let repositories = self.repositories();
        let mut report = SnapshotsReport { snapshots: Vec::new(), left_off: 0, faults: Vec::new() };
        for repo in &self.repos_in_question(filter.repo.as_ref()) {
            match repositories.open(repo).and_then(|repository| self.lines(repo, &repository, state.ledger()))
            {
                Ok((lines, faults)) => {
                    let of_source = lines.into_iter().filter(|line| is_of(filter, line));
                    let (ours, others): (Vec<_>, Vec<_>) =
                        of_source.partition(|line| filter.all || self.is_ours(line));
                    report.snapshots.extend(ours);
                    report.left_off = report.left_off.saturating_add(others.len());
                    report.faults.extend(faults.into_iter().map(|fault| (repo.clone(), fault)));
                }
                Err(error) => report.faults.push((repo.clone(), error.to_string())),
            }
        }
        Ok(report)
    }

    fn is_ours(&self, line: &SnapshotLine) -> bool {
        line.policy == self.config.ir.policy && line.host == self.config.host
    }

    /// All snapshots of a repository, and what is wrong with its slots.
    pub(super) fn lines(
        &self,
        repo: &str,
        repository: &Repository,
        ledger: &Ledger,
    ) -> Result<(Vec<SnapshotLine>, Vec<String>), AccessError> {
        let found = repository.snapshots()?;
        let lines = found.list.iter().map(|snapshot| self.line(repo, repository, ledger, snapshot));
        Ok((lines.collect(), found.faults.iter().map(ToString::to_string).collect()))
    }

    pub(super) fn line(
        &self,
        repo: &str,
        repository: &Repository,
        ledger: &Ledger,
        snapshot: &Snapshot,
    ) -> SnapshotLine {
        let public = snapshot.public();
        let (policy, source, host) = self.names(repository, snapshot);
        let id = snapshot.id.to_string();
        SnapshotLine {
            repo: repo.to_owned(),
            verified_ms: ledger.verified_ms(&policy, repo, &id),
            id,
            short: snapshot.id.short(),
            policy,
            source,
            host,
            time_ms: public.started.0,
            whole: public.whole,
            files: public.counts.files,
            bytes: public.counts.bytes,
            faults: public.counts.faults,
            run: mainstay_journal::RunId(public.run_id).to_string(),
        }
    }

    /// A reader knows the names; a writer knows those of its own policy by their keyed hashes.
    fn names(&self, repository: &Repository, snapshot: &Snapshot) -> (Name, Name, Name) {
        if let Some(private) = &snapshot.private {
            return (private.policy.clone(), private.source.clone(), private.host.clone());
        }
        let (keys, public, ir) = (repository.chunk_keys(), snapshot.public(), &self.config.ir);
        let source = ir.sources.keys().find(|source| keys.source(&ir.policy, source) == public.source);
        let is_here = keys.host(&self.config.host) == public.host;
        let unknown = |id: String| format!("({id})");
        (
            source.map_or_else(|| "(unknown)".to_owned(), |_| ir.policy.clone()),
            source.cloned().unwrap_or_else(|| unknown(public.source.to_string())),
            if is_here { self.config.host.clone() } else { unknown(public.host.to_string()) },
        )
    }
}

fn is_of(filter: &SnapshotFilter, line: &SnapshotLine) -> bool {
    filter.source.as_ref().is_none_or(|source| *source == line.source)
}
