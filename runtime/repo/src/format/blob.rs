//! Blobs: chunks of data, nodes and lists, sealed one by one.
//!
//! Data is one seal under the session key; a list one under K_map; a node is its links under K_map, then its body
//! under the session key. An id is a keyed hash of the content before compression, of a node: of the number of
//! links (32 bits, little-endian), the links, and the body.

use super::bytes::{DecodeError, TooLarge, length32};
use super::limits::{MAX_CONTENT_IDS, MAX_NODE_LINKS, MAX_RAW_BYTES};
use super::node::{Node, NodeBytes};
use super::pack::PackEntry;
use crate::crypt::{Binding, BrokenSeal, NONCE_BYTES, SEAL_BYTES, SealKind, open, seal};
use crate::id::{ChunkId, FamilyId};
use crate::index::Place;
use crate::keys::{ChunkKeys, Key, MapKey};

/// What a blob holds. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BlobKind {
    /// Bytes of a file.
    Data,
    /// Entries of a folder, in two parts: links under K_map, then the body under the session key.
    Node,
    /// Ids of chunks, nodes or further lists, all under K_map.
    List,
}

/// How a blob was compressed before it was sealed. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Codec {
    /// Not at all.
    Raw,
    /// zstd, one frame.
    Zstd,
}

impl BlobKind {
    /// As stored.
    pub fn number(self) -> u8 {
        match self {
            Self::Data => 0,
            Self::Node => 1,
            Self::List => 2,
        }
    }

    /// From what is stored.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Data, Self::Node, Self::List].into_iter().find(|kind| kind.number() == number)
    }
}

impl Codec {
    /// As stored.
    pub fn number(self) -> u8 {
        match self {
            Self::Raw => 0,
            Self::Zstd => 1,
        }
    }

    /// From what is stored.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Raw, Self::Zstd].into_iter().find(|codec| codec.number() == number)
    }
}

/// What must be known of a blob to open it, beside its id and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// What it holds.
    pub kind: BlobKind,
    /// How it was compressed (of a node: its body).
    pub codec: Codec,
    /// Before compression, in bytes (of a node: its body; of a list: its ids).
    pub raw_length: u32,
    /// Links of a node, ids of a list.
    pub links: u16,
}

impl From<&Place> for Shape {
    fn from(place: &Place) -> Self {
        Self { kind: place.kind, codec: place.codec, raw_length: place.raw_length, links: place.links }
    }
}

impl From<&PackEntry> for Shape {
    fn from(entry: &PackEntry) -> Self {
        Self { kind: entry.kind, codec: entry.codec, raw_length: entry.raw_length, links: entry.links }
    }
}

/// Why a blob is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// The index speaks of another kind of blob.
    #[error("a blob of another kind was expected")]
    Kind,
    /// Changed bytes, or bytes from elsewhere.
    #[error(transparent)]
    Seal(#[from] BrokenSeal),
    /// What was sealed does not decompress to its length.
    #[error("it does not decompress")]
    Compression,
    /// It opens, and is other content than its name says.
    #[error("its content does not match its id")]
    WrongId,
    /// Its bytes mean nothing.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
}

/// The id of a list.
pub fn list_id(keys: &ChunkKeys, ids: &[ChunkId]) -> ChunkId {
    let mut hasher = blake3::Hasher::new_keyed(keys.key(BlobKind::List));
    hasher.update(&ids_bytes(ids));
    ChunkId(*hasher.finalize().as_bytes())
}

/// The id of a node.
pub fn node_id(keys: &ChunkKeys, node: &NodeBytes) -> ChunkId {
    hash_node(keys, &node.links, &node.body)
}

fn hash_node(keys: &ChunkKeys, links: &[ChunkId], body: &[u8]) -> ChunkId {
    let mut hasher = blake3::Hasher::new_keyed(keys.key(BlobKind::Node));
    hasher.update(&(links.len() as u32).to_le_bytes());
    hasher.update(&ids_bytes(links)).update(body);
    ChunkId(*hasher.finalize().as_bytes())
}

fn ids_bytes(ids: &[ChunkId]) -> Vec<u8> {
    ids.iter().flat_map(|id| id.0).collect()
}

fn ids_from(bytes: &[u8]) -> Vec<ChunkId> {
    bytes.chunks_exact(ChunkId::BYTES).filter_map(|id| id.try_into().ok()).map(ChunkId).collect()
}

