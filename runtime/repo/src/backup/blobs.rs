//! Content becomes blobs, and blobs go into packs: one of these for each thread that stores anything.
//!
//! What is new is compressed, inflated and compared, sealed, and put into a pack while it is hot. The seal is
//! opened again for the first blob of each pack and for one in sixteen.

use super::content::ListStore;
use super::line::{Line, WriteError, WrittenPack};
use super::squeeze::Squeezer;
use crate::crypt::NONCE_BYTES;
use crate::format::TooLarge;
use crate::format::blob::{BlobError, BlobKind, Opener, list_id, node_id};
use crate::format::node::{Content, Node, NodeBytes};
use crate::id::ChunkId;
use crate::pack::Sealed;

/// One seal in so many is opened again.
const CHECK_ONE_IN: u64 = 16;
/// Nonces are drawn in stretches of this many.
const NONCES: usize = 64;

/// Stores content of one thread.
pub(super) struct BlobWriter<'a> {
    line: &'a Line<'a>,
    squeezer: Squeezer,
    opener: Opener,
    nonces: Vec<u8>,
    /// Sealed blobs of the call under way, back to back.
    out: Vec<u8>,
    sealed: Vec<Sealed>,
    opened: Vec<u8>,
    count: u64,
}

impl<'a> BlobWriter<'a> {
    pub(super) fn new(line: &'a Line<'a>) -> Result<Self, WriteError> {
        let opener = Opener::new(line.sealer.family, line.sealer.map.clone(), Some(line.keys.clone()))?;
        Ok(Self {
            line,
            squeezer: Squeezer::new(line.level)?,
            opener,
            nonces: Vec::new(),
            out: Vec::new(),
            sealed: Vec::new(),
            opened: Vec::new(),
            count: 0,
        })
    }

    /// Stores what is new of these chunks of files; answers their ids.
    pub(super) fn data(&mut self, contents: &[&[u8]]) -> Result<Vec<ChunkId>, WriteError> {
        let ids: Vec<_> = contents.iter().map(|content| self.line.keys.id(BlobKind::Data, content)).collect();
        let known = self.line.known(&ids);
        for ((id, content), known) in ids.iter().zip(contents).zip(known) {
            if !known {
                self.seal_data(*id, content)?;
            }
        }
        self.pack()?;
        Ok(ids)
    }

    /// Stores a node if it is new; answers its id, and its bytes.
    pub(super) fn node(&mut self, node: &Node) -> Result<(ChunkId, NodeBytes), WriteError> {
        let bytes = node.encode()?;
        let id = node_id(self.line.keys, &bytes);
        if self.line.known(&[id]).first() == Some(&false) {
            let nonces = [self.nonce(), self.nonce()];
            let (codec, body) = self.squeezer.squeeze(&bytes.body)?;
            let start = self.out.len();
            let shape = self.line.sealer.node(&id, &bytes, codec, body, nonces, &mut self.out)?;
            self.sealed.push(Sealed { id, shape, key: 0, range: start..self.out.len() });
            self.pack()?;
        }
        Ok((id, bytes))
    }

    /// Whether content of an earlier snapshot may be referred to: each chunk of it is in the usable index. What
    /// stands behind lists is not looked at, so they count only if the snapshot itself is `trusted`.
    pub(super) fn may_refer_to(&self, content: &Content, trusted: bool) -> bool {
        (content.depth == 0 || trusted) && content.ids.iter().all(|id| (self.line.in_index)(id))
    }

    /// Makes all packs durable that hold anything so far.
    pub(super) fn barrier(&self) -> Result<Vec<WrittenPack>, WriteError> {
        self.line.barrier()
    }

    /// New content so far, and what was stored of it, in bytes, by all threads.
    pub(super) fn counted(&self) -> (u64, u64) {
        self.line.counted()
    }

    fn seal_data(&mut self, id: ChunkId, content: &[u8]) -> Result<(), WriteError> {
        let nonce = self.nonce();
        let raw_length = u32::try_from(content.len()).map_err(|_| TooLarge("bytes of a chunk"))?;
        let (codec, small) = self.squeezer.squeeze(content)?;
        let start = self.out.len();
        let shape = self.line.sealer.data(&id, codec, raw_length, small, nonce, &mut self.out);
        self.sealed.push(Sealed { id, shape, key: 0, range: start..self.out.len() });
        Ok(())
    }

    /// Puts what was sealed into packs, and sends those that are full on their way.
    fn pack(&mut self) -> Result<(), WriteError> {
        let added = self.line.packer.add(&self.sealed, &self.out);
        self.line.count(added.raw_bytes, added.stored_bytes);
        for place in 0..self.sealed.len() {
            self.count += 1;
            if self.count.is_multiple_of(CHECK_ONE_IN) || added.first.contains(&place) {
                self.check(place)?;
            }
        }
        self.sealed.clear();
        self.out.clear();
        added.full.into_iter().try_for_each(|pack| self.line.send(pack))
    }

    fn check(&mut self, place: usize) -> Result<(), BlobError> {
        let Some(Sealed { id, shape, range, .. }) = self.sealed.get(place) else { return Ok(()) };
        let stored = self.out.get(range.clone()).unwrap_or_default();
        let key = &self.line.sealer.session;
        match shape.kind {
            BlobKind::Data => self.opener.data(id, *shape, key, stored, &mut self.opened),
            BlobKind::Node => self.opener.node(id, *shape, key, stored).map(drop),
            BlobKind::List => self.opener.list(id, *shape, stored).map(drop),
        }
    }

    fn nonce(&mut self) -> [u8; NONCE_BYTES] {
        if self.nonces.len() < NONCE_BYTES {
            self.nonces.resize(NONCES * NONCE_BYTES, 0);
            self.line.pack_seal.random.fill(&mut self.nonces);
        }
        let rest = self.nonces.len() - NONCE_BYTES;
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&self.nonces.split_off(rest));
        nonce
    }
}

impl ListStore for BlobWriter<'_> {
    type Error = WriteError;

    fn store_list(&mut self, ids: &[ChunkId]) -> Result<ChunkId, WriteError> {
        let id = list_id(self.line.keys, ids);
        if self.line.known(&[id]).first() == Some(&false) {
            let nonce = self.nonce();
            let start = self.out.len();
            let shape = self.line.sealer.list(&id, ids, nonce, &mut self.out)?;
            self.sealed.push(Sealed { id, shape, key: 0, range: start..self.out.len() });
            self.pack()?;
        }
        Ok(id)
    }

    fn too_long(&self) -> WriteError {
        TooLarge("chunks of one file").into()
    }
}
