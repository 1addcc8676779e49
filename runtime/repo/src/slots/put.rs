//! Making slots. Two never have the same bytes (each has its own nonce), so "it exists already" is told apart
//! from "our own reply was lost" by reading it back.

use mainstay_store::{Created, NameError, StoreError, StoreErrorKind};

use super::read::{ReadError, opened};
use crate::class::Class;
use crate::format::TooLarge;
use crate::format::limits::MAX_SLOT_BYTES;
use crate::format::record::{OpenedSlot, Record, seal_slot};
use crate::format::slot::SlotName;
use crate::format::{DecodeError, bytes};
use crate::repository::Repository;

/// How often an answer is sought after a creation whose outcome is unknown.
const UNKNOWN_ATTEMPTS: u32 = 3;

/// What became of a slot that was to be made.
#[derive(Debug)]
pub enum Put {
    /// It is ours, and durable.
    Ours,
    /// Another was there first; this is what it says, or why it cannot be read.
    Others(Result<Box<OpenedSlot>, DecodeError>),
}

/// Why a slot was not made.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// It holds more than it may.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The store failed; the slot may or may not be there.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A name that cannot be.
    #[error(transparent)]
    Name(#[from] NameError),
}

impl PutError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::Store(error) => Class::of_store(error),
            Self::TooLarge(_) | Self::Name(_) => Class::Other,
        }
    }
}

impl From<PutError> for ReadError {
    fn from(error: PutError) -> Self {
        match error {
            PutError::Store(error) => Self::Store(error),
            PutError::TooLarge(error) => Self::TooLarge(error),
            PutError::Name(error) => Self::Name(error),
        }
    }
}

impl Repository {
    /// Makes a slot, durably, unless another has made it. Signs what needs a signature.
    ///
    /// # Errors
    /// [`PutError`]. After an error the slot may be there: asking again with the same record makes a new nonce,
    /// so the caller finds out by [`Put::Others`] and compares what it says.
    pub fn put_slot(&self, name: &SlotName, record: &Record) -> Result<Put, PutError> {
        let object = name.object()?;
        let sealed = seal_slot(name, record, self.family(), self.map_key(), self.nonce(), self.signer())?;
        bytes::length32(sealed.len(), MAX_SLOT_BYTES as u32, "bytes of a slot")?;
        let mut failure = None;
        for _ in 0..UNKNOWN_ATTEMPTS {
            match self.store.create(&object, sealed.clone()) {
                Ok(Created::New) => return Ok(Put::Ours),
                Ok(Created::Existed) => return self.whose(name, &sealed),
                Err(error) if error.kind == StoreErrorKind::Unknown => failure = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
        failure.map_or(Ok(Put::Ours), |error| Err(error.into()))
    }

    fn whose(&self, name: &SlotName, ours: &[u8]) -> Result<Put, PutError> {
        let found = self.store.read(&name.object()?)?;
        if found == ours {
            return Ok(Put::Ours);
        }
        Ok(Put::Others(opened(self, name, &found).map(Box::new)))
    }
}
