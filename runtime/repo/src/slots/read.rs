//! Reading slots. They never change, so each is read and opened once in the life of a [`Repository`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use mainstay_store::{NameError, StoreError, StoreErrorKind};

use crate::class::Class;
use crate::format::limits::MAX_SLOT_BYTES;
use crate::format::record::{Distrust, OpenedSlot, open_slot};
use crate::format::slot::SlotName;
use crate::format::{DecodeError, TooLarge};
use crate::repository::Repository;

/// Slots that were opened before.
#[derive(Debug, Default)]
pub(crate) struct SlotCache(Mutex<HashMap<SlotName, Arc<OpenedSlot>>>);

/// Why slots could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A name that cannot be.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Something to be written along the way was too large.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

impl ReadError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::Store(error) => Class::of_store(error),
            Self::Name(_) | Self::TooLarge(_) => Class::Other,
        }
    }
}

/// Something wrong with a slot, which keeps nobody from reading the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotFault {
    /// The object.
    pub object: String,
    /// What is wrong.
    pub kind: SlotFaultKind,
}

/// What can be wrong with a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SlotFaultKind {
    /// It was changed, cut off, or is another object's bytes.
    #[error("it is damaged: {0}")]
    Damaged(DecodeError),
    /// It should be signed by somebody who may say this.
    #[error("it is not to be believed: {0}")]
    Distrusted(Distrust),
    /// Its name is no name of a slot.
    #[error("this is no name of a slot")]
    Name,
    /// It must have been there and is not: a dense row has a gap, or a later snapshot names it.
    #[error("it was deleted")]
    Deleted,
    /// A kind that this version does not know.
    #[error("it is of a kind that a newer version writes")]
    Unknown,
}

impl std::fmt::Display for SlotFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`: {}", self.object, self.kind)
    }
}

pub(super) fn opened(repo: &Repository, name: &SlotName, bytes: &[u8]) -> Result<OpenedSlot, DecodeError> {
    open_slot(name, bytes, repo.map_key(), &repo.trust)
}

impl Repository {
    /// One slot, as it stands; a damaged one is an answer, not an error.
    pub(crate) fn slot(&self, name: &SlotName) -> Result<Result<Arc<OpenedSlot>, SlotFaultKind>, ReadError> {
        let SlotCache(cache) = &self.slots;
        if let Some(known) = cache.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(Ok(known.clone()));
        }
        let object = name.object()?;
        let bytes = match self.store.read(&object) {
            Ok(bytes) => bytes,
            Err(error) if error.kind == StoreErrorKind::NotFound => return Ok(Err(SlotFaultKind::Deleted)),
            Err(error) => return Err(error.into()),
        };
        if bytes.len() as u64 > MAX_SLOT_BYTES + 4096 {
            return Ok(Err(SlotFaultKind::Damaged(DecodeError::Limit("bytes of a slot"))));
        }
        match opened(self, name, &bytes) {
            Ok(slot) => {
                let slot = Arc::new(slot);
                cache.lock().unwrap_or_else(PoisonError::into_inner).insert(*name, slot.clone());
                Ok(Ok(slot))
            }
            Err(error) => Ok(Err(SlotFaultKind::Damaged(error))),
        }
    }

    /// The names of all slots under a prefix, in order; what is no name of a slot is reported.
    pub(crate) fn slot_names(
        &self,
        prefix: char,
        faults: &mut Vec<SlotFault>,
    ) -> Result<Vec<SlotName>, ReadError> {
        let mut names = Vec::new();
        for listed in self.store.list(prefix)? {
            match SlotName::parse(listed.name.as_str()) {
                Some(name) => names.push(name),
                None => faults
                    .push(SlotFault { object: listed.name.as_str().to_owned(), kind: SlotFaultKind::Name }),
            }
        }
        Ok(names)
    }
}
