//! Segments of the index: which chunk lies where, for one domain.
//!
//! ```text
//! head, 32 bytes (clear) | packs, keys, counts (K_map) | frames of 4,096 entries (K_map)
//! ```
//! Entries are sorted by chunk id, so that one frame can be looked into without the others.

use mainstay_world::Random;

use super::blob::Codec;
use super::bytes::{DecodeError, Reader, TooLarge, Writer, length32};
use super::limits::*;
use super::pack::{ENTRY_BYTES, PackEntry, SUITE};
use crate::crypt::{Binding, SEAL_BYTES, SealKind, nonce, open, seal};
use crate::id::{DomainId, FamilyId, PackId, SegmentId};
use crate::keys::{MapKey, WrappedKey};

/// Entries of a frame: 229 KB, small enough to look one chunk up without reading much.
pub const FRAME_ENTRIES: usize = 4096;
const STORED_ENTRY_BYTES: usize = ENTRY_BYTES + 4;
const HEAD_BYTES: usize = 32;
const MAGIC: &[u8; 8] = b"MSTINDX\0";
const VERSION: u8 = 1;

/// An entry of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentEntry {
    /// Number of its pack among those of the segment.
    pub pack: u32,
    /// Where it lies there.
    pub blob: PackEntry,
}

/// A pack that a segment speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentPack {
    /// Its name.
    pub id: PackId,
    /// Its size in bytes.
    pub bytes: u64,
}

/// A segment as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Whose chunks these are.
    pub domain: DomainId,
    /// Packs that the entries name by number.
    pub packs: Vec<SegmentPack>,
    /// Session keys that the entries name by number.
    pub keys: Vec<WrappedKey>,
    /// Sorted by chunk id; [`Segment::encode`] sorts them.
    pub entries: Vec<SegmentEntry>,
}

/// The id of a segment, as stored.
pub fn segment_id(bytes: &[u8]) -> SegmentId {
    SegmentId(*blake3::hash(bytes).as_bytes())
}

impl Segment {
    /// As stored.
    ///
    /// # Errors
    /// [`TooLarge`] if a limit of the format is exceeded.
    pub fn encode(
        &mut self,
        family: &FamilyId,
        map: &MapKey,
        random: &dyn Random,
    ) -> Result<Vec<u8>, TooLarge> {
        self.entries.sort_unstable_by_key(|entry| (entry.blob.id, entry.pack, entry.blob.offset));
        let head = self.head()?;
        let sealed_bytes = length32(head.len() + SEAL_BYTES, u32::MAX, "bytes of a segment")?;
        let mut out = clear_head(sealed_bytes, family);
        let place = *blake3::hash(MAGIC).as_bytes();
        seal_part(SealKind::SegmentHead, family, map, &place, random, &head, &mut out);
        let head_hash = *blake3::hash(out.get(HEAD_BYTES..).unwrap_or_default()).as_bytes();
        for (number, frame) in self.entries.chunks(FRAME_ENTRIES).enumerate() {
            let raw = encode_frame(frame)?;
            let place = frame_place(&head_hash, number);
            seal_part(SealKind::SegmentFrame, family, map, &place, random, &raw, &mut out);
        }
        Ok(out)
    }

    fn head(&self) -> Result<Vec<u8>, TooLarge> {
        let entries = length32(self.entries.len(), MAX_SEGMENT_ENTRIES, "entries of a segment")?;
        let mut head = Writer::new();
        head.raw(&self.domain.0).u32(entries);
        head.list(&self.packs, MAX_SEGMENT_PACKS, "packs of a segment", |to, pack| {
            to.raw(&pack.id.0).u64(pack.bytes);
        });
        head.list(&self.keys, MAX_KEYS, "session keys", |to, key| key.encode(to));
        head.finish()
    }
}

fn clear_head(sealed_bytes: u32, family: &FamilyId) -> Vec<u8> {
    let mut head = MAGIC.to_vec();
    head.extend_from_slice(&[VERSION, SUITE, 0, 0]);
    head.extend_from_slice(&sealed_bytes.to_le_bytes());
    head.extend_from_slice(&family.0);
    head
}

fn encode_frame(frame: &[SegmentEntry]) -> Result<Vec<u8>, TooLarge> {
    let mut raw = Writer::new();
    for entry in frame {
        raw.u32(entry.pack);
        entry.blob.encode(&mut raw);
    }
    raw.finish()
}

fn seal_part(
    kind: SealKind,
    family: &FamilyId,
    map: &MapKey,
    place: &[u8; 32],
    random: &dyn Random,
    content: &[u8],
    out: &mut Vec<u8>,
) {
    seal(map, &binding(kind, family, place, content.len()), nonce(random), content, out);
}

fn binding<'a>(kind: SealKind, family: &'a FamilyId, place: &'a [u8; 32], length: usize) -> Binding<'a> {
    // Limited far below 4 GiB.
    Binding { family, kind, codec: Codec::Raw, raw_length: length as u32, id: place }
}

