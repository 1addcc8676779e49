//! Chunks of a real repository, and the way into a restore.

use std::sync::{Mutex, MutexGuard, PoisonError};

use mainstay_store::StoreErrorKind;

use super::chunks::{ChunkFault, Chunks};
use super::{RestoreError, RestoreRequest, Restored, TreeToRestore, restore_tree};
use crate::backup::{Cancel, Monitor};
use crate::blobs::{BlobReader, ReadBlobError, pack_object};
use crate::format::blob::BlobKind;
use crate::format::node::Node;
use crate::id::{ChunkId, PackId, SnapshotId};
use crate::index::{Index, Place};
use crate::keys::Role;
use crate::repository::Repository;
use crate::tree::walk::Nodes;

/// The chunks of a repository, by an index that was loaded before.
pub(crate) struct RepositoryChunks<'a> {
    repo: &'a Repository,
    index: &'a Index,
    /// For nodes and lists, which one thread reads at a time.
    reader: Mutex<BlobReader<'a>>,
}

impl<'a> RepositoryChunks<'a> {
    pub(crate) fn new(repo: &'a Repository, index: &'a Index) -> Result<Self, ChunkFault> {
        let reader = BlobReader::new(repo, index).map_err(|error| ChunkFault::Damaged(error.to_string()))?;
        Ok(Self { repo, index, reader: Mutex::new(reader) })
    }

    /// What a panic left of its buffers is cleared before they are used again.
    fn reader(&self) -> MutexGuard<'_, BlobReader<'a>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Nodes for RepositoryChunks<'_> {
    type Error = ChunkFault;

    fn node(&self, id: &ChunkId) -> Result<Node, ChunkFault> {
        Ok(self.reader().node(id)?)
    }

    fn list(&self, id: &ChunkId) -> Result<Vec<ChunkId>, ChunkFault> {
        Ok(self.reader().list(id)?)
    }
}

impl<'a> Chunks for RepositoryChunks<'a> {
    type Opener = BlobReader<'a>;

    fn opener(&self) -> Result<BlobReader<'a>, ChunkFault> {
        BlobReader::new(self.repo, self.index).map_err(|error| ChunkFault::Damaged(error.to_string()))
    }

    fn place(&self, id: &ChunkId) -> Option<Place> {
        self.index.places(id).find(|place| place.kind == BlobKind::Data)
    }

    fn read_pack(
        &self,
        pack: &PackId,
        offset: u64,
        length: u64,
        into: &mut Vec<u8>,
    ) -> Result<(), ChunkFault> {
        let object = pack_object(pack).map_err(|error| ChunkFault::Damaged(error.to_string()))?;
        let read = self.repo.store().read_range_into(&object, offset, length, into);
        read.map_err(|error| match is_of_one_object(error.kind) {
            true => ChunkFault::Damaged(error.to_string()),
            false => ChunkFault::Store(error),
        })
    }

    fn open(
        &self,
        opener: &mut BlobReader<'a>,
        id: &ChunkId,
        place: &Place,
        stored: &[u8],
        into: &mut Vec<u8>,
    ) -> Result<(), ChunkFault> {
        Ok(opener.open_data(id, place, stored, into)?)
    }

    fn read_anywhere(
        &self,
        opener: &mut BlobReader<'a>,
        id: &ChunkId,
        into: &mut Vec<u8>,
    ) -> Result<(), ChunkFault> {
        Ok(opener.data(id, into)?)
    }

    fn data_id(&self, content: &[u8]) -> ChunkId {
        self.repo.chunk_keys().id(BlobKind::Data, content)
    }
}

/// Whether a failure says something of one object only, and not of the store.
fn is_of_one_object(kind: StoreErrorKind) -> bool {
    matches!(kind, StoreErrorKind::NotFound | StoreErrorKind::Range | StoreErrorKind::Other)
}

impl From<ReadBlobError> for ChunkFault {
    fn from(error: ReadBlobError) -> Self {
        match error {
            ReadBlobError::Store { source, .. } if !is_of_one_object(source.kind) => Self::Store(*source),
            error => Self::Damaged(error.to_string()),
        }
    }
}

impl Repository {
    /// Restores a snapshot, or what the request chooses of it.
    ///
    /// # Errors
    /// [`RestoreError`]: then the target is as it was. Damage is no error: what could not be restored is named in
    /// [`Restored::problems`].
    pub fn restore(
        &self,
        snapshot: &SnapshotId,
        request: &RestoreRequest,
        monitor: &dyn Monitor,
        cancel: &dyn Cancel,
    ) -> Result<Restored, RestoreError> {
        if self.role() != Role::Full {
            return Err(RestoreError::CannotRead);
        }
        let reading = self.hold_snapshot(snapshot)?;
        if let Some(emptied) = self.emptied(&reading.index, &reading.quarantined)? {
            return Err(emptied.into());
        }
        let private = reading.snapshot.private.as_ref().ok_or_else(|| {
            let fault = reading.snapshot.private_fault.clone();
            RestoreError::Damaged(fault.unwrap_or_else(|| "the manifest is not sealed for this key".into()))
        })?;
        let chunks = RepositoryChunks::new(self, &reading.index)?;
        let content = &reading.snapshot.public().root;
        let tree = TreeToRestore { name: snapshot.to_string(), top: &private.top, content };
        let mut restored = restore_tree(&chunks, &tree, request, monitor, cancel)?;
        restored.held = reading.is_held();
        Ok(restored)
    }
}
