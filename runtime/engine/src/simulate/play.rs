//! The loop of a simulation: what the timers want, what is due, what comes to its end, and then the next instant.
//!
//! Nothing here decides what happens: [`due`] and the coordinator's own turn do, as in a live run. A crash drops the
//! coordinator and folds the journal anew, as a start of the process does.

use std::sync::{Arc, Mutex, PoisonError};

use mainstay_journal::{AppendError, Event, Journal, MemoryJournal, ReadError, Record, Seq};

use super::SimulateError;
use super::world::World;
use crate::executor::{Coordinator, Turn};
use crate::monitor::NullMonitor;
use crate::state::{Command, Shapes, State, Timer, apply, due};

/// How often the loop turns at most: far above four hundred days of a run each minute.
const MOST_TURNS: u64 = 20_000_000;
/// How often it turns at one instant at most: each turn there must decide something.
const MOST_TURNS_AT_ONCE: u32 = 100_000;

/// A journal that outlives the coordinator which writes it.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept(Arc<Mutex<MemoryJournal>>);

impl Kept {
    fn with<R>(&self, use_it: impl FnOnce(&mut MemoryJournal) -> R) -> R {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// All that was written.
    pub(super) fn records(&self) -> Vec<Record> {
        self.read(Seq(0)).unwrap_or_default()
    }
}

impl Journal for Kept {
    fn head(&self) -> Seq {
        self.with(|journal| journal.head())
    }

    fn append(&mut self, expected: Seq, at_ms: i64, events: &[Event]) -> Result<Seq, AppendError> {
        self.with(|journal| journal.append(expected, at_ms, events))
    }

    fn read(&self, after: Seq) -> Result<Vec<Record>, ReadError> {
        self.with(|journal| journal.read(after))
    }

    fn pin(&mut self, hash: &str, ir: &str) -> Result<(), AppendError> {
        self.with(|journal| journal.pin(hash, ir))
    }

    fn pinned(&self, hash: &str) -> Result<Option<String>, ReadError> {
        self.with(|journal| journal.pinned(hash))
    }
}

/// A simulation under way.
pub(super) struct Player {
    pub(super) world: World,
    pub(super) journal: Kept,
    pub(super) coordinator: Coordinator,
    timers: Vec<Timer>,
    pub(super) shapes: Shapes,
    /// The end of a time in which nothing runs.
    back_ms: Option<i64>,
    #[cfg(test)]
    pub(super) asked: Vec<(Seq, i64, Vec<Command>)>,
}

impl Player {
    pub(super) fn new(world: World, shapes: Shapes, timers: Vec<Timer>) -> Self {
        let journal = Kept::default();
        let coordinator = coordinator(&journal, State::new(shapes.clone()));
        Self {
            world,
            journal,
            coordinator,
            timers,
            shapes,
            back_ms: None,
            #[cfg(test)]
            asked: Vec::new(),
        }
    }

    /// Writes down what begins by hand.
    pub(super) fn begin(&mut self, event: Event) -> Result<(), SimulateError> {
        Ok(self.coordinator.append(self.world.now_ms, &[event]).map(drop)?)
    }

    /// Until all slots before the end are looked at, and all runs have ended.
    pub(super) fn play(&mut self) -> Result<(), SimulateError> {
        let mut at_once = 0;
        for _ in 0..MOST_TURNS {
            let before_ms = self.world.now_ms;
            let Some(next_ms) = self.turn()? else { return Ok(()) };
            at_once = if next_ms > before_ms { 0 } else { at_once + 1 };
            if at_once > MOST_TURNS_AT_ONCE {
                return Err(SimulateError::Endless);
            }
            self.world.now_ms = before_ms.max(next_ms);
        }
        Err(SimulateError::Endless)
    }