/// A frame belongs to its segment and its number there.
fn frame_place(head_hash: &[u8; 32], number: usize) -> [u8; 32] {
    *blake3::keyed_hash(head_hash, &(number as u64).to_le_bytes()).as_bytes()
}

/// A segment being read, frame by frame.
#[derive(Debug)]
pub struct SegmentReader<'a> {
    /// Whose chunks these are.
    pub domain: DomainId,
    /// Packs that the entries name by number.
    pub packs: Vec<SegmentPack>,
    /// Session keys that the entries name by number.
    pub keys: Vec<WrappedKey>,
    /// Entries in all frames.
    pub entry_count: u32,
    family: FamilyId,
    map: &'a MapKey,
    head_hash: [u8; 32],
    frames: &'a [u8],
}

impl<'a> SegmentReader<'a> {
    /// Opens the head.
    ///
    /// # Errors
    /// [`DecodeError`] if it is damaged, foreign, newer or sealed under another key.
    pub fn open(stored: &'a [u8], family: &FamilyId, map: &'a MapKey) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(stored);
        let sealed_bytes = check_head(&mut reader, family)?;
        let sealed = reader.take(sealed_bytes as usize)?;
        let length = sealed.len().checked_sub(SEAL_BYTES).ok_or(DecodeError::Short)?;
        let place = *blake3::hash(MAGIC).as_bytes();
        let mut raw = Vec::new();
        open(map, &binding(SealKind::SegmentHead, family, &place, length), sealed, &mut raw)?;
        let head_hash = *blake3::hash(sealed).as_bytes();
        let mut head = Reader::new(&raw);
        let (domain, entry_count) = (DomainId(head.array()?), head.u32()?);
        let packs = head.list(MAX_SEGMENT_PACKS, "packs of a segment", |from| {
            Ok(SegmentPack { id: PackId(from.array()?), bytes: from.u64()? })
        })?;
        let keys = head.list(MAX_KEYS, "session keys", WrappedKey::decode)?;
        head.finish()?;
        let frames = reader.rest();
        check_frames(frames.len(), entry_count)?;
        Ok(Self { domain, packs, keys, entry_count, family: *family, map, head_hash, frames })
    }

    /// Opens one frame after the other and shows their entries.
    ///
    /// # Errors
    /// [`DecodeError`] if a frame is damaged, or an entry names a pack or key that is not there.
    pub fn entries(&self, mut show: impl FnMut(SegmentEntry)) -> Result<(), DecodeError> {
        let mut raw = Vec::new();
        for (number, frame) in self.frames.chunks(FRAME_ENTRIES * STORED_ENTRY_BYTES + SEAL_BYTES).enumerate()
        {
            raw.clear();
            let length = frame.len().saturating_sub(SEAL_BYTES);
            let place = frame_place(&self.head_hash, number);
            let binding = binding(SealKind::SegmentFrame, &self.family, &place, length);
            open(self.map, &binding, frame, &mut raw)?;
            for bytes in raw.chunks_exact(STORED_ENTRY_BYTES) {
                show(self.entry(bytes)?);
            }
        }
        Ok(())
    }

    fn entry(&self, bytes: &[u8]) -> Result<SegmentEntry, DecodeError> {
        let mut reader = Reader::new(bytes);
        let entry = SegmentEntry { pack: reader.u32()?, blob: PackEntry::decode(&mut reader)? };
        let known =
            (entry.pack as usize) < self.packs.len() && (entry.blob.key as usize) < self.keys.len().max(1);
        if known { Ok(entry) } else { Err(DecodeError::Value("pack or key of an entry")) }
    }
}

fn check_head(reader: &mut Reader<'_>, family: &FamilyId) -> Result<u32, DecodeError> {
    if &reader.array::<8>()? != MAGIC {
        return Err(DecodeError::Magic("segment"));
    }
    let (version, suite) = (reader.u8()?, reader.u8()?);
    if (version, suite) != (VERSION, SUITE) {
        return Err(DecodeError::Newer { found: version.max(suite).into(), known: VERSION.into() });
    }
    if reader.u16()? != 0 {
        return Err(DecodeError::Value("reserved bytes"));
    }
    let sealed_bytes = reader.u32()?;
    if &reader.array::<16>()? == family.as_bytes() { Ok(sealed_bytes) } else { Err(DecodeError::Foreign) }
}

/// Cut-off or added frames are seen before any of them is opened.
fn check_frames(frame_bytes: usize, entries: u32) -> Result<(), DecodeError> {
    if entries > MAX_SEGMENT_ENTRIES {
        return Err(DecodeError::Limit("entries of a segment"));
    }
    let entries = entries as usize;
    let wanted = entries * STORED_ENTRY_BYTES + entries.div_ceil(FRAME_ENTRIES) * SEAL_BYTES;
    match frame_bytes.cmp(&wanted) {
        std::cmp::Ordering::Less => Err(DecodeError::Short),
        std::cmp::Ordering::Greater => Err(DecodeError::Trailing),
        std::cmp::Ordering::Equal => Ok(()),
    }
}

#[cfg(test)]
mod tests;
