//! One pack: its bytes, its own table, its chunks.

use mainstay_store::{Listed, ObjectName, StoreError, StoreErrorKind};

use super::super::reach::is_fatal;
use super::super::{CheckError, CheckProblemKind, Findings, Level};
use super::{PackCheck, PackResult};
use crate::blobs::{BlobReader, ReadBlobError, pack_object};
use crate::format::blob::BlobKind;
use crate::format::segment::SegmentPack;
use crate::id::ChunkId;
use crate::index::{PackEndError, Place};
use crate::keys::Role;

/// What is read of a pack at once.
const READ_BYTES: u64 = 4 << 20;

impl PackCheck<'_> {
    pub(super) fn pack(
        &self,
        pack: &SegmentPack,
        blobs: &[(ChunkId, Place)],
        reader: &mut BlobReader<'_>,
        buffers: &mut Buffers,
        seen: &mut Seen,
    ) -> Result<(), CheckError> {
        let object = pack_object(&pack.id).map_err(|error| CheckError::Resources(error.to_string()))?;
        let whole = matches!(self.level, Level::Hashes | Level::AllData);
        if whole {
            match self.hash(&object, pack, buffers, seen)? {
                Ok(()) => self.compare_end(&object, pack, seen)?,
                Err(message) => seen.damage(message),
            }
        }
        let all;
        let blobs = match self.level {
            Level::Hashes if seen.problems.is_empty() => return Ok(()),
            Level::Hashes => {
                all = self.blobs(&[*pack]).remove(&pack.id).unwrap_or_default();
                all.as_slice()
            }
            _ => blobs,
        };
        match self.repo.role() {
            Role::Full => self.open(&object, blobs, reader, buffers, seen),
            // Who cannot open chunks cannot tell which of a damaged pack are whole.
            _ => {
                seen.bad.extend(blobs.iter().map(|(id, _)| *id));
                Ok(())
            }
        }
    }

    /// Reads all of a pack and compares its hash with its name.
    fn hash(
        &self,
        object: &ObjectName,
        pack: &SegmentPack,
        buffers: &mut Buffers,
        seen: &mut Seen,
    ) -> Result<Result<(), String>, CheckError> {
        let mut hasher = blake3::Hasher::new();
        let mut at = 0;
        while at < pack.bytes {
            let length = READ_BYTES.min(pack.bytes - at);
            if let Err(error) = self.repo.store().read_range_into(object, at, length, &mut buffers.stored) {
                let error = fatal(error)?;
                seen.is_unread |= error.kind == StoreErrorKind::Other;
                return Ok(Err(error.to_string()));
            }
            hasher.update(&buffers.stored);
            at += length;
            self.watch.read(0, length)?;
        }
        match hasher.finalize().as_bytes() == pack.id.as_bytes() {
            true => Ok(Ok(())),
            false => Ok(Err("its bytes are not what its name says".into())),
        }
    }

    /// The pack's own table and the index must speak of the same chunks: the index is made anew from the tables
    /// when it is lost.
    fn compare_end(
        &self,
        object: &ObjectName,
        pack: &SegmentPack,
        seen: &mut Seen,
    ) -> Result<(), CheckError> {
        let listed =
            Listed { name: object.clone(), size: pack.bytes, made: std::time::SystemTime::UNIX_EPOCH };
        let entries = match self.repo.read_pack_end(&listed) {
            Ok((entries, _)) => entries,
            Err(PackEndError::Store(error)) if is_fatal(&error) => return Err(error.into()),
            Err(error) => {
                seen.damage(format!("its table cannot be read: {error}"));
                return Ok(());
            }
        };
        for entry in &entries {
            let same = |place: Place| place.pack == pack.id && place.entry(entry.id, entry.key) == *entry;
            if !self.index.places(&entry.id).any(same) {
                let message =
                    format!("the index does not say of chunk {} what the pack's table says", entry.id);
                seen.problem(CheckProblemKind::Index, message);
            }
        }
        Ok(())
    }

    /// Opens chunks, reading those that lie together at once.
    fn open(
        &self,
        object: &ObjectName,
        blobs: &[(ChunkId, Place)],
        reader: &mut BlobReader<'_>,
        buffers: &mut Buffers,
        seen: &mut Seen,
    ) -> Result<(), CheckError> {
        for run in runs(blobs) {
            let (Some((_, first)), Some((_, last))) = (run.first(), run.last()) else { continue };
            let start = u64::from(first.offset);
            let length = u64::from(last.offset) + u64::from(last.stored_length) - start;
            let read = self.repo.store().read_range_into(object, start, length, &mut buffers.stored);
            if let Err(error) = read {
                let error = fatal(error)?;
                seen.is_unread |= error.kind == StoreErrorKind::Other;
                seen.cannot_open(&error, true, run.iter().map(|(id, _)| *id));
                continue;
            }
            for (id, place) in run {
                let from = (u64::from(place.offset) - start) as usize;
                let stored =
                    buffers.stored.get(from..from + place.stored_length as usize).unwrap_or_default();
                match open_one(reader, id, place, stored, &mut buffers.content) {
                    Ok(()) => seen.chunks += 1,
                    Err(error) => seen.cannot_open(&error, error.damaged_pack().is_some(), [*id]),
                }
            }
            self.watch.read(0, if self.level == Level::AllData { 0 } else { length })?;
        }
        Ok(())
    }
}

