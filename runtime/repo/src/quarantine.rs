//! Quarantine: what a check found to be damaged is not referred to any more. Nothing is removed.
//!
//! The chunks of such a pack count as unknown for whoever writes: the next backup stores those that it still finds at the
//! source anew, and a mirror copies them anew. Whoever reads still tries the pack: what else is in it may be whole.

use std::collections::BTreeSet;

use crate::class::Class;
use crate::format::record::Record;
use crate::format::slot::{QuarantineRecord, SlotName};
use crate::id::PackId;
use crate::keys::Role;
use crate::repository::Repository;
use crate::slots::{Put, PutError};

/// Why a pack was not put into quarantine.
#[derive(Debug, thiserror::Error)]
pub enum QuarantineError {
    /// The key file may not.
    #[error("a key file of role `{0}` cannot put packs into quarantine")]
    Role(Role),
    /// The record's place is taken by something that is not to be believed.
    #[error("`q/{0}` is there and is no signed record")]
    Taken(PackId),
    /// The record could not be written.
    #[error(transparent)]
    Put(#[from] PutError),
}

impl QuarantineError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::Role(_) => Class::Key,
            Self::Taken(_) => Class::Damage,
            Self::Put(error) => error.class(),
        }
    }
}

impl Repository {
    /// Puts packs into quarantine; says how many were not there before. Twice is no error.
    ///
    /// # Errors
    /// [`QuarantineError`] of the first that failed.
    pub fn quarantine(&self, packs: &BTreeSet<PackId>, reason: &str) -> Result<u64, QuarantineError> {
        if !self.role().maintains() {
            return Err(QuarantineError::Role(self.role()));
        }
        let mut added = 0;
        for pack in packs {
            let record = Record::Quarantine(QuarantineRecord { reason: reason.to_owned() });
            match self.put_slot(&SlotName::Quarantine(*pack), &record)? {
                Put::Ours => added += 1,
                Put::Others(Ok(slot)) if slot.signer.is_ok() => {}
                Put::Others(_) => return Err(QuarantineError::Taken(*pack)),
            }
        }
        Ok(added)
    }
}
