//! A simulation of the runs of a policy: each run takes as long as it may, and what it makes is there at its end.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};

use jiff::Timestamp;
use mainstay_ir::{Base, Final, Machine, Origin, Rule, SourceCopy};

use super::model::{Doing, Model, Place, Turn, Work, place_of};

/// No copy at all: older than any.
pub(super) const NEVER: i64 = i64::MIN;

/// What nothing starts by the clock is taken to be started by hand so long after the beginning: twice, so that a workflow
/// that copies what another one left finds something.
const BY_HAND_DAYS: [i64; 2] = [30, 60];

const DAY_MS: i64 = 86_400_000;

/// The number of a place that can hold copies of a source.
pub(super) type Slot = usize;

/// What a run brings: where, and as of when.
type Brought = Vec<(Slot, i64)>;

/// Something to come. At one instant, ends come before starts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    End { at: i64, work: usize, brought: Brought, well: bool },
    Start { at: i64, work: usize },
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

/// What goes wrong in a simulation.
#[derive(Debug, Clone, Default)]
pub(super) struct Wrong<'s> {
    /// Repos that are lost from the beginning.
    pub dead: Vec<bool>,
    /// A run that fails: workflow and start.
    pub failed: Option<(String, i64)>,
    /// What comes of a state of a machine in each run, in place of `ok`.
    pub turn: Option<&'s Turn>,
}

