//! Which files of which snapshots damage takes with it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Affected, CheckError};
use crate::format::manifest::Public;
use crate::format::node::NodeEntry;
use crate::id::{ChunkId, SnapshotId};
use crate::index::Index;
use crate::keys::Role;
use crate::repository::Repository;
use crate::restore::{ChunkFault, RepositoryChunks};
use crate::tree::walk::{Ids, Step, Walk};

/// The most that are named.
const MAX_AFFECTED: usize = 1_000;

/// What needs a lost chunk.
#[derive(Debug, Default)]
pub(super) struct Hit {
    /// The first of it, by name.
    pub named: BTreeSet<Affected>,
    /// How many entries of each snapshot; at least one for each that is hit, however much is named.
    pub counts: BTreeMap<SnapshotId, u64>,
}

impl Hit {
    /// Whether no more has to be known of this snapshot.
    fn add(&mut self, snapshot: SnapshotId, path: &[u8]) -> bool {
        *self.counts.entry(snapshot).or_default() += 1;
        if self.named.len() < MAX_AFFECTED {
            self.named.insert(Affected { snapshot, path: path.to_vec() });
        }
        self.named.len() >= MAX_AFFECTED
    }
}

/// Walks the snapshots and names what needs a lost chunk. Only who can read names can say.
pub(super) fn find(
    repo: &Repository,
    index: &Index,
    snapshots: &[(SnapshotId, &Public)],
    lost: &BTreeSet<ChunkId>,
) -> Result<Hit, CheckError> {
    let mut found = Hit::default();
    if repo.role() != Role::Full {
        return Ok(found);
    }
    let chunks = RepositoryChunks::new(repo, index).map_err(failed)?;
    for (snapshot, public) in snapshots {
        let mut walk = Walk::new(&chunks, &public.root);
        while let Some(step) = walk.next() {
            let hit = match step {
                Step::Leaf(entry) => needs(&chunks, &entry, lost)?,
                Step::Fault(ChunkFault::Store(error)) => return Err(error.into()),
                Step::Fault(ChunkFault::Damaged(_)) => true,
                Step::Enter(_) | Step::Leave => false,
            };
            if hit && found.add(*snapshot, walk.path()) {
                break;
            }
        }
    }
    Ok(found)
}

fn needs(
    chunks: &RepositoryChunks<'_>,
    entry: &NodeEntry,
    lost: &BTreeSet<ChunkId>,
) -> Result<bool, CheckError> {
    let mut ids = Ids::new(&entry.content);
    while let Some(id) = ids.next(chunks) {
        match id {
            Ok(id) if lost.contains(&id) => return Ok(true),
            Ok(_) => {}
            Err(ChunkFault::Store(error)) => return Err(error.into()),
            Err(ChunkFault::Damaged(_)) => return Ok(true),
        }
    }
    Ok(false)
}

fn failed(fault: ChunkFault) -> CheckError {
    match fault {
        ChunkFault::Store(error) => error.into(),
        ChunkFault::Damaged(message) => CheckError::Resources(message),
    }
}
