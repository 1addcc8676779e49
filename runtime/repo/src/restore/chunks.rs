//! What a restore asks of a repository. It stands behind a trait so that the restorer can be tested with content
//! that no repository holds.

use mainstay_store::StoreError;

use crate::id::{ChunkId, PackId};
use crate::index::Place;
use crate::tree::walk::Nodes;

/// Why a chunk could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChunkFault {
    /// It is missing or damaged; what does not need it can be restored all the same.
    #[error("{0}")]
    Damaged(String),
    /// The store does not answer: nothing can be restored now.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Chunks of a repository.
pub(crate) trait Chunks: Nodes<Error = ChunkFault> + Sync {
    /// What a thread needs to open chunks: a decompressor and its buffers.
    type Opener: Send;

    /// One for each thread.
    fn opener(&self) -> Result<Self::Opener, ChunkFault>;

    /// Where a chunk of data lies; the first place of several.
    fn place(&self, id: &ChunkId) -> Option<Place>;

    /// Reads a stretch of a pack into a buffer that is used again.
    fn read_pack(
        &self,
        pack: &PackId,
        offset: u64,
        length: u64,
        into: &mut Vec<u8>,
    ) -> Result<(), ChunkFault>;

    /// Opens a chunk of data from its stored bytes and checks it against its id.
    fn open(
        &self,
        opener: &mut Self::Opener,
        id: &ChunkId,
        place: &Place,
        stored: &[u8],
        into: &mut Vec<u8>,
    ) -> Result<(), ChunkFault>;

    /// Reads a chunk of data from whichever of its places has it whole.
    fn read_anywhere(
        &self,
        opener: &mut Self::Opener,
        id: &ChunkId,
        into: &mut Vec<u8>,
    ) -> Result<(), ChunkFault>;

    /// The id that data has.
    fn data_id(&self, content: &[u8]) -> ChunkId;
}
