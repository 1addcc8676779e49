//! Packs: that they are there, that their bytes are what their names say, and that their chunks open.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use mainstay_store::{Listed, ObjectName, StoreError};

use super::reach::{Reached, is_fatal};
use super::sample::is_in_share;
use super::{CheckError, CheckProblemKind, CheckWatch, Findings, Level};
use crate::blobs::{BlobReader, ReadBlobError, pack_object};
use crate::format::blob::BlobKind;
use crate::format::segment::SegmentPack;
use crate::id::{ChunkId, PackId};
use crate::index::{Index, PackEndError, Place};
use crate::keys::Role;
use crate::repository::Repository;

/// What is read of a pack at once.
const READ_BYTES: u64 = 4 << 20;

/// Chunks that are looked at together: 26 MiB of places.
const GROUP_CHUNKS: usize = 256 << 10;

/// What is to be checked.
pub(super) struct PackCheck<'a> {
    pub repo: &'a Repository,
    pub index: &'a Index,
    pub level: Level,
    pub threads: usize,
    pub watch: &'a CheckWatch<'a>,
    /// Only what these snapshots need; nothing: everything.
    pub reached: Option<&'a Reached>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct PackResult {
    /// Chunks that opened and matched.
    pub chunks: u64,
    /// Packs of which nothing can be had.
    gone: BTreeSet<PackId>,
    /// Chunks that do not open at one of their places.
    bad: BTreeSet<(ChunkId, PackId)>,
    /// A store that does not answer.
    failure: Option<CheckError>,
}

/// Chunks of one pack, in the order of their offsets.
type Blobs = Vec<(ChunkId, Place)>;

impl PackCheck<'_> {
    pub(super) fn run(
        &self,
        listed: &BTreeMap<PackId, u64>,
        findings: &mut Findings,
    ) -> Result<PackResult, CheckError> {
        let mut result = PackResult::default();
        let mut present = Vec::new();
        let wanted =
            |pack: &&SegmentPack| self.reached.is_none_or(|reached| reached.packs.contains(&pack.id));
        for pack in self.index.packs().iter().filter(wanted) {
            self.watch.read(1, 0)?;
            match self.presence(pack, listed) {
                Ok(()) => present.push(*pack),
                Err((kind, message)) => {
                    findings.add(format!("p/{}", pack.id), kind, message);
                    result.gone.insert(pack.id);
                }
            }
        }
        if self.level != Level::Presence {
            self.read(&present, findings, &mut result)?;
        }
        Ok(result)
    }

    fn presence(
        &self,
        pack: &SegmentPack,
        listed: &BTreeMap<PackId, u64>,
    ) -> Result<(), (CheckProblemKind, String)> {
        match listed.get(&pack.id) {
            None => Err((CheckProblemKind::Missing, "it is missing".into())),
            Some(size) if *size != pack.bytes => Err((
                CheckProblemKind::Damaged,
                format!("it has {size} bytes and should have {}", pack.bytes),
            )),
            Some(_) => Ok(()),
        }
    }

    /// Reads packs, or stretches of them, group by group.
    fn read(
        &self,
        packs: &[SegmentPack],
        findings: &mut Findings,
        result: &mut PackResult,
    ) -> Result<(), CheckError> {
        let mut counts: HashMap<PackId, usize> = HashMap::new();
        for (_, place) in self.index.all() {
            *counts.entry(place.pack).or_default() += 1;
        }
        for group in groups(packs, |pack| counts.get(&pack.id).copied().unwrap_or_default()) {
            self.read_group(group, findings, result)?;
        }
        Ok(())
    }

    /// Reads a group of packs in several threads.
    fn read_group(
        &self,
        packs: &[SegmentPack],
        findings: &mut Findings,
        result: &mut PackResult,
    ) -> Result<(), CheckError> {
        let blobs = match self.level {
            // Chunks are opened only where a pack is damaged, one pack at a time.
            Level::Presence | Level::Hashes => HashMap::new(),
            Level::Sample { .. } | Level::AllData => self.blobs(packs),
        };
        let next = AtomicUsize::new(0);
        let shared = Mutex::new((std::mem::take(findings), std::mem::take(result)));
        let work = || {
            let reader = BlobReader::new(self.repo, self.index);
            let mut reader = reader.map_err(|error| CheckError::Resources(error.to_string()))?;
            let mut buffers = Buffers::default();
            while let Some(pack) = packs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut seen = Seen::default();
                let own = blobs.get(&pack.id).map(Vec::as_slice).unwrap_or_default();
                self.pack(pack, own, &mut reader, &mut buffers, &mut seen)?;
                let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
                let (findings, result) = &mut *shared;
                seen.into_shared(pack, findings, result);
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let threads = self.threads.clamp(1, packs.len().max(1));
            let run = || {
                if let Err(error) = work() {
                    next.store(packs.len(), Ordering::Relaxed);
                    shared.lock().unwrap_or_else(PoisonError::into_inner).1.failure.get_or_insert(error);
                }
            };
            (1..threads).for_each(|_| drop(scope.spawn(run)));
            run();
        });
        (*findings, *result) = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        result.failure.take().map_or(Ok(()), Err)
    }

    /// The chunks to look at, by pack.
    fn blobs(&self, packs: &[SegmentPack]) -> HashMap<PackId, Blobs> {
        let mut blobs: HashMap<PackId, Blobs> = packs.iter().map(|pack| (pack.id, Blobs::new())).collect();
        for (id, place) in self.index.all().filter(|(id, _)| self.is_wanted(id)) {
            if let Some(own) = blobs.get_mut(&place.pack) {
                own.push((id, place));
            }
        }
        blobs.values_mut().for_each(|own| own.sort_unstable_by_key(|(_, place)| place.offset));
        blobs
    }

    fn is_wanted(&self, id: &ChunkId) -> bool {
        let sampled = match self.level {
            Level::Sample { millionths, turn } => is_in_share(id, millionths, turn),
            _ => true,
        };
        sampled && self.reached.is_none_or(|reached| reached.contains(id))
    }

    fn pack(
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
            match self.hash(&object, pack, buffers)? {
                Ok(()) => self.compare_end(&object, pack, seen)?,
                Err(message) => seen.problem(CheckProblemKind::Damaged, message),
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
    ) -> Result<Result<(), String>, CheckError> {
        let mut hasher = blake3::Hasher::new();
        let mut at = 0;
        while at < pack.bytes {
            let length = READ_BYTES.min(pack.bytes - at);
            if let Err(error) = self.repo.store().read_range_into(object, at, length, &mut buffers.stored) {
                return fatal(error).map(|error| Err(error.to_string()));
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
                seen.problem(CheckProblemKind::Damaged, format!("its table cannot be read: {error}"));
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
                seen.problem(CheckProblemKind::Damaged, error.to_string());
                seen.bad.extend(run.iter().map(|(id, _)| *id));
                continue;
            }
            for (id, place) in run {
                let from = (u64::from(place.offset) - start) as usize;
                let stored =
                    buffers.stored.get(from..from + place.stored_length as usize).unwrap_or_default();
                match open_one(reader, id, place, stored, &mut buffers.content) {
                    Ok(()) => seen.chunks += 1,
                    Err(error) => {
                        seen.problem(CheckProblemKind::Damaged, error.to_string());
                        seen.bad.push(*id);
                    }
                }
            }
            self.watch.read(0, if self.level == Level::AllData { 0 } else { length })?;
        }
        Ok(())
    }
}

