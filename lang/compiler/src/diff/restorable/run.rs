//! A simulation of the runs of a part of a policy: each run takes as long as it may, and what it makes is there at its end.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::rc::Rc;

use super::course::{Of, World};
use super::stage::{Clocks, Slot};

/// No copy at all: older than any.
pub(super) const NEVER: i64 = i64::MIN;

/// What nothing starts by the clock is taken to be started by hand so long after the beginning: twice, so that a workflow
/// that copies what another one left finds something.
const BY_HAND_DAYS: [i64; 2] = [30, 60];

const DAY_MS: i64 = 86_400_000;

/// What a run brings: where, and as of when.
type Brought = Rc<Vec<(Slot, i64)>>;

/// Something to come. At one instant, ends come before starts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    End { at: i64, job: usize, brought: Brought, well: bool },
    Start { at: i64, job: usize },
}

impl Event {
    fn at(&self) -> i64 {
        match self {
            Self::End { at, .. } | Self::Start { at, .. } => *at,
        }
    }

    /// What they are sorted by.
    fn key(&self) -> (i64, bool) {
        (self.at(), matches!(self, Self::Start { .. }))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Ahead(Event);

impl PartialOrd for Ahead {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ahead {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.key().cmp(&other.0.key()).then_with(|| self.0.cmp(&other.0))
    }
}

/// A simulation on its way.
#[derive(Debug, Clone)]
pub(super) struct Sim<'s, 'p, 'a> {
    world: &'s World<'p, 'a>,
    clocks: &'s Clocks,
    /// By job, whether it runs: of those that do the same at the same times not all need to.
    cast: &'s [bool],
    /// What the newest copy in each place is of.
    pub newest: Vec<i64>,
    ahead: BinaryHeap<Reverse<Ahead>>,
    /// A run that fails: job and start.
    pub failed: Option<(usize, i64)>,
    /// The jobs that started in the last [`Sim::advance`].
    pub started: Vec<usize>,
    /// The slots that were filled in it, or damaged after it.
    pub changed: Vec<Slot>,
}

impl<'s, 'p, 'a> Sim<'s, 'p, 'a> {
    pub fn new(world: &'s World<'p, 'a>, clocks: &'s Clocks, cast: &'s [bool]) -> Self {
        let from = clocks.from;
        let mut sim = Self {
            world,
            clocks,
            cast,
            newest: vec![NEVER; world.slots],
            ahead: BinaryHeap::new(),
            failed: None,
            started: Vec::new(),
            changed: Vec::new(),
        };
        for (number, job) in world.stage.jobs.iter().enumerate().filter(|(number, _)| has(cast, *number)) {
            match (job.does.starts, job.does.follows) {
                (Some(clock), _) => sim.await_start(number, clock, from - 1),
                (None, false) => {
                    BY_HAND_DAYS
                        .into_iter()
                        .for_each(|days| sim.push(Event::Start { at: from + days * DAY_MS, job: number }));
                }
                (None, true) => {}
            }
        }
        sim
    }

    fn push(&mut self, event: Event) {
        self.ahead.push(Reverse(Ahead(event)));
    }

    fn await_start(&mut self, job: usize, clock: usize, after: i64) {
        if let Some(at) = self.clocks.next(clock, after) {
            self.push(Event::Start { at, job });
        }
    }

    /// When something happens next.
    pub fn peek(&self) -> Option<i64> {
        self.ahead.peek().map(|Reverse(Ahead(event))| event.at())
    }

    /// Lets everything happen that happens up to an instant, itself included; how much that was.
    pub fn advance(&mut self, to: i64) -> usize {
        let mut happened = 0;
        self.started.clear();
        self.changed.clear();
        while self.peek().is_some_and(|at| at <= to) {
            match self.ahead.pop() {
                Some(Reverse(Ahead(Event::Start { at, job }))) => self.start(at, job),
                Some(Reverse(Ahead(Event::End { at, job, brought, well }))) => {
                    self.end(at, job, &brought, well)
                }
                None => break,
            }
            happened += 1;
        }
        happened
    }

    /// Damages what some slots hold from runs that have started, also from those that have not ended.
    pub fn damage(&mut self, hit: &BTreeSet<Slot>) {
        for slot in hit {
            self.newest.get_mut(*slot).into_iter().for_each(|of| *of = NEVER);
        }
        self.changed = hit.iter().copied().collect();
        let spoilt = std::mem::take(&mut self.ahead).into_iter().map(|Reverse(Ahead(mut event))| {
            if let Event::End { brought, .. } = &mut event
                && brought.iter().any(|(slot, _)| hit.contains(slot))
            {
                let left = brought.iter().filter(|(slot, _)| !hit.contains(slot)).copied().collect();
                *brought = Rc::new(left);
            }
            Reverse(Ahead(event))
        });
        self.ahead = spoilt.collect();
    }

    /// How much there is to copy of it.
    pub fn size(&self) -> usize {
        self.newest.len() + self.ahead.len()
    }

    /// As of when what can be restored from a slot is: of links of a chain nothing without their base.
    pub fn restorable(&self, slot: Slot, base: Option<Slot>) -> i64 {
        let newest = |slot: Slot| self.newest.get(slot).copied().unwrap_or(NEVER);
        if base.is_some_and(|base| newest(base) == NEVER) { NEVER } else { newest(slot) }
    }

    /// Whether the same is to come in both.
    pub fn goes_on_like(&self, other: &Self) -> bool {
        fn sorted<'e>(sim: &'e Sim<'_, '_, '_>) -> Vec<&'e Event> {
            let mut all: Vec<&Event> = sim.ahead.iter().map(|Reverse(Ahead(event))| event).collect();
            all.sort_unstable();
            all
        }
        self.ahead.len() == other.ahead.len() && sorted(self) == sorted(other)
    }

    fn start(&mut self, at: i64, number: usize) {
        let Some(job) = self.world.stage.jobs.get(number) else { return };
        if let Some(clock) = job.does.starts {
            self.await_start(number, clock, at);
        }
        self.started.push(number);
        let (brought, well) = if self.failed == Some((number, at)) {
            (Vec::new(), false)
        } else {
            let held = |slot: Slot| self.newest.get(slot).copied().unwrap_or(NEVER);
            let outcome = self.world.outcome(number, job, |slot| held(slot) == NEVER);
            let of = |of: Of| if let Of::Held(slot) = of { held(slot) } else { at };
            let brought = outcome.brought.iter().map(|(slot, it)| (*slot, of(*it))).collect();
            (brought, outcome.well)
        };
        let at = at.saturating_add(job.does.delay_ms);
        self.push(Event::End { at, job: number, brought: Rc::new(brought), well });
    }

    fn end(&mut self, at: i64, job: usize, brought: &[(Slot, i64)], well: bool) {
        for (slot, of) in brought {
            if let Some(newest) = self.newest.get_mut(*slot).filter(|newest| **newest < *of) {
                *newest = *of;
                self.changed.push(*slot);
            }
        }
        if well {
            for follower in self.world.stage.followers.get(job).into_iter().flatten() {
                if has(self.cast, *follower) {
                    self.push(Event::Start { at, job: *follower });
                }
            }
        }
    }
}

fn has(cast: &[bool], job: usize) -> bool {
    cast.get(job).copied().unwrap_or(false)
}
