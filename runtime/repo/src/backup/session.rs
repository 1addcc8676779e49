//! A writing session: intent, state, content, commitment.
//!
//! What may be referred to is fixed after the intent, for the whole session: nobody collects under it. But a reading that goes
//! on meanwhile may find damage, and put packs into quarantine that this session has counted on. Its promise is that the
//! next run stores their chunks anew, so a session that began before must not pass for that run. Therefore `q/` is looked at once
//! more, right before the slot that publishes the snapshot; a record that was not there after the intent ends the session,
//! and the next attempt takes those packs as unknown. A checkpoint is published first and then looks: it is no copy,
//! names only packs of its own, and what is in it need not be stored again by the next attempt.
//!
//! What comes between that look and the slot comes as if after the commitment: damage of a snapshot that is there, which its
//! next reading tells and the next run makes good. No order of two objects closes that gap, and none has to: a
//! pack may be damaged at any moment. What the look takes away is the hours of a session in which damage is known already.

use std::collections::BTreeSet;

use mainstay_store::{ObjectName, StoreError};

use super::line::{WriteError, WrittenPack};
use super::phase;
use crate::class::Class;
use crate::format::TooLarge;
use crate::format::manifest::Manifest;
use crate::format::record::Record;
use crate::format::segment::{Segment, SegmentEntry, segment_id};
use crate::format::slot::{Commit, Intent, Outcome, SlotName};
use crate::id::{PackId, SegmentId, SessionId, SnapshotId};
use crate::index::{Index, LoadError};
use crate::keys::{SessionKey, WrappedKey};
use crate::repository::{Emptied, Repository, WriteRefused};
use crate::slots::{Put, PutError, ReadError, State};

/// How often a session is begun anew because maintenance went on while it read the log.
const MAX_BEGINNINGS: u32 = 16;
/// Entries of a segment that a session writes; more go into further ones.
const SEGMENT_ENTRIES: usize = 1 << 18;

/// Why a session could not begin.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Nothing may be written with this key, or at all.
    #[error(transparent)]
    Refused(#[from] WriteRefused),
    /// The intent was not made.
    #[error(transparent)]
    Put(#[from] PutError),
    /// The slots could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The index could not be read.
    #[error(transparent)]
    Index(#[from] LoadError),
    /// All packs are gone at once: what would be stored would count on chunks that cannot be had.
    #[error(transparent)]
    Emptied(#[from] Emptied),
    /// The packs could not be looked for.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Maintenance kept going on.
    #[error("maintenance of the repository went on each time a session began")]
    Busy,
}

impl SessionError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::Refused(error) => error.class(),
            Self::Put(error) => error.class(),
            Self::Read(error) => error.class(),
            Self::Index(error) => error.class(),
            Self::Emptied(_) => Class::Emptied,
            Self::Store(error) => Class::of_store(error),
            Self::Busy => Class::Lost,
        }
    }
}

/// Why a session was not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Somebody ended this session first: nothing of it counts but its last checkpoint.
    #[error("session {0} was ended by somebody else")]
    Lost(SessionId),
    /// A reading found damage meanwhile: what was stored may count on what is not there.
    #[error(
        "pack {0} was put into quarantine while this session went on: what it was to publish may need it"
    )]
    Overtaken(PackId),
    /// What is in quarantine could not be read; nothing was committed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store failed. If it may have happened, [`Repository::decide`] finds out.
    #[error(transparent)]
    Put(#[from] PutError),
}

impl CommitError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::Lost(_) | Self::Overtaken(_) => Class::Lost,
            Self::Read(error) => error.class(),
            Self::Put(error) => error.class(),
        }
    }
}

/// A session that may add references to what the repository holds.
pub struct Session<'r> {
    pub(super) trail: Trail<'r>,
    /// As of after the intent.
    pub(super) state: State,
    /// What may be referred to, fixed for the whole session.
    pub(super) index: Index,
    pub(super) key: SessionKey,
}

/// What a session has made so far.
pub(super) struct Trail<'r> {
    pub(super) repository: &'r Repository,
    pub(super) id: SessionId,
    segments: Vec<SegmentId>,
    /// What was in quarantine after the intent: nothing of it is referred to.
    quarantined: BTreeSet<PackId>,
    /// Number of its next `c/`.
    next: u32,
}

