//! Which runs the timed triggers want: due slots less known runs.
//!
//! It is level-triggered: what is due follows from the schedule, the runs that are known and the time, and from nothing
//! that happened in between. A look that never took place costs delay, not a backup; a second look finds nothing new.
//!
//! A slot is a time of the schedule. Those up to the newest slot that a trigger's run stands for are answered, and so
//! are those that the policy leaves out. Of the others: a slot during which a run of the workflow was under way goes by
//! `overlap`; one that is late by more than [`MISSED_AFTER_MS`], by `missed`; any other is due now.

use std::collections::VecDeque;

use jiff::Timestamp;
use mainstay_calendar::{Schedule, ScheduleError};
use mainstay_ir::{Ir, Missed, Name, Overlap, Workflow};
use mainstay_journal::{Cause, Event, Fault, RunId};

use super::State;
use super::next::Command;
use super::run::Run;
use crate::identity::Identity;

/// A slot that is looked at later than this was missed: the scheduler looks every minute, so nothing ran.
pub const MISSED_AFTER_MS: i64 = 120_000;
/// How many missed runs are made up for at most: more would keep a machine busy that has long been fresh.
pub const MOST_MADE_UP: usize = 1_000;
/// How many ended runs of a workflow are asked whether they were under way at a slot. Those that were when so many
/// newer ones have ended are open still, and open ones are always asked.
const REMEMBERED_RUNS: usize = 64;
/// How many of the newest slots are looked at where one is wanted: some of them may be left out.
const NEWEST_SLOTS: usize = 8;
/// The first stretch that is searched for slots, in milliseconds; it doubles.
const FIRST_STRETCH_MS: i64 = 60_000;

/// The timed triggers of one workflow, in force.
#[derive(Debug, Clone)]
pub struct Timer {
    policy: Name,
    policy_hash: String,
    workflow: Name,
    host: String,
    schedule: Schedule,
    overlap: Overlap,
    missed: Missed,
    within_ms: Option<u64>,
    since_ms: i64,
    until_ms: i64,
    identity: Identity,
}

/// What the timer of a workflow has to know of its runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Line {
    newest_slot_ms: Option<i64>,
    recent: VecDeque<RunId>,
}

impl Line {
    pub(super) fn add(&mut self, run: &Run) {
        if run.cause == Cause::Trigger {
            self.newest_slot_ms = self.newest_slot_ms.max(Some(run.slot_ms));
        }
        self.recent.push_back(run.id);
        if self.recent.len() > REMEMBERED_RUNS {
            self.recent.pop_front();
        }
    }
}

impl Timer {
    /// The timer of a workflow on a host, with the slots after `since_ms`; none when nothing of it is timed.
    ///
    /// # Errors
    /// A trigger that is no schedule.
    pub fn new(
        ir: &Ir,
        policy_hash: &str,
        workflow: (&str, &Workflow),
        host: &str,
        since_ms: i64,
    ) -> Result<Option<Self>, ScheduleError> {
        let (name, workflow) = workflow;
        let schedule = Schedule::placed(&workflow.triggers, name, host)?;
        let timer = || Self {
            policy: ir.policy.clone(),
            policy_hash: policy_hash.to_owned(),
            workflow: name.to_owned(),
            host: host.to_owned(),
            overlap: workflow.overlap,
            missed: workflow.missed,
            within_ms: workflow.within.map(|within| within.0),
            since_ms,
            until_ms: i64::MAX,
            identity: Identity::of(ir, name),
            schedule: schedule.clone(),
        };
        Ok(schedule.is_timed().then(timer))
    }

    /// Without the slots after this: another policy is in force then.
    #[must_use]
    pub fn until(mut self, until_ms: i64) -> Self {
        self.until_ms = until_ms;
        self
    }

    /// Of which workflow.
    pub fn workflow(&self) -> &str {
        &self.workflow
    }

    /// The slots after one time and up to another, ascending.
    pub fn slots(&self, after_ms: i64, until_ms: i64) -> impl Iterator<Item = i64> {
        let after = Timestamp::from_millisecond(after_ms).ok();
        let fires = after.map(|after| self.schedule.fires(after));
        let until_ms = until_ms.min(self.until_ms);
        fires.into_iter().flatten().map(Timestamp::as_millisecond).take_while(move |at| *at <= until_ms)
    }

    fn next_ms(&self, after_ms: i64) -> Option<i64> {
        let after = Timestamp::from_millisecond(after_ms).ok()?;
        self.schedule.next(after).map(Timestamp::as_millisecond).filter(|at| *at <= self.until_ms)
    }

    /// The newest slots after a time and up to now, oldest first: no more than can be of use.
    fn passed(&self, after_ms: i64, now_ms: i64) -> Vec<i64> {
        let enough = if self.missed == Missed::RunAll { MOST_MADE_UP } else { NEWEST_SLOTS };
        let mut stretch_ms = FIRST_STRETCH_MS;
        loop {
            let from_ms = now_ms.min(self.until_ms).saturating_sub(stretch_ms).max(after_ms);
            let slots: Vec<i64> = self.slots(from_ms, now_ms).collect();
            if slots.len() >= enough || from_ms <= after_ms {
                let more = slots.len().saturating_sub(MOST_MADE_UP);
                return slots.into_iter().skip(more).collect();
            }
            stretch_ms = stretch_ms.saturating_mul(2);
        }
    }