/// What was seen of one pack.
#[derive(Debug, Default)]
pub(super) struct Seen {
    problems: Vec<(CheckProblemKind, String)>,
    bad: Vec<ChunkId>,
    chunks: u64,
    /// Whether the pack is not what it should be, whatever the reason is.
    pub(super) is_damaged: bool,
    /// Whether the store gave an error for it that may be one of the store.
    pub(super) is_unread: bool,
}

impl Seen {
    /// The pack itself is not as it should be.
    fn damage(&mut self, message: String) {
        self.is_damaged = true;
        self.problem(CheckProblemKind::Damaged, message);
    }

    /// Chunks that do not open; perhaps the pack is to blame.
    fn cannot_open(
        &mut self,
        error: &dyn std::error::Error,
        is_damaged: bool,
        ids: impl IntoIterator<Item = ChunkId>,
    ) {
        self.problem(CheckProblemKind::Damaged, error.to_string());
        self.is_damaged |= is_damaged;
        self.bad.extend(ids);
    }

    fn problem(&mut self, kind: CheckProblemKind, message: String) {
        self.problems.push((kind, message));
    }

    pub(super) fn into_shared(self, pack: &SegmentPack, findings: &mut Findings, result: &mut PackResult) {
        for (kind, message) in self.problems {
            findings.add(format!("p/{}", pack.id), kind, message);
        }
        result.bad.extend(self.bad.into_iter().map(|id| (id, pack.id)));
        result.chunks += self.chunks;
        if self.is_damaged {
            result.damaged.insert(pack.id);
        }
    }
}

/// Buffers of one thread.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    stored: Vec<u8>,
    content: Vec<u8>,
}

pub(super) fn open_one(
    reader: &mut BlobReader<'_>,
    id: &ChunkId,
    place: &Place,
    stored: &[u8],
    content: &mut Vec<u8>,
) -> Result<(), ReadBlobError> {
    match place.kind {
        BlobKind::Data => reader.open_data(id, place, stored, content),
        BlobKind::Node => reader.open_node(id, place, stored).map(drop),
        BlobKind::List => reader.open_list(id, place, stored).map(drop),
    }
}

/// Chunks that are read at once: neighbours, up to a limit.
fn runs(blobs: &[(ChunkId, Place)]) -> impl Iterator<Item = &[(ChunkId, Place)]> {
    let mut rest = blobs;
    std::iter::from_fn(move || {
        let (_, first) = rest.first()?;
        let start = u64::from(first.offset);
        let mut end = start;
        let count = rest.iter().take_while(|(_, place)| {
            let next = u64::from(place.offset) + u64::from(place.stored_length);
            let joins = end == start || (u64::from(place.offset) == end && next - start <= READ_BYTES);
            end = if joins { next } else { end };
            joins
        });
        let (run, after) = rest.split_at(count.count().max(1));
        rest = after;
        Some(run)
    })
}

/// An error of one object is an answer; one of the store ends the check.
fn fatal(error: StoreError) -> Result<StoreError, CheckError> {
    if is_fatal(&error) { Err(error.into()) } else { Ok(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::blob::Codec;
    use crate::id::PackId;
    use crate::keys::KeyNumber;

    #[test]
    fn neighbours_are_read_at_once_up_to_a_limit() {
        let blob = |offset: u32, stored_length: u32| {
            let place = Place {
                pack: PackId([0; 32]),
                offset,
                stored_length,
                raw_length: 0,
                key: KeyNumber(0),
                codec: Codec::Raw,
                kind: BlobKind::Data,
                links: 0,
            };
            (ChunkId([0; 32]), place)
        };
        let blobs = [blob(0, 10), blob(10, 10), blob(30, 5), blob(35, 4 << 20), blob(35 + (4 << 20), 1)];
        let lengths: Vec<usize> = runs(&blobs).map(<[_]>::len).collect();
        assert_eq!(lengths, [2, 1, 1, 1]);
        assert_eq!(runs(&[]).count(), 0);
    }
}
