//! Copying a snapshot to another repository of the same key family, as ciphertext.
//!
//! Nothing is sealed anew: blobs that the target does not know move
//! from the source's packs into packs of the target, under the keys that they have. The source is read under a
//! read intent, so that no collection there takes away what is being copied; the target is written as by
//! a backup, with the same order of writes.
//!
//! A pack is believed only as a whole, by its name, and by who can open its blobs only if each is what its id says.
//! From one that is damaged, a blob is taken only if it can be opened and is what its id says.

mod wanted;

use std::collections::HashMap;
use std::ops::Range;
use std::thread;

use mainstay_store::{NameError, StoreError, StoreErrorKind};

use self::wanted::{Wanted, wanted};
use super::checkpoint::Due;
use super::line::{Line, WriteError};
use super::monitor::{Cancel, Event, Monitor, Progress};
use super::run::{Backed, DEFAULT_LEVEL};
use super::session::{CommitError, Session, Trail};
use super::ship::ship;
use crate::blobs::{BlobReader, ReadBlobError, pack_object};
use crate::class::Class;
use crate::format::blob::{BlobError, BlobKind, Shape};
use crate::format::manifest::{Manifest, Origin, Public};
use crate::format::node::Content;
use crate::format::pack::pack_id;
use crate::format::slot::Outcome;
use crate::id::{ChunkId, FamilyId, PackId, SnapshotId};
use crate::index::Place;
use crate::keys::{KeyNumber, Role, SessionKey, WrappedKey};
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
    /// A checkpoint could not be made, or somebody ended the session.
    #[error(transparent)]
    Checkpoint(#[from] CommitError),
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
            Self::Checkpoint(error) => error.class(),
            Self::Cancelled => Class::Cancelled,
        }
    }
}

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

    /// W4 for what a copy that is there had lost: the index has it again, and the copy stays the one that it is. It is
    /// published as a checkpoint, which is no copy: so no snapshot is counted twice.
    ///
    /// # Errors
    /// As of [`Session::commit`].
    pub fn make_good(mut self, backed: Backed) -> Result<(), CommitError> {
        let Backed { manifest: Manifest { public, private }, .. } = backed;
        let public = Public { root: Content::default(), whole: false, partial: true, ..public };
        let published = self.trail.publish_partial(Manifest { public, private });
        if !matches!(published, Err(CommitError::Lost(_) | CommitError::Put(_))) {
            self.trail.publish(Outcome::Closed)?;
        }
        published
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
        let public = reading.snapshot.public();
        if public.partial {
            return Err(ReplicateError::Partial(*snapshot));
        }
        let heads = self.state.seen(&public.source);
        let Self { trail, index, key, .. } = self;
        let due = Due::new(&*target.outside().clock, None);
        let wanted = wanted(from, &reading, index, cancel)?;
        let mut copy = Copy { trail, key, heads, from, reading: &reading, monitor, cancel, due };
        copy.run(wanted)
    }
}

/// One copy under way.
struct Copy<'a, 'r> {
    trail: &'a mut Trail<'r>,
    key: &'a SessionKey,
    heads: Vec<SnapshotId>,
    from: &'a Repository,
    reading: &'a Reading<'a>,
    monitor: &'a dyn Monitor,
    cancel: &'a dyn Cancel,
    due: Due<'a>,
}

impl Copy<'_, '_> {
    /// The source's words under our name; the private half stays sealed as it is. A checkpoint has no tree yet: it
    /// only keeps what was copied in the index.
    fn manifest(&self, partial: bool) -> Manifest {
        let Manifest { public, private } = self.reading.snapshot.manifest.clone();
        let origin = Origin { instance: *self.from.instance(), snapshot: self.reading.snapshot.id };
        let public = Public {
            snapshot: self.trail.id,
            parents: Vec::new(),
            heads: self.heads.clone(),
            domain: self.trail.repository.signer().certificate().domain,
            replicated_from: Some(origin),
            root: if partial { Content::default() } else { public.root },
            whole: public.whole && !partial,
            partial,
            ..public
        };
        Manifest { public, private }
    }