/// Seals blobs of one session. Cheap to clone; each thread of a pipeline has its own.
#[derive(Debug, Clone)]
pub struct Sealer {
    /// Bound into every seal.
    pub family: FamilyId,
    /// Seals links and lists.
    pub map: MapKey,
    /// Seals data and bodies.
    pub session: Key,
}

impl Sealer {
    /// Seals data that was compressed with `codec` from `raw_length` bytes, and appends it to `out`.
    pub fn data(
        &self,
        id: &ChunkId,
        codec: Codec,
        raw_length: u32,
        compressed: &[u8],
        nonce: [u8; NONCE_BYTES],
        out: &mut Vec<u8>,
    ) -> Shape {
        let binding = self.binding(SealKind::Data, codec, raw_length, id);
        seal(&self.session, &binding, nonce, compressed, out);
        Shape { kind: BlobKind::Data, codec, raw_length, links: 0 }
    }

    /// Seals a node, whose body was compressed with `codec`, and appends it to `out`.
    ///
    /// # Errors
    /// [`TooLarge`] for more links or bytes than a node may have.
    pub fn node(
        &self,
        id: &ChunkId,
        node: &NodeBytes,
        codec: Codec,
        compressed_body: &[u8],
        nonces: [[u8; NONCE_BYTES]; 2],
        out: &mut Vec<u8>,
    ) -> Result<Shape, TooLarge> {
        let raw_length = length32(node.body.len(), MAX_RAW_BYTES, "bytes of a node")?;
        let links = length32(node.links.len(), MAX_NODE_LINKS, "links of a node")?;
        let [first, second] = nonces;
        let bytes = ids_bytes(&node.links);
        seal(&self.map, &self.links_binding(SealKind::NodeLinks, links, id), first, &bytes, out);
        let binding = self.binding(SealKind::NodeBody, codec, raw_length, id);
        seal(&self.session, &binding, second, compressed_body, out);
        Ok(Shape { kind: BlobKind::Node, codec, raw_length, links: links as u16 })
    }

    /// Seals a list, and appends it to `out`.
    ///
    /// # Errors
    /// [`TooLarge`] for more ids than a list may have.
    pub fn list(
        &self,
        id: &ChunkId,
        ids: &[ChunkId],
        nonce: [u8; NONCE_BYTES],
        out: &mut Vec<u8>,
    ) -> Result<Shape, TooLarge> {
        let links = length32(ids.len(), MAX_CONTENT_IDS, "ids of a list")?;
        seal(&self.map, &self.links_binding(SealKind::List, links, id), nonce, &ids_bytes(ids), out);
        let raw_length = links * ChunkId::BYTES as u32;
        Ok(Shape { kind: BlobKind::List, codec: Codec::Raw, raw_length, links: links as u16 })
    }

    fn links_binding<'a>(&'a self, kind: SealKind, links: u32, id: &'a ChunkId) -> Binding<'a> {
        self.binding(kind, Codec::Raw, links * ChunkId::BYTES as u32, id)
    }

    fn binding<'a>(&'a self, kind: SealKind, codec: Codec, raw_length: u32, id: &'a ChunkId) -> Binding<'a> {
        Binding { family: &self.family, kind, codec, raw_length, id: &id.0 }
    }
}

/// Opens blobs and checks them against their ids. Holds a decompressor and buffers: one for each thread.
pub struct Opener {
    family: FamilyId,
    map: MapKey,
    ids: Option<ChunkKeys>,
    zstd: zstd::bulk::Decompressor<'static>,
    scratch: Vec<u8>,
}

impl Opener {
    /// Without `ids` (a janitor has none) content is not checked against its name beyond its seal.
    ///
    /// # Errors
    /// [`BlobError::Compression`] if zstd gives no context (no memory).
    pub fn new(family: FamilyId, map: MapKey, ids: Option<ChunkKeys>) -> Result<Self, BlobError> {
        let zstd = zstd::bulk::Decompressor::new().map_err(|_| BlobError::Compression)?;
        Ok(Self { family, map, ids, zstd, scratch: Vec::new() })
    }

