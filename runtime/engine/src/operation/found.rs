//! Which snapshots of a source are meant, and which of them is the newest: one rule for all that takes one by hand.
//!
//! A run goes by a narrower one (`Shelf::of_source`): it acts on nothing that another machine stored.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use mainstay_ir::Name;
use mainstay_repo::Repository;
use mainstay_repo::id::SnapshotId;
use mainstay_repo::repository::Snapshot;
use mainstay_world::TimestampMs;

use super::Engine;
use super::shelves::{Shelves, Unread};
use crate::report::SnapshotLine;
use crate::state::Ledger;

/// A snapshot that was found, and where.
pub(super) struct Found {
    pub(super) repository: Arc<Repository>,
    pub(super) snapshot: Snapshot,
    pub(super) line: SnapshotLine,
    /// The place of its repository in the policy.
    place: usize,
}

impl Found {
    pub(super) fn started(&self) -> TimestampMs {
        self.snapshot.public().started
    }

    /// The newest is the greatest. Of copies of one, that in which no reading found damage, then that of the repository
    /// that stands first in the policy.
    fn rank(&self) -> (TimestampMs, bool, Reverse<usize>, SnapshotId) {
        (self.started(), self.line.damaged_ms.is_none(), Reverse(self.place), self.snapshot.id)
    }
}

/// Several machines have snapshots, and nothing says whose are meant.
#[derive(Debug)]
pub(super) struct ManyHosts(pub(super) Vec<String>);

impl Engine {
    /// The snapshots in force of a source in one repository, whichever machine made them.
    pub(super) fn found(
        &self,
        shelves: &Shelves<'_>,
        ledger: &Ledger,
        (repo, source): (&Name, &str),
    ) -> Result<Vec<Found>, Unread> {
        let repository = shelves.repository(repo)?;
        let place = self.config.ir.repos.get_index_of(repo).unwrap_or(usize::MAX);
        let found = |snapshot: Snapshot| Found {
            line: self.line(repo, &repository, ledger, &snapshot),
            repository: Arc::clone(&repository),
            snapshot,
            place,
        };
        shelves.look(repo, |shelf| shelf.of_any_host(source).into_iter().map(found).collect())
    }
}

/// The newest of these.
pub(super) fn newest(found: impl IntoIterator<Item = Found>) -> Option<Found> {
    found.into_iter().max_by_key(Found::rank)
}

/// Whose snapshots are meant where these machines have some: the one that is named, this one, or, where this one has
/// none (it may stand in for one that is lost), the only one that has any.
pub(super) fn host_of(
    hosts: BTreeSet<String>,
    named: Option<&String>,
    here: &str,
) -> Result<Option<String>, ManyHosts> {
    match named {
        Some(host) => Ok(Some(host.clone())),
        None if hosts.contains(here) => Ok(Some(here.to_owned())),
        None if hosts.len() > 1 => Err(ManyHosts(hosts.into_iter().collect())),
        None => Ok(hosts.into_iter().next()),
    }
}

/// Those of the machine that is meant.
pub(super) fn of_host(
    mut found: Vec<Found>,
    named: Option<&String>,
    here: &str,
) -> Result<Vec<Found>, ManyHosts> {
    let hosts = found.iter().map(|found| found.line.host.clone()).collect();
    let meant = host_of(hosts, named, here)?;
    found.retain(|found| Some(&found.line.host) == meant.as_ref());
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn this_machine_is_meant_or_the_only_one_that_has_any() {
        let meant = |hosts: &[&str], named: Option<&str>| {
            let hosts = hosts.iter().map(|&host| host.to_owned()).collect();
            host_of(hosts, named.map(str::to_owned).as_ref(), "here").map_err(|many| many.0)
        };
        assert_eq!(meant(&["here", "other"], None), Ok(Some("here".to_owned())));
        assert_eq!(meant(&["other"], None), Ok(Some("other".to_owned())));
        assert_eq!(meant(&["other", "third"], None), Err(vec!["other".to_owned(), "third".to_owned()]));
        assert_eq!(meant(&["here", "other"], Some("other")), Ok(Some("other".to_owned())));
        assert_eq!(meant(&[], None), Ok(None));
    }
}
