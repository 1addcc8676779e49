//! Which of the ready steps start: priority, then the length of the path still ahead, then age.

use std::cmp::Reverse;

use mainstay_ir::Name;
use mainstay_journal::{Event, Seq};

use super::State;
use super::limits::Branches;
use super::next::{Command, Due};
use super::pools::Free;
use super::run::{Phase, Run, StepState};
use crate::shape::StepShape;

/// A step that could start if what it needs is free.
pub(super) struct Ready<'a> {
    pub(super) run: &'a Run,
    pub(super) index: usize,
    pub(super) name: &'a Name,
    pub(super) step: &'a StepState,
    pub(super) shape: &'a StepShape,
}

type Key = (bool, Reverse<i64>, Reverse<u32>, Seq, Seq, usize);

impl Ready<'_> {
    /// A step between two acts goes first: it is further than any other, and holds what it made.
    fn key(&self) -> Key {
        let is_new = !matches!(self.step.phase, Phase::Between);
        let priority = self.run.shape.as_ref().map_or(0, |shape| shape.priority);
        let age = self.step.queued.unwrap_or(self.run.since);
        (is_new, Reverse(priority), Reverse(self.shape.ahead), age, self.run.since, self.index)
    }

    fn start(&self) -> Command {
        Command::Start {
            run: self.run.id,
            step: self.name.clone(),
            act: self.step.act,
            attempt: self.step.attempts.saturating_add(1),
        }
    }

    fn queue(&self, waits_for: Vec<Name>) -> Command {
        let (run, step) = (self.run.id, self.name.clone());
        Command::Record(Event::StepScheduled { run, step, waits_for })
    }
}

/// Starts what fits. Claims over several pools are all or nothing. A step that is short of slots keeps its
/// place: those behind it start only with what it leaves, so a smaller one passes it only without delaying it.
pub(super) fn choose<'a>(state: &State, due: &mut Due<'a>) {
    if due.ready.is_empty() {
        return;
    }
    let mut ready = std::mem::take(&mut due.ready);
    ready.sort_by_key(Ready::key);
    let (mut free, mut branches) = (Free::of(state), Branches::of(state));
    for step in ready {
        let fits_block = branches.allow(step.run, &step.shape.limits);
        let short = free.short(step.run, &step.shape.claims);
        if fits_block && short.is_empty() {
            branches.enter(step.run, &step.shape.limits);
            free.take(step.run, &step.shape.claims);
            due.commands.push(step.start());
            continue;
        }
        if fits_block {
            free.take(step.run, &step.shape.claims);
        }
        if step.step.queued.is_none() {
            due.commands.push(step.queue(short));
        }
    }
}
