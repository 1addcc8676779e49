//! From the start of a run to the end of the next one, at most: for each workflow and machine.
//!
//! One that follows another starts when that has ended. So rhythms are shortest ways from those that the clock
//! starts, and found in the order of their length: chains of tens of thousands are no recursion, and each link is looked at once.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use mainstay_ir::{DurationMs, Ir, Trigger, Value};

use crate::age::{Age, Part, PartKind, Unprovable, events_only, follows};
use crate::timetable::Timetable;
use crate::way::{Way, total};

/// The workflows and machines by number, in source order, and which starts after which.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    /// By number.
    pub names: Vec<&'a str>,
    numbers: HashMap<&'a str, usize>,
    /// For each, those after whose success it starts, by its triggers.
    pub followed: Vec<Vec<usize>>,
    /// What a run of each may take, in milliseconds; none: for ever.
    within_ms: Vec<Option<u64>>,
}

impl<'a> Order<'a> {
    pub fn new(ir: &'a Ir) -> Self {
        let names: Vec<&str> = ir.works().map(|(name, _)| name).collect();
        let numbers: HashMap<&str, usize> = names.iter().zip(0..).map(|(name, at)| (*name, at)).collect();
        let known = |trigger| numbers.get(follows(trigger)?).copied();
        let followed = ir.works().map(|(_, work)| work.triggers.iter().filter_map(known).collect()).collect();
        let within_ms = ir.works().map(|(_, work)| work.within.map(|within| within.0)).collect();
        Self { names, numbers, followed, within_ms }
    }

    pub fn number(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    pub fn name(&self, number: usize) -> &'a str {
        self.names.get(number).copied().unwrap_or_default()
    }

    /// What a run may take, in milliseconds; none: for ever.
    pub fn within_ms(&self, number: usize) -> Option<u64> {
        self.within_ms.get(number).copied().flatten()
    }

    /// Those after whose success one starts.
    pub fn followed(&self, number: usize) -> &[usize] {
        self.followed.get(number).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The rhythms of all workflows and machines, by number.
pub(crate) fn rhythms<'a>(table: &Timetable<'a>) -> Vec<Age<'a>> {
    let count = table.order.names.len();
    let mut search = Search {
        table,
        followers: vec![Vec::new(); count],
        starts: vec![None; count],
        found: vec![None; count],
        heap: BinaryHeap::new(),
    };
    search.begin();
    search.run();
    search.fail();
    let unknown = |(at, found): (usize, Option<Age<'a>>)| {
        found.unwrap_or_else(|| Err(Unprovable::BadTriggers(table.order.name(at))))
    };
    search.found.into_iter().enumerate().map(unknown).collect()
}

struct Search<'t, 'a> {
    table: &'t Timetable<'a>,
    /// For each, those that start after it, with the rank of the trigger.
    followers: Vec<Vec<(usize, usize)>>,
    /// From the start of one run to that of the next, at most.
    starts: Vec<Option<Way>>,
    found: Vec<Option<Age<'a>>>,
    /// Of equally long ways to start one the timed triggers come first, and then the others as they are written.
    heap: BinaryHeap<Reverse<Start>>,
}

/// How long, of which, the rank of the trigger, and the way.
type Start = (u64, usize, usize, Known);

/// A way that has no part in the order.
struct Known(Way);

impl PartialEq for Known {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Known {}

impl PartialOrd for Known {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Known {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl<'a> Search<'_, 'a> {
    /// What starts by itself: by the clock, or by logs.
    fn begin(&mut self) {
        let table = self.table;
        for (at, name) in table.order.names.iter().enumerate().filter(|(_, name)| table.may_start(name)) {
            if let Ok(way) = table.timed(name) {
                self.push(at, 0, way);
            }
            for (trigger, rank) in table.triggers(name).iter().zip(1..) {
                if let Some(before) = follows(trigger).and_then(|before| table.order.number(before)) {
                    self.followers.get_mut(before).into_iter().for_each(|all| all.push((at, rank)));
                } else if let Some(due) = at_most(trigger) {
                    // What is due while a run is under way starts when that has ended.
                    let length = table.within(name).map_or(due, |within| within.length.max(due));
                    let part = Part { workflow: name, kind: PartKind::AtMost, length };
                    self.push(at, rank, table.ways.part(Way::NONE, part));
                }
            }
        }
    }

    fn push(&mut self, at: usize, rank: usize, way: Way) {
        self.heap.push(Reverse((total(&way).0, at, rank, Known(way))));
    }

