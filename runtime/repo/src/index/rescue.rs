//! Making do without a sound index: segments that nothing names, and the ends of packs.

use mainstay_store::{Listed, StoreErrorKind};

use super::load::{Builder, IndexFaultKind, LoadError};
use crate::format::DecodeError;
use crate::format::pack::{LOCATOR_BYTES, PackEntry, TRAILER_BYTES, Trailer, open_table, table_length};
use crate::format::segment::SegmentPack;
use crate::id::{PackId, SegmentId, from_hex};
use crate::keys::WrappedKey;
use crate::repository::Repository;

/// What is read of a pack first: its trailer, keys and locator, and most tables.
const FIRST_READ_BYTES: u64 = 64 * 1024;

/// Adds every segment and every pack of the store that the index does not know yet.
pub(super) fn add_everything(repo: &Repository, builder: &mut Builder) -> Result<(), LoadError> {
    for listed in repo.store().list('x')? {
        let id = listed.name.as_str().strip_prefix("x/").and_then(from_hex).map(SegmentId);
        if let Some(id) = id.filter(|id| !builder.loaded.contains(id)) {
            builder.add_stored(repo, id, &[])?;
        }
    }
    for listed in repo.store().list('p')? {
        let id = listed.name.as_str().strip_prefix("p/").and_then(from_hex).map(PackId);
        if let Some(id) = id.filter(|id| !builder.knows_pack(id)) {
            add_pack(repo, builder, id, &listed)?;
        }
    }
    Ok(())
}

fn add_pack(repo: &Repository, builder: &mut Builder, id: PackId, listed: &Listed) -> Result<(), LoadError> {
    match repo.read_pack_end(listed) {
        Ok((blobs, keys)) => builder.add_pack(SegmentPack { id, bytes: listed.size }, &blobs, &keys),
        Err(PackEndError::Store(error)) if error.kind == StoreErrorKind::NotFound => {}
        Err(PackEndError::Store(error)) => return Err(error.into()),
        Err(PackEndError::Decode(error)) => {
            builder.fault(listed.name.as_str(), IndexFaultKind::Damaged(error));
        }
    }
    Ok(())
}

/// Why the end of a pack could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PackEndError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] mainstay_store::StoreError),
    /// It is damaged.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl Repository {
    /// Reads the table and the keys at the end of a pack, in one or two reads.
    ///
    /// # Errors
    /// [`PackEndError`]: the store fails, or the end is damaged.
    pub fn read_pack_end(&self, pack: &Listed) -> Result<(Vec<PackEntry>, Vec<WrappedKey>), PackEndError> {
        let first = self.pack_tail(pack, FIRST_READ_BYTES)?;
        let (_, trailer) = first.split_last_chunk::<TRAILER_BYTES>().ok_or(DecodeError::Short)?;
        let trailer = Trailer::decode(trailer)?;
        if trailer.family != *self.family() {
            return Err(DecodeError::Foreign.into());
        }
        let keys_end = u64::from(trailer.keys_length) + TRAILER_BYTES as u64;
        let locator_end = keys_end + LOCATOR_BYTES as u64;
        let tail = self.longer_tail(pack, first, locator_end)?;
        let keys = part(&tail, TRAILER_BYTES as u64, trailer.keys_length.into())?;
        let (_, wrapped) = trailer.keys(keys)?;
        let locator = part(&tail, keys_end, LOCATOR_BYTES as u64)?;
        let table_bytes = table_length(locator, keys, self.family(), self.map_key())?;
        let tail = self.longer_tail(pack, tail.clone(), locator_end + u64::from(table_bytes))?;
        let keys = part(&tail, TRAILER_BYTES as u64, trailer.keys_length.into())?;
        let table = part(&tail, locator_end, table_bytes.into())?;
        Ok((open_table(table, keys, self.family(), self.map_key())?, wrapped))
    }

    fn longer_tail(&self, pack: &Listed, tail: Vec<u8>, length: u64) -> Result<Vec<u8>, PackEndError> {
        if tail.len() as u64 >= length {
            return Ok(tail);
        }
        if length > pack.size {
            return Err(DecodeError::Short.into());
        }
        self.pack_tail(pack, length)
    }

    fn pack_tail(&self, pack: &Listed, length: u64) -> Result<Vec<u8>, PackEndError> {
        let length = length.min(pack.size);
        Ok(self.store().read_range(&pack.name, pack.size - length, length)?)
    }
}

/// Bytes that end `before_end` bytes before the end.
fn part(tail: &[u8], before_end: u64, length: u64) -> Result<&[u8], DecodeError> {
    let end = (tail.len() as u64).checked_sub(before_end).ok_or(DecodeError::Short)?;
    let start = end.checked_sub(length).ok_or(DecodeError::Short)?;
    tail.get(start as usize..end as usize).ok_or(DecodeError::Short)
}
