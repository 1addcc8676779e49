//! What a run brings, and whether it ends well. That depends on what is lost, and on which of the slots that it looks into
//! are empty; so each outcome is found once, and then only filled with instants.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use mainstay_ir::Final;

use super::model::Turn;
use super::stage::{Asks, From, Job, Lying, Making, Slot, Stage, Task};

/// As of when a copy is that a run brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Of {
    /// The start of the run.
    Start,
    /// What lay in a slot then.
    Held(Slot),
}

/// What came of a run.
#[derive(Debug)]
pub(super) struct Outcome {
    pub brought: Vec<(Slot, Of)>,
    pub well: bool,
}

/// A part of one policy in which something is lost from the beginning, or a state of a machine ends otherwise.
#[derive(Debug)]
pub(super) struct World<'p, 'a> {
    pub stage: &'p Stage<'a>,
    /// The repos that are lost, sorted.
    pub dead: &'p [usize],
    turn: Option<&'p Turn>,
    /// How many slots there are.
    pub slots: usize,
    /// Where slots that are always alike are one: the number of that, by slot.
    merged: Option<Vec<Slot>>,
    known: RefCell<Vec<Known>>,
}

/// The outcomes of a job, by which of the slots that it looks into are empty.
type Known = Vec<(Vec<bool>, Rc<Outcome>)>;

/// What came of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    Well,
    Failed,
    Skipped,
}

impl<'p, 'a> World<'p, 'a> {
    pub fn new(stage: &'p Stage<'a>, slots: usize, dead: &'p [usize], turn: Option<&'p Turn>) -> Self {
        let known = stage.jobs.iter().map(|_| Known::new()).collect();
        Self { stage, dead, turn, slots, merged: None, known: RefCell::new(known) }
    }

    /// The same with slots that are always alike made one.
    pub fn merged(self, slots: usize, merged: Vec<Slot>) -> Self {
        Self { slots, merged: Some(merged), ..self }
    }

    /// Where a slot is.
    pub fn place(&self, slot: Slot) -> Slot {
        self.merged.as_ref().map_or(slot, |merged| merged.get(slot).copied().unwrap_or(slot))
    }

    /// Of a run of a job, where some of the slots are empty.
    pub fn outcome(&self, number: usize, job: &Job<'a>, is_empty: impl Fn(Slot) -> bool) -> Rc<Outcome> {
        let empty: Vec<bool> = job.reads.iter().map(|slot| is_empty(self.place(*slot))).collect();
        let mut known = self.known.borrow_mut();
        let own = known.get(number).into_iter().flatten();
        if let Some((_, found)) = own.into_iter().find(|(pattern, _)| *pattern == empty) {
            return Rc::clone(found);
        }
        let mut fresh = self.fresh(job, &empty);
        if self.merged.is_some() {
            let placed = |of| if let Of::Held(slot) = of { Of::Held(self.place(slot)) } else { of };
            fresh.brought.iter_mut().for_each(|(slot, of)| (*slot, *of) = (self.place(*slot), placed(*of)));
            fresh.brought.sort_unstable();
            fresh.brought.dedup();
        }
        let fresh = Rc::new(fresh);
        known.get_mut(number).into_iter().for_each(|own| own.push((empty.clone(), Rc::clone(&fresh))));
        fresh
    }

    /// The same when of the slots that a run looks into these are empty, in their order.
    pub fn fresh(&self, job: &Job<'a>, empty: &[bool]) -> Outcome {
        let is_empty = |slot: Slot| {
            let place = job.reads.iter().position(|read| *read == slot);
            place.and_then(|place| empty.get(place)).copied().unwrap_or(true)
        };
        let mut run = Run { world: self, is_empty: &is_empty, brought: Vec::new(), latest: Vec::new() };
        let well = if job.machine.is_some() { run.course(job) } else { run.body(job) };
        Outcome { brought: run.brought, well }
    }

    fn is_dead(&self, repo: usize) -> bool {
        self.dead.binary_search(&repo).is_ok()
    }
}

