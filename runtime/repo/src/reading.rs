//! Reading a snapshot while others write, forget and collect.
//!
//! A reader says first that it reads (an intent in `s/`), and only then looks whether the snapshot is in force: so a
//! collection either sees the intent and keeps what it needs, or was there before, and the snapshot is gone. Where
//! the repository may not be written, nothing holds back a deletion; the reader is told so and reads all the same.

use std::collections::BTreeSet;

use mainstay_store::StoreErrorKind;

use crate::class::Class;
use crate::format::record::Record;
use crate::format::slot::{Intent, Outcome, SlotName};
use crate::id::{PackId, SessionId, SnapshotId};
use crate::index::{Index, LoadError};
use crate::repository::{Repository, Snapshot};
use crate::slots::{PutError, ReadError};

/// Why a snapshot cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadingError {
    /// No such snapshot is in force.
    #[error("snapshot `{0}` is not in this repository, or was forgotten")]
    NoSnapshot(SnapshotId),
    /// The slots could not be read.
    #[error(transparent)]
    Slots(#[from] ReadError),
    /// The index could not be read.
    #[error(transparent)]
    Index(#[from] LoadError),
}

impl ReadingError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::NoSnapshot(_) => Class::Missing,
            Self::Slots(error) => error.class(),
            Self::Index(error) => error.class(),
        }
    }
}

/// A snapshot that is being read.
pub(crate) struct Reading<'a> {
    repo: &'a Repository,
    session: Option<SessionId>,
    /// The snapshot.
    pub snapshot: Snapshot,
    /// Everything that can be found.
    pub index: Index,
    /// Packs in quarantine as of then.
    pub quarantined: BTreeSet<PackId>,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.repo.close(self.session);
    }
}

impl Reading<'_> {
    /// Whether a collection will keep what is read.
    pub(crate) fn is_held(&self) -> bool {
        self.session.is_some()
    }
}

impl Repository {
    /// Begins to read a snapshot, and holds it: for who would lose work if it went meanwhile.
    pub(crate) fn hold_snapshot(&self, snapshot: &SnapshotId) -> Result<Reading<'_>, ReadingError> {
        let session = self.intend_to_read(snapshot)?;
        self.look_at(snapshot, session)
    }

    /// Begins to read a snapshot without a word to anybody: who finds something missing asks again whether the
    /// snapshot is still in force.
    pub(crate) fn read_snapshot(&self, snapshot: &SnapshotId) -> Result<Reading<'_>, ReadingError> {
        self.look_at(snapshot, None)
    }

    fn look_at(
        &self,
        snapshot: &SnapshotId,
        session: Option<SessionId>,
    ) -> Result<Reading<'_>, ReadingError> {
        let state = self.state()?;
        let index = self.index_for_reading(&state)?;
        let found = state.sessions.get(snapshot).and_then(|session| session.published.as_ref());
        let found = found.filter(|_| state.in_force(snapshot));
        let found = found.and_then(|published| self.snapshot_of(&state, *snapshot, published));
        match found {
            Some(found) => {
                Ok(Reading { repo: self, session, snapshot: found, index, quarantined: state.quarantined })
            }
            None => {
                self.close(session);
                Err(ReadingError::NoSnapshot(*snapshot))
            }
        }
    }

    /// Ends a read intent.
    fn close(&self, session: Option<SessionId>) {
        let Some(session) = session else { return };
        let closed = self.put_slot(&SlotName::Outcome(session, 0), &Record::Outcome(Outcome::Closed));
        if let Err(error) = closed {
            // It only holds back a collection until its lease has passed.
            tracing::debug!(%session, %error, "a read intent stays open");
        }
    }

    /// Nothing where the store takes no slot: it may be read-only, or full.
    fn intend_to_read(&self, snapshot: &SnapshotId) -> Result<Option<SessionId>, ReadError> {
        let mut random = [0; 16];
        self.outside().random.fill(&mut random);
        let session = SessionId::new(self.log_position()?, random);
        let record = Record::Intent(Intent::Read(vec![*snapshot]));
        match self.put_slot(&SlotName::Intent(session), &record) {
            Ok(_) => Ok(Some(session)),
            Err(PutError::Store(error)) if is_refusal(error.kind) => {
                tracing::debug!(%error, "no read intent: nothing holds back a deletion");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn is_refusal(kind: StoreErrorKind) -> bool {
    matches!(kind, StoreErrorKind::Denied | StoreErrorKind::NoSpace | StoreErrorKind::Other)
}
