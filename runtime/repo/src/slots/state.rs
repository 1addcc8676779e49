//! The state of a repository, from its slots.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::gather::fault;
use super::read::{SlotFault, SlotFaultKind};
use crate::format::record::{OpenedSlot, Record};
use crate::format::slot::{Commit, LogRecord, Outcome, SlotName};
use crate::id::{PackId, SegmentId, SessionId, SnapshotId, SourceId};
use crate::keys::Certificate;

/// So many records that cannot be read are named by a new snapshot: with its heads they stay below what a manifest may hold.
const MAX_UNREAD_NAMED: usize = 1024;

/// What the slots say, as of when they were read.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The maintenance log, in order. What means nothing has its place in it, and no record.
    pub log: Vec<LogEntry>,
    /// All sessions that have said anything in `c/`.
    pub sessions: BTreeMap<SessionId, Session>,
    /// Snapshots with a signed `f/`.
    pub forgotten: BTreeSet<SnapshotId>,
    /// Snapshots under a hold, which outranks `f/`.
    pub held: BTreeSet<SnapshotId>,
    /// Packs with a signed `q/`.
    pub quarantined: BTreeSet<PackId>,
    /// What is wrong. Nothing here keeps the rest from being used.
    pub faults: Vec<SlotFault>,
}

/// An entry of the maintenance log.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// Its number.
    pub number: u64,
    /// What it says; nothing if it is damaged or not to be believed.
    pub record: Option<LogRecord>,
}

/// What became of a session.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// The number that its next outcome will have.
    pub next: u32,
    /// Whether it is decided: nothing can follow.
    pub decided: bool,
    /// Its highest partial or final, if properly signed.
    pub published: Option<Published>,
}

/// A snapshot that a session published.
#[derive(Debug, Clone)]
pub struct Published {
    slot: Arc<OpenedSlot>,
    /// Whether it is final.
    pub is_final: bool,
}

impl Published {
    pub(super) fn of(slot: &Arc<OpenedSlot>) -> Option<Self> {
        let Record::Outcome(outcome) = &slot.record else { return None };
        outcome.commit()?;
        Some(Self { slot: slot.clone(), is_final: matches!(outcome, Outcome::Final(_)) })
    }

    /// The manifest and the segments.
    pub fn commit(&self) -> Option<&Commit> {
        match &self.slot.record {
            Record::Outcome(outcome) => outcome.commit(),
            _ => None,
        }
    }

    /// Who signed it.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.slot.signer.as_ref().ok()
    }
}

impl State {
    /// How many entries the log has.
    pub fn log_position(&self) -> u64 {
        self.log.last().map_or(0, |entry| entry.number + 1)
    }

    /// Published and not forgotten, or held: finals, and the last partial of a session that has no final.
    pub fn in_force(&self, snapshot: &SnapshotId) -> bool {
        let published = self.sessions.get(snapshot).is_some_and(|session| session.published.is_some());
        published && (!self.forgotten.contains(snapshot) || self.held.contains(snapshot))
    }

    /// All published snapshots, in force or not.
    pub fn published(&self) -> impl Iterator<Item = (&SnapshotId, &Published)> {
        self.sessions.iter().filter_map(|(id, session)| Some((id, session.published.as_ref()?)))
    }

    /// The live index: segments that snapshots' slots name (of forgotten ones too: others may share their
    /// chunks), and those of merges, less what was merged. With each, the certificates that named it.
    pub fn live_segments(&self) -> BTreeMap<SegmentId, Vec<&Certificate>> {
        let mut live: BTreeMap<SegmentId, Vec<&Certificate>> = BTreeMap::new();
        for (_, published) in self.published() {
            let (Some(commit), Some(certificate)) = (published.commit(), published.certificate()) else {
                continue;
            };
            for segment in &commit.segments {
                live.entry(*segment).or_default().push(certificate);
            }
        }
        for record in self.log.iter().filter_map(|entry| entry.record.as_ref()) {
            if let LogRecord::Merge { outputs, inputs } = record {
                outputs.iter().for_each(|segment| {
                    live.entry(*segment).or_default();
                });
                inputs.iter().for_each(|segment| drop(live.remove(segment)));
            }
        }
        live
    }

    /// Packs that must not be referred to: condemned without a verdict, deleted, or quarantined. If the log
    /// holds something that cannot be understood, it may have condemned anything: see [`State::is_log_sound`].
    pub fn unusable_packs(&self) -> BTreeSet<PackId> {
        let mut unusable = self.quarantined.clone();
        let mut condemned: BTreeMap<u64, &Vec<PackId>> = BTreeMap::new();
        for entry in &self.log {
            match &entry.record {
                Some(LogRecord::Condemn(packs)) => drop(condemned.insert(entry.number, packs)),
                // The first verdict is the only one.
                Some(LogRecord::Verdict { condemn, delete }) if condemned.remove(condemn).is_some() => {
                    unusable.extend(delete);
                }
                _ => {}
            }
        }
        unusable.extend(condemned.into_values().flatten());
        unusable
    }

