//! How age spreads from copy to copy.
//!
//! Copies are the nodes of a graph, and each is as old as the copy that it is made from, plus what its own workflow
//! adds: so the ages are shortest ways, found in order of age. Each copy is looked at once for each way in
//! which it may be made, whatever the number of those that make it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};

use mainstay_ir::{Origin, SourceCopy};

use crate::age::{Age, Part, Unprovable, follows, total};
use crate::timetable::Timetable;

/// The ages of all copies.
pub(crate) fn ages<'a>(table: &Timetable<'a>) -> Vec<Age<'a>> {
    let copies = &table.flows().copies;
    let mut spread = Spread {
        table,
        copies,
        waiting: Waiting::new(table, copies),
        found: vec![None; copies.len()],
        failed: vec![None; copies.len()],
        heap: BinaryHeap::new(),
    };
    spread.start();
    spread.run();
    spread.fail();
    spread.finish()
}

/// A source in a repo.
type Place<'a> = (&'a str, &'a str);

/// A copy, and the workflows that run one after another until it is made.
type Follower<'a> = (usize, Vec<&'a str>);

/// Copies that wait for one that they are made from.
struct Waiting<'a> {
    /// By what some other run left, at whatever time.
    by_clock: HashMap<Place<'a>, Vec<usize>>,
    /// By what a workflow left that they follow, directly or by others in between: those, and the copy's own.
    by_success: HashMap<(Place<'a>, &'a str), Vec<Follower<'a>>>,
    /// By what the same run made.
    by_run: HashMap<(Place<'a>, &'a str), Vec<usize>>,
}

impl<'a> Waiting<'a> {
    fn new(table: &Timetable<'a>, copies: &[SourceCopy<'a>]) -> Self {
        let mut waiting =
            Self { by_clock: HashMap::new(), by_success: HashMap::new(), by_run: HashMap::new() };
        for (at, copy) in copies.iter().enumerate() {
            match copy.origin {
                Origin::Source => {}
                Origin::Copy { repo } => {
                    waiting.by_run.entry(((copy.source, repo), copy.workflow)).or_default().push(at);
                }
                Origin::Latest { repo } => {
                    let place = (copy.source, repo);
                    waiting.by_clock.entry(place).or_default().push(at);
                    for (followed, chain) in chains(table, copy.workflow) {
                        waiting.by_success.entry((place, followed)).or_default().push((at, chain));
                    }
                }
            }
        }
        waiting
    }

    /// Those that wait for this copy, each with what comes on top.
    fn take(&mut self, copy: &SourceCopy<'a>) -> Vec<(usize, Adds<'a>)> {
        let place = (copy.source, copy.repo);
        let own = (place, copy.workflow);
        let run = self.by_run.remove(&own).unwrap_or_default().into_iter().map(|at| (at, Adds::Nothing));
        let success = self.by_success.remove(&own).unwrap_or_default().into_iter();
        let success = success.map(|(at, chain)| (at, Adds::Withins(chain)));
        let clock = self.by_clock.remove(&place).unwrap_or_default().into_iter().map(|at| (at, Adds::Rhythm));
        run.chain(success).chain(clock).collect()
    }
}

/// The workflows after whose success this one starts, directly or through others; each with those that then run
/// one after another, this one last.
fn chains<'a>(table: &Timetable<'a>, workflow: &'a str) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut open = VecDeque::from([(workflow, vec![workflow])]);
    while let Some((last, chain)) = open.pop_front() {
        for before in table.triggers(last).iter().filter_map(follows) {
            if before == workflow || found.iter().any(|(known, _)| *known == before) {
                continue;
            }
            found.push((before, chain.clone()));
            open.push_back((before, [&[before], chain.as_slice()].concat()));
        }
    }
    found
}

/// What is added to the age of what is copied.
#[derive(Debug, Clone)]
enum Adds<'a> {
    /// The same run makes the copy.
    Nothing,
    /// These run one after another as soon as it is there.
    Withins(Vec<&'a str>),
    /// It lies there until the clock starts the copying workflow.
    Rhythm,
}

struct Spread<'t, 'a> {
    table: &'t Timetable<'a>,
    copies: &'t [SourceCopy<'a>],
    waiting: Waiting<'a>,
    found: Vec<Option<Vec<Part<'a>>>>,
    failed: Vec<Option<Unprovable<'a>>>,
    heap: BinaryHeap<Reverse<(u64, usize, Way<'a>)>>,
}

/// The parts of a way; two of the same age at the same copy are as good as each other.
struct Way<'a>(Vec<Part<'a>>);

impl PartialEq for Way<'_> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Way<'_> {}

impl PartialOrd for Way<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Way<'_> {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl<'a> Spread<'_, 'a> {
    /// Copies of their source, in the order of the steps.
    fn start(&mut self) {
        let copies = self.copies;
        for (at, copy) in copies.iter().enumerate().filter(|(_, copy)| copy.origin == Origin::Source) {
            let age = self.table.is_made(copy).and_then(|()| self.table.rhythm(copy.workflow));
            self.reach(at, age);
        }
    }

    fn reach(&mut self, at: usize, age: Age<'a>) {
        match age {
            Ok(parts) => self.heap.push(Reverse((total(&parts).0, at, Way(parts)))),
            Err(why) => {
                if let Some(failed) = self.failed.get_mut(at) {
                    *failed = Some(why);
                }
            }
        }
    }

    fn run(&mut self) {
        let copies = self.copies;
        while let Some(Reverse((_, at, Way(parts)))) = self.heap.pop() {
            let (Some(copy), Some(slot @ None)) = (copies.get(at), self.found.get_mut(at)) else { continue };
            *slot = Some(parts.clone());
            for (next, adds) in self.waiting.take(copy) {
                let age = self.longer(next, adds, parts.clone());
                self.reach(next, age);
            }
        }
    }

    fn longer(&self, at: usize, adds: Adds<'a>, mut parts: Vec<Part<'a>>) -> Age<'a> {
        let Some(copy) = self.copies.get(at) else { return Ok(parts) };
        self.table.is_made(copy)?;
        match adds {
            Adds::Nothing => {}
            Adds::Withins(chain) => {
                for workflow in chain {
                    parts.push(self.table.within(workflow)?);
                }
            }
            Adds::Rhythm => parts.extend(self.table.rhythm(copy.workflow)?),
        }
        Ok(parts)
    }

    /// What is made of a copy of which nothing can be said, cannot be spoken of for the same reason.
    fn fail(&mut self) {
        let copies = self.copies;
        let mut open: VecDeque<usize> = (0..copies.len()).collect();
        while let Some(at) = open.pop_front() {
            let known = self.failed.get(at).cloned().flatten();
            let (Some(why), Some(copy), Some(None)) = (known, copies.get(at), self.found.get(at)) else {
                continue;
            };
            for (next, _) in self.waiting.take(copy) {
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