/// What is common to all simulations of one policy.
#[derive(Debug)]
pub(super) struct Stage<'m, 'a> {
    works: Vec<(&'a str, &'m Work<'a>)>,
    followers: Vec<Vec<usize>>,
    pub slots: HashMap<Place<'a>, Slot>,
    /// The numbers of all repos of both policies.
    pub repos: &'m HashMap<&'m str, usize>,
    /// By slot.
    pub repo_of: Vec<usize>,
    /// By slot: where the base lies without which nothing of it can be restored.
    pub base_of: Vec<Option<Slot>>,
}

impl<'m, 'a> Stage<'m, 'a> {
    /// The workflows that matter, with the places that both policies know, in one order.
    pub fn new(
        model: &'m Model<'a>,
        relevant: &BTreeSet<&str>,
        places: &[Place<'a>],
        repos: &'m HashMap<&'m str, usize>,
    ) -> Self {
        let known = model.works.iter().filter(|(name, _)| relevant.contains(*name));
        let works: Vec<(&str, &Work<'_>)> = known.map(|(name, work)| (*name, work)).collect();
        let behind = |name: &str| {
            let follows = |(_, (_, work)): &(usize, &(&str, &Work<'_>))| work.rhythm.follows.contains(name);
            works.iter().enumerate().filter(follows).map(|(at, _)| at).collect()
        };
        let followers = works.iter().map(|(name, _)| behind(name)).collect();
        let repo_of = places.iter().filter_map(|place| repos.get(place.repo)).copied().collect();
        let slots: HashMap<Place<'_>, Slot> =
            places.iter().enumerate().map(|(slot, place)| (*place, slot)).collect();
        let base = |place: &Place<'_>| slots.get(&Place { of_logs: false, ..*place }).copied();
        let base_of = places.iter().map(|place| base(place).filter(|_| place.of_logs)).collect();
        Self { works, followers, slots, repos, repo_of, base_of }
    }

    fn is_dead(&self, wrong: &Wrong<'_>, repo: &str) -> bool {
        self.repos.get(repo).and_then(|repo| wrong.dead.get(*repo)).copied().unwrap_or(false)
    }

    /// The first start of a workflow after an instant.
    fn next(&self, work: usize, after: i64) -> Option<i64> {
        let schedule = self.works.get(work)?.1.rhythm.schedule.as_ref()?;
        let after = Timestamp::from_millisecond(after).ok()?;
        schedule.next(after).map(|at| at.as_millisecond())
    }
}

/// A simulation on its way.
#[derive(Debug, Clone)]
pub(super) struct Sim<'s, 'm, 'a> {
    stage: &'s Stage<'m, 'a>,
    /// What the newest copy in each place is of.
    pub newest: Vec<i64>,
    ahead: BinaryHeap<Reverse<Ahead>>,
    /// What goes wrong in it.
    pub wrong: Wrong<'s>,
    /// The workflows that started in the last [`Sim::advance`].
    pub started: Vec<&'a str>,
}

impl<'s, 'm, 'a> Sim<'s, 'm, 'a> {
    pub fn new(stage: &'s Stage<'m, 'a>, from: i64, wrong: Wrong<'s>) -> Self {
        let mut sim = Self {
            stage,
            newest: vec![NEVER; stage.repo_of.len()],
            ahead: BinaryHeap::new(),
            wrong,
            started: Vec::new(),
        };
        for (work, (_, model)) in stage.works.iter().enumerate() {
            match (&model.rhythm.schedule, model.rhythm.follows.is_empty()) {
                (Some(_), _) => sim.await_start(work, from - 1),
                (None, true) => {
                    BY_HAND_DAYS
                        .into_iter()
                        .for_each(|days| sim.push(Event::Start { at: from + days * DAY_MS, work }));
                }
                (None, false) => {}
            }
        }
        sim
    }

    fn push(&mut self, event: Event) {
        self.ahead.push(Reverse(Ahead(event)));
    }

    fn await_start(&mut self, work: usize, after: i64) {
        if let Some(at) = self.stage.next(work, after) {
            self.push(Event::Start { at, work });
        }
    }

    /// When something happens next.
    pub fn peek(&self) -> Option<i64> {
        self.ahead.peek().map(|Reverse(Ahead(event))| event.at())
    }

    /// Lets everything happen that happens up to an instant, itself included.
    pub fn advance(&mut self, to: i64) {
        self.started.clear();
        while self.peek().is_some_and(|at| at <= to) {
            match self.ahead.pop() {
                Some(Reverse(Ahead(Event::Start { at, work }))) => self.start(at, work),
                Some(Reverse(Ahead(Event::End { at, work, brought, well }))) => {
                    self.end(at, work, &brought, well);
                }
                None => return,
            }
        }
    }

    /// Damages what a repo holds from runs that have started, also from those that have not ended.
    pub fn damage(&mut self, repo: usize) {
        let is_there = |slot: Slot| self.stage.repo_of.get(slot) == Some(&repo);
        for (_, of) in self.newest.iter_mut().enumerate().filter(|(slot, _)| is_there(*slot)) {
            *of = NEVER;
        }
        let spoilt = std::mem::take(&mut self.ahead).into_iter().map(|Reverse(Ahead(mut event))| {
            if let Event::End { brought, .. } = &mut event {
                brought.retain(|(slot, _)| !is_there(*slot));
            }
            Reverse(Ahead(event))
        });
        self.ahead = spoilt.collect();
    }

    /// Whether both go on alike.
    pub fn is_like(&self, other: &Self) -> bool {
        let sorted = |sim: &Self| {
            let mut all: Vec<Event> = sim.ahead.iter().map(|Reverse(Ahead(event))| event.clone()).collect();
            all.sort();
            all
        };
        self.newest == other.newest && self.ahead.len() == other.ahead.len() && sorted(self) == sorted(other)
    }

    fn start(&mut self, at: i64, work: usize) {
        let Some((name, model)) = self.stage.works.get(work) else { return };
        self.await_start(work, at);
        self.started.push(name);
        let fails = self.wrong.failed.as_ref().is_some_and(|(failed, then)| failed == name && *then == at);
        let (brought, well) = match model.machine {
            _ if fails => (Vec::new(), false),
            Some(machine) => self.course(at, name, model, machine),
            None => self.body(at, model),
        };
        self.push(Event::End { at: at.saturating_add(model.rhythm.delay_ms), work, brought, well });
    }

    fn end(&mut self, at: i64, work: usize, brought: &Brought, well: bool) {
        for (slot, of) in brought {
            if let Some(newest) = self.newest.get_mut(*slot) {
                *newest = (*newest).max(*of);
            }
        }
        if well {
            for follower in self.stage.followers.get(work).into_iter().flatten() {
                self.push(Event::Start { at, work: *follower });
            }
        }
    }

    /// What a run of a machine brings, and whether it ends well: each state ends `ok`, or `failed` when it cannot do what
    /// it does. What came of a state comes of it again, so that a state entered twice is entered until the run fails.
    fn course(&self, at: i64, name: &str, work: &Work<'a>, machine: &'a Machine) -> (Brought, bool) {
        let mut brought = Brought::new();
        let mut entered: HashSet<&str> = HashSet::new();
        let mut here = machine.start.as_str();
        while entered.insert(here) {
            if let Some(end) = machine.finals.get(here) {
                return (brought, *end != Final::Failed);
            }
            let known = machine.states.get(here).zip(work.steps.iter().find(|step| step.id == here));
            let Some((state, step)) = known else { break };
            let turn = self.wrong.turn.filter(|turn| turn.machine == name && turn.state == here);
            let turn = turn.and_then(|turn| Some((turn, turn.leads(state)?)));
            let acts = turn.is_none_or(|(turn, _)| turn.leaves_a_copy());
            let next = if acts && self.step(at, step, &mut brought) != Came::Well {
                state.on.get("failed")
            } else {
                turn.map(|(_, to)| to).or_else(|| state.on.get("ok"))
            };
            let Some(next) = next else { break };
            here = next;
        }
        (brought, false)
    }

    /// What a run brings, and whether all its steps end well.
    fn body(&self, at: i64, work: &Work<'a>) -> (Brought, bool) {
        let mut brought = Brought::new();
        let mut ended: HashMap<&str, Came> = HashMap::new();
        for step in &work.steps {
            let came =
                if asks(step.needs, &ended) { self.step(at, step, &mut brought) } else { Came::Skipped };
            ended.insert(step.id, came);
        }
        (brought, ended.values().all(|came| *came == Came::Well))
    }

    fn step(&self, at: i64, step: &Doing<'a>, brought: &mut Brought) -> Came {
        for copy in &step.makes {
            let lost = |repo: &str| self.stage.is_dead(&self.wrong, repo);
            if lost(copy.repo) || copy.origin.repo().is_some_and(lost) || !self.has_base(copy, brought) {
                return Came::Failed;
            }
            let place = place_of(copy);
            let of = match copy.origin {
                Origin::Source => at,
                Origin::Copy { repo } => self.just_brought(Place { repo, ..place }, brought),
                Origin::Latest { repo } => self.held(Place { repo, ..place }),
            };
            match self.stage.slots.get(&place) {
                Some(_) if of == NEVER => return Came::Failed,
                Some(slot) => brought.push((*slot, of)),
                None => {}
            }
        }
        if step.repos.iter().any(|repo| self.stage.is_dead(&self.wrong, repo)) {
            Came::Failed
        } else {
            Came::Well
        }
    }

    /// Whether a link of a chain of logs finds the base that it continues.
    fn has_base(&self, copy: &SourceCopy<'a>, brought: &Brought) -> bool {
        let Some(Base { source, repo }) = copy.base else { return true };
        let place = Place { source, repo, of_logs: false };
        let lost = self.stage.is_dead(&self.wrong, repo);
        !lost && (self.held(place) != NEVER || self.just_brought(place, brought) != NEVER)
    }

    fn held(&self, place: Place<'_>) -> i64 {
        let slot = self.stage.slots.get(&place);
        slot.and_then(|slot| self.newest.get(*slot)).copied().unwrap_or(NEVER)
    }

    fn just_brought(&self, place: Place<'_>, brought: &Brought) -> i64 {
        let slot = self.stage.slots.get(&place);
        let own = brought.iter().rev().find(|(place, _)| Some(place) == slot);
        own.map_or(NEVER, |(_, of)| *of)
    }

    /// As of when what can be restored from a place is: of links of a chain nothing without their base.
    pub fn restorable(&self, slot: Slot) -> i64 {
        let newest = |slot: Slot| self.newest.get(slot).copied().unwrap_or(NEVER);
        let base = self.stage.base_of.get(slot).copied().flatten();
        if base.is_some_and(|base| newest(base) == NEVER) { NEVER } else { newest(slot) }
    }
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    Well,
    Failed,
    Skipped,
}

fn asks(rule: &Rule, ended: &HashMap<&str, Came>) -> bool {
    let came = |name: &str| ended.get(name).copied();
    match rule {
        Rule::Always => true,
        Rule::Well(name) => came(name) == Some(Came::Well),
        Rule::Failed(name) => came(name) == Some(Came::Failed),
        Rule::Ended(name) => came(name).is_some(),
        Rule::All(rules) => rules.iter().all(|rule| asks(rule, ended)),
        Rule::Any(rules) => rules.iter().any(|rule| asks(rule, ended)),
    }
}
