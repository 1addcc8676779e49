//! How age spreads from copy to copy.
//!
//! Copies are the nodes of a graph, and each is as old as the copy that it is made from, plus what its own workflow
//! adds: so the ages are shortest ways, found in order of age. Each copy is looked at once for each way in
//! which it may be made, whatever the number of those that make it. Between copies stand arrivals: what a workflow that
//! starts after others finds, as they left it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet, VecDeque};

use mainstay_ir::{DurationMs, Origin, SourceCopy};

use crate::age::{Age, Unprovable};
use crate::timetable::Timetable;
use crate::way::{Way, total};

mod lineage;
mod waiting;

pub(crate) use lineage::Path;
use waiting::{Adds, Place, Waiting};

/// The ages of all copies.
pub(crate) fn ages<'a>(table: &Timetable<'a>) -> Vec<Age<'a>> {
    let copies = &table.flows().copies;
    let waiting = Waiting::new(&table.order, copies);
    let count = copies.len() + waiting.arrivals();
    let mut spread = Spread {
        table,
        copies,
        waiting,
        found: vec![None; count],
        failed: vec![None; count],
        heap: BinaryHeap::new(),
    };
    spread.start();
    spread.run();
    spread.fail();
    spread.finish()
}

struct Spread<'t, 'a> {
    table: &'t Timetable<'a>,
    copies: &'t [SourceCopy<'a>],
    waiting: Waiting<'t, 'a>,
    /// By copy, and then by arrival.
    found: Vec<Option<Way>>,
    failed: Vec<Option<Unprovable<'a>>>,
    heap: BinaryHeap<Reverse<Reached>>,
}

/// A copy or an arrival, and how it may be reached. Two of the same age at the same copy are as good as each other.
struct Reached {
    age_ms: u64,
    at: usize,
    from: Way,
    adds: Adds,
}

impl PartialEq for Reached {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Reached {}

impl PartialOrd for Reached {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Reached {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.age_ms, self.at).cmp(&(other.age_ms, other.at))
    }
}

impl<'a> Spread<'_, 'a> {
    /// Copies of their source, in the order of the steps.
    fn start(&mut self) {
        let copies = self.copies;
        for (at, _) in copies.iter().enumerate().filter(|(_, copy)| copy.origin == Origin::Source) {
            self.reach(at, Way::NONE, Adds::Rhythm);
        }
    }

    /// The parts are put together when it is settled that this way is the shortest.
    fn reach(&mut self, at: usize, from: Way, adds: Adds) {
        match self.longer(at, adds) {
            Ok(length) => {
                let age_ms = total(&from).0.saturating_add(length);
                self.heap.push(Reverse(Reached { age_ms, at, from, adds }));
            }
            Err(why) => {
                if let Some(failed) = self.failed.get_mut(at) {
                    *failed = Some(why);
                }
            }
        }
    }

    /// By how many milliseconds.
    fn longer(&self, at: usize, adds: Adds) -> Result<u64, Unprovable<'a>> {
        let copy = self.copies.get(at);
        copy.map_or(Ok(()), |copy| self.table.is_made(copy))?;
        match (adds, copy) {
            (Adds::Withins(path), _) => {
                let endless = |at| Unprovable::NoWithin(self.table.order.name(at));
                self.waiting.lineage.length(path).map_err(endless)
            }
            (Adds::Rhythm, Some(copy)) => Ok(total(&self.table.rhythm(copy.workflow)?).0),
            (Adds::Nothing, _) | (Adds::Rhythm, None) => Ok(0),
        }
    }

    fn run(&mut self) {
        while let Some(Reverse(Reached { at, from, adds, .. })) = self.heap.pop() {
            if !matches!(self.found.get(at), Some(None)) {
                continue;
            }
            let way = self.together(at, from, adds);
            if let Some(slot) = self.found.get_mut(at) {
                *slot = Some(way);
            }
            for (next, adds) in self.waiting.take(self.copies, at) {
                self.reach(next, way, adds);
            }
        }
    }

    /// The way, and what comes on top.
    fn together(&self, at: usize, from: Way, adds: Adds) -> Way {
        let ways = &self.table.ways;
        match (adds, self.copies.get(at)) {
            (Adds::Withins(path), _) => {
                let length = self.waiting.lineage.length(path).unwrap_or_default();
                ways.path(from, path, DurationMs(length))
            }
            (Adds::Rhythm, Some(copy)) => match self.table.rhythm(copy.workflow) {
                Ok(rhythm) => ways.all(from, rhythm),
                Err(_) => from,
            },
            (Adds::Nothing, _) | (Adds::Rhythm, None) => from,
        }
    }

    /// What is made of a copy of which nothing can be said, cannot be spoken of for the same reason.
    fn fail(&mut self) {
        let mut open: VecDeque<usize> = (0..self.failed.len()).collect();
        while let Some(at) = open.pop_front() {
            let known = self.failed.get(at).cloned().flatten();
            let (Some(why), Some(None)) = (known, self.found.get(at)) else { continue };
            for (next, _) in self.waiting.take(self.copies, at) {
                if let Some(failed @ None) = self.failed.get_mut(next) {
                    *failed = Some(why.clone());
                    open.push_back(next);
                }
            }
        }
    }

    fn finish(self) -> Vec<Age<'a>> {
        let made: HashSet<Place<'a>> = self.copies.iter().map(|copy| (copy.source, copy.repo)).collect();
        let nothing = |copy: &SourceCopy<'a>| match copy.origin {
            Origin::Latest { repo } | Origin::Copy { repo } if !made.contains(&(copy.source, repo)) => {
                Unprovable::NoMaker { source_name: copy.source, repo }
            }
            _ => Unprovable::Circular,
        };
        let ends = self.copies.iter().zip(self.found).zip(self.failed);
        ends.map(|((copy, found), failed)| found.ok_or_else(|| failed.unwrap_or_else(|| nothing(copy))))
            .collect()
    }
}

#[cfg(test)]
mod tests;
