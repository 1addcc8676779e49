//! What is stored.

use std::collections::{BTreeSet, HashMap};

use mainstay_ir::Name;
use mainstay_journal::Fault;
use mainstay_repo::Repository;
use mainstay_repo::repository::Snapshot;

use super::doubts::not_looked_into;
use super::found::host_of;
use super::shelves::{Shelves, Unread};
use super::{Engine, StateError};
use crate::fault;
use crate::report::{SnapshotFilter, SnapshotLine, SnapshotsReport};
use crate::state::Ledger;

impl Engine {
    /// The snapshots of this policy's sources in its repositories, of this machine or of the only one that has any. What
    /// cannot be read is said beside them.
    ///
    /// # Errors
    /// [`StateError`] if the journal cannot be read.
    pub fn snapshots(&self, filter: &SnapshotFilter) -> Result<SnapshotsReport, StateError> {
        let state = self.look_at_memory()?.fold(Default::default());
        let shelves = self.shelves();
        let here = self.config.host.clone();
        let mut report =
            SnapshotsReport { snapshots: Vec::new(), left_off: 0, faults: Vec::new(), fault: None, here };
        for repo in &self.repos_in_question(filter.repo.as_ref()) {
            match self.lines(&shelves, repo, state.ledger()) {
                Ok(lines) => report.snapshots.extend(lines.into_iter().filter(|line| is_of(filter, line))),
                Err(unread) => {
                    let is_beyond = unread.is_beyond_us && filter.repo.is_none();
                    let told = not_looked_into(repo, &unread, !is_beyond);
                    report.add(repo, told.may_hold.then_some(told.fault), told.message);
                }
            }
            self.tell_faults(&shelves, repo, (state.ledger(), &mut report));
        }
        if !filter.all {
            self.leave_off(&mut report);
        }
        Ok(report)
    }

    /// What is wrong with the slots of a repository, and whether it is behind what the journal has seen of it.
    fn tell_faults(
        &self,
        shelves: &Shelves<'_>,
        repo: &Name,
        (ledger, report): (&Ledger, &mut SnapshotsReport),
    ) {
        let seen = ledger.heads(&self.config.ir.policy, repo);
        // What cannot be read at all is told as that.
        let _ = shelves.look(repo, |shelf| {
            if let Err(behind) = shelf.check(seen) {
                report.add(repo, Some(fault::of_rolled_back(&behind)), behind.to_string());
            }
            for one in &shelf.state().faults {
                report.add(repo, Some(Fault::Damage), one.to_string());
            }
        });
    }

    /// Takes out what is of other policies and of machines that are not meant.
    fn leave_off(&self, report: &mut SnapshotsReport) {
        let policy = &self.config.ir.policy;
        let mut hosts: HashMap<Name, BTreeSet<String>> = HashMap::new();
        for line in report.snapshots.iter().filter(|line| line.policy == *policy) {
            hosts.entry(line.source.clone()).or_default().insert(line.host.clone());
        }
        let meant = |hosts| host_of(hosts, None, &self.config.host).ok().flatten();
        let meant: HashMap<Name, Option<String>> =
            hosts.into_iter().map(|(source, hosts)| (source, meant(hosts))).collect();
        let before = report.snapshots.len();
        report.snapshots.retain(|line| {
            let host = meant.get(&line.source).and_then(Option::as_ref);
            line.policy == *policy && host == Some(&line.host)
        });
        report.left_off = before.saturating_sub(report.snapshots.len());
    }

    /// All snapshots of a repository.
    fn lines(&self, shelves: &Shelves<'_>, repo: &str, ledger: &Ledger) -> Result<Vec<SnapshotLine>, Unread> {
        let repository = shelves.repository(repo)?;
        let line = |snapshot: &Snapshot| self.line(repo, &repository, ledger, snapshot);
        shelves.look(repo, |shelf| shelf.all().iter().map(line).collect())
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
            damaged_ms: ledger.damaged_ms(&policy, repo, &id),
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

impl SnapshotsReport {
    fn add(&mut self, repo: &Name, fault: Option<Fault>, message: String) {
        self.fault = self.fault.take().or_else(|| fault.map(|fault| (repo.clone(), fault)));
        self.faults.push((repo.clone(), message));
    }
}

fn is_of(filter: &SnapshotFilter, line: &SnapshotLine) -> bool {
    filter.source.as_ref().is_none_or(|source| *source == line.source)
}
