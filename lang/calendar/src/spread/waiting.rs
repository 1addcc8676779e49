//! What waits for a copy: those that are made from it, and what starts after the workflow that made it.

use std::collections::{HashMap, HashSet};

use mainstay_ir::{IndexMap, Origin, SourceCopy};

use super::lineage::{Lineage, Path};
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

/// What is added to the age of what is copied.
#[derive(Debug, Clone, Copy)]
pub(super) enum Adds {
    /// The same run makes the copy.
    Nothing,
    /// These run one after another as soon as it is there.
    Withins(Path),
    /// It lies there until the clock starts the copying workflow.
    Rhythm,
}

/// Copies and arrivals that wait for one that they are made from. Arrivals are numbered after the copies.
pub(super) struct Waiting<'o, 'a> {
    pub lineage: Lineage<'o, 'a>,
    /// By what some other run left, at whatever time.
    by_clock: HashMap<Place<'a>, Vec<usize>>,
    /// By what a workflow left, those that start after it.
    by_success: HashMap<(Place<'a>, &'a str), Vec<(usize, Path)>>,
    /// By what the same run made.
    by_run: HashMap<(Place<'a>, &'a str), Vec<usize>>,
    arrivals: Vec<Arrival<'a>>,
}

/// The places from which anyone copies after a success.
struct Arrivals<'a> {
    wanted: IndexMap<Place<'a>, Wanted>,
}

/// What has to do with such a place.
#[derive(Default)]
struct Wanted {
    /// The workflows that make copies there.
    makers: Vec<usize>,
    /// What is made from there, by workflow.
    copies: IndexMap<usize, Vec<usize>>,
}

impl<'o, 'a> Waiting<'o, 'a> {
    pub fn new(order: &'o Order<'a>, copies: &[SourceCopy<'a>]) -> Self {
        let (by_clock, by_success, by_run) = Default::default();
        let (lineage, arrivals) = (Lineage::new(order), Vec::new());
        let mut waiting = Self { lineage, by_clock, by_success, by_run, arrivals };
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
        Arrivals::new(order, copies).wait(order, copies.len(), &mut waiting);
        waiting
    }

    /// How many arrivals there are.
    pub fn arrivals(&self) -> usize {
        self.arrivals.len()
    }

    /// Those that wait for this copy, or for the arrival of this number; each with what comes on top.
    pub fn take(&mut self, copies: &[SourceCopy<'a>], at: usize) -> Vec<(usize, Adds)> {
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

    fn success(&mut self, place: Place<'a>, workflow: &'a str) -> Vec<(usize, Adds)> {
        let followers = self.by_success.remove(&(place, workflow)).unwrap_or_default();
        followers.into_iter().map(|(at, path)| (at, Adds::Withins(path))).collect()
    }
}

impl<'a> Arrivals<'a> {
    /// What anyone copies after a success, and who makes that.
    fn new(order: &Order<'a>, copies: &[SourceCopy<'a>]) -> Self {
        let mut all = Self { wanted: IndexMap::default() };
        for (at, copy) in copies.iter().enumerate() {
            let Origin::Latest { repo } = copy.origin else { continue };
            let number = order.number(copy.workflow);
            if let Some(number) = number.filter(|number| !order.followed(*number).is_empty()) {
                let of_place = all.wanted.entry((copy.source, repo)).or_default();
                of_place.copies.entry(number).or_default().push(at);
            }
        }
        for copy in copies {
            if let Some(of_place) = all.wanted.get_mut(&(copy.source, copy.repo)) {
                of_place.makers.extend(order.number(copy.workflow));
            }
        }
        all
    }

    /// An arrival for each that copies, and for all makers and joins before it through which a copy may come there.
    fn wait(self, order: &Order<'a>, first: usize, waiting: &mut Waiting<'_, 'a>) {
        for (place, Wanted { makers, mut copies }) in self.wanted {
            let makers = waiting.lineage.makers(makers);
            let mut open: Vec<usize> = copies.keys().copied().collect();
            let mut known: HashSet<usize> = open.iter().copied().collect();
            while let Some(at) = open.pop() {
                let number = first + waiting.arrivals.len();
                let copies = copies.swap_remove(&at).unwrap_or_default();
                waiting.arrivals.push(Arrival { place, workflow: order.name(at), copies });
                if !waiting.lineage.may_find(at, &makers) {
                    continue;
                }
                for path in waiting.lineage.before(at, &makers) {
                    let before = (place, order.name(path.after));
                    waiting.by_success.entry(before).or_default().push((number, path));
                    let is_next = waiting.lineage.may_find(path.after, &makers) && known.insert(path.after);
                    open.extend(is_next.then_some(path.after));
                }
            }
        }
    }
}