    /// Opens data into `out`, which is cleared first.
    ///
    /// # Errors
    /// [`BlobError`] for whatever is not as it was stored.
    pub fn data(
        &mut self,
        id: &ChunkId,
        shape: Shape,
        key: &Key,
        stored: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), BlobError> {
        expect(shape.kind, BlobKind::Data)?;
        self.content(SealKind::Data, id, shape, key, stored, out)?;
        let matches = self.ids.as_ref().is_none_or(|keys| keys.id(BlobKind::Data, out) == *id);
        if matches { Ok(()) } else { Err(BlobError::WrongId) }
    }

    /// Opens a node.
    ///
    /// # Errors
    /// [`BlobError`] for whatever is not as it was stored.
    pub fn node(&mut self, id: &ChunkId, shape: Shape, key: &Key, stored: &[u8]) -> Result<Node, BlobError> {
        let links = self.node_links(id, shape, stored)?;
        let body = stored.get(links_length(shape)..).unwrap_or_default();
        let mut raw = Vec::new();
        self.content(SealKind::NodeBody, id, shape, key, body, &mut raw)?;
        if self.ids.as_ref().is_some_and(|keys| hash_node(keys, &links, &raw) != *id) {
            return Err(BlobError::WrongId);
        }
        Ok(Node::decode(&links, &raw)?)
    }

    /// Opens only the links of a node: its children, whatever they are.
    ///
    /// # Errors
    /// [`BlobError`] for whatever is not as it was stored.
    pub fn node_links(
        &mut self,
        id: &ChunkId,
        shape: Shape,
        stored: &[u8],
    ) -> Result<Vec<ChunkId>, BlobError> {
        expect(shape.kind, BlobKind::Node)?;
        let part = stored.get(..links_length(shape)).ok_or(DecodeError::Short)?;
        self.links(SealKind::NodeLinks, id, shape, part)
    }

    /// Opens a list.
    ///
    /// # Errors
    /// [`BlobError`] for whatever is not as it was stored.
    pub fn list(&mut self, id: &ChunkId, shape: Shape, stored: &[u8]) -> Result<Vec<ChunkId>, BlobError> {
        expect(shape.kind, BlobKind::List)?;
        let ids = self.links(SealKind::List, id, shape, stored)?;
        let matches = self.ids.as_ref().is_none_or(|keys| list_id(keys, &ids) == *id);
        if matches { Ok(ids) } else { Err(BlobError::WrongId) }
    }

    fn links(
        &self,
        kind: SealKind,
        id: &ChunkId,
        shape: Shape,
        part: &[u8],
    ) -> Result<Vec<ChunkId>, BlobError> {
        let raw_length = u32::from(shape.links) * ChunkId::BYTES as u32;
        let binding = Binding { family: &self.family, kind, codec: Codec::Raw, raw_length, id: &id.0 };
        let mut raw = Vec::new();
        open(&self.map, &binding, part, &mut raw)?;
        if raw.len() == raw_length as usize { Ok(ids_from(&raw)) } else { Err(DecodeError::Short.into()) }
    }

    fn content(
        &mut self,
        kind: SealKind,
        id: &ChunkId,
        shape: Shape,
        key: &Key,
        stored: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), BlobError> {
        let Shape { codec, raw_length, .. } = shape;
        if raw_length > MAX_RAW_BYTES {
            return Err(DecodeError::Limit("bytes of a blob").into());
        }
        let binding = Binding { family: &self.family, kind, codec, raw_length, id: &id.0 };
        out.clear();
        match codec {
            Codec::Raw => open(key, &binding, stored, out)?,
            Codec::Zstd => {
                self.scratch.clear();
                open(key, &binding, stored, &mut self.scratch)?;
                out.reserve(raw_length as usize);
                let inflated = self.zstd.decompress_to_buffer(&self.scratch, out);
                inflated.map_err(|_| BlobError::Compression)?;
            }
        }
        if out.len() == raw_length as usize { Ok(()) } else { Err(BlobError::Compression) }
    }
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opener({})", self.family)
    }
}

fn expect(found: BlobKind, wanted: BlobKind) -> Result<(), BlobError> {
    if found == wanted { Ok(()) } else { Err(BlobError::Kind) }
}

fn links_length(shape: Shape) -> usize {
    usize::from(shape.links) * ChunkId::BYTES + SEAL_BYTES
}

#[cfg(test)]
mod tests;
