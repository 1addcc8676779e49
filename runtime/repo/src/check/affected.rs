//! Which files of which snapshots damage takes with it.

use std::collections::BTreeSet;

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

/// Walks the snapshots and names what needs a lost chunk. Only who can read names can say.
pub(super) fn find(
    repo: &Repository,
    index: &Index,
    snapshots: &[(SnapshotId, &Public)],
    lost: &BTreeSet<ChunkId>,
) -> Result<Vec<Affected>, CheckError> {
    let mut affected = BTreeSet::new();
    if repo.role() != Role::Full {
        return Ok(Vec::new());
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
            if hit {
                affected.insert(Affected { snapshot: *snapshot, path: walk.path().to_vec() });
            }
            if affected.len() >= MAX_AFFECTED {
                return Ok(affected.into_iter().collect());
            }
        }
    }
    Ok(affected.into_iter().collect())
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
