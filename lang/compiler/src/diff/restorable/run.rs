//! A simulation of the runs of a policy: each run takes as long as it may, and what it makes is there at its end.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use jiff::Timestamp;
use mainstay_ir::{Origin, Rule};

use super::model::{Doing, Model, Work, read_from};

/// No copy at all: older than any.
pub(super) const NEVER: i64 = i64::MIN;

/// What nothing starts by the clock is taken to be started by hand so long after the beginning: twice, so that a workflow
/// that copies what another one left finds something.
const BY_HAND_DAYS: [i64; 2] = [30, 60];

const DAY_MS: i64 = 86_400_000;

/// A place that can hold copies of a source: source and repo, by their numbers.
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
pub(super) struct Wrong {
    /// Repos that are lost from the beginning.
    pub dead: Vec<bool>,
    /// A run that fails: workflow and start.
    pub failed: Option<(String, i64)>,
}

/// What is common to all simulations of one policy.
#[derive(Debug)]
pub(super) struct Stage<'m, 'a> {
    works: Vec<(&'a str, &'m Work<'a>)>,
    followers: Vec<Vec<usize>>,
    /// By source and repo.
    pub slots: HashMap<(&'m str, &'m str), Slot>,
    /// The numbers of all repos of both policies.
    pub repos: &'m HashMap<&'m str, usize>,
    /// By slot.
    pub repo_of: Vec<usize>,
}

impl<'m, 'a> Stage<'m, 'a> {
    /// The workflows that matter, with the places that both policies know, in one order.
    pub fn new(
        model: &'m Model<'a>,
        relevant: &BTreeSet<&str>,
        places: &[(&'m str, &'m str)],
        repos: &'m HashMap<&'m str, usize>,
    ) -> Self {
        let known = model.works.iter().filter(|(name, _)| relevant.contains(*name));
        let works: Vec<(&str, &Work<'_>)> = known.map(|(name, work)| (*name, work)).collect();
        let behind = |name: &str| {
            let follows = |(_, (_, work)): &(usize, &(&str, &Work<'_>))| work.rhythm.follows.contains(name);
            works.iter().enumerate().filter(follows).map(|(at, _)| at).collect()
        };
        let followers = works.iter().map(|(name, _)| behind(name)).collect();
        let repo_of = places.iter().filter_map(|(_, repo)| repos.get(repo)).copied().collect();
        let slots = places.iter().enumerate().map(|(slot, place)| (*place, slot)).collect();
        Self { works, followers, slots, repos, repo_of }
    }

    fn is_dead(&self, wrong: &Wrong, repo: &str) -> bool {
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
    pub wrong: Wrong,
    /// The workflows that started in the last [`Sim::advance`].
    pub started: Vec<&'a str>,
}

impl<'s, 'm, 'a> Sim<'s, 'm, 'a> {
    pub fn new(stage: &'s Stage<'m, 'a>, from: i64, wrong: Wrong) -> Self {
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
        let (brought, well) = if fails { (Vec::new(), false) } else { self.body(at, model) };
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
            if lost(copy.repo) || read_from(copy).is_some_and(lost) {
                return Came::Failed;
            }
            let of = match copy.origin {
                Origin::Source => at,
                Origin::Copy { repo } => self.just_brought(copy.source, repo, brought),
                Origin::Latest { repo } => self.held(copy.source, repo),
            };
            let slot = self.stage.slots.get(&(copy.source, copy.repo));
            match slot {
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

    fn held(&self, source: &str, repo: &str) -> i64 {
        let slot = self.stage.slots.get(&(source, repo));
        slot.and_then(|slot| self.newest.get(*slot)).copied().unwrap_or(NEVER)
    }

    fn just_brought(&self, source: &str, repo: &str, brought: &Brought) -> i64 {
        let slot = self.stage.slots.get(&(source, repo));
        let own = brought.iter().rev().find(|(place, _)| Some(place) == slot);
        own.map_or(NEVER, |(_, of)| *of)
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
