//! Gathering the state: the log to its end first, then what became of sessions, then the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::read::{ReadError, SlotFault, SlotFaultKind};
use super::state::{LogEntry, Published, Session, State};
use crate::format::record::{OpenedSlot, Record};
use crate::format::slot::{HoldRecord, LogRecord, Outcome, SlotName};
use crate::id::{PackId, SessionId, SnapshotId};
use crate::repository::Repository;

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
        state.quarantined = self.read_quarantined(&mut state.faults)?;
        state.find_deleted();
        Ok(state)
    }

    /// Packs with a signed `q/`, as of now.
    pub(crate) fn read_quarantined(
        &self,
        faults: &mut Vec<SlotFault>,
    ) -> Result<BTreeSet<PackId>, ReadError> {
        self.read_signed('q', faults, |name, _| match name {
            SlotName::Quarantine(pack) => Some(pack),
            _ => None,
        })
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
            match self.slot(&name)? {
                Ok(slot) => session.take(&name, &slot, place == 0, faults),
                Err(kind) => faults.push(fault(&name, kind)),
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

pub(super) fn fault(name: &SlotName, kind: SlotFaultKind) -> SlotFault {
    SlotFault { object: name.to_string(), kind }
}

impl Session {
    /// One outcome, newest first: the newest says whether the session is decided.
    fn take(
        &mut self,
        name: &SlotName,
        slot: &Arc<OpenedSlot>,
        is_newest: bool,
        faults: &mut Vec<SlotFault>,
    ) {
        let Record::Outcome(outcome) = &slot.record else { return };
        self.decided |= is_newest && outcome.decides();
        if let Outcome::Unknown(_) = outcome {
            faults.push(fault(name, SlotFaultKind::Unknown));
        }
        match slot.signer {
            _ if outcome.commit().is_none() => {}
            Ok(_) => self.published = Published::of(slot),
            Err(distrust) => faults.push(fault(name, SlotFaultKind::Distrusted(distrust))),
        }
    }
}