    /// Does all that is to be done now, and says when to look again; nothing: all is over.
    fn turn(&mut self) -> Result<Option<i64>, SimulateError> {
        if let Some(back_ms) = self.away()? {
            return Ok(Some(back_ms));
        }
        let wake_ms = self.look()?;
        let now_ms = self.world.now_ms;
        #[cfg(test)]
        self.ask();
        let open_before = self.coordinator.open().count();
        let turn = self.coordinator.turn(now_ms)?;
        // A slot may have waited for the end of a run.
        let has_ended = self.coordinator.open().count() < open_before;
        let turn_wake_ms = turn.wake_ms;
        let has_decided = self.carry_out(turn)?;
        if self.world.land(&mut self.coordinator)? || has_decided || has_ended {
            return Ok(Some(now_ms));
        }
        let is_open = self.coordinator.open().next().is_some();
        let next_ms =
            [self.world.next_ms(), turn_wake_ms.filter(|_| is_open), wake_ms].into_iter().flatten().min();
        if is_open && next_ms.is_none() {
            return Err(SimulateError::Endless);
        }
        Ok(next_ms.map(|next_ms| self.until_off(next_ms)))
    }

    /// What the timers want is written down. Says when the next slot is due.
    fn look(&mut self) -> Result<Option<i64>, SimulateError> {
        let now_ms = self.world.now_ms;
        let mut events = Vec::new();
        let mut wake_ms = None;
        for command in due(self.coordinator.state(), &self.timers, now_ms) {
            match command {
                Command::Record(event) => events.push(event),
                Command::Wake { at_ms } => wake_ms = Some(at_ms),
                Command::Start { .. } | Command::Decide { .. } | Command::Stop { .. } => {}
            }
        }
        if !events.is_empty() {
            self.coordinator.append(now_ms, &events)?;
        }
        Ok(wake_ms)
    }

    fn carry_out(&mut self, turn: Turn) -> Result<bool, SimulateError> {
        let has_decided = !turn.decisions.is_empty();
        for (job, stop) in turn.jobs {
            self.world.begin(job, stop, &mut self.coordinator)?;
        }
        for decision in turn.decisions {
            // What had not ended when the process died had committed nothing.
            self.coordinator.decided(self.world.now_ms, decision.token, Ok(None))?;
        }
        Ok(has_decided)
    }

    /// While nothing runs: until when. Whatever was under way is lost, and folded from the journal.
    fn away(&mut self) -> Result<Option<i64>, SimulateError> {
        let now_ms = self.world.now_ms;
        let off =
            self.world.script.off.iter().find(|(from_ms, until_ms)| *from_ms <= now_ms && now_ms < *until_ms);
        let off_ms = off.map(|(_, until_ms)| *until_ms);
        let dead_ms = self.world.death().map(|down_ms| now_ms.saturating_add_unsigned(down_ms));
        let Some(back_ms) = off_ms.max(dead_ms) else {
            if self.back_ms.take().is_some() {
                self.recover()?;
            }
            return Ok(None);
        };
        self.world.die();
        self.back_ms = Some(back_ms);
        Ok(Some(back_ms))
    }

    /// What a new process does first with what an old one left.
    fn recover(&mut self) -> Result<(), SimulateError> {
        let mut state = State::new(self.shapes.clone());
        self.journal.records().iter().for_each(|record| apply(&mut state, record));
        let lost = state.lost();
        self.coordinator = coordinator(&self.journal, state);
        if !lost.is_empty() {
            self.coordinator.append(self.world.now_ms, &lost)?;
        }
        Ok(())
    }

    /// Not beyond the next time at which nothing runs: it begins on time.
    fn until_off(&self, next_ms: i64) -> i64 {
        let now_ms = self.world.now_ms;
        let begins = self.world.script.off.iter().map(|(from_ms, _)| *from_ms);
        begins.filter(|from_ms| *from_ms > now_ms).fold(next_ms, i64::min)
    }

    #[cfg(test)]
    fn ask(&mut self) {
        let (state, now_ms) = (self.coordinator.state(), self.world.now_ms);
        self.asked.push((state.head(), now_ms, crate::state::next(state, now_ms)));
    }
}

fn coordinator(journal: &Kept, state: State) -> Coordinator {
    Coordinator::new(Box::new(journal.clone()), state, Arc::new(NullMonitor))
}
