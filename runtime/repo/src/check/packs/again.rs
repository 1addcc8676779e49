//! What damage comes to, after all packs were looked at: which chunks are lost, and which packs are to be given up.
//!
//! A pack that is given up is never taken back, so one look is not enough: a disk or a network may answer with a fault once, and
//! memory may flip a bit. What one look saw and the next did not is told, and the pack stays in use. An error of the
//! store that comes twice is one of the pack only if something else in the store can be read after it.

use std::collections::BTreeSet;

use mainstay_store::{ObjectName, StoreErrorKind};

use super::pack::{Buffers, Seen, open_one};
use super::{PackCheck, PackResult};
use crate::blobs::{BlobReader, ReadBlobError, pack_object};
use crate::check::reach::{Reached, is_fatal};
use crate::check::{CheckError, CheckProblemKind, Findings, Level};
use crate::format::segment::SegmentPack;
use crate::id::{ChunkId, PackId};
use crate::index::Place;
use crate::keys::Role;
use crate::repository::FORMAT_OBJECT;

impl PackCheck<'_> {
    /// Chunks that are needed and of which no place gives anything. Packs in quarantine that nothing seemed to need are asked
    /// now, if what stood in for them is bad, too.
    pub(in crate::check) fn lost(
        &self,
        result: &PackResult,
        reached: &Reached,
        findings: &mut Findings,
    ) -> Result<BTreeSet<ChunkId>, CheckError> {
        let mut lost = reached.lost.clone();
        if result.gone.is_empty() && result.bad.is_empty() {
            return Ok(lost);
        }
        let mut reader = self.reader()?;
        for (id, _) in self.index.all().filter(|(id, _)| reached.contains(id)) {
            let is_bad =
                |place: &Place| result.gone.contains(&place.pack) || result.bad.contains(&(id, place.pack));
            let others: Vec<Place> = self.index.places(&id).filter(|place| !is_bad(place)).collect();
            let is_had = !others.iter().all(|place| self.given_up.contains(&place.pack));
            if is_had || lost.contains(&id) || self.opens_somewhere(&mut reader, &id, &others)? {
                continue;
            }
            lost.insert(id);
            let message = "a snapshot needs it, and it cannot be had";
            findings.add(format!("chunk {id}"), CheckProblemKind::Lost, message);
        }
        Ok(lost)
    }

    fn opens_somewhere(
        &self,
        reader: &mut BlobReader<'_>,
        id: &ChunkId,
        places: &[Place],
    ) -> Result<bool, CheckError> {
        for place in places {
            let opened = reader.stored(id, place);
            match opened.and_then(|stored| open_one(reader, id, place, &stored, &mut Vec::new())) {
                Ok(()) => return Ok(true),
                Err(ReadBlobError::Store { source, .. }) if is_fatal(&source) => return Err((*source).into()),
                Err(_) => {}
            }
        }
        Ok(false)
    }

    /// Those of the packs in doubt that a second look, at all that is in them, finds damaged as well.
    pub(in crate::check) fn look_again(
        &self,
        suspects: &BTreeSet<PackId>,
        findings: &mut Findings,
    ) -> Result<BTreeSet<PackId>, CheckError> {
        let mut damaged = BTreeSet::new();
        if suspects.is_empty() {
            return Ok(damaged);
        }
        let level = if self.repo.role() == Role::Full { Level::AllData } else { Level::Hashes };
        let whole = PackCheck { level, reached: None, ..*self };
        let (mut reader, mut buffers) = (self.reader()?, Buffers::default());
        for pack in self.index.packs().iter().filter(|pack| suspects.contains(&pack.id)) {
            if whole.is_damaged(pack, &mut reader, &mut buffers)? {
                damaged.insert(pack.id);
                continue;
            }
            let message = "a second look finds it whole: memory, a disk or a cable may be failing";
            findings.add(format!("p/{}", pack.id), CheckProblemKind::Damaged, message);
        }
        Ok(damaged)
    }

    fn is_damaged(
        &self,
        pack: &SegmentPack,
        reader: &mut BlobReader<'_>,
        buffers: &mut Buffers,
    ) -> Result<bool, CheckError> {
        let object = pack_object(&pack.id).map_err(|error| CheckError::Resources(error.to_string()))?;
        let mut seen = Seen::default();
        match self.repo.store().size(&object) {
            Ok(size) if size == pack.bytes => {
                let blobs = self.blobs(std::slice::from_ref(pack)).remove(&pack.id).unwrap_or_default();
                self.pack(pack, &blobs, reader, buffers, &mut seen)?;
            }
            Ok(_) => return Ok(true),
            Err(error) if error.kind == StoreErrorKind::NotFound => return Ok(true),
            Err(error) if is_fatal(&error) => return Err(error.into()),
            Err(_) => (seen.is_damaged, seen.is_unread) = (true, true),
        }
        if seen.is_unread {
            self.refuse_silent_store()?;
        }
        Ok(seen.is_damaged)
    }

    /// Whether the store gives anything at all, or says that it has it not.
    fn refuse_silent_store(&self) -> Result<(), CheckError> {
        let name =
            ObjectName::new(FORMAT_OBJECT).map_err(|error| CheckError::Resources(error.to_string()))?;
        match self.repo.store().read(&name) {
            Err(error) if error.kind != StoreErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn reader(&self) -> Result<BlobReader<'_>, CheckError> {
        BlobReader::new(self.repo, self.index).map_err(|error| CheckError::Resources(error.to_string()))
    }
}
