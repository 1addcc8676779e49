//! Copying a snapshot to another repository of the same key family, as ciphertext.
//!
//! Nothing is opened but links and lists, and nothing is sealed anew: blobs that the target does not know move
//! from the source's packs into packs of the target, under the keys that they have. The source is read under a
//! read intent, so that no collection there takes away what is being copied; the target is written as by
//! a backup, with the same order of writes.
//!
//! A pack is believed only as a whole, by its name. From one that is damaged, a blob is taken only if it can be
//! opened and is what its id says.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::thread;

use mainstay_store::{NameError, StoreError, StoreErrorKind};

use super::line::{Line, WriteError, WrittenPack};
use super::monitor::{Cancel, Event, Monitor, Progress};
use super::run::{Backed, DEFAULT_LEVEL};
use super::session::Session;
use super::ship::ship;
use crate::blobs::{BlobReader, ReadBlobError, pack_object};
use crate::class::Class;
use crate::format::blob::{BlobError, BlobKind, Shape};
use crate::format::manifest::{Manifest, Origin, Public};
use crate::format::pack::pack_id;
use crate::id::{ChunkId, FamilyId, PackId, SnapshotId};
use crate::index::Place;
use crate::keys::{KeyNumber, WrappedKey};
use crate::pack::{PackSeal, Sealed};
use crate::reading::{Reading, ReadingError};
use crate::repository::{Repository, WriteRefused};

/// Why a snapshot was not copied.
#[derive(Debug, thiserror::Error)]
pub enum ReplicateError {
    /// Ciphertext of one key family means nothing in another.
    #[error(
        "the repositories belong to different key families, {from} and {to}: a snapshot can only be copied within one"
    )]
    OtherFamily {
        /// Of the source.
        from: FamilyId,
        /// Of the target.
        to: FamilyId,
    },
    /// A checkpoint is no copy of anything.
    #[error("snapshot `{0}` is only a checkpoint")]
    Partial(SnapshotId),
    /// The snapshot cannot be read.
    #[error(transparent)]
    Reading(#[from] ReadingError),
    /// Something of it is missing or damaged in the source.
    #[error(transparent)]
    Source(#[from] ReadBlobError),
    /// A blob of a damaged pack has no other place.
    #[error("pack {pack} is damaged, and chunk {id} is nowhere else")]
    Damaged {
        /// The last pack that should hold it.
        pack: PackId,
        /// The first of its blobs that is lost.
        id: ChunkId,
    },
    /// No context to open anything with.
    #[error(transparent)]
    Opener(#[from] BlobError),
    /// A name that cannot be.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Nothing may be written.
    #[error(transparent)]
    Refused(#[from] WriteRefused),
    /// The target could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// It was told to stop.
    #[error("cancelled")]
    Cancelled,
}

impl ReplicateError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::OtherFamily { .. } => Class::Key,
            Self::Partial(_) => Class::Missing,
            Self::Reading(error) => error.class(),
            Self::Source(error) => error.class(),
            Self::Damaged { .. } => Class::Damage,
            Self::Opener(_) | Self::Name(_) => Class::Other,
            Self::Refused(error) => error.class(),
            Self::Write(error) => error.class(),
            Self::Cancelled => Class::Cancelled,
        }
    }
}

/// What has to be copied, by pack and in the order in which it lies there.
type Wanted = BTreeMap<PackId, Vec<(ChunkId, Place)>>;

