//! Packs: blobs back to back, and at the end what is needed to find them again without any index.
//!
//! ```text
//! blobs | padding (random) | table (K_map) | locator (K_map) | keys (clear) | trailer, 64 bytes (clear)
//! ```
//! The lengths of blobs and even of all of them together are not visible: the padding looks like ciphertext,
//! and where the table begins is sealed. The keys are age files, which tell nothing of their recipients.

use mainstay_world::Random;

use super::blob::{BlobKind, Codec};
use super::bytes::{DecodeError, Reader, TooLarge, Writer, length32};
use super::limits::*;
use crate::crypt::{Binding, SEAL_BYTES, SealKind, nonce, open, seal};
use crate::id::{ChunkId, Commitment, FamilyId, PackId};
use crate::keys::{MapKey, WrappedKey};

/// Where one blob lies in its pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackEntry {
    /// What it is.
    pub id: ChunkId,
    /// From the beginning of the pack, in bytes.
    pub offset: u32,
    /// With its seals, in bytes.
    pub stored_length: u32,
    /// Content before compression, in bytes (of a node: its body).
    pub raw_length: u32,
    /// Number of its session key among the pack's (or, in a segment, the segment's) wrapped keys.
    pub key: u32,
    /// How it was compressed.
    pub codec: Codec,
    /// What it holds.
    pub kind: BlobKind,
    /// Links of a node or a list; 0 for data.
    pub links: u16,
}

/// Bytes of an entry in a table.
pub(super) const ENTRY_BYTES: usize = 52;
/// Bytes of the trailer.
pub const TRAILER_BYTES: usize = 64;
/// Bytes of the sealed locator.
pub const LOCATOR_BYTES: usize = SEAL_BYTES + 8;
/// The least that a pack is padded to a multiple of.
const MIN_GRAIN_BYTES: usize = 256;
const MAGIC: &[u8; 8] = b"MSTPACK\0";
const VERSION: u8 = 1;
/// The suite of ciphers and hashes: XChaCha20-Poly1305, BLAKE3, age, Ed25519.
pub(super) const SUITE: u8 = 1;

impl PackEntry {
    pub(super) fn encode(&self, to: &mut Writer) {
        to.raw(&self.id.0).u32(self.offset).u32(self.stored_length).u32(self.raw_length).u32(self.key);
        to.u8(self.codec.number()).u8(self.kind.number()).u16(self.links);
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let entry = Self {
            id: ChunkId(from.array()?),
            offset: from.u32()?,
            stored_length: from.u32()?,
            raw_length: from.u32()?,
            key: from.u32()?,
            codec: Codec::from_number(from.u8()?).ok_or(DecodeError::Value("codec"))?,
            kind: BlobKind::from_number(from.u8()?).ok_or(DecodeError::Value("kind"))?,
            links: from.u16()?,
        };
        let end = u64::from(entry.offset) + u64::from(entry.stored_length);
        let fits = end <= MAX_PACK_BYTES
            && entry.stored_length <= MAX_STORED_BYTES
            && entry.raw_length <= MAX_RAW_BYTES;
        if fits { Ok(entry) } else { Err(DecodeError::Limit("bytes of a blob")) }
    }
}

/// What the end of a pack says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackEnd {
    /// Its blobs, in the order of their offsets.
    pub entries: Vec<PackEntry>,
    /// The session keys that the entries name by number.
    pub keys: Vec<WrappedKey>,
    /// M, wrapped: with an identity, everything can be had from any pack.
    pub root: WrappedKey,
}

/// The id of a whole pack, as stored.
pub fn pack_id(bytes: &[u8]) -> PackId {
    PackId(*blake3::hash(bytes).as_bytes())
}

impl PackEnd {
    /// Closes a pack: appends padding, table, locator, keys and trailer to its blobs.
    ///
    /// # Errors
    /// [`TooLarge`] if a limit of the format is exceeded.
    pub fn append(
        &self,
        pack: &mut Vec<u8>,
        family: &FamilyId,
        map: &MapKey,
        random: &dyn Random,
    ) -> Result<(), TooLarge> {
        let table = self.table()?;
        let keys = self.keys_section()?;
        let place = *blake3::hash(&keys).as_bytes();
        let end_bytes = table.len() + SEAL_BYTES + LOCATOR_BYTES + keys.len() + TRAILER_BYTES;
        pad(pack, end_bytes, random);
        length32(pack.len() + end_bytes, MAX_PACK_BYTES as u32, "bytes of a pack")?;
        let table_bytes = length32(table.len() + SEAL_BYTES, u32::MAX, "bytes of a pack's table")?;
        seal_part(SealKind::PackTable, map, family, &place, random, &table, pack);
        let mut locator = table_bytes.to_le_bytes().to_vec();
        locator.extend_from_slice(&(self.entries.len() as u32).to_le_bytes());
        seal_part(SealKind::PackLocator, map, family, &place, random, &locator, pack);
        pack.extend_from_slice(&keys);
        pack.extend_from_slice(&trailer(family, &keys));
        Ok(())
    }

    fn table(&self) -> Result<Vec<u8>, TooLarge> {
        length32(self.entries.len(), MAX_PACK_ENTRIES, "blobs of a pack")?;
        let mut table = Writer::new();
        self.entries.iter().for_each(|entry| entry.encode(&mut table));
        table.finish()
    }

    fn keys_section(&self) -> Result<Vec<u8>, TooLarge> {
        let mut keys = Writer::new();
        self.root.encode(&mut keys);
        keys.list(&self.keys, MAX_KEYS, "session keys", |to, key| key.encode(to));
        keys.finish()
    }
}