    /// The slots that a run is wanted for now, oldest first.
    fn wanted(&self, state: &State, line: Option<&Line>, now_ms: i64) -> Vec<i64> {
        let newest = line.and_then(|line| line.newest_slot_ms).unwrap_or(self.since_ms);
        let passed = self.passed(newest.max(self.since_ms), now_ms);
        let mut wanted = Vec::new();
        let mut latest = None;
        for slot_ms in passed {
            match self.wish(state, line, slot_ms, now_ms) {
                Wish::None => {}
                Wish::Each => wanted.push(slot_ms),
                Wish::Latest => latest = Some(slot_ms),
            }
        }
        wanted.extend(latest);
        wanted.sort_unstable();
        wanted
    }

    fn wish(&self, state: &State, line: Option<&Line>, slot_ms: i64, now_ms: i64) -> Wish {
        let is_late = now_ms.saturating_sub(slot_ms) > MISSED_AFTER_MS;
        let allows = self.overlap == Overlap::Allow;
        match (self.overlap, self.missed) {
            (Overlap::Skip, _) if was_busy(state, line, slot_ms) => Wish::None,
            (Overlap::QueueOne | Overlap::Replace, _) if was_busy(state, line, slot_ms) => Wish::Latest,
            (_, Missed::Skip) if is_late => Wish::None,
            (_, Missed::RunAll) if is_late => Wish::Each,
            _ if !is_late && allows => Wish::Each,
            _ => Wish::Latest,
        }
    }

    /// The identity of the run for a slot.
    pub fn run_at(&self, slot_ms: i64) -> RunId {
        self.identity.at(slot_ms)
    }

    /// The beginning of the run for a slot.
    pub fn started(&self, slot_ms: i64, now_ms: i64) -> Event {
        Event::RunStarted {
            run: self.run_at(slot_ms),
            policy: self.policy.clone(),
            policy_hash: self.policy_hash.clone(),
            workflow: self.workflow.clone(),
            slot_ms,
            cause: Cause::Trigger,
            host: self.host.clone(),
            only: Vec::new(),
            deadline_ms: self.within_ms.map(|within| now_ms.saturating_add_unsigned(within)),
        }
    }

    fn start(&self, slot_ms: i64, now_ms: i64) -> Command {
        Command::Record(self.started(slot_ms, now_ms))
    }

    fn look(&self, state: &State, now_ms: i64, commands: &mut Vec<Command>) {
        let line = state.lines.get(&(self.policy.clone(), self.workflow.clone()));
        let wanted = self.wanted(state, line, now_ms);
        let Some(first) = wanted.first() else { return };
        if self.overlap == Overlap::Allow {
            commands.extend(wanted.iter().map(|slot_ms| self.start(*slot_ms, now_ms)));
            return;
        }
        let mut under_way = self.open(state).peekable();
        if under_way.peek().is_none() {
            commands.push(self.start(*first, now_ms));
        } else if self.overlap == Overlap::Replace {
            commands.extend(under_way.filter(|run| !run.is_stopping()).map(|run| replace(run.id)));
        }
    }

    fn open<'a>(&'a self, state: &'a State) -> impl Iterator<Item = &'a Run> {
        state.open_runs().filter(|run| run.policy == self.policy && run.workflow == self.workflow)
    }
}

/// What becomes of a slot.
enum Wish {
    /// Nothing.
    None,
    /// A run of its own.
    Each,
    /// A run, unless there is a newer one like it.
    Latest,
}

/// Whether a run of the workflow was under way at a slot.
fn was_busy(state: &State, line: Option<&Line>, slot_ms: i64) -> bool {
    let recent = line.into_iter().flat_map(|line| &line.recent).filter_map(|id| state.run(id));
    recent.rev().any(|run| {
        let ended_ms = run.ended.as_ref().map_or(i64::MAX, |(at_ms, _)| *at_ms);
        run.started_ms <= slot_ms && slot_ms < ended_ms
    })
}

fn replace(run: RunId) -> Command {
    let reason = "a newer run takes its place".to_owned();
    Command::Record(Event::CancelRequested { run, fault: Fault::Cancelled, reason })
}

/// The runs that timed triggers want now, and last when to look again. It depends on nothing but its arguments; what it
/// says is written down before anything is done.
pub fn due(state: &State, timers: &[Timer], now_ms: i64) -> Vec<Command> {
    let mut commands = Vec::new();
    for timer in timers {
        timer.look(state, now_ms, &mut commands);
    }
    let wake = timers.iter().filter_map(|timer| timer.next_ms(now_ms)).min();
    commands.extend(wake.map(|at_ms| Command::Wake { at_ms }));
    commands
}

#[cfg(test)]
mod tests;