    /// Copies pack by pack; packs and segments are durable afterwards.
    fn run(&mut self, wanted: Wanted) -> Result<Backed, ReplicateError> {
        let target = self.trail.repository;
        let (keys, numbers) = self.keys(&wanted);
        let pack_seal = PackSeal {
            family: *target.family(),
            map: target.map_key().clone(),
            root: target.wrapped_root()?.clone(),
            random: target.outside().random.clone(),
        };
        let in_index = |_: &ChunkId| false;
        let sealer = target.sealer(self.key);
        let line = Line::new(target.chunk_keys(), sealer, &in_index, pack_seal, keys, DEFAULT_LEVEL);
        let copied = thread::scope(|scope| {
            scope.spawn(|| ship(&line, target.store()));
            let copied = self.copy(wanted, &numbers, &line).and_then(|()| self.settle(&line));
            line.packs.close();
            copied
        });
        copied.map_err(|error| match error {
            ReplicateError::Write(WriteError::Stopped) => line.failure().into(),
            other => other,
        })?;
        let manifest = self.manifest(false);
        let ((new_bytes, stored_bytes), counts) = (line.counted(), manifest.public.counts);
        Ok(Backed { manifest, counts, faults: Vec::new(), new_bytes, stored_bytes, cache: None })
    }

    /// Makes what was copied durable, first the packs, then the segments.
    fn settle(&mut self, line: &Line<'_>) -> Result<(), ReplicateError> {
        let written = line.barrier()?;
        Ok(self.trail.write_segments(written, &line.session_keys)?)
    }

    /// The source's keys that are needed, and their numbers among those of this session, whose own is the first.
    fn keys(&self, wanted: &Wanted) -> (Vec<WrappedKey>, HashMap<KeyNumber, u32>) {
        let mut keys = vec![self.key.wrapped.clone()];
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
        &mut self,
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
                Ok(bytes) if self.is_sound(pack, &blobs, &bytes, &mut reader) => {
                    put(&blobs, &bytes, numbers, line)?;
                }
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
            if self.due.is_now(progress.new_bytes) {
                self.settle(line)?;
                self.trail.publish_partial(self.manifest(true))?;
                self.monitor.event(Event::Checkpoint(self.trail.id));
            }
        }
        Ok(())
    }

    /// Whether a pack is what its name says and its blobs lie where they should. Who can open them also looks
    /// whether they are what their ids say: else a chunk that another writer made up would become one of ours.
    fn is_sound(
        &self,
        pack: PackId,
        blobs: &[(ChunkId, Place)],
        bytes: &[u8],
        reader: &mut BlobReader<'_>,
    ) -> bool {
        let opens = self.from.role() == Role::Full;
        let mut lie = blobs.iter().map(|(id, place)| {
            let stored = bytes.get(range_of(place));
            stored.is_some_and(|stored| !opens || is_whole(reader, id, place, stored))
        });
        pack_id(bytes) == pack && lie.all(|sound| sound)
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

/// Where a blob lies in its pack.
fn range_of(place: &Place) -> Range<usize> {
    let start = place.offset as usize;
    start..start + place.stored_length as usize
}

/// Puts blobs, which lie in `bytes` at their places, into packs of the target.
fn put(
    blobs: &[(ChunkId, Place)],
    bytes: &[u8],
    numbers: &HashMap<KeyNumber, u32>,
    line: &Line<'_>,
) -> Result<(), WriteError> {
    let sealed = blobs.iter().map(|(id, place)| {
        let key = numbers.get(&place.key).copied().unwrap_or_default();
        Sealed { id: *id, shape: Shape::from(place), key, range: range_of(place) }
    });
    let added = line.packer.add(&sealed.collect::<Vec<_>>(), bytes);
    line.count(added.raw_bytes, added.stored_bytes);
    added.full.into_iter().try_for_each(|pack| line.send(pack))
}
