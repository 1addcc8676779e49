//! What a key file gives, once it is known whose repository this is.

use age::x25519;

use crate::id::FamilyId;
use crate::keys::{ChunkKeys, MapKey, RootKey, Signer, WriterKey};

/// The keys at hand.
pub(crate) struct Access {
    pub(crate) map: MapKey,
    pub(crate) chunks: ChunkKeys,
    pub(crate) signer: Signer,
    /// The owner's public key.
    pub(crate) owner: [u8; 32],
    /// Only of a reader.
    pub(crate) identities: Vec<x25519::Identity>,
    /// Only of a reader.
    pub(crate) root: Option<RootKey>,
}

impl Access {
    /// Of the owner, who opened M.
    pub(crate) fn full(root: RootKey, family: &FamilyId, identities: Vec<x25519::Identity>) -> Self {
        let signer = Signer::owner(&root.owner_seed(), family);
        let owner = signer.certificate().public_key;
        Self { map: root.map(), chunks: root.chunks(), signer, owner, identities, root: Some(root) }
    }

    /// Of a writer, whose file holds all it has.
    pub(crate) fn writer(key: &WriterKey) -> Self {
        Self {
            map: key.map.clone(),
            chunks: key.chunks.clone(),
            signer: key.signer.clone(),
            owner: key.owner,
            identities: Vec::new(),
            root: None,
        }
    }
}
