//! The roots and what BLAKE3 derives from them.

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::format::blob::BlobKind;
use crate::id::{ChunkId, Commitment, HostId, SourceId};

/// 32 secret bytes that seal something, and what commits to them. Wiped when it goes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key {
    bytes: [u8; 32],
    #[zeroize(skip)]
    commitment: Commitment,
}

impl Key {
    /// Of its bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self { bytes, commitment: Commitment(blake3::derive_key("mainstay 2026 key commitment", &bytes)) }
    }

    /// The secret itself.
    pub fn secret(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// What may be shown of it.
    pub fn commitment(&self) -> &Commitment {
        &self.commitment
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({}, secret)", self.commitment)
    }
}

/// K_map: seals pack tables, the index, slots, links and public halves.
pub type MapKey = Key;

/// A session key as it is stored: an age file of its 32 bytes, and what it commits to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WrappedKey {
    /// Compared when it is opened.
    pub commitment: Commitment,
    /// A binary age file.
    pub bytes: Vec<u8>,
}

/// A session key that this process made: it can seal, and be stored.
#[derive(Debug, Clone)]
pub struct SessionKey {
    /// The key.
    pub key: Key,
    /// Wrapped to all recipients.
    pub wrapped: WrappedKey,
}

/// Number of a session key in the table of a loaded index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyNumber(pub u32);

/// **M**, the root of all lasting keys. Wiped when it goes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RootKey([u8; 32]);

impl RootKey {
    /// Of its bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret itself.
    pub fn secret(&self) -> &[u8; 32] {
        &self.0
    }

    /// K_map.
    pub fn map(&self) -> MapKey {
        Key::new(blake3::derive_key("mainstay 2026 map", &self.0))
    }

    /// K_id and K_cut: what a writer names and cuts content with.
    pub fn chunks(&self) -> ChunkKeys {
        ChunkKeys {
            data: blake3::derive_key("mainstay 2026 id of data", &self.0),
            node: blake3::derive_key("mainstay 2026 id of nodes", &self.0),
            list: blake3::derive_key("mainstay 2026 id of lists", &self.0),
            cut: blake3::derive_key("mainstay 2026 cut", &self.0),
        }
    }

    /// The seed of the owner's signing key.
    pub fn owner_seed(&self) -> [u8; 32] {
        blake3::derive_key("mainstay 2026 owner", &self.0)
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RootKey(secret)")
    }
}

/// K_id, one for each kind, and K_cut. Wiped when they go.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct ChunkKeys {
    pub(crate) data: [u8; 32],
    pub(crate) node: [u8; 32],
    pub(crate) list: [u8; 32],
    pub(crate) cut: [u8; 32],
}

impl ChunkKeys {
    /// The id of content of a kind.
    pub fn id(&self, kind: BlobKind, content: &[u8]) -> ChunkId {
        ChunkId(*blake3::keyed_hash(self.key(kind), content).as_bytes())
    }

    /// The key that ids of a kind are made with.
    pub fn key(&self, kind: BlobKind) -> &[u8; 32] {
        match kind {
            BlobKind::Data => &self.data,
            BlobKind::Node => &self.node,
            BlobKind::List => &self.list,
        }
    }

    /// K_cut, for the chunker's gear table and for where nodes close.
    pub fn cut(&self) -> &[u8; 32] {
        &self.cut
    }

    /// The opaque id of a source: a keyed hash, so that who sees ids cannot try names.
    pub fn source(&self, policy: &str, source: &str) -> SourceId {
        SourceId(self.label("mainstay 2026 source", &[policy.as_bytes(), source.as_bytes()]))
    }

    /// The opaque id of a host.
    pub fn host(&self, host: &str) -> HostId {
        HostId(self.label("mainstay 2026 host", &[host.as_bytes()]))
    }

    fn label(&self, context: &str, parts: &[&[u8]]) -> [u8; 16] {
        let key = blake3::derive_key(context, &self.data);
        let mut hasher = blake3::Hasher::new_keyed(&key);
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        let mut id = [0u8; 16];
        hasher.finalize_xof().fill(&mut id);
        id
    }
}

impl std::fmt::Debug for ChunkKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChunkKeys(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_labels_are_kept_apart() {
        let keys = RootKey::new([7; 32]).chunks();
        let ids = [BlobKind::Data, BlobKind::Node, BlobKind::List].map(|kind| keys.id(kind, b"same"));
        assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
        assert_ne!(keys.source("ab", "c"), keys.source("a", "bc"));
        assert_ne!(keys.host("a").0, keys.source("", "a").0);
    }

    #[test]
    fn secrets_are_not_shown() {
        let root = RootKey::new([7; 32]);
        let shown = format!("{root:?} {:?} {:?}", root.chunks(), root.map());
        assert!(!shown.contains("7, 7"), "{shown}");
    }
}
