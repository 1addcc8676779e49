//! What snapshots need: every chunk that their roots lead to, each looked at once however many snapshots share it.
//!
//! With a full key the nodes themselves are read, and each child must be of the kind that its entry says; with a
//! writer's only their links.

use std::collections::{BTreeSet, HashSet};

use mainstay_world::tree::Kind;

use super::{CheckError, CheckProblemKind, CheckWatch, Findings};
use crate::blobs::{BlobReader, ReadBlobError};
use crate::format::blob::BlobKind;
use crate::format::node::Content;
use crate::id::{ChunkId, PackId};
use crate::index::{Index, Place};
use crate::keys::Role;
use crate::repository::Repository;

/// What the roots lead to.
#[derive(Debug, Default)]
pub(super) struct Reached {
    /// The first half of each chunk's id: ids are keyed hashes, so that no two halves are equal by chance.
    chunks: HashSet<u128>,
    /// Where they lie, all places counted.
    pub packs: BTreeSet<PackId>,
    /// Nodes, lists and chunks that cannot be had.
    pub lost: BTreeSet<ChunkId>,
    /// Packs that did not give what they should hold.
    pub damaged: BTreeSet<PackId>,
}

/// A chunk to look at, and what it should be.
struct Wanted {
    id: ChunkId,
    /// Nothing when only the link is known.
    kind: Option<BlobKind>,
    /// Below a list: what comes at the bottom, and how many lists are above it still.
    depth: u8,
    bottom: BlobKind,
}

impl Reached {
    /// Follows the roots.
    pub(super) fn from_roots(
        repo: &Repository,
        index: &Index,
        roots: &[&Content],
        findings: &mut Findings,
        watch: &CheckWatch<'_>,
    ) -> Result<Self, CheckError> {
        let reader =
            BlobReader::new(repo, index).map_err(|error| CheckError::Resources(error.to_string()))?;
        let mut walk = Walk { reader, index, full: repo.role() == Role::Full, reached: Self::default() };
        let mut pending: Vec<Wanted> = Vec::new();
        roots.iter().for_each(|root| pending.extend(below(root, BlobKind::Node)));
        while let Some(wanted) = pending.pop() {
            if !walk.reached.chunks.insert(half(&wanted.id)) {
                continue;
            }
            match walk.look(&wanted) {
                Ok((children, read)) => {
                    pending.extend(children);
                    if read > 0 {
                        watch.read(0, read)?;
                    }
                }
                Err(ReadBlobError::Store { source, .. }) if is_fatal(&source) => return Err((*source).into()),
                Err(error) => {
                    walk.reached.lost.insert(wanted.id);
                    walk.reached.damaged.extend(error.damaged_pack());
                    let pack = error.pack().map(|pack| format!("p/{pack}"));
                    let object = pack.unwrap_or_else(|| format!("chunk {}", wanted.id));
                    findings.add(object, CheckProblemKind::Lost, error);
                }
            }
        }
        Ok(walk.reached)
    }

    /// Whether a chunk is needed.
    pub(super) fn contains(&self, id: &ChunkId) -> bool {
        self.chunks.contains(&half(id))
    }

    /// Those of the packs in quarantine that nothing needs: each chunk that lies in one lies elsewhere, too.
    pub(super) fn given_up(&self, index: &Index, quarantined: &BTreeSet<PackId>) -> BTreeSet<PackId> {
        let mut given_up = quarantined.clone();
        if given_up.is_empty() {
            return given_up;
        }
        for (id, place) in index.all().filter(|(id, _)| self.contains(id)) {
            if given_up.contains(&place.pack)
                && index.places(&id).all(|place| quarantined.contains(&place.pack))
            {
                given_up.remove(&place.pack);
            }
        }
        given_up
    }

    /// Whether all of it could be had so far.
    pub(super) fn is_whole(&self) -> bool {
        self.lost.is_empty()
    }
}

/// Whether a failure says something of the store, not of one object in it.
pub(super) fn is_fatal(error: &mainstay_store::StoreError) -> bool {
    use mainstay_store::StoreErrorKind as K;
    matches!(error.kind, K::Unknown | K::Unreachable | K::Denied | K::NoSpace)
}

struct Walk<'a> {
    reader: BlobReader<'a>,
    index: &'a Index,
    full: bool,
    reached: Reached,
}

impl Walk<'_> {
    /// The children of a chunk, and how many bytes were read for them.
    fn look(&mut self, wanted: &Wanted) -> Result<(Vec<Wanted>, u64), ReadBlobError> {
        let fits = |place: &Place| wanted.kind.is_none_or(|kind| kind == place.kind);
        let places: Vec<Place> = self.index.places(&wanted.id).filter(fits).collect();
        let first = places.first().ok_or(ReadBlobError::Unknown { id: wanted.id })?;
        self.reached.packs.extend(places.iter().map(|place| place.pack));
        let children = match first.kind {
            BlobKind::Data => return Ok((Vec::new(), 0)),
            BlobKind::Node => self.of_node(&wanted.id)?,
            BlobKind::List => self.of_list(wanted)?,
        };
        Ok((children, first.stored_length.into()))
    }

    fn of_node(&mut self, id: &ChunkId) -> Result<Vec<Wanted>, ReadBlobError> {
        if !self.full {
            return Ok(self.reader.node_links(id)?.into_iter().map(Wanted::unknown).collect());
        }
        let node = self.reader.node(id)?;
        let children = node.entries.iter().flat_map(|entry| {
            let bottom = if entry.kind == Kind::Folder { BlobKind::Node } else { BlobKind::Data };
            below(&entry.content, bottom)
        });
        Ok(children.collect())
    }

    fn of_list(&mut self, wanted: &Wanted) -> Result<Vec<Wanted>, ReadBlobError> {
        let ids = self.reader.list(&wanted.id)?;
        if wanted.kind.is_none() {
            return Ok(ids.into_iter().map(Wanted::unknown).collect());
        }
        let depth = wanted.depth.saturating_sub(1);
        Ok(ids.into_iter().map(|id| Wanted::at(id, depth, wanted.bottom)).collect())
    }
}

impl Wanted {
    fn unknown(id: ChunkId) -> Self {
        Self { id, kind: None, depth: 0, bottom: BlobKind::Data }
    }

    fn at(id: ChunkId, depth: u8, bottom: BlobKind) -> Self {
        let kind = if depth == 0 { bottom } else { BlobKind::List };
        Self { id, kind: Some(kind), depth, bottom }
    }
}

fn below(content: &Content, bottom: BlobKind) -> impl Iterator<Item = Wanted> {
    content.ids.iter().map(move |id| Wanted::at(*id, content.depth, bottom))
}

fn half(id: &ChunkId) -> u128 {
    id.0.iter().take(16).fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}