struct Run<'r, 'p, 'a> {
    world: &'r World<'p, 'a>,
    is_empty: &'r dyn Fn(Slot) -> bool,
    brought: Vec<(Slot, Of)>,
    /// The last of them, by slot.
    latest: Vec<Option<Of>>,
}

impl Run<'_, '_, '_> {
    /// Each state ends `ok`, or `failed` when it cannot do what it does. What came of a state comes of it again, so that a
    /// state entered twice is entered until the run fails.
    fn course(&mut self, job: &Job<'_>) -> bool {
        let Some((machine, ids)) = &job.machine else { return false };
        let mut entered: HashSet<&str> = HashSet::new();
        let mut here = machine.start.as_str();
        while entered.insert(here) {
            if let Some(end) = machine.finals.get(here) {
                return *end != Final::Failed;
            }
            let task = ids.iter().position(|id| *id == here).and_then(|at| job.does.tasks.get(at));
            let Some((state, task)) = machine.states.get(here).zip(task) else { break };
            let turn = self.world.turn.filter(|turn| turn.machine == job.name && turn.state == here);
            let turn = turn.and_then(|turn| Some((turn, turn.leads(state)?)));
            let acts = turn.is_none_or(|(turn, _)| turn.leaves_a_copy());
            let next = if acts && self.task(task) != Came::Well {
                state.on.get("failed")
            } else {
                turn.map(|(_, to)| to).or_else(|| state.on.get("ok"))
            };
            let Some(next) = next else { break };
            here = next;
        }
        false
    }

    fn body(&mut self, job: &Job<'_>) -> bool {
        let mut ended: Vec<Came> = Vec::with_capacity(job.does.tasks.len());
        for task in &job.does.tasks {
            let came = if holds(&task.needs, &ended) { self.task(task) } else { Came::Skipped };
            ended.push(came);
        }
        ended.iter().all(|came| *came == Came::Well)
    }

    fn task(&mut self, task: &Task) -> Came {
        for making in &task.makes {
            match self.made(making) {
                Some(of) => self.bring(making.slot, of),
                None => return Came::Failed,
            }
        }
        if task.repos.iter().any(|repo| self.world.is_dead(*repo)) { Came::Failed } else { Came::Well }
    }

    /// As of when a copy is; none when it cannot be made.
    fn made(&self, making: &Making) -> Option<Of> {
        if self.world.is_dead(making.repo) || !making.base.is_none_or(|base| self.has_base(base)) {
            return None;
        }
        match &making.from {
            From::Source => Some(Of::Start),
            From::Copy(from) | From::Latest(from) if self.world.is_dead(from.repo) => None,
            From::Copy(from) => self.just_brought(from.slot?),
            From::Latest(from) => from.slot.filter(|slot| !(self.is_empty)(*slot)).map(Of::Held),
        }
    }

    /// Whether a link of a chain of logs finds the base that it continues.
    fn has_base(&self, base: Lying) -> bool {
        let lies = |slot: Slot| !(self.is_empty)(slot) || self.just_brought(slot).is_some();
        !self.world.is_dead(base.repo) && base.slot.is_some_and(lies)
    }

    fn bring(&mut self, slot: Slot, of: Of) {
        self.brought.push((slot, of));
        if self.latest.len() <= slot {
            self.latest.resize(slot + 1, None);
        }
        self.latest.get_mut(slot).into_iter().for_each(|last| *last = Some(of));
    }

    fn just_brought(&self, slot: Slot) -> Option<Of> {
        self.latest.get(slot).copied().flatten()
    }
}

/// Whether what a task asks for has come.
fn holds(asks: &Asks, ended: &[Came]) -> bool {
    let came = |number: &Option<usize>| ended.get((*number)?).copied();
    match asks {
        Asks::Always => true,
        Asks::Well(number) => came(number) == Some(Came::Well),
        Asks::Failed(number) => came(number) == Some(Came::Failed),
        Asks::Ended(number) => came(number).is_some(),
        Asks::All(all) => all.iter().all(|asks| holds(asks, ended)),
        Asks::Any(all) => all.iter().any(|asks| holds(asks, ended)),
    }
}
