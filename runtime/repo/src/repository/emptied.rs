//! Whether all packs are gone at once: that is no damage of one pack and another, it is a folder or a disk that is not in its
//! place. Nothing is put into quarantine for it, since that is never taken back; and nothing is stored that would count on it.
//! Unless somebody says that they are lost: then all go into quarantine, and what comes after counts on none of them.

use std::collections::BTreeSet;

use mainstay_store::{StoreError, StoreErrorKind};

use super::Repository;
use crate::blobs::pack_object;
use crate::class::Class;
use crate::id::{PackId, from_hex};
use crate::index::{Index, LoadError};
use crate::quarantine::QuarantineError;
use crate::slots::ReadError;

/// So many packs are looked for before all are listed: nearly always the first is there.
const LOOKED_FOR: usize = 4;
/// What is written into the records of packs that somebody says are lost.
const LOST_REASON: &str = "all packs were gone, and were given up by hand";

/// Not one of the packs that should be there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "no pack is there, and there should be {packs}: is a disk, or a folder of the repository, not in its place?"
)]
pub struct Emptied {
    /// So many should be.
    pub packs: usize,
}

/// Why packs that are lost were not given up.
#[derive(Debug, thiserror::Error)]
pub enum GiveUpError {
    /// The slots could not be read.
    #[error(transparent)]
    Slots(#[from] ReadError),
    /// The index could not be read.
    #[error(transparent)]
    Index(#[from] LoadError),
    /// They could not be looked for.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// They could not be put into quarantine.
    #[error(transparent)]
    Quarantine(#[from] QuarantineError),
}

impl GiveUpError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::Slots(error) => error.class(),
            Self::Index(error) => error.class(),
            Self::Store(error) => Class::of_store(error),
            Self::Quarantine(error) => error.class(),
        }
    }
}

impl Emptied {
    /// Whether it is so, by what is there. What is in quarantine need not be.
    pub(crate) fn of(
        index: &Index,
        quarantined: &BTreeSet<PackId>,
        is_there: impl Fn(&PackId) -> bool,
    ) -> Option<Self> {
        let packs: Vec<PackId> = expected(index, quarantined).collect();
        let is_emptied = !packs.is_empty() && !packs.iter().any(is_there);
        is_emptied.then_some(Self { packs: packs.len() })
    }
}

impl Repository {
    /// Whether all packs are gone. A pack that cannot be looked at stops nobody.
    pub(crate) fn emptied(
        &self,
        index: &Index,
        quarantined: &BTreeSet<PackId>,
    ) -> Result<Option<Emptied>, StoreError> {
        let mut is_any_expected = false;
        for pack in expected(index, quarantined).take(LOOKED_FOR) {
            is_any_expected = true;
            let Ok(name) = pack_object(&pack) else { continue };
            match self.store().size(&name) {
                Ok(_) => return Ok(None),
                Err(error) if is_of_one_object(error.kind) => {}
                Err(error) => return Err(error),
            }
        }
        if !is_any_expected {
            return Ok(None);
        }
        let listed = self.store().list('p')?;
        let listed: BTreeSet<PackId> =
            listed.iter().filter_map(|pack| from_hex(pack.name.rest()).map(PackId)).collect();
        Ok(Emptied::of(index, quarantined, |pack| listed.contains(pack)))
    }

    /// Puts all packs into quarantine that should be there, if not one of them is: what is stored from then on counts on
    /// none of them. Says how many; none where nothing is to be given up. Should they come back, they are read as before.
    ///
    /// # Errors
    /// [`GiveUpError`]; what went into quarantine before stays there.
    pub fn give_up_emptied(&self) -> Result<Option<Emptied>, GiveUpError> {
        let state = self.state()?;
        let index = self.index_for_reading(&state)?;
        let emptied = self.emptied(&index, &state.quarantined)?;
        if emptied.is_some() {
            let lost = expected(&index, &state.quarantined).collect();
            self.quarantine(&lost, LOST_REASON)?;
        }
        Ok(emptied)
    }
}

fn expected<'a>(index: &'a Index, quarantined: &'a BTreeSet<PackId>) -> impl Iterator<Item = PackId> + 'a {
    index.packs().iter().map(|pack| pack.id).filter(|pack| !quarantined.contains(pack))
}

fn is_of_one_object(kind: StoreErrorKind) -> bool {
    matches!(kind, StoreErrorKind::NotFound | StoreErrorKind::Range | StoreErrorKind::Other)
}