    /// Packs that verdicts delete: names that are never created or copied again.
    pub fn deleted_packs(&self) -> BTreeSet<PackId> {
        let mut answered = BTreeSet::new();
        let verdicts = self.log.iter().filter_map(|entry| match &entry.record {
            Some(LogRecord::Verdict { condemn, delete }) => answered.insert(*condemn).then_some(delete),
            _ => None,
        });
        verdicts.flatten().copied().collect()
    }

    /// Whether every entry of the log was read and understood. If not, nothing that stands in the repository
    /// is taken as usable by a writer: it stores its chunks anew.
    pub fn is_log_sound(&self) -> bool {
        let known =
            |entry: &LogEntry| entry.record.as_ref().is_some_and(|r| !matches!(r, LogRecord::Unknown(_)));
        self.log.iter().all(known) && self.log.len() as u64 == self.log_position()
    }

    /// The newest finals in force of a source: those that no other of them names as seen.
    pub fn heads(&self, source: &SourceId) -> Vec<SnapshotId> {
        let of_source: Vec<_> = self
            .published()
            .filter(|(id, published)| published.is_final && self.in_force(id))
            .filter_map(|(id, published)| Some((*id, &published.commit()?.manifest.public)))
            .filter(|(_, public)| public.source == *source)
            .collect();
        let seen: BTreeSet<_> = of_source.iter().flat_map(|(_, public)| &public.heads).collect();
        of_source.iter().map(|(id, _)| *id).filter(|id| !seen.contains(id)).collect()
    }

    /// What a new snapshot of a source names as seen: its heads, and what of any source cannot be read or believed now. The
    /// source of that is not known; it was there before the new one was begun, and so is older.
    pub(crate) fn seen(&self, source: &SourceId) -> Vec<SnapshotId> {
        let mut seen = self.heads(source);
        let unread: BTreeSet<SnapshotId> = self.faults.iter().filter_map(session_of).collect();
        seen.extend(unread.into_iter().take(MAX_UNREAD_NAMED));
        seen
    }

    /// Outcomes of sessions that cannot be read, and of which nothing says that they are older than a snapshot: one may
    /// hold a newer snapshot of the same source. What a snapshot saw when it was begun is older than it.
    pub fn unread_since(&self, snapshot: Option<&SnapshotId>) -> Vec<&SlotFault> {
        let mut doubts: Vec<(SnapshotId, &SlotFault)> =
            self.faults.iter().filter_map(|fault| Some((session_of(fault)?, fault))).collect();
        if doubts.is_empty() {
            return Vec::new();
        }
        let started = |published: &Published| Some(published.commit()?.manifest.public.started);
        let until =
            snapshot.and_then(|snapshot| self.sessions.get(snapshot)?.published.as_ref()).and_then(started);
        let older = self.published().filter(|(_, published)| started(published) <= until);
        let seen = named_by(older);
        doubts.retain(|(session, _)| !seen.contains(session));
        doubts.into_iter().map(|(_, fault)| fault).collect()
    }

    /// Snapshots that others name and that are neither there nor forgotten were deleted behind our back. What is there and
    /// cannot be read or believed has a fault of its own.
    pub(super) fn find_deleted(&mut self) {
        let unread: BTreeSet<SnapshotId> = self.faults.iter().filter_map(session_of).collect();
        for snapshot in named_by(self.published()) {
            let is_published = self.sessions.get(&snapshot).is_some_and(|s| s.published.is_some());
            let known = is_published || unread.contains(&snapshot);
            if !known && !self.forgotten.contains(&snapshot) {
                self.faults.push(fault(&SlotName::Outcome(snapshot, 0), SlotFaultKind::Deleted));
            }
        }
    }

    pub(super) fn voided(&self) -> BTreeSet<String> {
        let records = self.log.iter().filter_map(|entry| entry.record.as_ref());
        records
            .filter_map(|record| match record {
                LogRecord::Void(slot) => Some(slot.clone()),
                _ => None,
            })
            .collect()
    }
}

/// All that these name as seen, or as what they came from.
fn named_by<'a>(published: impl Iterator<Item = (&'a SnapshotId, &'a Published)>) -> BTreeSet<SnapshotId> {
    published
        .filter_map(|(_, published)| Some(&published.commit()?.manifest.public))
        .flat_map(|public| public.heads.iter().chain(&public.parents).copied())
        .collect()
}

/// The session whose outcome a fault is about.
fn session_of(fault: &SlotFault) -> Option<SessionId> {
    match SlotName::parse(&fault.object) {
        Some(SlotName::Outcome(session, _)) => Some(session),
        _ => None,
    }
}