impl PackResult {
    /// Needed chunks that can be had from nowhere.
    pub(super) fn lost(
        &self,
        index: &Index,
        reached: &Reached,
        findings: &mut Findings,
    ) -> BTreeSet<ChunkId> {
        let mut lost = reached.lost.clone();
        if self.gone.is_empty() && self.bad.is_empty() {
            return lost;
        }
        for (id, _) in index.all().filter(|(id, _)| reached.contains(id)) {
            let is_bad =
                |place: Place| self.gone.contains(&place.pack) || self.bad.contains(&(id, place.pack));
            if index.places(&id).all(is_bad) && lost.insert(id) {
                findings.add(
                    format!("chunk {id}"),
                    CheckProblemKind::Lost,
                    "a snapshot needs it, and it cannot be had",
                );
            }
        }
        lost
    }
}

/// What was seen of one pack.
#[derive(Debug, Default)]
struct Seen {
    problems: Vec<(CheckProblemKind, String)>,
    bad: Vec<ChunkId>,
    chunks: u64,
}

impl Seen {
    fn problem(&mut self, kind: CheckProblemKind, message: String) {
        self.problems.push((kind, message));
    }

    fn into_shared(self, pack: &SegmentPack, findings: &mut Findings, result: &mut PackResult) {
        for (kind, message) in self.problems {
            findings.add(format!("p/{}", pack.id), kind, message);
        }
        result.bad.extend(self.bad.into_iter().map(|id| (id, pack.id)));
        result.chunks += self.chunks;
    }
}

/// Buffers of one thread.
#[derive(Debug, Default)]
struct Buffers {
    stored: Vec<u8>,
    content: Vec<u8>,
}

fn open_one(
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

/// Packs whose chunks are looked at together, so that no more of them stand in memory.
fn groups(packs: &[SegmentPack], count: impl Fn(&SegmentPack) -> usize) -> Vec<&[SegmentPack]> {
    let mut groups = Vec::new();
    let mut rest = packs;
    while !rest.is_empty() {
        let mut chunks = 0;
        let fits = rest.iter().take_while(|pack| {
            chunks += count(pack);
            chunks <= GROUP_CHUNKS
        });
        let (group, after) = rest.split_at(fits.count().max(1));
        groups.push(group);
        rest = after;
    }
    groups
}

/// An error of one object is an answer; one of the store ends the check.
fn fatal(error: StoreError) -> Result<StoreError, CheckError> {
    if is_fatal(&error) { Err(error.into()) } else { Ok(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::blob::Codec;
    use crate::keys::KeyNumber;

    #[test]
    fn groups_hold_all_packs_and_not_too_many_chunks() {
        let packs: Vec<SegmentPack> =
            (0..10).map(|n| SegmentPack { id: PackId([n; 32]), bytes: 1 }).collect();
        let sizes = |count: usize| -> Vec<usize> {
            groups(&packs, |_| count).iter().map(|group| group.len()).collect()
        };
        assert_eq!(sizes(GROUP_CHUNKS / 4), [4, 4, 2]);
        assert_eq!(sizes(GROUP_CHUNKS * 2), [1; 10]);
        assert_eq!(sizes(0), [10]);
    }

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
