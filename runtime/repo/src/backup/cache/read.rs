//! Reading a cache that an earlier run left.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;

use super::{BlockRef, CacheSeal, MAGIC, OldNodes, PathKey, QuarantineMark, Stamps, place};
use crate::crypt::{BrokenSeal, SEAL_BYTES};
use crate::format::DecodeError;
use crate::format::bytes::Reader;
use crate::id::{SessionId, SnapshotId};

/// Folders that a cache may hold: it is read whole into memory, 48 bytes each.
const MAX_FOLDERS: u32 = 1 << 25;
/// Bytes before the blocks.
pub(super) const HEAD_BYTES: u64 = MAGIC.len() as u64;

/// Why a cache is not used. It is never told to anybody: files are read instead.
#[derive(Debug, thiserror::Error)]
pub(super) enum CacheError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Seal(#[from] BrokenSeal),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("it is of another repository, or of another version")]
    Other,
}

/// A cache that was read.
pub(crate) struct Cache {
    pub(super) seal: CacheSeal,
    pub(super) data: File,
    pub(super) number: [u8; 8],
    pub(super) folders: HashMap<PathKey, BlockRef>,
    /// The snapshot that it describes.
    pub(crate) snapshot: SnapshotId,
    /// What was in quarantine when that was begun.
    pub(crate) quarantine: QuarantineMark,
}

impl Cache {
    /// The cache of a source, if there is one and nothing is wrong with it.
    pub(crate) fn open(seal: &CacheSeal) -> Option<Self> {
        match Self::try_open(seal) {
            Ok(cache) => Some(cache),
            Err(CacheError::Io(error)) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::debug!(%error, "the stat cache is not used");
                None
            }
        }
    }

    fn try_open(seal: &CacheSeal) -> Result<Self, CacheError> {
        let head = fs::read(seal.head_path())?;
        let sealed = head.strip_prefix(MAGIC).ok_or(CacheError::Other)?;
        let raw = seal.open(&place("head", &[]), sealed)?;
        let mut reader = Reader::new(&raw);
        if reader.array::<16>()? != seal.instance.0 {
            return Err(CacheError::Other);
        }
        let snapshot = SessionId(reader.array()?);
        let quarantine = QuarantineMark(reader.array()?);
        let number: [u8; 8] = reader.array()?;
        let (offset, length) = (reader.u64()?, reader.u64()?);
        reader.finish()?;
        let data = File::open(seal.data_path(&number))?;
        let folders = read_folders(seal, &data, &number, offset, length)?;
        Ok(Self { seal: seal.clone(), data, number, folders, snapshot, quarantine })
    }

    /// What was written down of a folder, to be compared with what it is.
    pub(crate) fn stamps(&self, key: &PathKey) -> Option<(BlockRef, Stamps)> {
        let block = *self.folders.get(key)?;
        let raw = self.block(key, "stamps", block.offset, block.stamps_bytes).ok()?;
        Some((block, Stamps::new(raw).ok()?))
    }

    /// The nodes of a folder.
    pub(crate) fn nodes(&self, key: &PathKey, block: &BlockRef) -> Option<OldNodes> {
        let offset = block.offset + u64::from(block.stamps_bytes);
        let raw = self.block(key, "nodes", offset, block.nodes_bytes).ok()?;
        OldNodes::new(&raw).ok()
    }

    fn block(&self, key: &PathKey, what: &str, offset: u64, length: u32) -> Result<Vec<u8>, CacheError> {
        let mut sealed = vec![0; length as usize];
        self.data.read_exact_at(&mut sealed, offset)?;
        Ok(self.seal.open(&place(what, &key.0), &sealed)?)
    }
}

fn read_folders(
    seal: &CacheSeal,
    data: &File,
    number: &[u8; 8],
    offset: u64,
    length: u64,
) -> Result<HashMap<PathKey, BlockRef>, CacheError> {
    let size = data.metadata()?.len();
    if length > u64::from(MAX_FOLDERS) * 48 + SEAL_BYTES as u64 || offset.checked_add(length) != Some(size) {
        return Err(CacheError::Other);
    }
    let mut sealed = vec![0; usize::try_from(length).map_err(|_| CacheError::Other)?];
    data.read_exact_at(&mut sealed, offset)?;
    let raw = seal.open(&place("folders", number), &sealed)?;
    let mut folders = HashMap::with_capacity(raw.len() / 48);
    for bytes in raw.chunks_exact(48) {
        let mut reader = Reader::new(bytes);
        let key = PathKey(reader.array()?);
        let (offset, stamps_bytes, nodes_bytes) = (reader.u64()?, reader.u32()?, reader.u32()?);
        folders.insert(key, BlockRef { offset, stamps_bytes, nodes_bytes });
    }
    Ok(folders)
}