impl WrappedKey {
    pub(super) fn encode(&self, to: &mut Writer) {
        to.raw(&self.commitment.0).blob(&self.bytes, MAX_WRAPPED_BYTES, "bytes of a wrapped key");
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let commitment = Commitment(from.array()?);
        Ok(Self { commitment, bytes: from.blob(MAX_WRAPPED_BYTES, "bytes of a wrapped key")?.to_vec() })
    }
}

/// Padding before the end, so that the whole is a multiple of a 64th of its own greatest power of two.
fn pad(pack: &mut Vec<u8>, end_bytes: usize, random: &dyn Random) {
    let bare = pack.len() + end_bytes;
    let grain = (1usize << bare.max(1).ilog2() >> 6).max(MIN_GRAIN_BYTES);
    let start = pack.len();
    pack.resize(bare.next_multiple_of(grain) - end_bytes, 0);
    let mut seed = [0u8; 32];
    random.fill(&mut seed);
    let mut stream = blake3::Hasher::new_keyed(&seed).finalize_xof();
    stream.fill(pack.get_mut(start..).unwrap_or_default());
}

fn binding<'a>(kind: SealKind, family: &'a FamilyId, place: &'a [u8; 32], length: usize) -> Binding<'a> {
    // Both are limited far below 4 GiB.
    Binding { family, kind, codec: Codec::Raw, raw_length: length as u32, id: place }
}

fn seal_part(
    kind: SealKind,
    map: &MapKey,
    family: &FamilyId,
    place: &[u8; 32],
    random: &dyn Random,
    content: &[u8],
    out: &mut Vec<u8>,
) {
    seal(map, &binding(kind, family, place, content.len()), nonce(random), content, out);
}

fn trailer(family: &FamilyId, keys: &[u8]) -> Vec<u8> {
    let mut trailer = MAGIC.to_vec();
    trailer.extend_from_slice(&[VERSION, SUITE, 0, 0]);
    trailer.extend_from_slice(&(keys.len() as u32).to_le_bytes());
    trailer.extend_from_slice(&family.0);
    trailer.resize(48, 0);
    let sum = checksum(&trailer, keys);
    trailer.extend_from_slice(&sum);
    trailer
}

fn checksum(head: &[u8], keys: &[u8]) -> [u8; 16] {
    let mut sum = [0u8; 16];
    blake3::Hasher::new().update(head).update(keys).finalize_xof().fill(&mut sum);
    sum
}

/// The fixed end of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trailer {
    /// Whose pack it is.
    pub family: FamilyId,
    /// Bytes of the keys before it.
    pub keys_length: u32,
    head: [u8; 48],
    sum: [u8; 16],
}

impl Trailer {
    /// From the last [`TRAILER_BYTES`] of a pack.
    ///
    /// # Errors
    /// [`DecodeError`] if it is none, or a newer one.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let head: [u8; 48] = reader.array()?;
        let sum = reader.array()?;
        reader.finish()?;
        let mut reader = Reader::new(&head);
        if &reader.array::<8>()? != MAGIC {
            return Err(DecodeError::Magic("pack"));
        }
        let (version, suite) = (reader.u8()?, reader.u8()?);
        if (version, suite) != (VERSION, SUITE) {
            return Err(DecodeError::Newer { found: version.max(suite).into(), known: VERSION.into() });
        }
        let _reserved = reader.u16()?;
        let keys_length = reader.u32()?;
        Ok(Self { family: FamilyId(reader.array()?), keys_length, head, sum })
    }

    /// The keys, from the bytes before the trailer: M first, then the session keys.
    ///
    /// # Errors
    /// [`DecodeError`] if they are damaged.
    pub fn keys(&self, bytes: &[u8]) -> Result<(WrappedKey, Vec<WrappedKey>), DecodeError> {
        if checksum(&self.head, bytes) != self.sum {
            return Err(DecodeError::Broken);
        }
        let mut reader = Reader::new(bytes);
        let root = WrappedKey::decode(&mut reader)?;
        let keys = reader.list(MAX_KEYS, "session keys", WrappedKey::decode)?;
        reader.finish()?;
        Ok((root, keys))
    }
}

/// Opens the locator that stands before the keys: the bytes of the sealed table before it.
///
/// # Errors
/// [`DecodeError`] if it is damaged or sealed under another key.
pub fn table_length(sealed: &[u8], keys: &[u8], family: &FamilyId, map: &MapKey) -> Result<u32, DecodeError> {
    let place = *blake3::hash(keys).as_bytes();
    let mut raw = Vec::new();
    open(map, &binding(SealKind::PackLocator, family, &place, 8), sealed, &mut raw)?;
    Reader::new(&raw).u32()
}

/// Opens the table.
///
/// # Errors
/// [`DecodeError`] if it is damaged or sealed under another key.
pub fn open_table(
    sealed: &[u8],
    keys: &[u8],
    family: &FamilyId,
    map: &MapKey,
) -> Result<Vec<PackEntry>, DecodeError> {
    let place = *blake3::hash(keys).as_bytes();
    let length = sealed.len().checked_sub(SEAL_BYTES).ok_or(DecodeError::Short)?;
    if length > MAX_PACK_ENTRIES as usize * ENTRY_BYTES || length % ENTRY_BYTES != 0 {
        return Err(DecodeError::Limit("blobs of a pack"));
    }
    let mut raw = Vec::new();
    open(map, &binding(SealKind::PackTable, family, &place, length), sealed, &mut raw)?;
    raw.chunks_exact(ENTRY_BYTES).map(|entry| PackEntry::decode(&mut Reader::new(entry))).collect()
}

#[cfg(test)]
mod tests;
