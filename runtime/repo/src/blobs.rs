//! Reading blobs by their ids: found in the index, read from their packs, opened, and checked.

use std::collections::HashMap;

use mainstay_store::{NameError, ObjectName, StoreError};

use crate::class::Class;
use crate::format::blob::{BlobError, BlobKind, Opener, Shape};
use crate::format::node::{Content, Node};
use crate::id::{ChunkId, PackId};
use crate::index::{Index, Place};
use crate::keys::{Key, KeyNumber, UnwrapError};
use crate::repository::Repository;

/// Why a blob could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ReadBlobError {
    /// No place is known for it.
    #[error("chunk {id} is in no known pack")]
    Unknown {
        /// Which.
        id: ChunkId,
    },
    /// It is not what it should be, in any of its places; this is the last.
    #[error("chunk {id} in pack {pack}: {source}")]
    Damaged {
        /// Which.
        id: ChunkId,
        /// Where.
        pack: PackId,
        /// How.
        source: BlobError,
    },
    /// Its session key cannot be opened.
    #[error("chunk {id} in pack {pack}: {source}")]
    Key {
        /// Which.
        id: ChunkId,
        /// Where.
        pack: PackId,
        /// Why.
        source: UnwrapError,
    },
    /// The pack could not be read.
    #[error("chunk {id}: {source}")]
    Store {
        /// Which.
        id: ChunkId,
        /// Where.
        pack: PackId,
        /// Why.
        source: Box<StoreError>,
    },
    /// A name that cannot be.
    #[error(transparent)]
    Name(#[from] NameError),
}

impl ReadBlobError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::Unknown { .. } | Self::Damaged { .. } => Class::Damage,
            Self::Key { source: UnwrapError::NotForUs, .. } => Class::Key,
            Self::Key { .. } => Class::Damage,
            Self::Store { source, .. } => Class::of_store(source),
            Self::Name(_) => Class::Other,
        }
    }

    /// The pack that did not give what it should hold; a key that is not ours says nothing of it.
    pub fn damaged_pack(&self) -> Option<PackId> {
        match self {
            Self::Damaged { pack, .. } | Self::Store { pack, .. } => Some(*pack),
            Self::Key { .. } | Self::Unknown { .. } | Self::Name(_) => None,
        }
    }

    /// The pack that it was looked for in.
    pub fn pack(&self) -> Option<PackId> {
        match self {
            Self::Damaged { pack, .. } | Self::Key { pack, .. } | Self::Store { pack, .. } => Some(*pack),
            Self::Unknown { .. } | Self::Name(_) => None,
        }
    }
}

/// The name of a pack's object.
///
/// # Errors
/// Never for an id.
pub fn pack_object(pack: &PackId) -> Result<ObjectName, NameError> {
    ObjectName::new(format!("p/{pack}"))
}

/// Reads blobs. Holds a decompressor, buffers and opened keys: one for each thread.
#[derive(Debug)]
pub struct BlobReader<'a> {
    repo: &'a Repository,
    index: &'a Index,
    opener: Opener,
    keys: HashMap<KeyNumber, Key>,
}

impl<'a> BlobReader<'a> {
    /// Over an index that was loaded before.
    ///
    /// # Errors
    /// [`BlobError::Compression`] if zstd gives no context.
    pub fn new(repo: &'a Repository, index: &'a Index) -> Result<Self, BlobError> {
        Ok(Self { repo, index, opener: repo.opener()?, keys: HashMap::new() })
    }

