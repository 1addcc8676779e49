//! Deciding a session that nobody works on any more: its next outcome is `aborted`, unless it has a final.
//!
//! The one who was thought dead may be alive and commit: both race for the same name, and one wins.

use super::put::{Put, PutError};
use super::read::ReadError;
use crate::class::Class;
use crate::format::record::Record;
use crate::format::slot::{Outcome, SlotName};
use crate::id::{SessionId, SnapshotId};
use crate::repository::Repository;

/// A session that writes more outcomes than this while we try to end it is alive.
const MAX_RACES: u32 = 64;

/// What became of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It published its snapshot.
    Final(SnapshotId),
    /// It did not, and never will.
    Aborted,
    /// It ended by itself without a snapshot.
    Closed,
}

/// Why a session could not be decided.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// The state could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The outcome could not be written.
    #[error(transparent)]
    Put(#[from] PutError),
    /// Its last outcome cannot be read.
    #[error("`{object}` cannot be read: the session stays undecided until it is repaired")]
    Unreadable {
        /// The slot.
        object: String,
    },
    /// Its last outcome is of a kind that this version does not know.
    #[error("`{object}` was written by a newer version")]
    Newer {
        /// The slot.
        object: String,
    },
    /// It goes on writing.
    #[error("session {0} is alive: it goes on while it is to be ended")]
    Alive(SessionId),
}

impl DecideError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::Read(error) => error.class(),
            Self::Put(error) => error.class(),
            Self::Unreadable { .. } => Class::Damage,
            Self::Newer { .. } => Class::Newer,
            Self::Alive(_) => Class::Lost,
        }
    }
}

impl Repository {
    /// Ends a session, or says how it ended. Safe to repeat, and to run beside the session itself.
    ///
    /// # Errors
    /// [`DecideError`]; the session is then as undecided as before.
    pub fn decide(&self, session: SessionId) -> Result<Decided, DecideError> {
        for _ in 0..MAX_RACES {
            let next = self.next_outcome(session)?;
            if let Some(last) = next.checked_sub(1)
                && let Some(decided) = self.decided_by(session, last)?
            {
                return Ok(decided);
            }
            let name = SlotName::Outcome(session, next);
            match self.put_slot(&name, &Record::Outcome(Outcome::Aborted))? {
                Put::Ours => return Ok(Decided::Aborted),
                Put::Others(_) => {}
            }
        }
        Err(DecideError::Alive(session))
    }

    fn next_outcome(&self, session: SessionId) -> Result<u32, ReadError> {
        let names = self.slot_names('c', &mut Vec::new())?;
        let numbers = names.into_iter().filter_map(|name| match name {
            SlotName::Outcome(id, number) if id == session => Some(number),
            _ => None,
        });
        Ok(numbers.max().map_or(0, |last| last.saturating_add(1)))
    }

    fn decided_by(&self, session: SessionId, number: u32) -> Result<Option<Decided>, DecideError> {
        let name = SlotName::Outcome(session, number);
        let unreadable = || DecideError::Unreadable { object: name.to_string() };
        let slot = self.slot(&name)?.map_err(|_| unreadable())?;
        let Record::Outcome(outcome) = &slot.record else { return Err(unreadable()) };
        match outcome {
            // A final that is not properly signed decides, and publishes nothing.
            Outcome::Final(_) if slot.signer.is_err() => Ok(Some(Decided::Aborted)),
            Outcome::Final(_) => Ok(Some(Decided::Final(session))),
            Outcome::Aborted => Ok(Some(Decided::Aborted)),
            Outcome::Closed => Ok(Some(Decided::Closed)),
            Outcome::Partial(_) | Outcome::Alive => Ok(None),
            Outcome::Unknown(_) => Err(DecideError::Newer { object: name.to_string() }),
        }
    }
}
