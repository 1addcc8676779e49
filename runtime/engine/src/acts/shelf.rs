//! What of one policy, on one machine, stands in a repository.
//!
//! A snapshot belongs to policy, host and source, never to a path. Who holds a full key reads the names; a writer
//! knows them by their keyed hashes.

use std::sync::Arc;

use mainstay_ir::{Constructed, IndexMap, Name};
use mainstay_journal::{Event, Heads, Stored};
use mainstay_repo::Repository;
use mainstay_repo::format::manifest::Public;
use mainstay_repo::id::{OwnerId, SnapshotId};
use mainstay_repo::repository::{self, RolledBack, Snapshot};
use mainstay_repo::slots::{Published, State};

use super::{ActError, classed, failed};
use crate::fault;

/// The snapshots of a repository, as one policy sees them.
pub(crate) struct Shelf<'a> {
    repository: &'a Repository,
    state: Arc<State>,
    policy: &'a str,
    host: &'a str,
}

impl<'a> Shelf<'a> {
    /// Reads what is there now.
    pub(crate) fn read(repository: &'a Repository, policy: &'a str, host: &'a str) -> Result<Self, ActError> {
        let state =
            repository.state().map_err(|error| classed(fault::of_class(error.class()), error.to_string()))?;
        Ok(Self::of(repository, Arc::new(state), policy, host))
    }

    /// Of what was read already.
    pub(crate) fn of(repository: &'a Repository, state: Arc<State>, policy: &'a str, host: &'a str) -> Self {
        Self { repository, state, policy, host }
    }

    /// What its slots say.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Whether the repository is where the journal has seen it, or further.
    pub(crate) fn check(&self, seen: Option<&Heads>) -> Result<(), RolledBack> {
        match seen.and_then(|seen| remembered(seen, self.repository)) {
            Some(seen) => self.repository.check_heads(&self.state, &seen),
            None => Ok(()),
        }
    }

    /// The same, for an act that would write there.
    pub(crate) fn refuse(&self, seen: Option<&Heads>, repo: &str) -> Result<(), ActError> {
        self.check(seen)
            .map_err(|error| failed(fault::of_rolled_back(&error), format!("repo `{repo}`: {error}")))
    }

    /// Snapshots in force of a source, the oldest first.
    pub(crate) fn of_source(&self, source: &str) -> Vec<Snapshot> {
        let mut found = self.ever_of_source(source);
        found.retain(|snapshot| snapshot.in_force);
        found
    }

    /// The same, with those that were forgotten since.
    pub(crate) fn ever_of_source(&self, source: &str) -> Vec<Snapshot> {
        let keys = self.repository.chunk_keys();
        let (wanted, host) = (keys.source(self.policy, source), keys.host(self.host));
        self.finals(|_, public| public.source == wanted && public.host == host)
    }

    /// Snapshots in force of a source, whichever machine made them, the oldest first.
    pub(crate) fn of_any_host(&self, source: &str) -> Vec<Snapshot> {
        let wanted = self.repository.chunk_keys().source(self.policy, source);
        self.finals(|id, public| public.source == wanted && self.state.in_force(id))
    }

    /// All snapshots in force, of all policies and machines: by source, the oldest first.
    pub(crate) fn all(&self) -> Vec<Snapshot> {
        let mut found = self.finals(|id, _| self.state.in_force(id));
        found.sort_by_key(|snapshot| snapshot.public().source);
        found
    }

    /// How many these are; none is opened for that.
    pub(crate) fn count(&self) -> u64 {
        self.public(|id, _| self.state.in_force(id)).count() as u64
    }

    /// The oldest first. Looked at before they are opened: a repository may hold thousands of others.
    fn finals(&self, is_meant: impl Fn(&SnapshotId, &Public) -> bool) -> Vec<Snapshot> {
        let meant = self.public(is_meant);
        let mut found: Vec<Snapshot> = meant
            .filter_map(|(id, published)| self.repository.snapshot_of(&self.state, *id, published))
            .collect();
        found.sort_by_key(|snapshot| (snapshot.public().started, snapshot.id));
        found
    }

    fn public(
        &self,
        is_meant: impl Fn(&SnapshotId, &Public) -> bool,
    ) -> impl Iterator<Item = (&SnapshotId, &Published)> {
        self.state.published().filter(move |(id, published)| {
            let public = published.commit().map(|commit| &commit.manifest.public);
            published.is_final && public.is_some_and(|public| !public.partial && is_meant(id, public))
        })
    }

    /// A snapshot as the value of a step, whichever of these sources it is of.
    pub(crate) fn stored(
        &self,
        repo: &str,
        id: &SnapshotId,
        sources: &IndexMap<Name, Constructed>,
    ) -> Option<Stored> {
        let (_, published) = self.state.published().find(|(of, _)| *of == id)?;
        let snapshot = self.repository.snapshot_of(&self.state, *id, published)?;
        let keys = self.repository.chunk_keys();
        let is_of = |source: &&Name| keys.source(self.policy, source) == snapshot.public().source;
        let source = sources.keys().find(is_of)?.clone();
        Some(Stored {
            repo: repo.to_owned(),
            source,
            snapshot: id.to_string(),
            whole: snapshot.public().whole,
            as_of_ms: snapshot.public().started.0,
        })
    }

    /// How far the repository has come, for the journal.
    pub(crate) fn heads(&self) -> Heads {
        let heads = self.repository.heads(&self.state);
        Heads {
            family: heads.family.to_string(),
            instance: heads.instance.to_string(),
            owner: heads.owner.to_string(),
            generation: heads.generation,
            log: heads.log,
            snapshots: heads.snapshots.iter().map(ToString::to_string).collect(),
        }
    }
}

/// How far a repository has come now, as an event.
pub(crate) fn heads_event(shelf: &Shelf<'_>, repo: &str) -> Event {
    Event::RepoHeads { policy: shelf.policy.to_owned(), repo: repo.to_owned(), heads: shelf.heads() }
}

/// What the journal remembers, in the repository's own terms; nothing if it cannot be understood. Journals of the
/// first format do not know the owner.
fn remembered(seen: &Heads, repository: &Repository) -> Option<repository::Heads> {
    let owner = if seen.owner.is_empty() { OwnerId(*repository.owner()) } else { seen.owner.parse().ok()? };
    let snapshots: Result<_, _> = seen.snapshots.iter().map(|id| id.parse()).collect();
    Some(repository::Heads {
        family: seen.family.parse().ok()?,
        instance: seen.instance.parse().ok()?,
        owner,
        generation: seen.generation,
        log: seen.log,
        snapshots: snapshots.ok()?,
    })
}
