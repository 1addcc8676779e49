//! What waits for a copy: those that are made from it, and what starts after the workflow that made it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use mainstay_ir::{Origin, SourceCopy};

use crate::rhythm::Order;

/// A source in a repo.
pub(super) type Place<'a> = (&'a str, &'a str);

/// The newest copy of a place at the end of a run, as the workflows that ran before it left it.
pub(super) struct Arrival<'a> {
    place: Place<'a>,
    workflow: &'a str,
    /// What that run makes from it.
    copies: Vec<usize>,
}

/// An arrival by its number, and the workflows that run one after another until it is there.
type Follower<'a> = (usize, Vec<&'a str>);

/// What is added to the age of what is copied.
#[derive(Debug, Clone)]
pub(super) enum Adds<'a> {
    /// The same run makes the copy.
    Nothing,
    /// These run one after another as soon as it is there.
    Withins(Vec<&'a str>),
    /// It lies there until the clock starts the copying workflow.
    Rhythm,
}

/// Copies and arrivals that wait for one that they are made from. Arrivals are numbered after the copies.
pub(super) struct Waiting<'a> {
    /// By what some other run left, at whatever time.
    by_clock: HashMap<Place<'a>, Vec<usize>>,
    /// By what a workflow left, those that start after it.
    by_success: HashMap<(Place<'a>, &'a str), Vec<Follower<'a>>>,
    /// By what the same run made.
    by_run: HashMap<(Place<'a>, &'a str), Vec<usize>>,
    arrivals: Vec<Arrival<'a>>,
}

impl<'a> Waiting<'a> {
    pub fn new(order: &Order<'a>, copies: &[SourceCopy<'a>]) -> Self {
        let (by_clock, by_success, by_run) = Default::default();
        let mut waiting = Self { by_clock, by_success, by_run, arrivals: Vec::new() };
        for (at, copy) in copies.iter().enumerate() {
            match copy.origin {
                Origin::Source => {}
                Origin::Copy { repo } => {
                    waiting.by_run.entry(((copy.source, repo), copy.workflow)).or_default().push(at);
                }
                Origin::Latest { repo } => {
                    waiting.by_clock.entry((copy.source, repo)).or_default().push(at);
                }
            }
        }
        WaysBack::new(order, copies).arrivals(copies, &mut waiting);
        waiting
    }

    /// How many arrivals there are.
    pub fn arrivals(&self) -> usize {
        self.arrivals.len()
    }

    /// Those that wait for this copy, or for the arrival of this number; each with what comes on top.
    pub fn take(&mut self, copies: &[SourceCopy<'a>], at: usize) -> Vec<(usize, Adds<'a>)> {
        let nothing = |at| (at, Adds::Nothing);
        if let Some(copy) = copies.get(at) {
            let place = (copy.source, copy.repo);
            let run = self.by_run.remove(&(place, copy.workflow)).unwrap_or_default();
            let success = self.success(place, copy.workflow);
            let clock = self.by_clock.remove(&place).unwrap_or_default();
            let clock = clock.into_iter().map(|at| (at, Adds::Rhythm));
            return run.into_iter().map(nothing).chain(success).chain(clock).collect();
        }
        let Some(arrival) = at.checked_sub(copies.len()).and_then(|at| self.arrivals.get_mut(at)) else {
            return Vec::new();
        };
        let (made, place, workflow) = (std::mem::take(&mut arrival.copies), arrival.place, arrival.workflow);
        made.into_iter().map(nothing).chain(self.success(place, workflow)).collect()
    }

    fn success(&mut self, place: Place<'a>, workflow: &'a str) -> Vec<(usize, Adds<'a>)> {
        let followers = self.by_success.remove(&(place, workflow)).unwrap_or_default();
        followers.into_iter().map(|(at, chain)| (at, Adds::Withins(chain))).collect()
    }
}