    fn run(&mut self) {
        while let Some(Reverse((_, at, _, Known(start)))) = self.heap.pop() {
            let Some(slot @ None) = self.starts.get_mut(at) else { continue };
            *slot = Some(start);
            let Ok(within) = self.table.within(self.table.order.name(at)) else { continue };
            let way = self.table.ways.part(start, within);
            if let Some(found) = self.found.get_mut(at) {
                *found = Some(Ok(way));
            }
            for (next, rank) in self.followers.get_mut(at).map(std::mem::take).unwrap_or_default() {
                self.push(next, rank, way);
            }
        }
    }

    /// Says of all others why not. One that only follows others has no reason of its own: it has that of the last of them.
    fn fail(&mut self) {
        for first in 0..self.found.len() {
            let (mut path, mut places): (Vec<usize>, HashMap<usize, usize>) = Default::default();
            let mut at = first;
            let (why, circle) = loop {
                if let Some(known) = self.found.get(at).cloned().flatten() {
                    break (known, path.len());
                }
                if let Some(circle) = places.insert(at, path.len()) {
                    break (Err(Unprovable::BadTriggers(self.table.order.name(at))), circle);
                }
                path.push(at);
                match self.why(at) {
                    Ok(before) => at = before,
                    Err(why) => break (Err(why), path.len()),
                }
            };
            for (place, at) in path.into_iter().enumerate() {
                let own = || Err(Unprovable::BadTriggers(self.table.order.name(at)));
                let why = if place < circle { why.clone() } else { own() };
                self.found.get_mut(at).into_iter().for_each(|found| *found = Some(why.clone()));
            }
        }
    }

    /// Why there is no rhythm of this one; or which one's reason is its own.
    fn why(&self, at: usize) -> Result<usize, Unprovable<'a>> {
        let name = self.table.order.name(at);
        if !self.table.may_start(name) {
            return Err(Unprovable::BadTriggers(name));
        }
        if self.starts.get(at).is_some_and(Option::is_some) {
            return Err(Unprovable::NoWithin(name));
        }
        match self.table.timed(name) {
            Err(Unprovable::NotTimed(_)) => {}
            Err(why) => return Err(why),
            Ok(_) => return Err(Unprovable::NoWithin(name)),
        }
        let before = self.table.triggers(name).iter().rev().find_map(follows);
        let before = before.ok_or(Unprovable::NotTimed(name))?;
        self.table.order.number(before).ok_or(Unprovable::BadTriggers(before))
    }
}

/// The time at which logs are stored at the latest: that of `wal(source, at_most: 5min)`.
pub(crate) fn at_most(trigger: &Trigger) -> Option<DurationMs> {
    match trigger {
        Trigger::Event { name, args } if name == "wal" => match args.get("at_most") {
            Some(Value::Duration(length)) => Some(*length),
            _ => None,
        },
        _ => None,
    }
}

impl<'a> Timetable<'a> {
    /// From the start of a run to the end of the next one, at most.
    pub fn rhythm(&self, workflow: &'a str) -> Age<'a> {
        let rhythms = self.rhythms.get_or_init(|| rhythms(self));
        let found = self.order.number(workflow).and_then(|at| rhythms.get(at).cloned());
        found.unwrap_or(Err(Unprovable::BadTriggers(workflow)))
    }

    /// Whether its triggers are a schedule, and not all of them can be lost.
    fn may_start(&self, workflow: &str) -> bool {
        events_only(self.triggers(workflow)).is_none() && self.is_schedule(workflow)
    }

    /// From the start of one run to that of the next by its timed triggers alone.
    fn timed(&self, workflow: &'a str) -> Age<'a> {
        let schedule = self.schedule(workflow).ok_or(Unprovable::NotTimed(workflow))?;
        let extremes = self.extremes(workflow).ok_or(Unprovable::Seldom(workflow))?;
        let zone = schedule.zone().cloned().unwrap_or_else(crate::Zone::utc);
        let kind = PartKind::Gap { gap: extremes.largest, zone, exact: extremes.exact };
        let gap = Part { workflow, kind, length: extremes.largest.length() };
        let jitter = Part { workflow, kind: PartKind::Jitter, length: schedule.jitter() };
        let parts = [gap, jitter].into_iter().filter(|part| part.length.0 > 0);
        Ok(parts.fold(Way::NONE, |way, part| self.ways.part(way, part)))
    }
}