impl Repository {
    /// W1 and W2: makes the intent durable, and only then looks at what may be used.
    ///
    /// # Errors
    /// [`SessionError`] says why there is none.
    pub fn begin(&self) -> Result<Session<'_>, SessionError> {
        let key = self.new_session_key()?;
        self.mend_format().map_err(ReadError::from)?;
        for _ in 0..MAX_BEGINNINGS {
            let position = self.log_position()?;
            let mut random = [0; 16];
            self.outside().random.fill(&mut random);
            let id = SessionId::new(position, random);
            if let Put::Others(_) = self.put_slot(&SlotName::Intent(id), &Record::Intent(Intent::Write))? {
                continue;
            }
            let state = self.state()?;
            if state.log_position() > position {
                self.put_slot(&SlotName::Outcome(id, 0), &Record::Outcome(Outcome::Closed))?;
                continue;
            }
            let index = self.index_for_writing(&state, &[])?;
            if let Some(emptied) = self.emptied(&index, &state.quarantined)? {
                self.put_slot(&SlotName::Outcome(id, 0), &Record::Outcome(Outcome::Closed))?;
                return Err(emptied.into());
            }
            let quarantined = state.quarantined.clone();
            let trail = Trail { repository: self, id, segments: Vec::new(), quarantined, next: 0 };
            return Ok(Session { trail, state, index, key });
        }
        Err(SessionError::Busy)
    }
}

impl<'r> Session<'r> {
    /// Its name, which will be that of its snapshot.
    pub fn id(&self) -> SessionId {
        self.trail.id
    }

    /// Where it writes.
    pub fn repository(&self) -> &'r Repository {
        self.trail.repository
    }

    /// Ends it without a snapshot. What its last checkpoint holds stays usable.
    ///
    /// # Errors
    /// [`CommitError`] if the store fails; the session is undecided then.
    pub fn abort(mut self) -> Result<(), CommitError> {
        self.trail.publish(Outcome::Aborted)
    }
}

impl Trail<'_> {
    /// W4: makes the snapshot. Nothing of it could be seen before.
    pub(super) fn publish_final(&mut self, manifest: Manifest) -> Result<SnapshotId, CommitError> {
        phase::begins("slot");
        self.refuse_overtaken()?;
        self.publish(Outcome::Final(Commit { segments: self.segments.clone(), manifest }))?;
        Ok(self.id)
    }

    /// A checkpoint: what is finished so far, under the same intent.
    pub(super) fn publish_partial(&mut self, manifest: Manifest) -> Result<(), CommitError> {
        self.publish(Outcome::Partial(Commit { segments: self.segments.clone(), manifest }))?;
        self.refuse_overtaken()
    }

    /// Whether a pack went into quarantine since the intent. A record that is not properly signed means nothing here
    /// either.
    fn refuse_overtaken(&self) -> Result<(), CommitError> {
        let now = self.repository.read_quarantined(&mut Vec::new())?;
        match now.difference(&self.quarantined).next() {
            Some(pack) => Err(CommitError::Overtaken(*pack)),
            None => Ok(()),
        }
    }

    pub(super) fn publish(&mut self, outcome: Outcome) -> Result<(), CommitError> {
        match self.repository.put_slot(&SlotName::Outcome(self.id, self.next), &Record::Outcome(outcome))? {
            Put::Ours => {
                self.next += 1;
                Ok(())
            }
            Put::Others(_) => Err(CommitError::Lost(self.id)),
        }
    }

    /// W3, second half: segments of packs that are durable. `keys` are those that the entries name by number.
    pub(super) fn write_segments(
        &mut self,
        written: Vec<WrittenPack>,
        keys: &[WrappedKey],
    ) -> Result<(), WriteError> {
        let mut staged = Vec::new();
        for mut segment in segments(written, keys, self.repository.signer().certificate().domain) {
            let random = &*self.repository.outside().random;
            let bytes = segment.encode(self.repository.family(), self.repository.map_key(), random)?;
            let id = segment_id(&bytes);
            staged.push(self.stage(&format!("x/{id}"), bytes)?);
            self.segments.push(id);
        }
        if !staged.is_empty() {
            phase::begins("segment");
            self.repository.store().publish(staged)?;
        }
        Ok(())
    }

    fn stage(&self, name: &str, bytes: Vec<u8>) -> Result<mainstay_store::Staged, WriteError> {
        let name = ObjectName::new(name)?;
        Ok(self.repository.store().stage(&name, bytes).map_err(|error: StoreError| error)?)
    }
}

/// Few segments, none of them too large.
fn segments(written: Vec<WrittenPack>, keys: &[WrappedKey], domain: crate::id::DomainId) -> Vec<Segment> {
    let empty = || Segment { domain, packs: Vec::new(), keys: keys.to_vec(), entries: Vec::new() };
    let mut segments = Vec::new();
    let mut open = empty();
    for WrittenPack { pack, entries } in written {
        if !open.entries.is_empty() && open.entries.len() + entries.len() > SEGMENT_ENTRIES {
            segments.push(std::mem::replace(&mut open, empty()));
        }
        let number = open.packs.len() as u32;
        open.packs.push(pack);
        open.entries.extend(entries.into_iter().map(|blob| SegmentEntry { pack: number, blob }));
    }
    if !open.packs.is_empty() {
        segments.push(open);
    }
    segments
}

impl From<TooLarge> for CommitError {
    fn from(error: TooLarge) -> Self {
        Self::Put(error.into())
    }
}