/// Ways back along `after_success`. They end at the first workflow that has to do with the place too: from there on they
/// are its ways, and so each is walked once.
struct WaysBack<'o, 'a> {
    order: &'o Order<'a>,
    /// By place: the workflows that make copies there, or copy from there; each once.
    concerned: HashMap<Place<'a>, Vec<usize>>,
    /// By workflow: the number of the last search that came by, and of the last place that it has to do with.
    seen: Vec<usize>,
    marked: Vec<usize>,
    searches: usize,
}

impl<'o, 'a> WaysBack<'o, 'a> {
    fn new(order: &'o Order<'a>, copies: &[SourceCopy<'a>]) -> Self {
        let mut concerned: HashMap<Place<'a>, Vec<usize>> = HashMap::new();
        for copy in copies {
            let from = match copy.origin {
                Origin::Latest { repo } => Some((copy.source, repo)),
                Origin::Source | Origin::Copy { .. } => None,
            };
            for place in from.into_iter().chain([(copy.source, copy.repo)]) {
                let all = concerned.entry(place).or_default();
                all.extend(order.number(copy.workflow).filter(|number| all.last() != Some(number)));
            }
        }
        let count = order.names.len();
        Self { order, concerned, seen: vec![0; count], marked: vec![0; count], searches: 0 }
    }

    /// An arrival for each workflow that has to do with a place from which anyone copies after a success.
    fn arrivals(mut self, copies: &[SourceCopy<'a>], waiting: &mut Waiting<'a>) {
        let mut wanted: HashMap<(Place<'a>, &str), Vec<usize>> = HashMap::new();
        let (mut places, mut known) = (Vec::new(), HashSet::new());
        for (at, copy) in copies.iter().enumerate() {
            let Origin::Latest { repo } = copy.origin else { continue };
            let follows = self.order.number(copy.workflow).map(|number| self.order.followed(number));
            if follows.is_some_and(|follows| !follows.is_empty()) {
                let place = (copy.source, repo);
                places.extend(known.insert(place).then_some(place));
                wanted.entry((place, copy.workflow)).or_default().push(at);
            }
        }
        for (place, mark) in places.into_iter().zip(1..) {
            let concerned = self.concerned.remove(&place).unwrap_or_default();
            concerned.iter().for_each(|at| self.marked.get_mut(*at).into_iter().for_each(|it| *it = mark));
            for workflow in concerned {
                let number = copies.len() + waiting.arrivals.len();
                let name = self.order.name(workflow);
                for (before, chain) in self.nearest(workflow, mark) {
                    waiting.by_success.entry((place, before)).or_default().push((number, chain));
                }
                let copies = wanted.remove(&(place, name)).unwrap_or_default();
                waiting.arrivals.push(Arrival { place, workflow: name, copies });
            }
        }
    }

    /// The marked workflows after whose success one starts, directly or through others that are not marked; each with those
    /// that then run one after another, this one last. Of several such chains the one that may take the least: what costs is
    /// to run through a workflow, so the first time that a search in the order of cost comes to one is the cheapest.
    fn nearest(&mut self, workflow: usize, mark: usize) -> Vec<(&'a str, Vec<&'a str>)> {
        self.searches += 1;
        let order = self.order;
        let (mut found, mut passed) = (Vec::new(), vec![(workflow, None)]);
        let mut open = BinaryHeap::from([Reverse((0, 0))]);
        while let Some(Reverse((cost_ms, at))) = open.pop() {
            let Some((last, _)) = passed.get(at).copied() else { break };
            for before in order.followed(last).iter().copied() {
                let Some(seen) = self.seen.get_mut(before).filter(|seen| **seen != self.searches) else {
                    continue;
                };
                *seen = self.searches;
                if self.marked.get(before) == Some(&mark) {
                    let next = |at: &(usize, Option<usize>)| passed.get(at.1?).copied();
                    let chain = std::iter::successors(passed.get(at).copied(), next);
                    found.push((order.name(before), chain.map(|(number, _)| order.name(number)).collect()));
                } else {
                    open.push(Reverse((order.within_ms(before).saturating_add(cost_ms), passed.len())));
                    passed.push((before, Some(at)));
                }
            }
        }
        found
    }
}
