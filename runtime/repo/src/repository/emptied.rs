//! Whether all packs are gone at once: that is no damage of one pack and another, it is a folder or a disk that is not in its
//! place. Nothing is put into quarantine for it, since that is never taken back; and nothing is stored that would count on it.

use std::collections::BTreeSet;

use mainstay_store::{StoreError, StoreErrorKind};

use super::Repository;
use crate::blobs::pack_object;
use crate::id::{PackId, from_hex};
use crate::index::Index;

/// So many packs are looked for before all are listed: nearly always the first is there.
const LOOKED_FOR: usize = 4;

/// Not one of the packs that an index knows is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "no pack is there, and there should be {packs}: is a disk, or a folder of the repository, not in its place?"
)]
pub struct Emptied {
    /// So many should be.
    pub packs: usize,
}

impl Emptied {
    /// Whether it is so, by what is there. An index that knows of no pack misses none.
    pub(crate) fn of(index: &Index, is_there: impl Fn(&PackId) -> bool) -> Option<Self> {
        let packs = index.packs();
        let is_emptied = !packs.is_empty() && !packs.iter().any(|pack| is_there(&pack.id));
        is_emptied.then_some(Self { packs: packs.len() })
    }
}

impl Repository {
    /// Whether all packs are gone. A pack that cannot be looked at stops nobody.
    pub(crate) fn emptied(&self, index: &Index) -> Result<Option<Emptied>, StoreError> {
        let packs = index.packs();
        for name in packs.iter().take(LOOKED_FOR).filter_map(|pack| pack_object(&pack.id).ok()) {
            match self.store().size(&name) {
                Ok(_) => return Ok(None),
                Err(error) if is_of_one_object(error.kind) => {}
                Err(error) => return Err(error),
            }
        }
        if packs.is_empty() {
            return Ok(None);
        }
        let listed = self.store().list('p')?;
        let listed: BTreeSet<PackId> =
            listed.iter().filter_map(|pack| from_hex(pack.name.rest()).map(PackId)).collect();
        Ok(Emptied::of(index, |pack| listed.contains(pack)))
    }
}

fn is_of_one_object(kind: StoreErrorKind) -> bool {
    matches!(kind, StoreErrorKind::NotFound | StoreErrorKind::Range | StoreErrorKind::Other)
}
