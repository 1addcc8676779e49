//! Packs: that they are there, that their bytes are what their names say, and that their chunks open.

mod again;
mod pack;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::reach::Reached;
use super::sample::is_in_share;
use super::{CheckError, CheckProblemKind, CheckWatch, Findings, Level};
use crate::blobs::BlobReader;
use crate::format::segment::SegmentPack;
use crate::id::{ChunkId, PackId};
use crate::index::{Index, Place};
use crate::repository::Repository;
use pack::{Buffers, Seen};

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
    /// Packs in quarantine that nothing needs.
    pub given_up: &'a BTreeSet<PackId>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct PackResult {
    /// Chunks that opened and matched.
    pub chunks: u64,
    /// Packs of which nothing can be had.
    gone: BTreeSet<PackId>,
    /// Packs of which something is not as it should be, gone ones too.
    pub damaged: BTreeSet<PackId>,
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
        let wanted = |pack: &&SegmentPack| {
            let is_needed = self.reached.is_none_or(|reached| reached.packs.contains(&pack.id));
            is_needed && !self.given_up.contains(&pack.id)
        };
        for pack in self.index.packs().iter().filter(wanted) {
            self.watch.read(1, 0)?;
            match self.presence(pack, listed) {
                Ok(()) => present.push(*pack),
                Err((kind, message)) => {
                    findings.add(format!("p/{}", pack.id), kind, message);
                    result.gone.insert(pack.id);
                    result.damaged.insert(pack.id);
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