impl Session<'_> {
    /// The snapshot in force here that is a copy of another repository's, if there is one.
    pub fn replica_of(&self, from: &Repository, snapshot: &SnapshotId) -> Option<SnapshotId> {
        let origin = Origin { instance: *from.instance(), snapshot: *snapshot };
        let mut published = self.state.published();
        let found = published.find(|(id, published)| {
            let manifest = published.commit().map(|commit| &commit.manifest.public);
            let copy =
                manifest.is_some_and(|public| public.replicated_from == Some(origin) && !public.partial);
            copy && self.state.in_force(id)
        });
        found.map(|(id, _)| *id)
    }

    /// W3: copies what the target does not have of a snapshot; all of it is durable afterwards, and nothing can be
    /// seen before [`Session::commit`].
    ///
    /// # Errors
    /// [`ReplicateError`] says why not; the session can only be aborted then.
    pub fn replicate(
        &mut self,
        from: &Repository,
        snapshot: &SnapshotId,
        monitor: &dyn Monitor,
        cancel: &dyn Cancel,
    ) -> Result<Backed, ReplicateError> {
        let target = self.repository();
        if from.family() != target.family() {
            return Err(ReplicateError::OtherFamily { from: *from.family(), to: *target.family() });
        }
        let reading = from.read_snapshot(snapshot)?;
        if reading.snapshot.public().partial {
            return Err(ReplicateError::Partial(*snapshot));
        }
        let mut copy = Copy { session: self, from, reading: &reading, monitor, cancel };
        let wanted = copy.plan()?;
        let Copied { written, keys, new_bytes, stored_bytes } = copy.run(wanted)?;
        self.trail.write_segments(written, &keys)?;
        let manifest = self.replica_manifest(from, &reading);
        let counts = manifest.public.counts;
        Ok(Backed { manifest, counts, faults: Vec::new(), new_bytes, stored_bytes, cache: None })
    }

    /// The source's words under our name; the private half stays sealed as it is.
    fn replica_manifest(&self, from: &Repository, reading: &Reading<'_>) -> Manifest {
        let Manifest { public, private } = reading.snapshot.manifest.clone();
        let public = Public {
            snapshot: self.id(),
            parents: Vec::new(),
            heads: self.state.heads(&public.source),
            domain: self.repository().signer().certificate().domain,
            replicated_from: Some(Origin { instance: *from.instance(), snapshot: reading.snapshot.id }),
            ..public
        };
        Manifest { public, private }
    }
}

/// What was copied: packs that are durable, and the keys that their blobs name.
struct Copied {
    written: Vec<WrittenPack>,
    keys: Vec<WrappedKey>,
    new_bytes: u64,
    stored_bytes: u64,
}

/// One copy under way.
struct Copy<'a, 'r> {
    session: &'a Session<'r>,
    from: &'a Repository,
    reading: &'a Reading<'a>,
    monitor: &'a dyn Monitor,
    cancel: &'a dyn Cancel,
}

impl Copy<'_, '_> {
    /// Walks the tree by its links and notes what the target does not know.
    fn plan(&mut self) -> Result<Wanted, ReplicateError> {
        let index = &self.reading.index;
        let mut reader = BlobReader::new(self.from, index)?;
        let mut wanted = Wanted::new();
        let mut seen = HashSet::new();
        let mut open = self.reading.snapshot.public().root.ids.clone();
        while let Some(id) = open.pop() {
            if self.cancel.is_cancelled() {
                return Err(ReplicateError::Cancelled);
            }
            if !seen.insert(id) {
                continue;
            }
            let place = index.places(&id).next().ok_or(ReadBlobError::Unknown { id })?;
            match place.kind {
                BlobKind::Data => {}
                BlobKind::Node => open.extend(reader.node_links(&id)?),
                BlobKind::List => open.extend(reader.list(&id)?),
            }
            if !self.session.index.contains(&id) {
                wanted.entry(place.pack).or_default().push((id, place));
            }
        }
        wanted.values_mut().for_each(|blobs| blobs.sort_unstable_by_key(|(_, place)| place.offset));
        Ok(wanted)
    }

    /// Copies pack by pack.
    fn run(&self, wanted: Wanted) -> Result<Copied, ReplicateError> {
        let target = self.session.repository();
        let (keys, numbers) = self.keys(&wanted);
        let pack_seal = PackSeal {
            family: *target.family(),
            map: target.map_key().clone(),
            root: target.wrapped_root()?.clone(),
            random: target.outside().random.clone(),
        };
        let in_index = |_: &ChunkId| false;
        let sealer = target.sealer(&self.session.key);
        let line = Line::new(target.chunk_keys(), sealer, &in_index, pack_seal, keys, DEFAULT_LEVEL);
        let written = thread::scope(|scope| {
            scope.spawn(|| ship(&line, target.store()));
            let copied = self.copy(wanted, &numbers, &line);
            let written = copied.and_then(|()| Ok(line.barrier()?));
            line.packs.close();
            written
        });
        let written = written.map_err(|error| match error {
            ReplicateError::Write(WriteError::Stopped) => line.failure().into(),
            other => other,
        })?;
        let (new_bytes, stored_bytes) = line.counted();
        Ok(Copied { written, keys: line.session_keys, new_bytes, stored_bytes })
    }

