//! What is remembered of a simulated run.

use std::collections::HashMap;

use mainstay_ir::{IndexMap, Mode, Name};
use mainstay_journal::{Cause, Event, Outcome, Record, RunId};

use super::world::Copy;
use crate::state::{Run, State};

/// A run that was simulated. Times are milliseconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// Its identity.
    pub run: RunId,
    /// Of which workflow.
    pub workflow: Name,
    /// The time that it stands for.
    pub slot_ms: i64,
    /// Why it began.
    pub cause: Cause,
    /// When it began.
    pub started_ms: i64,
    /// When it ended.
    pub ended_ms: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// How its steps were ordered, as it turned out: sequential is one at a time, parallel that all began before any had
    /// ended.
    pub mode: Mode,
    /// Its steps in source order.
    pub steps: IndexMap<Name, StepRecord>,
    /// What it committed, in order.
    pub copies: Vec<Copy>,
}

impl RunRecord {
    /// The same run for another slot.
    pub(super) fn at(&self, slot_ms: i64, run: RunId) -> Self {
        let by_ms = slot_ms.saturating_sub(self.slot_ms);
        let mut same = Self { run, slot_ms, ..self.clone() };
        same.started_ms = same.started_ms.saturating_add(by_ms);
        same.ended_ms = same.ended_ms.saturating_add(by_ms);
        for step in same.steps.values_mut() {
            step.began_ms = step.began_ms.map(|at_ms| at_ms.saturating_add(by_ms));
            step.ended_ms = step.ended_ms.map(|at_ms| at_ms.saturating_add(by_ms));
        }
        for copy in &mut same.copies {
            copy.run = run;
            copy.at_ms = copy.at_ms.saturating_add(by_ms);
            copy.stored.as_of_ms = copy.stored.as_of_ms.saturating_add(by_ms);
            copy.stored.snapshot = snapshot_of(run, &copy.stored.snapshot);
        }
        same
    }
}

/// The snapshot of another run that the same attempt makes.
fn snapshot_of(run: RunId, snapshot: &str) -> String {
    let attempt = snapshot.split_once('/').map_or(snapshot, |(_, attempt)| attempt);
    format!("{}/{attempt}", run.short())
}

/// A step of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRecord {
    /// How it ended.
    pub outcome: Outcome,
    /// When its first attempt began; none: it did not act.
    pub began_ms: Option<i64>,
    /// When its last attempt ended.
    pub ended_ms: Option<i64>,
    /// How many attempts it had, over all its acts.
    pub tries: u32,
}

/// All runs that have ended, in the order in which they began.
pub(super) fn runs(state: &State, copies: &[Copy], records: &[Record]) -> Vec<RunRecord> {
    let modes = modes(records);
    let mut by_run: HashMap<RunId, Vec<Copy>> = HashMap::new();
    for copy in copies {
        by_run.entry(copy.run).or_default().push(copy.clone());
    }
    let record = |run: &Run| {
        let mode = modes.get(&run.id).map_or(Mode::Sequential, Order::mode);
        of(run, mode, by_run.remove(&run.id).unwrap_or_default())
    };
    state.runs().filter_map(record).collect()
}

fn of(run: &Run, mode: Mode, copies: Vec<Copy>) -> Option<RunRecord> {
    let (ended_ms, outcome) = run.ended.clone()?;
    let steps = run.steps.iter().map(|(name, step)| {
        let outcome = step.outcome().cloned().unwrap_or(Outcome::Ok);
        let (began_ms, ended_ms, tries) = (step.first_ms, step.last_ms, step.tries);
        (name.clone(), StepRecord { outcome, began_ms, ended_ms, tries })
    });
    Some(RunRecord {
        run: run.id,
        workflow: run.workflow.clone(),
        slot_ms: run.slot_ms,
        cause: run.cause,
        started_ms: run.started_ms,
        ended_ms,
        outcome,
        mode,
        steps: steps.collect(),
        copies,
    })
}

/// What is seen of the order of a run's attempts.
#[derive(Debug, Default)]
struct Order {
    acting: Vec<Name>,
    has_ended: bool,
    beside: bool,
    behind: bool,
}

impl Order {
    fn begin(&mut self, step: &Name) {
        self.beside |= self.acting.iter().any(|other| other != step);
        self.behind |= self.has_ended;
        self.acting.push(step.clone());
    }

    fn end(&mut self, step: &Name) {
        self.acting.retain(|other| other != step);
        self.has_ended = true;
    }

    fn mode(&self) -> Mode {
        match (self.beside, self.behind) {
            (false, _) => Mode::Sequential,
            (true, false) => Mode::Parallel,
            (true, true) => Mode::Hybrid,
        }
    }
}

/// A step counts from its first attempt to its last.
fn modes(records: &[Record]) -> HashMap<RunId, Order> {
    let mut spans: HashMap<(RunId, Name), (usize, usize)> = HashMap::new();
    let mut of_token = HashMap::new();
    for (at, record) in records.iter().enumerate() {
        match &record.event {
            Event::AttemptStarted { run, step, .. } => {
                of_token.insert(record.seq.0, (*run, step.clone()));
                spans.entry((*run, step.clone())).or_insert((at, at)).1 = at;
            }
            Event::AttemptCompleted { token, .. } | Event::Lost { token } => {
                let span = of_token.get(&token.0).and_then(|of| spans.get_mut(of));
                span.into_iter().for_each(|span| span.1 = at);
            }
            _ => {}
        }
    }
    let mut marks: Vec<(usize, bool, RunId, Name)> = Vec::new();
    for ((run, step), (from, to)) in spans {
        marks.push((from, true, run, step.clone()));
        marks.push((to, false, run, step));
    }
    marks.sort_unstable_by_key(|(at, begins, ..)| (*at, !*begins));
    let mut orders: HashMap<RunId, Order> = HashMap::new();
    for (_, begins, run, step) in marks {
        let order = orders.entry(run).or_default();
        if begins { order.begin(&step) } else { order.end(&step) }
    }
    orders
}
