//! What the target of a copy does not have of a snapshot.

use std::collections::{BTreeMap, HashSet};

use super::super::monitor::{Cancel, Never};
use super::super::session::Session;
use super::ReplicateError;
use crate::blobs::{BlobReader, ReadBlobError};
use crate::format::blob::BlobKind;
use crate::id::{ChunkId, PackId, SnapshotId};
use crate::index::{Index, Place};
use crate::reading::{Reading, ReadingError};
use crate::repository::Repository;
use crate::slots::State;

/// What has to be copied, by pack and in the order in which it lies there.
pub(super) type Wanted = BTreeMap<PackId, Vec<(ChunkId, Place)>>;

impl Session<'_> {
    /// Whether this repository does not have all of a snapshot of another one: see [`Repository::lacks`].
    ///
    /// # Errors
    /// [`ReplicateError`] if that cannot be found out.
    pub fn lacks(
        &self,
        from: &Repository,
        snapshot: &SnapshotId,
        cancel: &dyn Cancel,
    ) -> Result<bool, ReplicateError> {
        Ok(!self.state.quarantined.is_empty() && lacks(&self.index, from, snapshot, cancel)?)
    }
}

impl Repository {
    /// Whether this repository, in which a copy of that snapshot is in force, does not have all of it any more: chunks of
    /// it lie only in packs that are in quarantine. Without quarantine nothing is looked at: what a copy refers to was
    /// there when it was made.
    ///
    /// # Errors
    /// [`ReplicateError`] if that cannot be found out.
    pub fn lacks(
        &self,
        state: &State,
        from: &Repository,
        snapshot: &SnapshotId,
    ) -> Result<bool, ReplicateError> {
        if state.quarantined.is_empty() {
            return Ok(false);
        }
        let index = self.index_for_writing(state, &[]).map_err(ReadingError::from)?;
        lacks(&index, from, snapshot, &Never)
    }
}

fn lacks(
    index: &Index,
    from: &Repository,
    snapshot: &SnapshotId,
    cancel: &dyn Cancel,
) -> Result<bool, ReplicateError> {
    let reading = from.read_snapshot(snapshot)?;
    Ok(!wanted(from, &reading, index, cancel)?.is_empty())
}

/// Walks the tree by its links and notes what the target's index does not know.
pub(super) fn wanted(
    from: &Repository,
    reading: &Reading<'_>,
    known: &Index,
    cancel: &dyn Cancel,
) -> Result<Wanted, ReplicateError> {
    let index = &reading.index;
    let mut reader = BlobReader::new(from, index)?;
    let mut wanted = Wanted::new();
    let mut seen = HashSet::new();
    let mut open = reading.snapshot.public().root.ids.clone();
    while let Some(id) = open.pop() {
        if cancel.is_cancelled() {
            return Err(ReplicateError::Cancelled);
        }
        if !seen.insert(id) {
            continue;
        }
        let place = index.places(&id).next().ok_or(ReadBlobError::Unknown { id })?;
        match place.kind {
            BlobKind::Data => {}
            BlobKind::Node => open.extend(reader.node_links(&id)?),
            BlobKind::List => open.extend(reader.list(&id)?),
        }
        if !known.contains(&id) {
            wanted.entry(place.pack).or_default().push((id, place));
        }
    }
    wanted.values_mut().for_each(|blobs| blobs.sort_unstable_by_key(|(_, place)| place.offset));
    Ok(wanted)
}