    /// The source's keys that are needed, and their numbers among those of this session, whose own is the first.
    fn keys(&self, wanted: &Wanted) -> (Vec<WrappedKey>, HashMap<KeyNumber, u32>) {
        let mut keys = vec![self.session.key.wrapped.clone()];
        let mut numbers = HashMap::new();
        // A blob that must be taken from another place may have another key there.
        let places = wanted.values().flatten().flat_map(|(id, _)| self.reading.index.places(id));
        for place in places {
            if let (false, Some(key)) = (numbers.contains_key(&place.key), self.reading.index.key(place.key))
            {
                numbers.insert(place.key, keys.len() as u32);
                keys.push(key.clone());
            }
        }
        (keys, numbers)
    }

    fn copy(
        &self,
        wanted: Wanted,
        numbers: &HashMap<KeyNumber, u32>,
        line: &Line<'_>,
    ) -> Result<(), ReplicateError> {
        let mut reader = BlobReader::new(self.from, &self.reading.index)?;
        let mut progress = Progress::default();
        for (pack, blobs) in wanted {
            if self.cancel.is_cancelled() {
                return Err(ReplicateError::Cancelled);
            }
            match self.from.store().read(&pack_object(&pack)?) {
                Ok(bytes) if pack_id(&bytes) == pack => put(&blobs, &bytes, numbers, line)?,
                Err(error) if error.kind != StoreErrorKind::NotFound => {
                    return Err(unread(pack, &blobs, error));
                }
                Ok(_) | Err(_) => {
                    tracing::warn!(%pack, "a pack of the source is damaged: its blobs are looked for one by one");
                    self.rescue(pack, &blobs, numbers, &mut reader, line)?;
                }
            }
            (progress.new_bytes, progress.stored_bytes) = line.counted();
            progress.entries += blobs.len() as u64;
            self.monitor.event(Event::Progress(progress));
        }
        Ok(())
    }

    /// Blobs of a damaged pack, each from whichever of its places gives it whole.
    fn rescue(
        &self,
        pack: PackId,
        blobs: &[(ChunkId, Place)],
        numbers: &HashMap<KeyNumber, u32>,
        reader: &mut BlobReader<'_>,
        line: &Line<'_>,
    ) -> Result<(), ReplicateError> {
        for (id, _) in blobs {
            let mut places = self.reading.index.places(id);
            let found = places.find_map(|place| {
                let stored = reader.stored(id, &place).ok()?;
                is_whole(reader, id, &place, &stored).then_some((place, stored))
            });
            let Some((place, stored)) = found else { return Err(ReplicateError::Damaged { pack, id: *id }) };
            put(&[(*id, Place { offset: 0, ..place })], &stored, numbers, line)?;
        }
        Ok(())
    }
}

/// The store of the source failed: that says nothing of the pack.
fn unread(pack: PackId, blobs: &[(ChunkId, Place)], error: StoreError) -> ReplicateError {
    let id = blobs.first().map_or(ChunkId([0; 32]), |(id, _)| *id);
    ReadBlobError::Store { id, pack, source: Box::new(error) }.into()
}

/// Whether a blob opens to what its id says.
fn is_whole(reader: &mut BlobReader<'_>, id: &ChunkId, place: &Place, stored: &[u8]) -> bool {
    match place.kind {
        BlobKind::Data => reader.open_data(id, place, stored, &mut Vec::new()).is_ok(),
        BlobKind::Node => reader.open_node(id, place, stored).is_ok(),
        BlobKind::List => reader.open_list(id, place, stored).is_ok(),
    }
}

/// Puts blobs, which lie in `bytes` at their places, into packs of the target.
fn put(
    blobs: &[(ChunkId, Place)],
    bytes: &[u8],
    numbers: &HashMap<KeyNumber, u32>,
    line: &Line<'_>,
) -> Result<(), WriteError> {
    let sealed = blobs.iter().map(|(id, place)| {
        let start = place.offset as usize;
        let range = start..start + place.stored_length as usize;
        let key = numbers.get(&place.key).copied().unwrap_or_default();
        Sealed { id: *id, shape: Shape::from(place), key, range }
    });
    let added = line.packer.add(&sealed.collect::<Vec<_>>(), bytes);
    line.count(added.raw_bytes, added.stored_bytes);
    added.full.into_iter().try_for_each(|pack| line.send(pack))
}
