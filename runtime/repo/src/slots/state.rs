//! The state of a repository, from its slots.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::read::{ReadError, SlotFault, SlotFaultKind};
use crate::format::record::{OpenedSlot, Record};
use crate::format::slot::{Commit, HoldRecord, LogRecord, Outcome, SlotName};
use crate::id::{PackId, SegmentId, SessionId, SnapshotId, SourceId};
use crate::keys::Certificate;
use crate::repository::Repository;

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
    /// Whether its last outcome cannot be read.
    pub unreadable: bool,
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
    fn of(slot: &Arc<OpenedSlot>) -> Option<Self> {
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

impl Repository {
    /// Reads the state: the log to its end first, then the rest, as rule 13's W2 and a reader need it.
    ///
    /// # Errors
    /// [`ReadError`] if the store fails. Damage is no error: see [`State::faults`].
    pub fn state(&self) -> Result<State, ReadError> {
        let mut state = State::default();
        self.read_log(&mut state)?;
        self.read_outcomes(&mut state)?;
        state.forgotten = self.read_signed('f', &mut state.faults, |name, _| match name {
            SlotName::Forgotten(snapshot) => Some(snapshot),
            _ => None,
        })?;
        self.read_holds(&mut state)?;
        state.quarantined = self.read_signed('q', &mut state.faults, |name, _| match name {
            SlotName::Quarantine(pack) => Some(pack),
            _ => None,
        })?;
        state.find_deleted();
        Ok(state)
    }

    /// How many entries the maintenance log has, without reading them: the position of a new session.
    ///
    /// # Errors
    /// [`ReadError`] if the store fails.
    pub fn log_position(&self) -> Result<u64, ReadError> {
        let names = self.slot_names('g', &mut Vec::new())?;
        Ok(names.iter().filter_map(log_number).max().map_or(0, |newest| newest + 1))
    }

    /// Sessions that have said that they began: what each wants, or why that cannot be read.
    ///
    /// # Errors
    /// [`ReadError`] if the store fails.
    pub fn intents(&self) -> Result<(BTreeSet<SessionId>, Vec<SlotFault>), ReadError> {
        let mut faults = Vec::new();
        let names = self.slot_names('s', &mut faults)?;
        let sessions = names.into_iter().filter_map(|name| match name {
            SlotName::Intent(session) => Some(session),
            _ => None,
        });
        Ok((sessions.collect(), faults))
    }

    fn read_log(&self, state: &mut State) -> Result<(), ReadError> {
        let names = self.slot_names('g', &mut state.faults)?;
        let end = names.iter().filter_map(log_number).max().map_or(0, |newest| newest + 1);
        // A made-up high number must not make us read for ever: what is listed is read, gaps are reported.
        let listed: BTreeSet<u64> = names.iter().filter_map(log_number).collect();
        if listed.len() as u64 != end {
            let gap = (0..end).find(|number| !listed.contains(number)).unwrap_or_default();
            state.faults.push(fault(&SlotName::Log(gap), SlotFaultKind::Deleted));
        }
        for number in listed {
            let name = SlotName::Log(number);
            let slot = self.believed(&name, &mut state.faults)?;
            let record = slot.and_then(|slot| match &slot.record {
                Record::Log(record) => Some(record.clone()),
                _ => None,
            });
            if let Some(LogRecord::Unknown(_)) = record {
                state.faults.push(fault(&name, SlotFaultKind::Unknown));
            }
            state.log.push(LogEntry { number, record });
        }
        Ok(())
    }

    fn read_outcomes(&self, state: &mut State) -> Result<(), ReadError> {
        let mut numbers: BTreeMap<SessionId, Vec<u32>> = BTreeMap::new();
        for name in self.slot_names('c', &mut state.faults)? {
            if let SlotName::Outcome(session, number) = name {
                numbers.entry(session).or_default().push(number);
            }
        }
        let voided = state.voided();
        for (id, mut numbers) in numbers {
            numbers.sort_unstable();
            if numbers.iter().zip(0..).any(|(number, place)| *number != place) {
                state.faults.push(fault(&SlotName::Outcome(id, 0), SlotFaultKind::Deleted));
            }
            let session = self.read_session(id, &numbers, &voided, &mut state.faults)?;
            state.sessions.insert(id, session);
        }
        Ok(())
    }

    /// From the newest outcome back to the newest that publishes: no more is read.
    fn read_session(
        &self,
        id: SessionId,
        numbers: &[u32],
        voided: &BTreeSet<String>,
        faults: &mut Vec<SlotFault>,
    ) -> Result<Session, ReadError> {
        let mut session =
            Session { next: numbers.last().map_or(0, |last| last.saturating_add(1)), ..Session::default() };
        for (place, number) in numbers.iter().rev().enumerate() {
            let name = SlotName::Outcome(id, *number);
            if voided.contains(&name.to_string()) {
                continue;
            }
            let slot = match self.slot(&name)? {
                Ok(slot) => slot,
                Err(kind) => {
                    session.unreadable |= place == 0;
                    faults.push(fault(&name, kind));
                    continue;
                }
            };
            let Record::Outcome(outcome) = &slot.record else { continue };
            session.decided |= place == 0 && outcome.decides();
            if let Outcome::Unknown(_) = outcome {
                faults.push(fault(&name, SlotFaultKind::Unknown));
            }
            if outcome.commit().is_none() {
                continue;
            }
            match slot.signer {
                Ok(_) => session.published = Published::of(&slot),
                Err(distrust) => faults.push(fault(&name, SlotFaultKind::Distrusted(distrust))),
            }
            if session.published.is_some() {
                break;
            }
        }
        Ok(session)
    }

    fn read_holds(&self, state: &mut State) -> Result<(), ReadError> {
        let mut newest: BTreeMap<SnapshotId, u32> = BTreeMap::new();
        for name in self.slot_names('h', &mut state.faults)? {
            if let SlotName::Hold(snapshot, number) = name {
                newest.entry(snapshot).and_modify(|held| *held = number.max(*held)).or_insert(number);
            }
        }
        for (snapshot, number) in newest {
            if self.is_held(snapshot, number, &mut state.faults)? {
                state.held.insert(snapshot);
            }
        }
        Ok(())
    }

    /// The newest believable record counts; one that cannot be read counts as a hold: it is the safe side.
    fn is_held(
        &self,
        snapshot: SnapshotId,
        newest: u32,
        faults: &mut Vec<SlotFault>,
    ) -> Result<bool, ReadError> {
        for number in (0..=newest).rev() {
            let name = SlotName::Hold(snapshot, number);
            match self.slot(&name)? {
                Err(kind) => {
                    faults.push(fault(&name, kind));
                    return Ok(true);
                }
                Ok(slot) => match (&slot.record, slot.signer.is_ok()) {
                    (Record::Hold(record), true) => return Ok(!matches!(record, HoldRecord::Release)),
                    (_, _) => faults.extend(
                        slot.signer.as_ref().err().map(|e| fault(&name, SlotFaultKind::Distrusted(*e))),
                    ),
                },
            }
        }
        Ok(false)
    }

    fn read_signed<T: Ord>(
        &self,
        prefix: char,
        faults: &mut Vec<SlotFault>,
        take: impl Fn(SlotName, &OpenedSlot) -> Option<T>,
    ) -> Result<BTreeSet<T>, ReadError> {
        let mut taken = BTreeSet::new();
        for name in self.slot_names(prefix, faults)? {
            if let Some(slot) = self.believed(&name, faults)? {
                taken.extend(take(name, &slot));
            }
        }
        Ok(taken)
    }

    fn believed(
        &self,
        name: &SlotName,
        faults: &mut Vec<SlotFault>,
    ) -> Result<Option<Arc<OpenedSlot>>, ReadError> {
        let slot = match self.slot(name)? {
            Ok(slot) => slot,
            Err(kind) => {
                faults.push(fault(name, kind));
                return Ok(None);
            }
        };
        if let Err(distrust) = slot.signer {
            faults.push(fault(name, SlotFaultKind::Distrusted(distrust)));
            return Ok(None);
        }
        Ok(Some(slot))
    }
}

fn log_number(name: &SlotName) -> Option<u64> {
    match name {
        SlotName::Log(number) => Some(*number),
        _ => None,
    }
}

fn fault(name: &SlotName, kind: SlotFaultKind) -> SlotFault {
    SlotFault { object: name.to_string(), kind }
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

    /// Snapshots that others name and that are neither there nor forgotten were deleted behind our back.
    fn find_deleted(&mut self) {
        let named: BTreeSet<SnapshotId> = self
            .published()
            .filter_map(|(_, published)| Some(&published.commit()?.manifest.public))
            .flat_map(|public| public.heads.iter().chain(&public.parents).copied())
            .collect();
        for snapshot in named {
            let known = self.sessions.get(&snapshot).is_some_and(|s| s.published.is_some() || s.unreadable);
            if !known && !self.forgotten.contains(&snapshot) {
                self.faults.push(fault(&SlotName::Outcome(snapshot, 0), SlotFaultKind::Deleted));
            }
        }
    }

    fn voided(&self) -> BTreeSet<String> {
        let records = self.log.iter().filter_map(|entry| entry.record.as_ref());
        records
            .filter_map(|record| match record {
                LogRecord::Void(slot) => Some(slot.clone()),
                _ => None,
            })
            .collect()
    }
}