    /// The index that it reads by.
    pub fn index(&self) -> &'a Index {
        self.index
    }

    /// Reads data into `out`, which is cleared first, from whichever of its places gives it.
    ///
    /// # Errors
    /// [`ReadBlobError`] of the last place, if none does.
    pub fn data(&mut self, id: &ChunkId, out: &mut Vec<u8>) -> Result<(), ReadBlobError> {
        self.anywhere(id, BlobKind::Data, |reader, place, stored| reader.open_data(id, place, stored, out))
    }

    /// Reads a node.
    ///
    /// # Errors
    /// [`ReadBlobError`] of the last place, if none gives it.
    pub fn node(&mut self, id: &ChunkId) -> Result<Node, ReadBlobError> {
        self.anywhere(id, BlobKind::Node, |reader, place, stored| reader.open_node(id, place, stored))
    }

    /// Reads the links of a node: the ids of its children, whatever they are. Needs no session key.
    ///
    /// # Errors
    /// [`ReadBlobError`] of the last place, if none gives them.
    pub fn node_links(&mut self, id: &ChunkId) -> Result<Vec<ChunkId>, ReadBlobError> {
        self.anywhere(id, BlobKind::Node, |reader, place, stored| {
            let opened = reader.opener.node_links(id, Shape::from(place), stored);
            opened.map_err(|source| damaged(id, place, source))
        })
    }

    /// Reads a list.
    ///
    /// # Errors
    /// [`ReadBlobError`] of the last place, if none gives it.
    pub fn list(&mut self, id: &ChunkId) -> Result<Vec<ChunkId>, ReadBlobError> {
        self.anywhere(id, BlobKind::List, |reader, place, stored| {
            let opened = reader.opener.list(id, Shape::from(place), stored);
            opened.map_err(|source| damaged(id, place, source))
        })
    }

    /// The chunks or nodes of a content, through its lists, shown in order. Keeps one list per level.
    ///
    /// # Errors
    /// [`ReadBlobError`] of the first list that cannot be read, or the caller's own.
    pub fn each_id<E: From<ReadBlobError>>(
        &mut self,
        content: &Content,
        show: &mut impl FnMut(ChunkId) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut levels = vec![content.ids.clone().into_iter()];
        while let Some(level) = levels.last_mut() {
            match level.next() {
                None => drop(levels.pop()),
                Some(id) if levels.len() > usize::from(content.depth) => show(id)?,
                Some(list) => {
                    let ids = self.list(&list)?;
                    levels.push(ids.into_iter());
                }
            }
        }
        Ok(())
    }

    /// All chunks or nodes of a content at once.
    ///
    /// # Errors
    /// [`ReadBlobError`] of the first list that cannot be read.
    pub fn all_ids(&mut self, content: &Content) -> Result<Vec<ChunkId>, ReadBlobError> {
        let mut ids = Vec::new();
        self.each_id(content, &mut |id| {
            ids.push(id);
            Ok::<(), ReadBlobError>(())
        })?;
        Ok(ids)
    }

    /// Opens data that was read from its pack by the caller.
    ///
    /// # Errors
    /// [`ReadBlobError::Damaged`] or [`ReadBlobError::Key`].
    pub fn open_data(
        &mut self,
        id: &ChunkId,
        place: &Place,
        stored: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), ReadBlobError> {
        let key = self.key(id, place)?;
        let opened = self.opener.data(id, Shape::from(place), &key, stored, out);
        opened.map_err(|source| damaged(id, place, source))
    }

    /// Opens a node that was read from its pack by the caller.
    ///
    /// # Errors
    /// [`ReadBlobError::Damaged`] or [`ReadBlobError::Key`].
    pub fn open_node(&mut self, id: &ChunkId, place: &Place, stored: &[u8]) -> Result<Node, ReadBlobError> {
        let key = self.key(id, place)?;
        let opened = self.opener.node(id, Shape::from(place), &key, stored);
        opened.map_err(|source| damaged(id, place, source))
    }

    /// Opens a list that was read from its pack by the caller.
    ///
    /// # Errors
    /// [`ReadBlobError::Damaged`].
    pub fn open_list(
        &mut self,
        id: &ChunkId,
        place: &Place,
        stored: &[u8],
    ) -> Result<Vec<ChunkId>, ReadBlobError> {
        let opened = self.opener.list(id, Shape::from(place), stored);
        opened.map_err(|source| damaged(id, place, source))
    }

    /// The bytes of a place, as stored.
    ///
    /// # Errors
    /// [`ReadBlobError::Store`].
    pub fn stored(&self, id: &ChunkId, place: &Place) -> Result<Vec<u8>, ReadBlobError> {
        let object = pack_object(&place.pack)?;
        let read = self.repo.store().read_range(&object, place.offset.into(), place.stored_length.into());
        read.map_err(|source| ReadBlobError::Store { id: *id, pack: place.pack, source: Box::new(source) })
    }

    fn anywhere<T>(
        &mut self,
        id: &ChunkId,
        kind: BlobKind,
        mut open: impl FnMut(&mut Self, &Place, &[u8]) -> Result<T, ReadBlobError>,
    ) -> Result<T, ReadBlobError> {
        let mut failure = ReadBlobError::Unknown { id: *id };
        for place in self.index.places(id).filter(|place| place.kind == kind) {
            let opened = self.stored(id, &place).and_then(|stored| open(self, &place, &stored));
            match opened {
                Ok(opened) => return Ok(opened),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    fn key(&mut self, id: &ChunkId, place: &Place) -> Result<Key, ReadBlobError> {
        if let Some(key) = self.keys.get(&place.key) {
            return Ok(key.clone());
        }
        let failed = |source| ReadBlobError::Key { id: *id, pack: place.pack, source };
        let wrapped = self.index.key(place.key).ok_or_else(|| failed(UnwrapError::Damaged))?;
        let key = self.repo.open_key(wrapped).map_err(failed)?;
        self.keys.insert(place.key, key.clone());
        Ok(key)
    }
}

fn damaged(id: &ChunkId, place: &Place, source: BlobError) -> ReadBlobError {
    ReadBlobError::Damaged { id: *id, pack: place.pack, source }
}
